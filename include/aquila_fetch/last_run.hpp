// Why: `status` tells how the last run ended, also of one that never came to its end. A run notes its beginning and its
// end beside the checkpoint; nothing else depends on the note, so no run ever fails because of it.
// Must not know: what a run does.
#pragma once

#include "aquila_fetch/clock.hpp"
#include "aquila_fetch/time.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace aquila {

struct LastRun {
    Instant started;
    std::optional<Instant> ended;  ///< nullopt: it is at work, or was killed
    int exit = 0;                  ///< its exit code, once it has ended
    int signal = 0;                ///< not 0: it was stopped by this signal
    std::string error{};           ///< one line, shortened; empty when all went well
    std::string hint{};
    std::uint64_t records = 0;           ///< written by this run, as far as its checkpoint tells
    std::string output{};                ///< where it wrote, as `output` spells it; empty: notes of before do not tell
    std::optional<Instant> succeeded{};  ///< when a run ended well last, this one or one before it

    friend bool operator==(const LastRun&, const LastRun&) = default;
};

[[nodiscard]] std::string to_text(const LastRun& run);
/// nullopt: not as to_text writes it.
[[nodiscard]] std::optional<LastRun> last_run_from_text(std::string_view text);

/// Where it is kept: `state`/last_run.json.
[[nodiscard]] std::filesystem::path last_run_file(const std::filesystem::path& state);

/// Does `work`, which counts the records it wrote, and notes beginning and end (0600, swapped in as a whole, not made
/// durable: it may be lost with the power). What `work` throws passes through; that a note could not be written is
/// logged at debug level and nothing more. The caller holds the source's lock. `ended` gets the note of the end.
void note_run(const std::filesystem::path& state, const Clock& clock, const std::function<void(LastRun&)>& work,
              const std::function<void(const LastRun&)>& ended = {});

}  // namespace aquila
