#include "aquila_fetch/notices.hpp"

#include "aquila_fetch/log.hpp"

#include <fmt/core.h>

#include <chrono>

namespace aquila {
namespace {

using std::chrono::hours;

constexpr Span long_empty = hours{24};

void mention_skew(const Wish& wish, Instant served) {
    const Span skew = wish.now - served;
    if (skew > tolerable_skew) {
        log::warning(
            fmt::format("this machine's clock is {} ahead of the server's; set it (timedatectl), or records will "
                        "seem to come late",
                        describe_span(skew)));
    } else if (skew < -tolerable_skew) {
        log::warning(
            fmt::format("this machine's clock is {} behind the server's; set it (timedatectl): records newer than "
                        "our clock wait until it is right",
                        describe_span(-skew)));
    }
}

/// An empty 200 with a log that is not empty is what a window spelt wrongly, or a lost permission, looks like.
bool mention_emptiness(const Source& source, const Wish& wish, const Tally& tally, State& state) {
    if (tally.seen > 0 || tally.total.value_or(0) <= 0 || state.covered.empty()) {
        return false;
    }
    const Instant since = state.last_written.value_or(state.covered.back().from);
    const bool mentioned = state.warned_empty && wish.now - *state.warned_empty < long_empty;
    if (wish.now - since < long_empty || mentioned) {
        return false;
    }
    log::warning(
        fmt::format("the {} log holds {} records, and none of them since {}: a quiet site, or a window that the "
                    "server misunderstands; compare with the audit log page, and try --since 30d",
                    source.title, *tally.total, format_instant(since)));
    state.warned_empty = wish.now;
    return true;
}

}  // namespace

bool give_notices(const Source& source, const Wish& wish, const Tally& tally, const RetryCounts& counts, State& state) {
    if (tally.repaired > 0) {
        log::warning(
            fmt::format("{} records held a lone surrogate or invalid UTF-8; those places are U+FFFD now, the rest "
                        "is as sent",
                        tally.repaired));
    }
    if (tally.before > 0) {
        log::warning(
            fmt::format("the server sent {} records from before the window asked for: it seems to ignore its "
                        "start; they were not written",
                        tally.before));
    }
    if (tally.own > 0) {
        log::info(fmt::format("{} of the records tell of this collector's own searches in the log{}", tally.own,
                              tally.dropped > 0 ? "; left out (own_searches = drop)" : ""));
    }
    if (tally.late > 0) {
        log::info(fmt::format("{} records came late, or from history asked for", tally.late));
    }
    if (tally.served) {
        mention_skew(wish, *tally.served);
    }
    log::debug(fmt::format("{} requests, {} retries, {} slices, {} records seen, {} written", counts.requests,
                           counts.retries, tally.slices, tally.seen, tally.written));
    return mention_emptiness(source, wish, tally, state);
}

}  // namespace aquila
