#include "aquila_fetch/status.hpp"

#include <csignal>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace aquila::status_test {

using namespace std::chrono_literals;
using nlohmann::json;

const Instant now{Span{1'775'000'000'000}};  // 2026-03-31T23:33:20Z

Status fresh() {
    Status status;
    status.name = "jira-eu";
    status.product = "jira";
    status.state = "/state/jira-eu";
    status.output = "/out/flattened.json";
    return status;
}

Status after_a_run() {
    Status status = fresh();
    status.last_run = LastRun{.started = now - 10min, .ended = now - 10min + 1500ms, .records = 12};
    status.checkpoint.emplace();
    status.checkpoint->identity = "jira c-1";
    status.checkpoint->watermark = now - 10min;
    status.checkpoint->covered = {{now - 24h, now - 10min}};
    status.checkpoint->records = 345;
    status.checkpoint->last_written = now - 1h;
    status.output_bytes = 3 << 20;
    return status;
}

json as_json(const Status& status) {
    return json::parse(to_json({&status, 1}, now)).at("sources").at(0);
}
std::string as_text(const Status& status) {
    return describe({&status, 1}, now);
}
bool holds(const std::string& text, std::string_view words) {
    return text.find(words) != std::string::npos;
}

TEST(Status, SaysThatASourceNeverRan) {
    const auto status = fresh();
    EXPECT_EQ(as_text(status),
              "jira-eu: never ran\n"
              "  output      /out/flattened.json (not there)\n");
    const auto value = as_json(status);
    EXPECT_EQ(value.at("result"), "never");
    for (const auto* key : {"last_run", "watermark", "lag_seconds", "last_written", "output_bytes", "tokens", "log"}) {
        EXPECT_TRUE(value.at(key).is_null()) << key;
    }
    EXPECT_EQ(value.at("records"), 0);
    EXPECT_TRUE(value.at("troubles").empty());
}

TEST(Status, TellsTheSameInTextAndJson) {
    const auto status = after_a_run();
    EXPECT_EQ(as_text(status),
              "jira-eu: ok\n"
              "  last run    2026-03-31T23:23:20Z (10m ago), took 1s, 12 records\n"
              "  watermark   2026-03-31T23:23:20Z, 10m behind\n"
              "  records     345 so far, new ones last 2026-03-31T22:33:20Z\n"
              "  output      /out/flattened.json (3.0 MiB)\n");
    const auto value = as_json(status);
    EXPECT_EQ(value.at("name"), "jira-eu");
    EXPECT_EQ(value.at("product"), "jira");
    EXPECT_EQ(value.at("result"), "ok");
    EXPECT_EQ(value.at("last_run"),
              json::parse(R"({"started":"2026-03-31T23:23:20.000Z","ended":"2026-03-31T23:23:21.500Z",
        "seconds":1.5,"exit":0,"signal":null,"error":null,"hint":null,"records":12,"output":null})"));
    EXPECT_EQ(value.at("watermark"), "2026-03-31T23:23:20.000Z");
    EXPECT_EQ(value.at("lag_seconds"), 600);
    EXPECT_EQ(value.at("records"), 345);
    EXPECT_EQ(value.at("log"), "jira c-1");
    EXPECT_EQ(value.at("output_bytes"), 3 << 20);
    EXPECT_EQ(value.at("format"), "flattened");
    EXPECT_EQ(value.at("state"), "/state/jira-eu");
    EXPECT_EQ(value.at("covered").size(), 1U);
    EXPECT_EQ(value.at("announced"), 0);
}

TEST(Status, TellsHowARunEnded) {
    auto status = after_a_run();
    auto& run = *status.last_run;
    run.exit = 69;
    run.error = "no answer";
    run.hint = "wait";
    EXPECT_EQ(as_json(status).at("result"), "failed");
    EXPECT_EQ(as_json(status).at("last_run").at("exit"), 69);
    for (const auto* words : {"failed with 69", "no answer", "wait"})
        EXPECT_TRUE(holds(as_text(status), words)) << words;

    run = {.started = now - 1min, .ended = now, .signal = SIGTERM};
    EXPECT_EQ(as_json(status).at("result"), "stopped");
    EXPECT_TRUE(as_json(status).at("last_run").at("exit").is_null());
    EXPECT_TRUE(holds(as_text(status), "stopped by SIGTERM"));

    run.ended.reset();
    run.signal = 0;
    EXPECT_EQ(as_json(status).at("result"), "unfinished");
    EXPECT_TRUE(as_json(status).at("last_run").at("ended").is_null());
    EXPECT_TRUE(holds(as_text(status), "did not end"));

    status.at_work = true;
    EXPECT_EQ(as_json(status).at("result"), "running");
    EXPECT_TRUE(holds(as_text(status), "jira-eu: running\n  last run    begun 2026-03-31T23:32:20Z (1m ago)"));
}

TEST(Status, TellsWhatIsToCome) {
    auto status = after_a_run();
    status.checkpoint->announced =
        Announcement{.window = {}, .place = {}, .keys = {Key{}, Key{}}, .lines = {1, 2}, .suffixes = {}, .head = {}};
    status.checkpoint->pending = {{now - 48h, now - 24h}};
    EXPECT_EQ(as_json(status).at("announced"), 2);
    EXPECT_EQ(as_json(status).at("pending"),
              json::parse(R"([{"from":"2026-03-29T23:33:20.000Z","to":"2026-03-30T23:33:20.000Z"}])"));
    EXPECT_TRUE(holds(as_text(status), "2 records were being written"));
    EXPECT_TRUE(holds(as_text(status), "history from 2026-03-29T23:33:20Z to 2026-03-30T23:33:20Z"));
    status.last_run->ended.reset();
    status.at_work = true;
    EXPECT_FALSE(holds(as_text(status), "being written")) << "of a run at work that is nothing to tell";
}

TEST(Status, TellsTokensAndTroubles) {
    auto status = after_a_run();
    status.tokens = TokenTimes{.access_expires = now + 30min, .refresh_expires = now + 24h * 90, .dead = false};
    status.troubles = {Failure{Exit::data, "the checkpoint is damaged", "restore it"}};
    EXPECT_EQ(as_json(status).at("tokens").at("access_expires"), "2026-04-01T00:03:20.000Z");
    EXPECT_EQ(as_json(status).at("troubles").at(0).at("exit"), 65);
    for (const auto* words : {"in 30m", "until 2026-06-29", "the checkpoint is damaged", "restore it"}) {
        EXPECT_TRUE(holds(as_text(status), words)) << words;
    }
    status.tokens->dead = true;
    EXPECT_TRUE(holds(as_text(status), "only `aquila-fetch login` helps"));
    status.checkpoint.reset();
    status.last_run.reset();
    EXPECT_EQ(as_json(status).at("result"), "unknown");
}

TEST(Status, IsNeverBehindByLessThanNothing) {
    auto status = after_a_run();
    status.checkpoint->watermark = now + 5min;
    EXPECT_EQ(as_json(status).at("lag_seconds"), 0);
}

}  // namespace aquila::status_test
