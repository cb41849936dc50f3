#include "loop.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/log.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <utility>

namespace aquila {
namespace {

/// The window of an announcement for a page of a stream, which is found again by its cursor.
constexpr Window of_stream{};
/// Pages of a stream in a row that hold nothing new and do not get younger: the server does not move on.
constexpr int most_fruitless = 50;

/// The oldest and the newest time; of a page without times the newest instant and the oldest one.
std::pair<Instant, Instant> ends_of(const Page& page) {
    std::pair ends{Instant::max(), Instant::min()};
    for (const Record& record : page.records) {
        if (record.key.time != undated) {
            ends = {std::min(ends.first, record.key.time), std::max(ends.second, record.key.time)};
        }
    }
    return ends;
}

}  // namespace

void Loop::read_again() {
    const auto& last = state_.reread;
    if (!last || collecting_.wish.now - *last >= collecting_.wish.lookback / 2 || *last > *state_.watermark) {
        read({state_.settled, *state_.watermark});
        state_.reread.reset();  // settled may follow the watermark, until the end of the stream is reached
    }
}

void Loop::follow() {
    std::optional<Instant> began;  // the server's time: what came after it is left to the next run
    int fruitless = 0;
    for (bool ended = false; !ended;) {
        collecting_.check_stop();
        auto slice = next_page();
        if (!slice) {
            continue;  // the cursor is refused: the stream is entered by time
        }
        const Page& page = slice->pages.front();
        const auto [oldest, newest] = ends_of(page);
        began = began ? began : std::optional{horizon(*slice)};
        const auto written = tally_.written;
        const auto next = page.next.empty() ? state_.cursor : page.next;
        ended = page.records.empty() || next == state_.cursor;
        const bool again = !next.empty() && next == state_.cursor && !page.records.empty();
        const bool is_later = !page.records.empty() && oldest >= *began;
        write(of_stream, {&*slice, 1});
        shorten_resumption(of_stream);
        state_.cursor = next;
        if (state_.entered && newest >= *state_.entered) {
            state_.entered.reset();  // not before its page is written: a stopped run fetches that again
        }
        // Of what the cursor will show once more or for the first time, nothing that is known may be forgotten.
        state_.held = again ? oldest : ended ? Instant::max() : newest;
        fruitless = tally_.written == written && newest <= *state_.watermark && !ended ? fruitless + 1 : 0;
        advance_stream(*slice, ended ? horizon(*slice) : is_later ? *began : newest);
        save_at_once();
        tell(*state_.watermark);
        ended = ended || is_later;
        if (fruitless >= most_fruitless) {
            throw Failure{
                Exit::protocol,
                fmt::format("endless paging: {} pages of events that are known, each with a new cursor", fruitless),
                "the stream does not move on; what was new is written, and the next run goes on"};
        }
    }
    state_.reread = state_.reread.value_or(*state_.watermark);
    save();
}

std::optional<Slice> Loop::next_page() {
    Slice slice;
    const Window since{state_.settled, open_end};
    if (state_.cursor.empty()) {
        state_.entered = state_.settled;
    }
    try {
        slice.pages.push_back(collecting_.fetch({since, 0, collecting_.limits.page_size, state_.cursor}));
    } catch (const StaleCursor& stale) {
        log::warning(
            fmt::format("the server does not know the cursor of the last run any more; going on by time, "
                        "from {}: what is in the output already is told by its id",
                        format_instant(state_.settled)));
        state_.cursor.clear();
        return std::nullopt;
    }
    const Page& page = slice.pages.front();
    slice.served = page.served;
    slice.total = page.total;
    check_dated(page);
    std::set<Key> seen;
    for (const Record& record : page.records) {
        // A server that ignores where it should begin shows what is in the output, or was not asked for.
        const bool early = state_.entered && record.key.time < *state_.entered;
        slice.before += early ? 1 : 0;
        if (!early && seen.insert(record.key).second) {
            slice.lines.push_back({&record, &page});
        }
    }
    return slice;
}

void Loop::advance_stream(const Slice& slice, Instant to) {
    const Instant limit = horizon(slice);
    const Window read{*state_.watermark, std::min(to, std::max(limit, *state_.watermark))};
    if (!read.empty()) {
        cover(state_.covered, read);
        uncover(state_.pending, read);
        state_.watermark = read.to;
    }
    const Instant known = std::min(*state_.watermark, state_.reread.value_or(*state_.watermark));
    state_.settled = std::max(state_.settled, known - std::max(collecting_.wish.lookback, least_lookback));
    forget_what_is_settled();
    unsaved_ = true;
}

}  // namespace aquila
