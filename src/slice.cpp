#include "aquila_fetch/slice.hpp"

#include "density.hpp"
#include "sizing.hpp"
#include "slice_lines.hpp"

#include "aquila_fetch/error.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace aquila {
namespace {

constexpr int readings_to_agree = 8;
/// A page of this many records, or a multiple, may have been cut there by a server that does not say so.
constexpr std::size_t round_length = 50;
/// Consecutive pages with the same records, without ids to tell: true twins never fill so many.
constexpr int repeats_without_ids = 50;
constexpr int repeats_with_ids = 2;
/// Cursors of one moment that go stale: a server that is restarted forgets them, but not time and again.
constexpr int most_stale = 3;

bool is_undated(const Record& record) {
    return record.key.time == undated;
}

bool same_records(const Page& a, const Page& b) {
    return std::equal(a.records.begin(), a.records.end(), b.records.begin(), b.records.end(),
                      [](const Record& x, const Record& y) { return x.key == y.key; });
}

/// Reads the pages of one window, in the server's order.
class Reading {
  public:
    Reading(const Source& source, const Fetch& fetch, Window window, const SliceLimits& limits)
        : source_{source}, fetch_{fetch}, window_{window}, limits_{limits}, limit_{limits.page_size} {
        slice_.window = window;
    }

    Slice run() {
        to_the_end_ = window_.to - window_.from <= shortest;
        if (source_.paging == Paging::offset) {
            read_pages();
        } else {
            read_chain();
        }
        if (to_the_end_ && source_.paging == Paging::offset && !source_.has_ids && slice_.pages.size() > 1) {
            read_until_agreed();
        }
        if (!slice_.smaller) {
            arrange(slice_, source_, sizing_.skipped());
        }
        return std::move(slice_);
    }

  private:
    void read_pages() {
        std::int64_t offset = 0;
        std::size_t overlap = 0;
        std::size_t bytes = 0;
        int repeats = 0;
        while (true) {
            const Page& page = fetch_page(offset);
            const auto size = page.records.size();
            const Page* const previous = slice_.pages.size() > 1 ? &slice_.pages[slice_.pages.size() - 2] : nullptr;
            if (previous != nullptr && !to_the_end_ && !begins_again(*previous, page, overlap)) {
                sizing_.ask_for(sizing_.half());
                return;
            }
            check_dated(page);
            sizing_.note(page, overlap);
            if (size <= overlap || is_last(page) || ignores_start(page)) {
                return;
            }
            repeats = previous != nullptr && same_records(*previous, page) ? repeats + 1 : 0;
            bytes += page.text->size();
            check_endless(repeats, bytes);
            if (!to_the_end_ && sizing_.is_too_large(page, bytes, limit_)) {
                return;
            }
            overlap = source_.has_ids || to_the_end_ ? 0 : run_at_end(page) + 1;
            if (overlap >= size) {
                // All of the page but its first record has one time: no shift could be noticed.
                const Instant time = page.records.back().key.time;
                if (time <= window_.to) {
                    // Stop before it; it gets a slice of its own.
                    static_cast<void>(sizing_.cut(time - shortest) || sizing_.ask_for(time - shortest - window_.from));
                    return;
                }
                to_the_end_ = true;  // the server does not keep to the window: a smaller one would not help
                overlap = 0;
            }
            offset += static_cast<std::int64_t>(size - overlap);
        }
    }

    /// A cursor that goes stale meanwhile: a smaller slice may need none. The smallest one is begun again.
    void read_chain() {
        for (int stale = 0;; ++stale) {
            try {
                return follow_chain();
            } catch (const StaleCursor&) {
                if (!to_the_end_) {
                    sizing_.ask_for(sizing_.half());
                    return;
                }
                if (stale >= most_stale) {
                    throw;
                }
                begin_again();
            }
        }
    }

    void begin_again() {
        slice_.pages.clear();
        sizing_.begin_again();
    }

    /// Each page tells the cursor of the one that follows. What arrives meanwhile does not shift them.
    void follow_chain() {
        std::string cursor;
        std::size_t bytes = 0;
        for (int repeats = 0;;) {
            const Page& page = fetch_page(0, cursor);
            const Page* const previous = slice_.pages.size() > 1 ? &slice_.pages[slice_.pages.size() - 2] : nullptr;
            check_dated(page);
            sizing_.note(page, 0);
            const bool empty = page.records.empty() && page.dropped == 0;
            const bool ends = empty || page.next.empty() || (source_.stream && page.next == cursor);
            if (ends && !empty && page.more.value_or(false)) {
                throw Failure{Exit::protocol, "the server says that more pages follow, and not where",
                              "nothing of this was written; a proxy or an older version of the API may answer"};
            }
            if (ends || !page.more.value_or(true) || is_past(page)) {
                return;
            }
            const bool repeated = previous != nullptr && !page.records.empty() && same_records(*previous, page);
            repeats = repeated ? repeats + 1 : 0;
            const bool wanted = std::any_of(page.records.begin(), page.records.end(),
                                            [this](const Record& record) { return is_inside(record, window_); });
            bytes += wanted || page.dropped > 0 ? page.text->size() : 0;
            check_endless(page.next == cursor ? repeats_without_ids + 1 : repeats, bytes);
            if (!to_the_end_ && sizing_.is_too_large(page, bytes, limit_)) {
                return;
            }
            cursor = page.next;
        }
    }

