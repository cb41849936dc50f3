// Everything a run needs, looked at one by one. Nothing is written, and no lock is held.
#include "aquila_fetch/access.hpp"
#include "aquila_fetch/bucket_reach.hpp"
#include "aquila_fetch/clock.hpp"
#include "aquila_fetch/commands.hpp"
#include "aquila_fetch/config_keys.hpp"
#include "aquila_fetch/destination.hpp"
#include "aquila_fetch/format.hpp"
#include "aquila_fetch/identity.hpp"
#include "aquila_fetch/log.hpp"
#include "aquila_fetch/onlooker.hpp"
#include "aquila_fetch/packed.hpp"
#include "aquila_fetch/premises.hpp"
#include "aquila_fetch/sink.hpp"
#include "aquila_fetch/stop.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>

namespace aquila {
namespace {

Finding check_configuration(const Arguments& arguments, const Environment& environment, const Config& config,
                            const SourceConfig& source) {
    constexpr std::string_view item = "configuration";
    try {
        static_cast<void>(make_job(arguments, environment, config, source));
    } catch (const Failure& failure) {
        return bad(item, failure);
    }
    const auto where = fmt::format("{}:{}, product {}", config.file, source.line, source.product);
    if (source.lookback == Span{}) {
        return warning(item, where, "`lookback = 0s`: a record that arrives late is never collected; leave it out");
    }
    if (source.effective_auth() == Auth::bearer && !source.email.empty() && source.product != "datacenter") {
        return warning(item, where, "`email` is not used with `auth = bearer`: leave it out, or set `auth = basic`");
    }
    return good(item, where);
}

/// What is in it, and that it is of the log that is read; `identity` is empty where that is not known.
Finding check_checkpoint(const std::optional<State>& state, const std::string& identity, const SourceConfig& config,
                         const std::filesystem::path& path) {
    constexpr std::string_view item = "checkpoint";
    if (!state) {
        return good(item,
                    fmt::format("none yet: the first run reads the last {}", format_span(config.initial_lookback)));
    }
    try {
        if (!identity.empty()) {
            check_identity(*state, identity, config, path);
        }
    } catch (const Failure& failure) {
        return bad(item, failure);
    }
    const auto reached = state->watermark ? format_instant(*state->watermark) : "nothing yet";
    return good(item, fmt::format("read up to {}, {} records so far", reached, state->records));
}

/// A reader goes by the name, and so does whoever rotates it.
Finding check_file(const std::string& output, const SourceConfig& source) {
    const auto packing = source.packing_of(output);
    if (const auto problem = name_problem(output, packing); !problem.empty()) {
        return bad("output", Exit::cannot_create, fmt::format("{} {}", output, problem),
                   "let the name of `output` end in .gz or .zst only with the `compress` it stands for");
    }
    auto finding = check_output(output, source.output_mode == OutputMode::replace);
    if (finding.mark == Mark::good && packing != Packing::none && !is_packed(output)) {
        return warning("output", finding.text + ", packed, and its name does not say so",
                       fmt::format("call it {}{}", output, packing == Packing::zstd ? ".zst" : ".gz"));
    }
    return finding;
}

/// Asks for one name at most. Nothing is put, so that the right to do it is not seen.
Finding check_bucket(const std::string& output, const SourceConfig& source, const Environment& environment) {
    constexpr std::string_view item = "output";
    try {
        BucketReach reach{source, output, environment};
        try {
            static_cast<void>(reach.store().list(source_prefix(reach.name(), source.name), {}, 1));
        } catch (const Failure& failure) {
            if (failure.hint().starts_with("the permission")) {
                return warning(
                    item, failure.what(),
                    "a key that may only put is enough for runs, and is seen then; `verify` needs s3:ListBucket "
                    "and s3:GetObject");
            }
            throw;
        }
        return good(item, fmt::format("{} at {} takes this key; whether it may put (s3:PutObject) a run will tell",
                                      output, origin_of(reach.store().address().base)));
    } catch (const Failure& failure) {
        return bad(item, failure);
    }
}

Finding check_pipe() {
    return good("output", "standard output, at least once: after a crash the last slice is written again");
}

/// Its table is read, as a run would.
Finding check_format(const SourceConfig& source) {
    try {
        static_cast<void>(make_format(source.format, *find_source(source.product), {}));
    } catch (const Failure& failure) {
        return bad("format", failure);
    }
    return good("format",
                fmt::format("{}: each record as an event, which holds it as it was sent", name_of(source.format)));
}

struct Credential {
    Onlooker onlooker;
    std::optional<Finding> refusal;  ///< it is known to be no good before anybody is asked
};

Credential find_credential(const SourceConfig& source, const Environment& environment,
                           const std::filesystem::path& state, bool has_secret) {
    const auto nobody = [](std::string why) { return Onlooker{fixed_authorizer(Secret{}), std::move(why)}; };
    if (!has_secret) {
        return {nobody("there is no secret"), {}};
    }
    try {
        return {make_onlooker(source, environment, state, SystemClock{}), {}};
    } catch (const Failure& failure) {
        return {nobody("there is no credential"), bad("credential", failure)};
    }
}

Access reach_out(const SourceConfig& source, const State& state, const Credential& credential) {
    const bool is_nowhere = source.is_granted() && source.cloud_id.empty() && source.site.empty();
    if (credential.refusal && is_nowhere) {  // only the login knows which site it is
        return {{*credential.refusal}, {}};
    }
    auto access = check_access(*find_source(source.product), source, *credential.onlooker.authorizer, state,
                               credential.onlooker.missing);
    if (credential.refusal) {
        std::ranges::replace_if(
            access.findings, [](const Finding& each) { return each.item == "credential"; }, *credential.refusal);
    }
    return access;
}

Findings check_source(const Arguments& arguments, const Environment& environment, const Config& config,
                      const SourceConfig& source) {
    const auto directory = state_directory(source, environment);
    const auto output = arguments.output.empty() ? source.effective_output() : arguments.output;
    const bool is_file = destination_of(output) == Destination::file;
    Findings findings{source.name, {}};
    auto& list = findings.list;
    list.push_back(check_configuration(arguments, environment, config, source));
    list.push_back(check_secret(source, environment));

    const Checkpoint checkpoint{directory};
    std::optional<State> state;
    std::optional<Finding> unreadable;
    try {
        state = checkpoint.load();
    } catch (const Failure& failure) {
        unreadable = bad("checkpoint", failure);
    }
    const Credential credential = find_credential(source, environment, directory, list.back().mark == Mark::good);
    const auto access = reach_out(source, state.value_or(State{}), credential);
    std::ranges::copy(access.findings, std::back_inserter(list));

    list.push_back(is_file                                         ? check_file(output, source)
                   : destination_of(output) == Destination::bucket ? check_bucket(output, source, environment)
                                                                   : check_pipe());
    if (source.format != Format::flattened && list.front().mark != Mark::bad) {
        list.push_back(check_format(source));
    }
    list.push_back(check_state(directory, source.name));
    if (!source.metrics_file.empty()) {
        list.push_back(check_metrics(source.metrics_file));
    }
    list.push_back(check_space(is_file ? std::filesystem::path{output} : directory, directory));
    list.push_back(check_lock(lock_path(source, environment)));
    list.push_back(unreadable ? *unreadable : check_checkpoint(state, access.identity, source, checkpoint.path()));
    list.push_back(check_timer(source.name, "/"));
    return findings;
}

}  // namespace

void check_command(const Arguments& arguments, const Environment& environment) {
    // What a run would mention on its way is said by the findings.
    log::configure(
        {arguments.log_level.value_or(log::Level::warning), arguments.log_format.value_or(log::Format::text)});
    std::vector<Findings> all;
    Config config;
    try {
        config = load_config(find_config(arguments.config, environment), product_names());
    } catch (const Failure& failure) {
        all.push_back({"", {bad("configuration", failure)}});
    }
    if (all.empty()) {
        for (const SourceConfig* source : choose_sources(config, arguments.source, arguments.product)) {
            stop::check();
            all.push_back(check_source(arguments, environment, config, *source));
        }
    }
    print(arguments.json ? to_json(all) : describe(all));
    if (const auto count = count_bad(all); count > 0) {
        throw Failure{worst(all),
                      fmt::format("{} of what was checked {} not in order", count, count == 1 ? "is" : "are"),
                      "the lines with ✗ say what to do"};
    }
}

}  // namespace aquila
