#include "aquila_fetch/output_records.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/format.hpp"

#include <fmt/core.h>

#include <optional>

namespace aquila {
namespace {

constexpr std::size_t records_chunk = std::size_t{1} << 20U;

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

/// 0 at the end, or where the packed data is cut short: what is to be said about that then.
std::size_t read_next(PackedReader& packed, std::string& chunk, std::string& cut_short) {
    try {
        return packed.read_some(chunk);
    } catch (const CutShort& failure) {
        cut_short = failure.what();
        return 0;
    }
}

}  // namespace

void read_records(const Source& source, PackedReader packed, const OutputReader& reader, std::size_t longest) {
    std::string chunk(records_chunk, '\0');
    std::string text;
    bool endless = false;  // within a line that is longer than any of ours, and was told
    std::string cut_short;
    while (const auto got = read_next(packed, chunk, cut_short)) {
        reader.check_stop();
        auto read = std::string_view{chunk}.substr(0, got);
        if (endless) {
            const auto end = read.find('\n');
            if (end == std::string_view::npos) {
                continue;
            }
            read.remove_prefix(end + 1);
            endless = false;
        }
        const auto whole = read.rfind('\n') + 1;  // npos + 1 is 0
        text += read.substr(0, whole);
        if (whole > 0) {
            read_lines(source, text, reader);
            text.clear();
        }
        text += read.substr(whole);
        if (text.size() > longest) {
            reader.damaged(text);
            std::string{}.swap(text);
            endless = true;
        }
    }
    if (!text.empty()) {
        reader.damaged(text);
    }
    if (!cut_short.empty()) {
        reader.damaged(cut_short);
    }
}

}  // namespace aquila
