// One run, in the order the README tells it: lock, secret, checkpoint, output, what a stopped run left, the server, the
// loop, the summary.
#include "aquila_fetch/collect.hpp"
#include "aquila_fetch/authorizer.hpp"
#include "aquila_fetch/bucket_reach.hpp"
#include "aquila_fetch/bucket_sink.hpp"
#include "aquila_fetch/checkpoint.hpp"
#include "aquila_fetch/commands.hpp"
#include "aquila_fetch/config_keys.hpp"
#include "aquila_fetch/destination.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/identity.hpp"
#include "aquila_fetch/last_run.hpp"
#include "aquila_fetch/log.hpp"
#include "aquila_fetch/metrics.hpp"
#include "aquila_fetch/notices.hpp"
#include "aquila_fetch/owner.hpp"
#include "aquila_fetch/reach.hpp"
#include "aquila_fetch/sink.hpp"
#include "aquila_fetch/snapshot.hpp"
#include "aquila_fetch/spool.hpp"
#include "aquila_fetch/standard_output.hpp"
#include "aquila_fetch/stock.hpp"
#include "aquila_fetch/stop.hpp"
#include "aquila_fetch/token_store.hpp"
#include "aquila_fetch/written.hpp"

#include <fmt/core.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <utility>

namespace aquila {
namespace {

void summarise(std::uint64_t records, const std::string& output) {
    const auto line = fmt::format("Flattened {} records into {}", records, describe_output(output));
    if (destination_of(output) == Destination::pipe) {
        log::info(line);  // the records have standard output for themselves
    } else {
        print(line + "\n");
    }
}

/// Where the records go. `bucket` is where they are put, if that is one.
std::unique_ptr<Sink> make_sink(const Job& job, std::optional<BucketReach>& bucket, LineMark mark) {
    const auto& output = job.output;
    const auto packing = job.source.packing_of(output);
    if (job.arguments.dry_run) {
        return std::make_unique<StandardOutput>();
    }
    if (destination_of(output) == Destination::bucket) {
        bucket.emplace(job.source, output, job.environment);
        return std::make_unique<BucketSink>(bucket->name(), job.source.name, packing, job.state, bucket->store());
    }
    if (destination_of(output) == Destination::pipe) {
        return std::make_unique<StandardOutput>(packing, std::move(mark));
    }
    return std::make_unique<FileSink>(output, packing);
}

/// `output_mode = replace`: one request, the file swapped in as a whole. How many records it holds then.
std::uint64_t replace_output(Endpoint& endpoint, const Source& source, const SourceConfig& config,
                             const std::string& output, bool dry_run, LineFormat* format) {
    const Page page = endpoint.fetch({std::nullopt, 0, config.page_size.value_or(source.page_size)});
    const auto lines = snapshot_lines(page, format);
    if (dry_run) {
        print(lines);
        return 0;
    }
    const std::filesystem::path path{output};
    if (std::error_code error; std::filesystem::is_symlink(path, error)) {
        throw Failure{Exit::cannot_create, fmt::format("output {} is a symbolic link", output),
                      "set `output` to the file itself: a link in a shared folder could point the records anywhere"};
    }
    make_directories(path.has_parent_path() ? path.parent_path() : ".");
    AtomicFile file{path, output_file_mode};
    file.write(lines);
    file.commit();
    summarise(page.records.size(), output);
    return page.records.size();
}

/// The cloud id and the door, so that the next run need not look for them. What belongs to another log stays as it is.
void keep_what_was_found(const Endpoint& endpoint, const State& state, const std::function<void(const State&)>& save) {
    State known = state;
    endpoint.remember(known);
    if (known != state && (state.covered.empty() || known.identity == state.identity)) {
        save(known);
    }
}

/// How this section's lines are written, by what is known of its log.
std::optional<LineFormat> format_of(const SourceConfig& config, const Source& source, const Endpoint& endpoint,
                                    State known) {
    endpoint.remember(known);
    return make_format(
        config.format, source,
        {known.cloud_id.empty() ? config.cloud_id : known.cloud_id, config.site, config.organization_id});
}

/// A source that begins may have begun before: its checkpoint was lost, and its output was not.
void know_what_is_there(State& state, const Source& source, const Wish& wish, const Job& job) {
    constexpr Span margin = std::chrono::hours{24};  // this machine's clock may be ahead of the server's
    const auto begin = wish.since.value_or(wish.until.value_or(wish.now) - wish.initial_lookback) - margin;
    const auto destination = destination_of(job.output);
    const auto list = [&] { return written_texts(job, {begin, wish.now + margin}); };
    if (destination == Destination::file) {
        state.ledger = take_stock(source, list(), begin, stop::check);
    } else if (destination == Destination::bucket && !job.arguments.dry_run) {
        auto ledger = take_stock_if_allowed(source, list, begin, stop::check);
        if (!ledger) {
            log::warning(fmt::format(
                "there is no checkpoint, and the key may not look into {}: what is there already may be written "
                "again. On the very first run that is nothing; else stop now, and give the key s3:ListBucket "
                "and s3:GetObject for one run",
                job.output));
        }
        state.ledger = std::move(ledger).value_or(Ledger{});
    }
    if (!state.ledger.empty()) {
        log::info("there is no checkpoint, but an output; what is in it already is not written again");
    }
}

/// What a run leaves for `status` and for the metrics, however it ends.
struct Report {
    LastRun* run = nullptr;
    RetryCounts counts;
    Tally tally;
    std::optional<RetryCounts> bucket;
};

void collect_once(const Job& job, const Wish& wish, Report& report) {
    const auto& [arguments, all, config, environment, source, output, directory] = job;
    const auto authorizer = make_authorizer(config, environment, directory);
    const Checkpoint checkpoint{directory};
    State state = checkpoint.load().value_or(State{});

    const bool replace = config.output_mode == OutputMode::replace;
    std::optional<BucketReach> bucket;
    const struct CountingPuts {
        ~CountingPuts() { counts = bucket ? std::optional{bucket->counts()} : std::nullopt; }
        const std::optional<BucketReach>& bucket;
        std::optional<RetryCounts>& counts;
    } counting_puts{bucket, report.bucket};
    std::unique_ptr<Sink> sink;
    std::string torn;
    const auto save = [&, dry_run = arguments.dry_run, before = state.records](const State& changed) {
        if (!dry_run) {
            checkpoint.save(changed);
            report.run->records = changed.records - before;
        }
    };
    if (!replace) {
        sink = make_sink(job, bucket, {&state.within_line, [&] { save(state); }});
    }
    if (sink && !arguments.dry_run) {
        torn = recover(
            state, [&sink](const Announcement& announced) { return sink->find(announced); }, save);
        sink->settle();
        if (destination_of(output) != Destination::bucket) {
            Spool{directory}.keep_only({});  // the output may have been a bucket before
        }
    }
    Reach reach{source, config, *authorizer, state};
    const struct Counting {
        ~Counting() { counts = reach.counts(); }
        const Reach& reach;
        RetryCounts& counts;
    } counting{reach, report.counts};
    Endpoint& endpoint = reach.endpoint();
    auto mapped = format_of(config, reach.source(), endpoint, state);
    LineFormat* const format = mapped ? &*mapped : nullptr;
    if (replace) {
        const auto written = replace_output(endpoint, reach.source(), config, output, arguments.dry_run, format);
        keep_what_was_found(endpoint, state, save);
        report.run->records = written;
        return;
    }
    check_identity(state, endpoint.identity(), config, checkpoint.path());
    endpoint.remember(state);
    if (!state.watermark) {
        know_what_is_there(state, reach.source(), wish, job);
    }

    const SystemClock clock;
    std::optional<Progress> watched{std::in_place, clock, log::show};
    Progress& progress = *watched;
    const Collecting collecting{reach.source(),
                                wish,
                                reach.limits(),
                                [&endpoint](const Query& query) {
                                    stop::check();
                                    return endpoint.fetch(query);
                                },
                                [&endpoint, &save](State& changed) {
                                    endpoint.remember(changed);
                                    save(changed);
                                },
                                stop::check,
                                [&progress](const Advance& advance) { progress.update(advance); },
                                format};
    const Tally tally = collect(collecting, state, *sink, torn);
    watched.reset();
    report.tally = tally;
    if (give_notices(source, wish, tally, reach.counts(), state)) {
        save(state);
    }
    if (!arguments.dry_run) {
        summarise(tally.written, output);
    } else {
        log::info(fmt::format("{} records would be written into {}", tally.written, describe_output(output)));
    }
}

/// Nothing that goes wrong here makes the run fail.
template <typename Look>
auto if_readable(Look look) -> decltype(look()) {
    try {
        return look();
    } catch (const Failure&) {
        return std::nullopt;
    }
}

void leave_metrics(const Job& job, const LastRun& run, const Report& report) {
    if (job.source.metrics_file.empty()) {
        return;
    }
    const auto tokens = if_readable([&] { return TokenStore{job.state}.load(); });
    save({job.source.name, job.source.product, std::string{name_of(job.source.format)}, run, report.counts,
          report.tally.repaired, report.tally.late, if_readable([&] { return Checkpoint{job.state}.load(); }),
          tokens && job.source.is_granted() ? std::optional{tokens->expires} : std::nullopt, report.bucket},
         job.source.metrics_file);
}

}  // namespace

void collect_command(const Job& job) {
    const Wish wish = make_wish(job);
    if (job.source.output_mode == OutputMode::replace && (wish.since || wish.until)) {
        throw Failure{Exit::usage, "--since and --until have no meaning with `output_mode = replace`",
                      "it shows the newest page; use `output_mode = append` for history"};
    }
    if (job.arguments.dry_run) {
        std::signal(SIGPIPE, SIG_DFL);  // nothing can be lost: `--dry-run | head` ends as other programs do
        LastRun untold;
        Report report{&untold, {}, {}, {}};
        collect_once(job, wish, report);
        return;
    }
    refuse_foreign_folder(job.state, job.source.name);
    make_directories(job.state);
    const Lock lock = take_lock(job);
    Report report;
    note_run(
        job.state, SystemClock{},
        [&](LastRun& run) {
            report.run = &run;
            run.output = job.output;
            collect_once(job, wish, report);
        },
        [&](const LastRun& run) { leave_metrics(job, run, report); });
}

}  // namespace aquila