    /// Beyond the window in the order of the pages: what follows is so, too.
    [[nodiscard]] bool is_past(const Page& page) const noexcept {
        if (source_.paging == Paging::newest) {
            return ignores_start(page);
        }
        return !page.records.empty() &&
               std::all_of(page.records.begin(), page.records.end(), [this](const auto& record) {
                   return !is_undated(record) && record.key.time > window_.to + rounding;
               });
    }

    void check_endless(int repeats, std::size_t bytes) const {
        if (repeats > (source_.has_ids ? repeats_with_ids : repeats_without_ids) || bytes > limits_.endless_bytes ||
            slice_.pages.size() >= limits_.endless) {
            throw Failure{Exit::protocol,
                          fmt::format("endless paging: {} pages of {} MiB, and the server goes on", slice_.pages.size(),
                                      bytes >> 20U),
                          "the server, or a cache before it, ignores the offset or the window; nothing of this was "
                          "written"};
        }
    }

    const Page& fetch_page(std::int64_t offset, const std::string& cursor = {}) {
        ++slice_.requests;
        // A stream may choose its events by when they happened, and ours are wanted by when they were processed.
        const Span margin = is_late_order(source_) ? limits_.margin : Span{};
        slice_.pages.push_back(
            fetch_(Query{Window{window_.from - margin, window_.to}, offset, limits_.page_size, cursor}));
        const Page& page = slice_.pages.back();
        if (page.limit && *page.limit > 0) {
            limit_ = std::min(*page.limit, limits_.page_size);
        }
        if (page.total) {
            slice_.total = page.total;
        }
        if (page.served) {
            slice_.served = std::min(slice_.served.value_or(*page.served), *page.served);
        }
        if (page.waited) {
            slice_.waited = std::min(slice_.waited.value_or(*page.waited), *page.waited);  // one hiccup is no latency
        }
        return page;
    }

    [[nodiscard]] bool is_last(const Page& page) const noexcept {
        const auto size = page.records.size();
        const bool is_short = size < static_cast<std::size_t>(limit_);
        const bool is_round = size >= round_length && size % round_length == 0;
        return is_short && !is_round && !page.more.value_or(false);
    }

    /// Newest first: once a record is older than the window, the rest is too, and should not have been sent.
    [[nodiscard]] bool ignores_start(const Page& page) const noexcept {
        return std::any_of(page.records.begin(), page.records.end(),
                           [this](const Record& record) { return record.key.time < window_.from; });
    }

    /// How many records at the page's end share the last one's time.
    static std::size_t run_at_end(const Page& page) {
        const Instant last = page.records.back().key.time;
        const auto other = std::find_if(page.records.rbegin(), page.records.rend(),
                                        [last](const Record& record) { return record.key.time != last; });
        return static_cast<std::size_t>(other - page.records.rbegin());
    }

    static bool begins_again(const Page& previous, const Page& page, std::size_t overlap) {
        return page.records.size() >= overlap &&
               std::equal(previous.records.end() - static_cast<std::ptrdiff_t>(overlap), previous.records.end(),
                          page.records.begin(), [](const Record& a, const Record& b) { return a.body == b.body; });
    }

    void read_until_agreed() {
        for (int reading = 0; reading < readings_to_agree; ++reading) {
            const auto before = std::move(slice_.pages);
            begin_again();
            read_pages();
            if (std::equal(before.begin(), before.end(), slice_.pages.begin(), slice_.pages.end(), same_records)) {
                return;
            }
        }
        throw Failure{
            Exit::protocol,
            fmt::format("the records of {} differ from reading to reading", format_instant(window_.from)),
            "the server's answer does not settle; nothing of this moment was written, the next run tries again"};
    }

    const Source& source_;
    const Fetch& fetch_;
    Window window_;
    const SliceLimits& limits_;
    int limit_;                ///< as echoed
    bool to_the_end_ = false;  ///< however much it is, and however the pages shift
    Slice slice_;
    Sizing sizing_{source_, fetch_, limits_, slice_};
};

}  // namespace

void check_dated(const Page& page) {
    if (!page.records.empty() && std::all_of(page.records.begin(), page.records.end(), is_undated)) {
        throw Failure{Exit::protocol, "the server's records carry no time that can be read",
                      "the API has changed, or something else answers in its place; nothing of this was written"};
    }
}

Slice read_slice(const Source& source, const Fetch& fetch, Window window, const SliceLimits& limits) {
    return Reading{source, fetch, window, limits}.run();
}

}  // namespace aquila
