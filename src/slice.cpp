#include "aquila_fetch/slice.hpp"

#include "density.hpp"

#include "aquila_fetch/error.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace aquila {
namespace {

/// A server may round a window's end up; what is newer than that tells that it ignores the end.
constexpr Span rounding = std::chrono::seconds{1};
constexpr int readings_to_agree = 8;
/// A page of this many records, or a multiple, may have been cut there by a server that does not say so.
constexpr std::size_t round_length = 50;
/// Consecutive pages with the same records, without ids to tell: true twins never fill so many.
constexpr int repeats_without_ids = 50;
constexpr int repeats_with_ids = 2;
/// Of what a slice may hold: no burst is ever so large, and no offset beyond what a server could bear.
constexpr double farthest_probe = 50;
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
        : source_{source}, fetch_{fetch}, window_{window}, limits_{limits}, limit_{limits.page_size} {}

    Slice run() {
        slice_.window = window_;
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
            arrange();
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
                ask_for(half());
                return;
            }
            check_dated(page);
            note_strays(page, overlap);
            skipped_.push_back(overlap);
            if (size <= overlap || is_last(page) || ignores_start(page)) {
                return;
            }
            repeats = previous != nullptr && same_records(*previous, page) ? repeats + 1 : 0;
            bytes += page.text->size();
            check_endless(repeats, bytes);
            if (!to_the_end_ && is_too_large(page, bytes)) {
                return;
            }
            overlap = source_.has_ids || to_the_end_ ? 0 : run_at_end(page) + 1;
            if (overlap >= size) {
                // All of the page but its first record has one time: no shift could be noticed.
                const Instant time = page.records.back().key.time;
                if (time <= window_.to) {
                    // Stop before it; it gets a slice of its own.
                    static_cast<void>(cut(time - shortest) || ask_for(time - shortest - window_.from));
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
                    ask_for(half());
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
        skipped_.clear();
        slice_.before = slice_.after = inside_ = seen_ = 0;
    }

    /// Each page tells the cursor of the one that follows. What arrives meanwhile does not shift them.
    void follow_chain() {
        std::string cursor;
        std::size_t bytes = 0;
        for (int repeats = 0;;) {
            const Page& page = fetch_page(0, cursor);
            const Page* const previous = slice_.pages.size() > 1 ? &slice_.pages[slice_.pages.size() - 2] : nullptr;
            check_dated(page);
            note_strays(page, 0);
            skipped_.push_back(0);
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
                                            [this](const Record& record) { return is_inside(record); });
            bytes += wanted || page.dropped > 0 ? page.text->size() : 0;
            check_endless(page.next == cursor ? repeats_without_ids + 1 : repeats, bytes);
            if (!to_the_end_ && is_too_large(page, bytes)) {
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
        const Span margin = is_late_order() ? limits_.margin : Span{};
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

    void note_strays(const Page& page, std::size_t overlap) {
        for (std::size_t i = std::min(overlap, page.records.size()); i < page.records.size(); ++i) {
            const Instant time = page.records[i].key.time;
            slice_.before += !is_late_order() && time < window_.from ? 1 : 0;
            slice_.after += !is_late_order() && time != undated && time > window_.to + rounding ? 1 : 0;
            inside_ += is_inside(page.records[i]) ? 1 : 0;
            ++seen_;
        }
    }

    /// Oldest first by the time of processing: that some records lie behind the window's end tells nothing.
    [[nodiscard]] bool is_late_order() const noexcept { return source_.paging == Paging::oldest; }

    [[nodiscard]] bool is_inside(const Record& record) const noexcept {
        const Instant time = record.key.time;
        return time == undated || (time >= window_.from && time < window_.to);
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

    bool is_too_large(const Page& page, std::size_t bytes) {
        if (slice_.before > 0 || slice_.after > 0) {
            return false;  // the server does not keep to the window: a smaller one would not help
        }
        const auto budget = limits_.pages * static_cast<std::size_t>(limit_);
        if (page.records.empty()) {
            return bytes > limits_.bytes && ask_for(half());
        }
        const double evenly = expected_evenly(page.records, window_, inside_, is_late_order());
        const auto wanted = static_cast<double>((window_.to - window_.from).count()) * limits_.aim *
                            static_cast<double>(budget) / std::max(evenly, 1.0);
        const Span smaller{static_cast<std::int64_t>(std::min(wanted, static_cast<double>(half().count())))};
        if (inside_ > budget || bytes > limits_.bytes) {
            return cut(time_within(budget)) || ask_for(smaller);
        }
        const double hopeless = 2.0 * static_cast<double>(budget);
        const bool probes = limits_.cuts && source_.paging == Paging::offset && page.records.size() < budget;
        // With anything of the window; only probes make up for what the very end of it may hold.
        const bool is_first = probes ? inside_ > 0 && inside_ <= page.records.size() : slice_.pages.size() == 1;
        if (!is_first || (evenly <= hopeless && (!probes || expected_behind(page.records, window_) <= hopeless))) {
            return false;
        }
        // A log as dense as its newest page, or a burst at the end of a quiet time? One record far behind tells.
        const double far = std::min(evenly / 4, farthest_probe * static_cast<double>(budget));
        if (probes && (evenly <= hopeless || !probe(page, std::max(far, static_cast<double>(budget))))) {
            return cut(probe(page, static_cast<double>(budget - 1)));
        }
        return evenly > hopeless && ask_for(smaller);
    }

    /// The time of record number `budget` of those that were read, newest first; nullopt: there is none.
    [[nodiscard]] std::optional<Instant> time_within(std::size_t budget) const {
        if (is_late_order()) {
            return std::nullopt;
        }
        for (std::size_t i = 0; i < slice_.pages.size(); ++i) {
            const auto& records = slice_.pages[i].records;
            for (auto at = i < skipped_.size() ? skipped_[i] : 0; at < records.size(); ++at) {
                budget -= is_inside(records[at]) ? 1 : 0;
                if (budget == 0) {
                    return records[at].key.time;
                }
            }
        }
        return std::nullopt;
    }

    /// The time of the record at that offset in the window, which costs less than to read all up to it; nullopt: there
    /// is none. What lies at the window's very end comes before it. A server that does not take such an offset tells
    /// nothing: then the page's own end is as good.
    std::optional<Instant> probe(const Page& page, double offset) {
        ++slice_.requests;
        const auto before = static_cast<std::int64_t>(seen_ - inside_);
        const Instant last = page.records.back().key.time;
        try {
            const Page answer = fetch_(Query{window_, before + static_cast<std::int64_t>(offset), 1, {}});
            const bool there = !answer.records.empty() && answer.records.front().key.time <= last;
            return there ? std::optional{answer.records.front().key.time} : std::nullopt;
        } catch (const Failure& failure) {
            if (failure.code() != Exit::protocol) {
                throw;
            }
            return last;
        }
    }

    /// Behind that moment is about what one slice may hold; where nothing is, the moment itself becomes a slice.
    bool cut(std::optional<Instant> moment) {
        if (!limits_.cuts || !moment || *moment >= window_.to) {
            return false;  // what has no time lies nowhere
        }
        const Instant at = *moment + shortest < window_.to ? *moment + shortest : *moment;
        const bool inside = at > window_.from && at < window_.to;
        if (inside) {
            slice_.smaller = at - window_.from;
            slice_.rest_fits = true;
        }
        return inside;
    }

    [[nodiscard]] Span half() const noexcept { return (window_.to - window_.from) / 2; }
    /// Smaller by an eighth at least, so that a server which answers alike whatever the window is soon found out.
    bool ask_for(Span span) {
        const Span whole = window_.to - window_.from;
        slice_.smaller = std::clamp(span, shortest, std::max(shortest, whole - std::max(shortest, whole / 8)));
        return true;
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

    /// Oldest first, without what is outside the window or was read twice.
    void arrange() {
        auto& lines = slice_.lines;
        const auto add = [this, &lines](const Record& record, const Page& page) {
            if (is_inside(record)) {
                lines.push_back({&record, &page});
            }
        };
        if (is_late_order()) {
            for (const Page& page : slice_.pages) {
                for (const Record& record : page.records) {
                    add(record, page);
                }
            }
        }
        for (auto page = is_late_order() ? 0 : slice_.pages.size(); page-- > 0;) {
            const auto& records = slice_.pages[page].records;
            const auto first = std::min(skipped_[page], records.size());
            for (auto i = records.size(); i-- > first;) {
                add(records[i], slice_.pages[page]);
            }
        }
        // Most servers list in this very order, but backwards.
        const auto sort = [&lines](auto less, auto sorter) {
            if (!std::ranges::is_sorted(lines, less)) {
                sorter(lines, less);
            }
        };
        if (source_.has_ids) {
            sort([](const auto& a, const auto& b) { return a.record->key < b.record->key; }, std::ranges::sort);
            lines.erase(std::unique(lines.begin(), lines.end(),
                                    [](const auto& a, const auto& b) { return a.record->key == b.record->key; }),
                        lines.end());
        } else {
            sort([](const auto& a, const auto& b) { return a.record->key.time < b.record->key.time; },
                 std::ranges::stable_sort);
        }
    }

    const Source& source_;
    const Fetch& fetch_;
    Window window_;
    const SliceLimits& limits_;
    int limit_;                ///< as echoed
    bool to_the_end_ = false;  ///< however much it is, and however the pages shift
    std::size_t inside_ = 0;
    std::size_t seen_ = 0;
    std::vector<std::size_t> skipped_;  ///< for each page, records at its start that the page before had
    Slice slice_;
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
