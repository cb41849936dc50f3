#include "aquila_fetch/plan.hpp"

#include "aquila_fetch/error.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace aquila {

std::vector<Window> plan(State& state, const Wish& wish) {
    const Instant end = std::min(wish.until.value_or(wish.now), wish.now);
    if (wish.since && *wish.since >= end) {
        throw Failure{
            Exit::usage,
            fmt::format("nothing lies between --since {} and {}", format_instant(*wish.since), format_instant(end)),
            "--since takes a moment in the past, before --until: a date, an ISO 8601 time, or a span such as 30d"};
    }
    if (!state.watermark) {
        state.watermark = state.settled = wish.since.value_or(end - wish.initial_lookback);
    } else if (wish.since) {
        std::vector<Window> asked;
        cover(asked, {*wish.since, std::min(end, *state.watermark)});
        for (const Window& window : state.covered) {
            uncover(asked, window);
        }
        for (const Window& window : asked) {
            cover(state.pending, window);
        }
    }
    auto windows = state.pending;
    // A clock that is behind must not hide late records; one that is ahead is bounded by the server's Date later on.
    const Instant to = wish.until ? end : std::max(end, *state.watermark);
    if (!wish.until || to > *state.watermark) {
        cover(windows, {state.settled, to});
    }
    return windows;
}

}  // namespace aquila
