#include "aquila_fetch/verify.hpp"

#include "aquila_fetch/authorizer.hpp"
#include "aquila_fetch/checkpoint.hpp"
#include "aquila_fetch/commands.hpp"
#include "aquila_fetch/destination.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/identity.hpp"
#include "aquila_fetch/reach.hpp"
#include "aquila_fetch/stop.hpp"
#include "aquila_fetch/written.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace aquila {
namespace {

Failure nothing_to_verify(const SourceConfig& config) {
    return {Exit::found, fmt::format("[{}] has collected nothing yet: there is nothing to verify", config.name),
            "run aquila-fetch first"};
}

}  // namespace

/// Compares what the server holds with what the output files hold. Reads the checkpoint and never writes.
void verify_command(const Job& job) {
    const auto& [arguments, all, config, environment, source, output, directory] = job;
    const Wish wish = make_wish(job);
    if (config.output_mode == OutputMode::replace) {
        throw Failure{
            Exit::config,
            fmt::format("[{}] keeps the newest page alone (`output_mode = replace`): there is nothing to verify",
                        config.name),
            "use `output_mode = append` to have every record"};
    }
    if (destination_of(output) == Destination::pipe) {
        throw Failure{Exit::config,
                      fmt::format("[{}] writes to standard output, which nobody can read again", config.name),
                      "ask whoever reads the pipe; for a file name it with --output"};
    }
    const auto authorizer = make_authorizer(config, environment, directory);
    const Checkpoint checkpoint{directory};
    if (!checkpoint.load()) {
        throw nothing_to_verify(config);
    }
    const Lock lock = take_lock(job);  // a run beside it would change what is compared
    const auto state = checkpoint.load();
    if (!state || state->covered.empty()) {
        throw nothing_to_verify(config);
    }
    const Window covered = state->covered.back();
    const Window window{std::max(covered.from, wish.since.value_or(covered.to - config.initial_lookback)),
                        std::min(covered.to, wish.until.value_or(covered.to))};
    if (window.empty()) {
        throw Failure{Exit::usage, "the window asked for was not collected",
                      fmt::format("[{}] was collected from {} to {}", config.name, format_instant(covered.from),
                                  format_instant(covered.to))};
    }
    Reach reach{source, config, *authorizer, *state};
    check_identity(*state, reach.endpoint().identity(), config, checkpoint.path());
    auto comparison = compare(
        reach.source(), [&reach](const Query& query) { return reach.endpoint().fetch(query); }, window,
        {state->settled, state->ledger}, reach.limits(), written_texts(job, window), stop::check);
    comparison.asked = {wish.since.value_or(window.from), wish.until.value_or(window.to)};
    print(describe(comparison, arguments.json));
    if (!comparison.clean()) {
        throw Failure{
            Exit::found, "the output is not what the server holds",
            "look for output files that were deleted (logrotate, as packaged, keeps 7 files, a week), edited "
            "or restored; records that are missing can be collected into another file by a section of its own "
            "with --since"};
    }
}

}  // namespace aquila
