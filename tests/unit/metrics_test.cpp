#include "aquila_fetch/metrics.hpp"

#include "aquila_fetch/log.hpp"
#include "support/scratch.hpp"

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aquila::metrics_test {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

constexpr Instant noon{1'775'995'200s};

Metrics some() {
    Metrics metrics;
    metrics.source = "jira";
    metrics.product = "jira";
    metrics.format = "ecs";
    metrics.run.started = noon;
    metrics.run.ended = noon + 1500ms;
    metrics.run.records = 12;
    metrics.run.output = "s3://bucket/x/";
    metrics.bucket.emplace().statuses = {{200, 5}};
    metrics.run.succeeded = noon + 1500ms;
    metrics.counts.statuses = {{0, 1}, {200, 7}, {429, 2}};
    metrics.counts.retries = 3;
    metrics.repaired = 1;
    metrics.late = 4;
    return metrics;
}

TEST(Metrics, TellHowTheRunWas) {
    const auto text = to_text(some());
    for (const char* const line :
         {"aquila_fetch_last_run_timestamp_seconds{source=\"jira\"} 1775995200\n",
          "aquila_fetch_last_run_duration_seconds{source=\"jira\"} 1.5\n",
          "aquila_fetch_last_run_exit_code{source=\"jira\"} 0\n",
          "aquila_fetch_last_success_timestamp_seconds{source=\"jira\"} 1775995201.5\n",
          "aquila_fetch_last_run_records{source=\"jira\"} 12\n",
          "aquila_fetch_last_run_repaired_records{source=\"jira\"} 1\n",
          "aquila_fetch_last_run_late_records{source=\"jira\"} 4\n",
          "aquila_fetch_last_run_requests{source=\"jira\",status=\"0\"} 1\n",
          "aquila_fetch_last_run_requests{source=\"jira\",status=\"429\"} 2\n",
          "aquila_fetch_last_run_retries{source=\"jira\"} 3\n",
          "aquila_fetch_build_info{source=\"jira\",product=\"jira\",format=\"ecs\",version=\"" AQUILA_FETCH_VERSION
          "\",output=\"s3://bucket/x/\"} 1\n",
          "aquila_fetch_last_run_bucket_requests{source=\"jira\",status=\"200\"} 5\n"}) {
        EXPECT_THAT(text, HasSubstr(line));
    }
    EXPECT_THAT(text, Not(HasSubstr("records_total")));
    EXPECT_THAT(text, Not(HasSubstr("token_expiry")));
}

TEST(Metrics, TellHowFarTheSourceHasCome) {
    auto metrics = some();
    metrics.state.emplace();
    metrics.state->records = 4321;
    metrics.state->watermark = noon - 10min;
    metrics.state->last_written = noon - 1h;
    metrics.state->longest_pause = 2h;
    metrics.token_expires = noon + 1h;
    const auto text = to_text(metrics);
    for (const char* const line : {"aquila_fetch_records_total{source=\"jira\"} 4321\n",
                                   "aquila_fetch_watermark_timestamp_seconds{source=\"jira\"} 1775994600\n",
                                   "aquila_fetch_last_record_timestamp_seconds{source=\"jira\"} 1775991600\n",
                                   "aquila_fetch_longest_pause_seconds{source=\"jira\"} 7200\n",
                                   "aquila_fetch_token_expiry_timestamp_seconds{source=\"jira\"} 1775998800\n"}) {
        EXPECT_THAT(text, HasSubstr(line));
    }
}

TEST(Metrics, EveryMetricHasItsHelpAndItsType) {
    const auto text = to_text(some());
    std::size_t samples = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto line = text.substr(at, text.find('\n', at) - at);
        at += line.size() + 1;
        if (line.starts_with('#')) {
            continue;
        }
        ++samples;
        const auto name = line.substr(0, line.find('{'));
        EXPECT_THAT(text, HasSubstr("# HELP " + name + " "));
        EXPECT_THAT(text, HasSubstr("# TYPE " + name + " "));
    }
    EXPECT_GT(samples, 10U);
}

TEST(Metrics, ASignalIsToldAsShellsDo) {
    auto metrics = some();
    metrics.run.signal = 15;
    EXPECT_THAT(to_text(metrics), HasSubstr("last_run_exit_code{source=\"jira\"} 143\n"));
    metrics.run.signal = 0;
    metrics.run.exit = 77;
    EXPECT_THAT(to_text(metrics), HasSubstr("last_run_exit_code{source=\"jira\"} 77\n"));
}

TEST(Metrics, AreReadableByAllAndNeverMakeARunFail) {
    const test::Scratch folder;
    const auto file = folder / "jira.prom";
    save(some(), file);
    struct stat status {};
    ASSERT_EQ(::stat(file.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0644U);
    EXPECT_EQ(folder.read("jira.prom"), to_text(some()));
    log::configure({});
    testing::internal::CaptureStderr();
    save(some(), folder / "none" / "jira.prom");
    EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("warning: metrics_file: "));
}

}  // namespace aquila::metrics_test
