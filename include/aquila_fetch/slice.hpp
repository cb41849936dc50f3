// Why: a window is read in slices of time small enough to hold in memory, oldest first; a slice is the unit of commit.
// Here one slice is read to its end, however the server pages, and whatever arrives meanwhile.
// Must not know: disk, checkpoint, HTTP; pages come from a function.
#pragma once

#include "aquila_fetch/source.hpp"

#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace aquila {

/// Gives one page, with `served` set; throws Failure or Interrupted.
using Fetch = std::function<Page(const Query&)>;

struct SliceLimits {
    int page_size = 1000;
    std::size_t pages = 6;                      ///< a slice of more full pages is too large
    std::size_t bytes = std::size_t{8} << 20U;  ///< or of more text than this
    double aim = 0.6;                           ///< which share of `pages` the next slice is to hold
    Span margin{};                              ///< how much earlier a stream is asked for than is wanted of it
    std::size_t endless = 20000;                ///< pages of one slice: nobody has so many
    /// What one slice may hold at the most: far more than a log has in a millisecond, less than would hurt the machine.
    std::size_t endless_bytes = std::size_t{256} << 20U;
    int readers = 1;  ///< slices that are read side by side, where there are several
    /// A slice that is too large may be cut however near to its end; else it becomes smaller by an eighth at least, so
    /// that a server which answers alike whatever the window is soon found out.
    bool cuts = false;
    /// A server that answers sooner is read by one alone: what it sends is work then, and not waiting.
    Span prompt{};
};

/// What a slice held. Without `smaller`: everything in the window, oldest first.
struct Slice {
    Window window{};
    std::vector<Page> pages;  ///< own the bytes
    struct Line {
        const Record* record;
        const Page* page;
    };
    std::vector<Line> lines;      ///< views into the pages
    std::optional<Span> smaller;  ///< too large: read again with a span of about this
    bool rest_fits = false;       ///< what lies behind `smaller` is about what one slice may hold
    std::size_t requests = 0;
    std::size_t before = 0;             ///< records older than the window: the server ignores its start
    std::size_t after = 0;              ///< newer than its end
    std::optional<std::int64_t> total;  ///< of the whole log
    std::optional<Instant> served;      ///< the earliest Date of the answers
    std::optional<Span> waited;         ///< how long the quickest of them took to begin, where that is known

    Slice() = default;
    Slice(const Slice&) = delete;
    Slice& operator=(const Slice&) = delete;
    Slice(Slice&&) = default;
    Slice& operator=(Slice&&) = default;
};

/// Reads newest-first offset paging to its end: an empty page, or one shorter than the limit the server echoes (unless
/// it says that more follows, or has a suspiciously round length, as a server that caps its pages silently would give).
///
/// Records that arrive meanwhile shift the pages. With ids, doubles are dropped by id. Without ids, each page begins
/// again with the last records of the one before, down to a change of time, so that a shift cannot go unnoticed (equal
/// records have equal times); after a shift the slice is read again, smaller. Where a whole page has one time, the
/// slice shrinks to that millisecond, and is read until two readings agree.
///
/// Failure 76: the server repeats a page for ever.
[[nodiscard]] Slice read_slice(const Source& source, const Fetch& fetch, Window window, const SliceLimits& limits);

/// How many pieces, cut off as holding what one slice may, may wait to be read.
inline constexpr std::size_t most_cuts = 64;

/// Failure 76 when not one record of a page carries a time that can be read.
void check_dated(const Page& page);

/// Gets slices that follow one another, oldest first, and may take out of them what it has used.
using UseSlices = std::function<void(std::span<Slice>)>;

/// Reads a whole window slice by slice, oldest first. `check_stop` is called before each, and may throw. With several
/// readers they are read ahead (see ahead.hpp): `fetch` is called by several threads then, but never before it gave a
/// page to one alone.
void read_slices(const Source& source, const Fetch& fetch, Window window, const SliceLimits& limits,
                 const std::function<void()>& check_stop, const UseSlices& use);

}  // namespace aquila
