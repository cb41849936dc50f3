// Why: what the state tells of a source, as one value: the same facts as text for people and as JSON for machines.
// Must not know: network, how the state got there.
#pragma once

#include "aquila_fetch/checkpoint.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/last_run.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace aquila {

/// Tokens that are renewed (OAuth), as far as their times are known.
struct TokenTimes {
    std::optional<Instant> access_expires;
    std::optional<Instant> refresh_expires;  ///< unless a run renews the login before
    bool dead = false;                       ///< only a login helps
};

struct Status {
    std::string name;
    std::string product;
    std::filesystem::path state;  ///< its folder
    std::string output;
    std::optional<std::uint64_t> output_bytes;  ///< nullopt: there is no such file, or it is none
    std::string format = "flattened";           ///< as `format =` has it
    std::optional<LastRun> last_run;
    bool at_work = false;  ///< somebody holds the source's lock
    std::optional<State> checkpoint;
    std::optional<TokenTimes> tokens;
    std::vector<Failure> troubles;  ///< what could not be read
};

/// In one word, as the JSON has it: "never" ran; "running"; "unfinished", the last run did not come to its end (kill
/// -9, power); "stopped" by a signal; "ok"; "failed"; "unknown", where the state cannot be read or is older than the
/// notes of runs.
[[nodiscard]] std::string_view result_of(const Status& status) noexcept;

/// For people, one paragraph a source.
[[nodiscard]] std::string describe(std::span<const Status> all, Instant now);
/// {"sources":[…]}; the keys are listed in the man page.
[[nodiscard]] std::string to_json(std::span<const Status> all, Instant now);

}  // namespace aquila
