#include "slice_lines.hpp"

#include <algorithm>

namespace aquila {

bool is_inside(const Record& record, const Window& window) noexcept {
    const Instant time = record.key.time;
    return time == undated || (time >= window.from && time < window.to);
}

bool is_late_order(const Source& source) noexcept {
    return source.paging == Paging::oldest;
}

void arrange(Slice& slice, const Source& source, std::span<const std::size_t> skipped) {
    auto& lines = slice.lines;
    const auto add = [&slice, &lines](const Record& record, const Page& page) {
        if (is_inside(record, slice.window)) {
            lines.push_back({&record, &page});
        }
    };
    if (is_late_order(source)) {
        for (const Page& page : slice.pages) {
            for (const Record& record : page.records) {
                add(record, page);
            }
        }
    }
    for (auto page = is_late_order(source) ? 0 : slice.pages.size(); page-- > 0;) {
        const auto& records = slice.pages[page].records;
        const auto first = std::min(skipped[page], records.size());
        for (auto i = records.size(); i-- > first;) {
            add(records[i], slice.pages[page]);
        }
    }
    // Most servers list in this very order, but backwards.
    const auto sort = [&lines](auto less, auto sorter) {
        if (!std::ranges::is_sorted(lines, less)) {
            sorter(lines, less);
        }
    };
    if (source.has_ids) {
        sort([](const auto& a, const auto& b) { return a.record->key < b.record->key; }, std::ranges::sort);
        lines.erase(std::unique(lines.begin(), lines.end(),
                                [](const auto& a, const auto& b) { return a.record->key == b.record->key; }),
                    lines.end());
    } else {
        sort([](const auto& a, const auto& b) { return a.record->key.time < b.record->key.time; },
             std::ranges::stable_sort);
    }
}

}  // namespace aquila
