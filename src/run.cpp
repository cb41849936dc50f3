#include "aquila_fetch/run.hpp"

#include "aquila_fetch/checkpoint.hpp"
#include "aquila_fetch/clock.hpp"
#include "aquila_fetch/collect.hpp"
#include "aquila_fetch/credentials.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/lock.hpp"
#include "aquila_fetch/log.hpp"
#include "aquila_fetch/notices.hpp"
#include "aquila_fetch/reach.hpp"
#include "aquila_fetch/rotated.hpp"
#include "aquila_fetch/sink.hpp"
#include "aquila_fetch/snapshot.hpp"
#include "aquila_fetch/source_list.hpp"
#include "aquila_fetch/stop.hpp"
#include "aquila_fetch/verify.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>

namespace aquila {
namespace {

void print(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
        throw Failure{Exit::io, "standard output cannot be written", "a pipe was closed, or a disk is full"};
    }
}

/// Records of a dry run.
class StandardOutput final : public Sink {
  public:
    [[nodiscard]] Place place() override { return {}; }
    void append(std::string_view lines) override { print(lines); }
    void finish(const Place& /*torn*/, std::size_t /*size*/, std::string_view rest) override { print(rest); }
    void cut(const Place& /*torn*/, std::size_t /*size*/) override {}
};

std::vector<std::string_view> product_names() {
    std::vector<std::string_view> names;
    for (const Source* source : sources()) {
        names.push_back(source->name);
    }
    return names;
}

void configure_log(const Arguments& arguments, const SourceConfig& config) {
    log::configure({arguments.log_level.value_or(config.log_level.value_or(log::Level::info)),
                    arguments.log_format.value_or(config.log_format.value_or(log::Format::text))});
    log::set_source(config.name);
}

/// What the INI may ask for by its contract, and this version does not do yet.
void refuse_what_is_missing(const SourceConfig& config, const std::string& output) {
    const auto refuse = [&config](bool asked, std::string_view what, const char* hint) {
        if (asked) {
            throw Failure{Exit::config, fmt::format("[{}]: {} is not there in this version", config.name, what), hint};
        }
    };
    const Auth auth = config.effective_auth();
    refuse(auth == Auth::oauth || auth == Auth::client_credentials, "OAuth", "use `auth = basic` or `auth = bearer`");
    refuse(config.format != Format::flattened, "a format other than flattened", "use `format = flattened`");
    refuse(output == "-" || output.find("://") != std::string::npos, "an output that is no file",
           "set `output` to a file");
    refuse(!config.metrics_file.empty(), "metrics_file", "leave it out");
}

Wish make_wish(const Arguments& arguments, const SourceConfig& config, Instant now) {
    const auto moment = [now](const std::string& text, std::string_view option) -> std::optional<Instant> {
        if (text.empty()) {
            return std::nullopt;
        }
        const auto parsed = parse_moment(text, now);
        if (!parsed) {
            throw Failure{Exit::usage, fmt::format("{} {}: not a time", option, text),
                          "give a date (2026-04-12), an ISO 8601 time (2026-04-12T16:00:00Z), or a span (30d)"};
        }
        return parsed;
    };
    return {now, config.initial_lookback, config.lookback, moment(arguments.since, "--since"),
            moment(arguments.until, "--until")};
}

Secret make_authorization(const SourceConfig& config, const Environment& environment) {
    const Secret token = find_token(config, environment);
    return config.effective_auth() == Auth::basic ? basic_authorization(config.email, token)
                                                  : bearer_authorization(token);
}

Lock take_lock(const SourceConfig& config, const std::filesystem::path& directory) {
    const auto path = config.lock_file.empty() ? directory / "lock" : std::filesystem::path{config.lock_file};
    make_directories(path.has_parent_path() ? path.parent_path() : ".");
    auto lock = Lock::acquire(path);
    if (!lock) {
        throw Failure{Exit::busy, fmt::format("another run of [{}] holds the lock {}", config.name, path.string()),
                      "wait until it has ended; `fuser` on the lock file names its process"};
    }
    return *std::move(lock);
}

/// A section that was pointed at another log must not go on with the old one's checkpoint.
void check_identity(const State& state, const std::string& identity, const SourceConfig& config,
                    const std::filesystem::path& checkpoint) {
    const bool begun = !state.covered.empty() || state.records > 0 || state.announced || state.resumption;
    if (begun && !state.identity.empty() && state.identity != identity) {
        throw Failure{
            Exit::config,
            fmt::format("[{}] collects \"{}\" now, and its checkpoint {} belongs to \"{}\"", config.name, identity,
                        checkpoint.string(), state.identity),
            "give the new site a section of its own (name, output and state are then its own too), or move the "
            "checkpoint away to begin anew"};
    }
}

/// An output belongs to one source, however it is spelt and whatever links lead to it.
void check_output_is_own(const Config& config, const SourceConfig& source, const std::string& output) {
    const auto plain = [](const std::string& path) {
        std::error_code error;
        const auto absolute = std::filesystem::absolute(path).lexically_normal();
        auto canonical = std::filesystem::weakly_canonical(absolute, error);
        return error ? absolute : canonical;
    };
    const auto owner = std::find_if(config.sources.begin(), config.sources.end(), [&](const SourceConfig& other) {
        return &other != &source && plain(other.effective_output()) == plain(output);
    });
    if (owner != config.sources.end()) {
        throw Failure{Exit::config, fmt::format("the output {} belongs to [{}]", output, owner->name),
                      "an output file belongs to one source: give another path"};
    }
}

void summarise(std::uint64_t records, const std::string& output) {
    print(fmt::format("Flattened {} records into {}\n", records, output));
}

/// `output_mode = replace`: one request, the file swapped in as a whole.
void replace_output(Endpoint& endpoint, const Source& source, const SourceConfig& config, const std::string& output,
                    bool dry_run) {
    const Page page = endpoint.fetch({std::nullopt, 0, config.page_size.value_or(source.page_size)});
    const auto lines = snapshot_lines(page);
    if (dry_run) {
        print(lines);
        return;
    }
    const std::filesystem::path path{output};
    make_directories(path.has_parent_path() ? path.parent_path() : ".");
    AtomicFile file{path, output_file_mode};
    file.write(lines);
    file.commit();
    summarise(page.records.size(), output);
}

/// The cloud id and the door, so that the next run need not look for them. What belongs to another log stays as it is.
void keep_what_was_found(const Endpoint& endpoint, const State& state, const std::function<void(const State&)>& save) {
    State known = state;
    endpoint.remember(known);
    if (known != state && (state.covered.empty() || known.identity == state.identity)) {
        save(known);
    }
}

void collect_source(const Arguments& arguments, const SourceConfig& config, const Environment& environment) {
    const Source& source = *find_source(config.product);
    const std::string output = arguments.output.empty() ? config.effective_output() : arguments.output;
    const auto directory = state_directory(config, environment);
    const Wish wish = make_wish(arguments, config, SystemClock{}.now());
    Secret authorization = make_authorization(config, environment);

    std::optional<Lock> lock;
    if (!arguments.dry_run) {
        make_directories(directory);
        lock = take_lock(config, directory);
    }
    const Checkpoint checkpoint{directory};
    State state = checkpoint.load().value_or(State{});

    const bool replace = config.output_mode == OutputMode::replace;
    if (replace && (wish.since || wish.until)) {
        throw Failure{Exit::usage, "--since and --until have no meaning with `output_mode = replace`",
                      "it shows the newest page; use `output_mode = append` for history"};
    }
    std::optional<FileSink> file;
    std::string torn;
    const auto save = [&](const State& changed) {
        if (!arguments.dry_run) {
            checkpoint.save(changed);
        }
    };
    if (!arguments.dry_run && !replace) {
        file.emplace(output);
        torn = recover(state, std::filesystem::absolute(output), save);
    }
    Reach reach{source, config, std::move(authorization), state};
    Endpoint& endpoint = reach.endpoint();
    if (replace) {
        replace_output(endpoint, source, config, output, arguments.dry_run);
        keep_what_was_found(endpoint, state, save);
        return;
    }
    check_identity(state, endpoint.identity(), config, checkpoint.path());
    endpoint.remember(state);

    StandardOutput standard_output;
    const Collecting collecting{source,
                                wish,
                                reach.limits(),
                                [&endpoint, &state](const Query& query) {
                                    stop::check();
                                    Page page = endpoint.fetch(query);
                                    endpoint.remember(state);
                                    return page;
                                },
                                save,
                                stop::check};
    Sink& sink = file ? static_cast<Sink&>(*file) : standard_output;
    const Tally tally = collect(collecting, state, sink, torn);
    if (give_notices(source, wish, tally, reach.counts(), state)) {
        save(state);
    }
    if (!arguments.dry_run) {
        summarise(tally.written, output);
    } else {
        log::info(fmt::format("{} records would be written into {}", tally.written, output));
    }
}

Failure nothing_to_verify(const SourceConfig& config) {
    return {Exit::found, fmt::format("[{}] has collected nothing yet: there is nothing to verify", config.name),
            "run aquila-fetch first"};
}

/// Compares what the server holds with what the output files hold. Reads the checkpoint and never writes.
void verify_source(const Arguments& arguments, const SourceConfig& config, const Environment& environment) {
    const Source& source = *find_source(config.product);
    const Wish wish = make_wish(arguments, config, SystemClock{}.now());
    Secret authorization = make_authorization(config, environment);
    const auto directory = state_directory(config, environment);
    const Checkpoint checkpoint{directory};
    if (!checkpoint.load()) {
        throw nothing_to_verify(config);
    }
    const Lock lock = take_lock(config, directory);  // a run beside it would change what is compared
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
    const std::string output = arguments.output.empty() ? config.effective_output() : arguments.output;
    Reach reach{source, config, std::move(authorization), *state};
    check_identity(*state, reach.endpoint().identity(), config, checkpoint.path());
    const auto comparison = compare(
        source, [&reach](const Query& query) { return reach.endpoint().fetch(query); }, window, state->settled,
        reach.limits(), files_beside(output), stop::check);
    print(describe(comparison, arguments.json));
    if (!comparison.clean()) {
        throw Failure{Exit::found, "the output is not what the server holds",
                      "look for output files that were deleted, edited or restored; records that are missing can be "
                      "collected into "
                      "another file by a section of its own with --since"};
    }
}

}  // namespace

void run(const Arguments& arguments, const Environment& environment) {
    log::configure({arguments.log_level.value_or(log::Level::info), arguments.log_format.value_or(log::Format::text)});
    const auto products = product_names();
    if (arguments.command == Command::sources) {
        print(list_sources(arguments.config, environment, arguments.json));
        return;
    }
    const Config config = load_config(find_config(arguments.config, environment), products);
    const SourceConfig& source = choose_source(config, arguments.source, arguments.product);
    configure_log(arguments, source);
    refuse_what_is_missing(source, arguments.output.empty() ? source.effective_output() : arguments.output);
    check_output_is_own(config, source, arguments.output.empty() ? source.effective_output() : arguments.output);
    if (arguments.command == Command::verify) {
        verify_source(arguments, source, environment);
    } else {
        collect_source(arguments, source, environment);
    }
}

}  // namespace aquila
