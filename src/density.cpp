#include "density.hpp"

#include <algorithm>
#include <utility>

namespace aquila {

double expected_evenly(std::span<const Record> last, const Window& window, std::size_t inside, bool oldest_first) {
    const auto [oldest, newest] = std::minmax_element(
        last.begin(), last.end(), [](const Record& a, const Record& b) { return a.key.time < b.key.time; });
    const Span seen = std::max(shortest, oldest_first ? std::min(newest->key.time, window.to) - window.from
                                                      : window.to - std::min(oldest->key.time, window.to));
    return static_cast<double>(inside) * static_cast<double>((window.to - window.from).count()) /
           static_cast<double>(seen.count());
}

double expected_behind(std::span<const Record> page, const Window& window) {
    const auto half = page.size() / 2;
    const Instant last = std::min(page.back().key.time, window.to);
    const Span took = std::max(shortest, std::min(page[half].key.time, window.to) - last);
    return static_cast<double>(half) * static_cast<double>((last - window.from).count()) /
           static_cast<double>(took.count());
}

Span next_span(Span span, std::size_t records, const SliceLimits& limits) noexcept {
    const auto wanted = limits.aim * static_cast<double>(limits.pages) * limits.page_size;
    const auto factor = records == 0 ? 8.0 : std::clamp(wanted / static_cast<double>(records), 0.25, 8.0);
    // A year is more than any log keeps, and far from overflowing.
    const auto longest = static_cast<double>(Span{std::chrono::hours{24 * 3660}}.count());
    return Span{std::max<std::int64_t>(
        1, static_cast<std::int64_t>(std::min(longest, static_cast<double>(span.count()) * factor)))};
}

}  // namespace aquila
