// Records of every shape through every table: there is a line of JSON, the same each time, and the record is found in
// it.
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/format.hpp"

#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

namespace {

using aquila::Format;
using aquila::LineFormat;

LineFormat& format_of(const aquila::Source& source) {
    static std::map<const aquila::Source*, LineFormat> formats;
    const auto found = formats.find(&source);
    return found != formats.end()
               ? found->second
               : formats.emplace(&source, *aquila::make_format(Format::ecs, source, {})).first->second;
}

void check(bool good) {
    if (!good) {
        std::abort();
    }
}

}  // namespace

// The input is one record; the page's reader lets through what is JSON, and repairs it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input{reinterpret_cast<const char*>(data), size};
    for (const aquila::Source* source : aquila::sources()) {
        try {
            const auto page =
                source->parse("{\"" + std::string{source->records} + "\":[" + std::string{input} + "]}", {});
            for (const auto& record : page.records) {
                auto& format = format_of(*source);
                std::string line;
                format.append_line(line, record.body);
                check(line.find('\n') == line.size() - 1);
                std::string again;
                format.append_line(again, record.body);
                check(line == again);
                line.pop_back();
                // The line is one JSON object: it can be the record of a page itself.
                const auto mapped = source->parse("{\"" + std::string{source->records} + "\":[" + line + "]}", {});
                check(mapped.records.size() == 1);
                check(aquila::record_of_line(line) == record.body);
            }
        } catch (const aquila::Failure& failure) {
            check(failure.code() == aquila::Exit::protocol);
        }
    }
    return 0;
}
