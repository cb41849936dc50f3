// What the state of the sources tells, without network, and without getting into the way of a run.
#include "aquila_fetch/status.hpp"

#include "aquila_fetch/clock.hpp"
#include "aquila_fetch/commands.hpp"
#include "aquila_fetch/config_keys.hpp"
#include "aquila_fetch/destination.hpp"
#include "aquila_fetch/file.hpp"
#include "aquila_fetch/lock.hpp"
#include "aquila_fetch/token_store.hpp"

namespace aquila {
namespace {

constexpr std::size_t largest_last_run = std::size_t{1} << 20U;

/// Notes what cannot be read, and goes on.
template <typename Read>
void read_into(Status& status, Read read) {
    try {
        read();
    } catch (const Failure& failure) {
        status.troubles.push_back(failure);
    }
}

void read_last_run(Status& status, const std::filesystem::path& lock) {
    const auto text = read_file(last_run_file(status.state), largest_last_run);
    status.last_run = text ? last_run_from_text(*text) : std::nullopt;
    if (text && !status.last_run) {
        throw Failure{Exit::io,
                      "the note of the last run cannot be understood: " + last_run_file(status.state).string(),
                      "the next run writes a new one"};
    }
    // Nobody is looked for after a run that has ended: the next one might begin at this moment.
    const bool may_run = !status.last_run || !status.last_run->ended;
    status.at_work = may_run && Lock::is_held(lock).value_or(false);
}

/// A refresh token that nobody uses ends after 90 days (atlassian-api section 6.2).
std::optional<TokenTimes> token_times(const std::filesystem::path& state) {
    constexpr Span idle = std::chrono::hours{24 * 90};
    const auto tokens = TokenStore{state}.load();
    if (!tokens) {
        return std::nullopt;
    }
    const auto refresh = tokens->refresh_token.empty() ? std::nullopt : std::optional{tokens->obtained + idle};
    return TokenTimes{tokens->expires, refresh, tokens->dead.has_value()};
}

Status read_status(const SourceConfig& config, const Environment& environment) {
    Status status;
    status.name = config.name;
    status.product = config.product;
    status.state = state_directory(config, environment);
    status.output = config.effective_output();
    status.format = name_of(config.format);
    std::error_code error;
    if (destination_of(status.output) == Destination::file) {
        const auto size = std::filesystem::file_size(status.output, error);
        status.output_bytes = error ? std::nullopt : std::optional{size};
    }
    read_into(status, [&] { read_last_run(status, lock_path(config, environment)); });
    read_into(status, [&] { status.checkpoint = Checkpoint{status.state}.load(); });
    read_into(status, [&] { status.tokens = config.is_granted() ? token_times(status.state) : std::nullopt; });
    return status;
}

}  // namespace

void status_command(const Arguments& arguments, const Environment& environment) {
    const Config config = load_config(find_config(arguments.config, environment), product_names());
    std::vector<Status> all;
    for (const SourceConfig* source : choose_sources(config, arguments.source, arguments.product)) {
        all.push_back(read_status(*source, environment));
    }
    const Instant now = SystemClock{}.now();
    print(arguments.json ? to_json(all, now) : describe(all, now));
    for (const Status& status : all) {
        if (!status.troubles.empty()) {
            throw status.troubles.front();
        }
    }
}

}  // namespace aquila
