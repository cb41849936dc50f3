#include "aquila_fetch/output_records.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/format.hpp"

#include <fmt/core.h>

#include <optional>

namespace aquila {
namespace {

constexpr std::size_t chunk_size = std::size_t{1} << 20U;

/// Whole lines as the array of a page of their product; nullopt when one of them is damaged.
std::optional<Page> page_of(const Source& source, std::string_view lines) {
    std::string body = fmt::format("{{\"{}\":[", source.records);
    body.reserve(body.size() + lines.size() + 64);
    std::size_t count = 0;
    for (; !lines.empty(); ++count) {
        const auto line = lines.substr(0, lines.find('\n'));
        const auto record = record_of_line(line);
        if (!record) {
            return std::nullopt;
        }
        body.append(*record).push_back(',');
        lines.remove_prefix(line.size() + 1);
    }
    body.back() = ']';
    body.push_back('}');
    try {
        auto page = source.parse(std::move(body), Query{});
        return page.records.size() == count ? std::optional{std::move(page)} : std::nullopt;  // a line may hold two
    } catch (const Failure&) {
        return std::nullopt;
    }
}

void read_lines(const Source& source, std::string_view lines, const OutputReader& reader) {
    const auto use = [&reader](const Page& page) {
        for (const Record& record : page.records) {
            reader.record(record);
        }
    };
    if (const auto page = page_of(source, lines)) {
        use(*page);
        return;
    }
    while (!lines.empty()) {
        const auto line = lines.substr(0, lines.find('\n') + 1);
        if (const auto page = page_of(source, line)) {
            use(*page);
        } else {
            reader.damaged(line.substr(0, line.size() - 1));
        }
        lines.remove_prefix(line.size());
    }
}

}  // namespace

void read_records(const Source& source, PackedReader packed, const OutputReader& reader) {
    std::string chunk(chunk_size, '\0');
    std::string text;
    while (const auto got = packed.read(chunk)) {
        reader.check_stop();
        const auto read = std::string_view{chunk}.substr(0, got);
        const auto end = read.rfind('\n');
        if (end == std::string_view::npos) {
            text += read;
            continue;
        }
        text += read.substr(0, end + 1);
        read_lines(source, text, reader);
        text = read.substr(end + 1);
    }
    if (!text.empty()) {
        reader.damaged(text);
    }
}

}  // namespace aquila
