// Whatever an INI file holds, parse_config gives values or one Failure 78, and never shows a secret.
#include "aquila_fetch/config.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/source.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace aquila;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    constexpr std::string_view products[] = {"jira", "confluence", "organization", "datacenter"};
    try {
        const Config config = parse_config(text, "fuzz.ini", products);
        for (const SourceConfig& source : config.sources) {
            if (source.name.empty() || source.name.front() == '.' || source.name.find('/') != std::string::npos) {
                std::abort();
            }
        }
    } catch (const Failure& failure) {
        if (failure.code() != Exit::config) {
            std::abort();
        }
    }
    return 0;
}
