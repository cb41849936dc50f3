#include "aquila_fetch/job.hpp"

#include "aquila_fetch/clock.hpp"
#include "aquila_fetch/config_values.hpp"
#include "aquila_fetch/destination.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/file.hpp"
#include "aquila_fetch/http.hpp"
#include "aquila_fetch/log.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>

namespace aquila {
namespace {

void configure_log(const Arguments& arguments, const SourceConfig& source) {
    log::configure({arguments.log_level.value_or(source.log_level.value_or(log::Level::info)),
                    arguments.log_format.value_or(source.log_format.value_or(log::Format::text))});
    log::set_source(source.name);
}

/// --output is read as the INI's `output` is.
void check_named_output(const std::string& output) {
    std::string problem;
    if (!output.empty() && !read::output(output, problem)) {
        throw Failure{Exit::config, fmt::format("the output {} {}", printable_url(output), problem)};
    }
}

/// What the one or the other destination cannot do, whether the INI or --output names it.
void check_destination(const SourceConfig& config, const std::string& output) {
    if (config.output_mode == OutputMode::replace && destination_of(output) != Destination::file) {
        throw Failure{Exit::config, fmt::format("[{}]: `output_mode = replace` needs a file", config.name),
                      "set `output` to a file, or leave out `output_mode`"};
    }
    if (config.output_mode == OutputMode::replace && config.packing_of(output) != Packing::none) {
        throw Failure{Exit::config, fmt::format("[{}]: `output_mode = replace` packs nothing", config.name),
                      "leave out `compress`, or `output_mode`"};
    }
}

/// An output file belongs to one source, however it is spelt and whatever links lead to it.
void check_output_is_own(const Config& config, const SourceConfig& source, const std::string& output) {
    const auto plain = [](const std::string& path) {
        std::error_code error;
        const auto absolute = std::filesystem::absolute(path).lexically_normal();
        auto canonical = std::filesystem::weakly_canonical(absolute, error);
        return error ? absolute : canonical;
    };
    if (destination_of(output) != Destination::file) {
        return;
    }
    const auto owner = std::find_if(config.sources.begin(), config.sources.end(), [&](const SourceConfig& other) {
        return &other != &source && plain(other.effective_output()) == plain(output);
    });
    if (owner != config.sources.end()) {
        throw Failure{Exit::config, fmt::format("the output {} belongs to [{}]", output, owner->name),
                      "an output file belongs to one source: give another path"};
    }
}

}  // namespace

std::vector<std::string_view> product_names() {
    std::vector<std::string_view> names;
    for (const Source* source : sources()) {
        names.push_back(source->name);
    }
    return names;
}

Job make_job(const Arguments& arguments, const Environment& environment, Config& config) {
    config = load_config(find_config(arguments.config, environment), product_names());
    const SourceConfig& source = choose_source(config, arguments.source, arguments.product);
    configure_log(arguments, source);
    return make_job(arguments, environment, config, source);
}

Job make_job(const Arguments& arguments, const Environment& environment, const Config& config,
             const SourceConfig& source) {
    auto output = arguments.output.empty() ? source.effective_output() : arguments.output;
    check_named_output(arguments.output);
    check_destination(source, output);
    check_output_is_own(config, source, output);
    return {arguments,
            config,
            source,
            environment,
            *find_source(source.product),
            std::move(output),
            state_directory(source, environment)};
}

Wish make_wish(const Job& job) {
    const Instant now = SystemClock{}.now();
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
    return {now, job.source.initial_lookback, job.source.lookback, moment(job.arguments.since, "--since"),
            moment(job.arguments.until, "--until")};
}

std::filesystem::path lock_path(const SourceConfig& source, const Environment& environment) {
    return source.lock_file.empty() ? state_directory(source, environment) / "lock"
                                    : std::filesystem::path{source.lock_file};
}

Lock take_lock(const Job& job) {
    const auto path = lock_path(job.source, job.environment);
    make_directories(path.has_parent_path() ? path.parent_path() : ".");
    auto lock = Lock::acquire(path);
    if (!lock) {
        throw Failure{Exit::busy, fmt::format("another run of [{}] holds the lock {}", job.source.name, path.string()),
                      "wait until it has ended; `ps -C aquila-fetch -o pid,args` shows it"};
    }
    return *std::move(lock);
}

void print(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
        throw Failure{Exit::io, "standard output cannot be written", "a pipe was closed, or a disk is full"};
    }
}

}  // namespace aquila
