// Why: how long a slice may be is guessed from how densely the records stand that have been seen.
// Must not know: requests, pages.
#pragma once

#include "aquila_fetch/slice.hpp"
#include "aquila_fetch/source.hpp"

#include <cstddef>
#include <span>

namespace aquila {

/// The shortest slice: what records' times are told in.
inline constexpr Span shortest{1};

/// How many records a window would hold if all were spread as the `inside` of it that were seen, `last` the page read
/// last: from the window's end down to there, or, oldest first, from its beginning.
[[nodiscard]] double expected_evenly(std::span<const Record> last, const Window& window, std::size_t inside,
                                     bool oldest_first);

/// How many there would be if all that is older than this page, newest first, were as dense as its older half.
[[nodiscard]] double expected_behind(std::span<const Record> page, const Window& window);

/// How long the next slice should be, after one of `span` gave `records`.
[[nodiscard]] Span next_span(Span span, std::size_t records, const SliceLimits& limits) noexcept;

}  // namespace aquila
