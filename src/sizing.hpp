// Why: whether a slice becomes too large is seen from what was read of it, before all of it is read; and so is how much
// smaller it is to be. Must not know: how a server pages, what a slice is for.
#pragma once

#include "aquila_fetch/slice.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace aquila {

/// A server may round a window's end up; what is newer than that tells that it ignores the end.
inline constexpr Span rounding = std::chrono::seconds{1};

class Sizing {
  public:
    /// The arguments outlive this; `slice` is the one that is being read, its window set.
    Sizing(const Source& source, const Fetch& fetch, const SliceLimits& limits, Slice& slice);

    /// Takes note of the page read last, which begins with `skipped` records of the one before.
    void note(const Page& page, std::size_t skipped);
    /// What was noted is read once more.
    void begin_again();
    /// For each page, records at its start that the page before had.
    [[nodiscard]] const std::vector<std::size_t>& skipped() const noexcept { return skipped_; }

    /// True: `smaller` is set. `bytes`: of all pages; `page_limit`: records, as the server keeps to it.
    [[nodiscard]] bool is_too_large(const Page& page, std::size_t bytes, int page_limit);

    /// Sets `smaller` so that behind that moment is about what one slice may hold; where nothing is, the moment itself
    /// becomes a slice. False: it was not to be.
    bool cut(std::optional<Instant> moment);
    /// Sets `smaller`: by an eighth at least, so that a server which answers alike whatever the window is soon found
    /// out. True.
    bool ask_for(Span span);
    [[nodiscard]] Span half() const noexcept { return (slice_.window.to - slice_.window.from) / 2; }

  private:
    [[nodiscard]] std::optional<Instant> time_within(std::size_t budget) const;
    std::optional<Instant> probe(const Page& page, double offset);

    const Source& source_;
    const Fetch& fetch_;
    const SliceLimits& limits_;
    Slice& slice_;
    std::size_t inside_ = 0;
    std::size_t seen_ = 0;
    std::vector<std::size_t> skipped_;
};

}  // namespace aquila
