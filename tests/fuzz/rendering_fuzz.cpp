// Records of every shape through every table: there is a line of JSON, the same each time, and the record is found in
// it.
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/format.hpp"

#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace {

using aquila::Format;
using aquila::LineFormat;

LineFormat& format_of(Format format, const aquila::Source& source) {
    static std::map<std::pair<Format, const aquila::Source*>, LineFormat> formats;
    const std::pair key{format, &source};
    const auto found = formats.find(key);
    return found != formats.end() ? found->second
                                  : formats.emplace(key, *aquila::make_format(format, source, {})).first->second;
}

void check(bool good) {
    if (!good) {
        std::abort();
    }
}

/// One record through one table.
void render(LineFormat& format, const aquila::Source& source, std::string_view record) {
    std::string line;
    format.append_line(line, record);
    check(line.find('\n') == line.size() - 1);
    std::string again;
    format.append_line(again, record);
    check(line == again);
    line.pop_back();
    // The line is one JSON object: it can be the record of a page itself.
    const auto mapped = source.parse("{\"" + std::string{source.records} + "\":[" + line + "]}", {});
    check(mapped.records.size() == 1);
    check(aquila::record_of_line(line) == record);
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
                render(format_of(Format::ecs, *source), *source, record.body);
                render(format_of(Format::ocsf, *source), *source, record.body);
            }
        } catch (const aquila::Failure& failure) {
            check(failure.code() == aquila::Exit::protocol);
        }
    }
    return 0;
}
