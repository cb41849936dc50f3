// Why: a slice's lines are its pages' records, oldest first, without what lies outside the window or was read twice.
// Must not know: requests, sizes.
#pragma once

#include "aquila_fetch/slice.hpp"

#include <cstddef>
#include <span>

namespace aquila {

/// What has no time lies in every window.
[[nodiscard]] bool is_inside(const Record& record, const Window& window) noexcept;

/// Oldest first by the time of processing: that some records lie behind the window's end tells nothing.
[[nodiscard]] bool is_late_order(const Source& source) noexcept;

/// Fills `lines`. `skipped`: for each page, records at its start that the page before had.
void arrange(Slice& slice, const Source& source, std::span<const std::size_t> skipped);

}  // namespace aquila
