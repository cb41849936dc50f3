// Why: which stretches of time a run reads, from what was asked for and what is covered; pure, so that clocks that jump
// and history that was read in pieces can be tried on paper.
// Must not know: how windows are read.
#pragma once

#include "aquila_fetch/checkpoint.hpp"

#include <optional>
#include <vector>

namespace aquila {

/// What a run was asked for.
struct Wish {
    Instant now;              ///< our clock, frozen for the run
    Span initial_lookback{};  ///< how far back the first run reads
    Span lookback{};          ///< how long a record may be late
    std::optional<Instant> since;
    std::optional<Instant> until;
};

/// The windows to read, oldest first and apart from each other: what is pending, and from the settled moment to now, so
/// that late records are seen. What --since asks for beyond that is added to `state.pending`, so that a run which is
/// stopped is completed by later ones. On a first run the watermark is set to where reading begins.
/// Failure 64: --since is not before --until.
[[nodiscard]] std::vector<Window> plan(State& state, const Wish& wish);

}  // namespace aquila
