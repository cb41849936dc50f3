#include "aquila_fetch/metrics.hpp"

#include "aquila_fetch/destination.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/file.hpp"
#include "aquila_fetch/log.hpp"

#include <fmt/core.h>

#include <string_view>

namespace aquila {
namespace {

constexpr mode_t readable_by_all = 0644;  // node_exporter runs as another user
constexpr int signal_base = 128;          // as shells tell that a signal ended a program

std::string escaped_label(std::string_view label) {
    std::string text;
    for (const char c : label) {
        text += c == '\\' ? "\\\\" : c == '"' ? "\\\"" : c == '\n' ? "\\n" : std::string(1, c);
    }
    return text;
}

class Text {
  public:
    explicit Text(std::string_view source) : source_{escaped_label(source)} {}

    /// Begins a metric; the samples follow.
    void begin(std::string_view name, std::string_view type, std::string_view help) {
        name_ = name;
        text_ += fmt::format("# HELP aquila_fetch_{0} {1}\n# TYPE aquila_fetch_{0} {2}\n", name, help, type);
    }
    void sample(double value, std::string_view labels = {}) {
        text_ += fmt::format("aquila_fetch_{}{{source=\"{}\"{}}} {}\n", name_, source_, labels, value);
    }
    void gauge(std::string_view name, std::string_view help, double value) {
        begin(name, "gauge", help);
        sample(value);
    }
    void moment(std::string_view name, std::string_view help, std::optional<Instant> value) {
        if (value) {
            gauge(name, help, in_seconds(value->time_since_epoch()));
        }
    }

    [[nodiscard]] const std::string& text() const noexcept { return text_; }

  private:
    std::string source_;
    std::string_view name_;
    std::string text_;
};

}  // namespace

std::string to_text(const Metrics& metrics) {
    const LastRun& run = metrics.run;
    Text page{metrics.source};
    page.begin("build_info", "gauge",
               "The program that ran last, its version, the product it reads, how and where it writes that.");
    page.sample(1, fmt::format(R"(,product="{}",format="{}",version="{}",output="{}")", escaped_label(metrics.product),
                               escaped_label(metrics.format), AQUILA_FETCH_VERSION,
                               escaped_label(describe_output(run.output))));
    page.moment("last_run_timestamp_seconds", "When the last run began.", run.started);
    page.gauge("last_run_duration_seconds", "How long the last run took.",
               run.ended ? in_seconds(*run.ended - run.started) : 0);
    page.gauge("last_run_exit_code", "How the last run ended: 0 is well, 128 and more a signal.",
               run.signal != 0 ? signal_base + run.signal : run.exit);
    page.moment("last_success_timestamp_seconds", "When a run ended well last.", run.succeeded);
    page.gauge("last_run_records", "Records that the last run wrote.", static_cast<double>(run.records));
    page.gauge("last_run_repaired_records", "Of those, records with invalid text that was replaced.",
               static_cast<double>(metrics.repaired));
    page.gauge("last_run_late_records", "Of those, records older than what had been read before.",
               static_cast<double>(metrics.late));
    page.begin("last_run_requests", "gauge", "Requests of the last run by status; 0 is no answer at all.");
    for (const auto& [status, count] : metrics.counts.statuses) {
        page.sample(static_cast<double>(count), fmt::format(",status=\"{}\"", status));
    }
    page.gauge("last_run_retries", "Requests of the last run that were tries after a failed one.",
               static_cast<double>(metrics.counts.retries));
    if (metrics.bucket) {
        page.begin("last_run_bucket_requests", "gauge",
                   "Requests of the last run to its output's bucket by status; 0 is no answer at all.");
        for (const auto& [status, count] : metrics.bucket->statuses) {
            page.sample(static_cast<double>(count), fmt::format(",status=\"{}\"", status));
        }
    }
    if (metrics.state) {
        const State& state = *metrics.state;
        page.begin("records_total", "counter", "Records written since the source was first read.");
        page.sample(static_cast<double>(state.records));
        page.moment("watermark_timestamp_seconds", "Everything up to here has been read.", state.watermark);
        page.moment("last_record_timestamp_seconds", "When a run wrote something new last.", state.last_written);
        page.gauge("longest_pause_seconds", "The longest time between two runs that wrote something new.",
                   in_seconds(state.longest_pause));
    }
    page.moment("token_expiry_timestamp_seconds", "When the credential is known to expire.", metrics.token_expires);
    return page.text();
}

void save(const Metrics& metrics, const std::filesystem::path& file) {
    try {
        AtomicFile target{file, readable_by_all};
        target.write(to_text(metrics));
        target.commit();
    } catch (const Failure& failure) {
        log::warning(fmt::format("metrics_file: {}; the run itself is not touched by it", failure.what()));
    }
}

}  // namespace aquila
