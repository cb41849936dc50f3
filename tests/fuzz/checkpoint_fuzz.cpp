// Whatever a checkpoint file holds, it is read as a state or refused with 65; what is read is written back the same.
#include "aquila_fetch/checkpoint.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/fingerprint.hpp"

#include <fmt/core.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

void check(std::string_view text) {
    using namespace aquila;
    try {
        const State state = state_from_text(text, "fuzz");
        if (state_from_text(to_text(state), "again") != state) {
            std::abort();
        }
    } catch (const Failure& failure) {
        if (failure.code() != Exit::data) {
            std::abort();
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    check(text);
    // With a checksum that fits, so that the fuzzer comes behind it.
    check(fmt::format(R"({{"version":1,"checksum":"{:016x}","state":{}}})", aquila::fingerprint(text), text));
    return 0;
}
