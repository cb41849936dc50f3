#include "batch.hpp"

#include "aquila_fetch/collect.hpp"
#include "aquila_fetch/fingerprint.hpp"

namespace aquila {

void Batch::add(const Record& record, const std::string& page_suffix, LineFormat* format) {
    static const std::string no_suffix;
    const auto& suffix = format == nullptr ? page_suffix : no_suffix;
    const auto begin = bytes.size();
    if (format == nullptr) {
        append_line(bytes, record.body, suffix);
    } else {
        format->append_line(bytes, record.body);
    }
    lines.push_back(fingerprint(std::string_view{bytes}.substr(begin)));
    keys.push_back(record.key);
    if (suffixes.empty() || suffixes.back().second != suffix) {
        suffixes.emplace_back(0, suffix);
    }
    ++suffixes.back().first;
    repaired += record.repaired ? 1 : 0;
}

void append_line(std::string& lines, std::string_view body, std::string_view suffix) {
    if (suffix.empty()) {
        lines += body;
    } else {
        lines += body.substr(0, body.size() - 1);
        lines += body.size() > 2 ? "," : "";
        lines += suffix;
    }
    lines += '\n';
}

}  // namespace aquila
