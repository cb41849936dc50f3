// Why: the loop that turns pages into lines, each exactly once: read a slice, drop what was written before, announce,
// append, checkpoint. README.md and docs/durability.md tell the same story in words.
// Must not know: everything concrete (HTTP, files, products, the clock).
#pragma once

#include "aquila_fetch/checkpoint.hpp"
#include "aquila_fetch/format.hpp"
#include "aquila_fetch/plan.hpp"
#include "aquila_fetch/progress.hpp"
#include "aquila_fetch/sink.hpp"
#include "aquila_fetch/slice.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace aquila {

struct Tally {
    std::uint64_t written = 0;
    std::uint64_t repaired = 0;
    std::uint64_t late = 0;  ///< of those written, records older than the watermark was when the run began
    std::uint64_t slices = 0;
    std::uint64_t before = 0;           ///< records older than asked for: the server ignores the start of the window
    std::uint64_t seen = 0;             ///< records inside the windows, written now or before
    std::uint64_t own = 0;              ///< records of our own searches in the windows, as often as they were read
    std::uint64_t dropped = 0;          ///< of these, left out
    std::optional<std::int64_t> total;  ///< of the whole log, where the server tells
    std::optional<Instant> served;      ///< the Date of the first answers
};

struct Collecting {
    const Source& source;
    Wish wish;
    SliceLimits limits;
    Fetch fetch;                                     ///< see read_slices for the threads it is called by
    std::function<void(State&)> save;                ///< durable when it returns
    std::function<void()> check_stop;                ///< throws Interrupted
    std::function<void(const Advance&)> progress{};  ///< told after each slice; may be empty
    LineFormat* format = nullptr;                    ///< how lines are written; nullptr: as sent
};

/// What of the announced lines is in the output, as Sink::find tells.
using Look = std::function<Tail(const Announcement&)>;

/// Takes up what a stopped run left: looks for its lines, notes them in `state` as a resumption, and saves that. Gives
/// what there is of a line cut short at the output's end.
[[nodiscard]] std::string recover(State& state, const Look& look, const std::function<void(const State&)>& save);

/// Reads and writes until the windows of plan() are covered. `state` is as saved last when this returns or throws, but
/// for what the next run finds by itself.
/// `torn` is what recover() gave.
[[nodiscard]] Tally collect(const Collecting& collecting, State& state, Sink& sink, const std::string& torn);

/// The line of a record: its bytes, the page's suffix in place of its closing brace, a line feed.
void append_line(std::string& lines, std::string_view body, std::string_view suffix);

}  // namespace aquila
