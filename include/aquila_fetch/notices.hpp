// Why: a run that ends well may still have seen something that a person should know: repaired records, a server that
// ignores the window, a clock that is off, a log that has been empty for suspiciously long.
// Must not know: how records were read or written.
#pragma once

#include "aquila_fetch/collect.hpp"
#include "aquila_fetch/retry.hpp"

namespace aquila {

/// By as much our clock and the server's may differ before somebody should set one of them.
inline constexpr Span tolerable_skew = std::chrono::minutes{2};

/// Logs what there is to say. True when `state` was changed (an emptiness is mentioned once a day).
bool give_notices(const Source& source, const Wish& wish, const Tally& tally, const RetryCounts& counts, State& state);

}  // namespace aquila
