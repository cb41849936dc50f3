#include "aquila_fetch/collect.hpp"

#include "loop.hpp"

#include <algorithm>
#include <utility>

namespace aquila {
namespace {

/// The server's Date has whole seconds: its clock is less than that ahead of what it says.
constexpr Span date_resolution{999};
/// An interrupted slice was small enough once; late records may have come to it, not many times as much.
constexpr std::size_t resumed_slice_factor = 4;

}  // namespace

Tally Loop::run() {
    began_at_ = state_.watermark.value_or(Instant::min());
    try {
        run_windows();
    } catch (...) {
        keep_what_is_whole();
        throw;
    }
    return tally_;
}

void Loop::run_windows() {
    if (state_.resumption) {
        resume();
    }
    Wish wish = collecting_.wish;
    if (!state_.watermark) {
        // Where reading begins is kept for good: a clock that is ahead must not put it too late, or into the
        // future.
        const auto served = collecting_.fetch({std::nullopt, 0, 1}).served;
        wish.now = served ? std::min(wish.now, *served + date_resolution) : wish.now;
    }
    const auto watermark = state_.watermark;
    const auto pending = state_.pending;
    auto windows = plan(state_, wish);
    const bool follows = collecting_.source.stream && !wish.until;
    if (follows) {
        windows = state_.pending;
    }
    if (state_.watermark != watermark || state_.pending != pending) {
        save();  // what was asked for is completed by later runs, whatever stops this one
    }
    const Instant end = wish.until.value_or(wish.now);
    range_ = {windows.empty() ? *state_.watermark : windows.front().from, {}, end, 0};
    for (const Window& window : windows) {
        read(window);
    }
    if (follows) {
        read_again();
        follow();
    }
}

void Loop::resume() {
    const Window window = state_.resumption->window;
    if (window.empty()) {
        return;  // a page of a stream: follow() meets it again
    }
    range_ = {window.from, window.from, window.to, 0};
    auto limits = collecting_.limits;
    limits.pages *= resumed_slice_factor;
    limits.bytes *= resumed_slice_factor;
    Slice slice = read_slice(collecting_.source, collecting_.fetch, window, limits);
    if (slice.smaller) {
        drop_torn_line();
        read(window);
    } else {
        commit({&slice, 1});
    }
    if (unsaved_) {
        save();
    }
}

void Loop::read(const Window& window) {
    read_slices(collecting_.source, collecting_.fetch, window, collecting_.limits, collecting_.check_stop,
                [this](std::span<Slice> slices) { commit(slices); });
    if (unsaved_) {
        save();
    }
}

void Loop::keep_what_is_whole() noexcept {
    try {
        if (unsaved_) {
            save();
        }
    } catch (...) {
        // The announcement stands, and the next run goes by it; the first error is the one to tell.
        unsaved_ = true;
    }
}

void Loop::save() {
    collecting_.save(state_);
    unsaved_ = false;
    if (!state_.announced) {
        sink_.committed();
    }
}

void Loop::tell(Instant at) {
    if (collecting_.progress) {
        range_.at = at;
        range_.records = tally_.written;
        collecting_.progress(range_);
    }
}

void Loop::note(const Slice& slice) {
    ++tally_.slices;
    tally_.before += slice.before;
    tally_.seen += slice.lines.size();
    for (const Page& page : slice.pages) {
        tally_.own += page.own;
        tally_.dropped += page.dropped;
    }
    if (slice.total) {
        tally_.total = slice.total;
    }
    if (!tally_.served) {
        tally_.served = slice.served;
    }
}

Instant Loop::horizon(const Slice& slice) const {
    return slice.served ? std::min(collecting_.wish.now, *slice.served + date_resolution) : collecting_.wish.now;
}

void Loop::advance(const Slice& slice) {
    const Window& window = slice.window;
    const Instant limit = horizon(slice);
    const Window read{window.from, std::min(window.to, std::max(limit, *state_.watermark))};
    cover(state_.covered, read);
    uncover(state_.pending, read);
    if (window.from <= *state_.watermark) {
        // A stream that was read by time goes on by time: its cursor is behind that now.
        state_.cursor = read.to > *state_.watermark ? std::string{} : std::move(state_.cursor);
        state_.watermark = std::max(*state_.watermark, read.to);
    }
    // A resumed window may lie beyond the settled moment, and what is between them has to be read again first. Of a
    // stream that is followed, settled is moved by following it.
    if (window.from <= state_.settled && state_.cursor.empty()) {
        const Instant settled = limit - std::max(collecting_.wish.lookback, least_lookback);
        state_.settled = std::max(state_.settled, std::min(read.to, settled));
    }
    forget_what_is_settled();
    unsaved_ = true;
}

void Loop::forget_what_is_settled() {
    state_.ledger.prune(std::min(state_.settled, state_.held.value_or(Instant::max())));
}

Tally collect(const Collecting& collecting, State& state, Sink& sink, const std::string& torn) {
    return Loop{collecting, state, sink, torn}.run();
}

}  // namespace aquila
