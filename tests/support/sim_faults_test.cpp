#include "support/sim_fixture.hpp"

#include <gmock/gmock.h>

namespace aquila::sim::sim_faults_test {

using testing::HasSubstr;
using namespace std::chrono_literals;

class AtlassianSimFaults : public SimTest {
  protected:
    void SetUp() override { sim.generate({.product = Product::jira, .count = 100}); }
};

TEST_F(AtlassianSimFaults, AreConsumedInOrderAfterTheRequestsToSkip) {
    sim.faults(R"([{"match": "auditing", "skip": 1, "times": 2, "status": 503, "headers": {"Retry-After": "7"}},
                   {"match": "auditing", "status": 502, "html": true}])");
    EXPECT_EQ(ask("/_edge/tenant_info").status, 200);
    EXPECT_EQ(ask(gateway()).status, 200);
    EXPECT_EQ(ask(gateway()).header("Retry-After"), "7");
    EXPECT_EQ(ask(gateway()).status, 503);
    const auto page = ask(gateway());
    EXPECT_EQ(page.status, 502);
    EXPECT_THAT(std::string(page.header("Content-Type")), HasSubstr("text/html"));
    EXPECT_EQ(ask(gateway()).status, 200);
    EXPECT_EQ(sim.faults_left(), 0U);
    EXPECT_EQ(sim.requests()[2].fault, "status");
}

TEST_F(AtlassianSimFaults, OneMatchingAQueryHitsThatPage) {
    sim.faults(R"({"match": "offset=50", "status": 500, "body": {"message": "no"}})");
    EXPECT_EQ(ask(gateway("?limit=50")).status, 200);
    const auto answer = ask(gateway("?limit=50&offset=50"));
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.body, R"({"message":"no"})");
}

TEST_F(AtlassianSimFaults, BelowHttp) {
    sim.faults(R"([{"truncate": 1000}, {"wrong_length": 50}, {"wrong_length": -50}, {"reset": true}, {"reset": 400}])");
    const auto whole = probe(sim.port(), {.target = "/_sim/stats"});
    EXPECT_TRUE(whole.whole) << "control requests are spared";

    const auto cut = ask(gateway());
    EXPECT_EQ(cut.body.size(), 1000U);
    EXPECT_FALSE(cut.whole);
    const auto longer = ask(gateway());
    EXPECT_EQ(std::string(longer.header("Content-Length")), std::to_string(longer.body.size() + 50));
    const auto shorter = ask(gateway());
    EXPECT_EQ(std::string(shorter.header("Content-Length")), std::to_string(shorter.body.size() - 50));
    const auto none = ask(gateway());
    EXPECT_TRUE(none.reset);
    EXPECT_EQ(none.status, 0);
    const auto half = ask(gateway());
    EXPECT_TRUE(half.reset);
    EXPECT_EQ(half.status, 200);
    EXPECT_FALSE(half.whole);
    EXPECT_TRUE(ask(gateway()).whole);
}

TEST_F(AtlassianSimFaults, SlowDelayedAndHanging) {
    sim.faults(R"([{"slow": {"bytes_per_second": 1000}}, {"delay_ms": 150}, {"hang": true}])");
    const auto slow = ask(gateway("?limit=1"));
    EXPECT_TRUE(slow.whole);
    EXPECT_GE(slow.took, 200ms);
    const auto delayed = ask(gateway("?limit=1"));
    EXPECT_TRUE(delayed.whole);
    EXPECT_GE(delayed.took, 150ms);
    const auto started = std::chrono::steady_clock::now();
    EXPECT_EQ(probe(sim.port(), {.target = gateway()}, 100ms).status, 0);
    sim.stop();
    EXPECT_LT(std::chrono::steady_clock::now() - started, 2s) << "whatever hangs, the end is quick";
}

TEST_F(AtlassianSimFaults, PagesThatAreNoPages) {
    sim.faults(
        R"([{"html": true}, {"redirect": "https://id.example/login"}, {"oversize": 300000}, {"gzip_bomb": 10000000}])");
    const auto login = ask(gateway());
    EXPECT_EQ(login.status, 200);
    EXPECT_THAT(login.body, HasSubstr("<html"));
    const auto redirect = ask(gateway());
    EXPECT_EQ(redirect.status, 302);
    EXPECT_EQ(redirect.header("Location"), "https://id.example/login");
    const auto large = ask(gateway());
    EXPECT_EQ(large.body.size(), 300'000U);
    EXPECT_EQ(large.header("Transfer-Encoding"), "chunked");
    const auto bomb = ask(gateway(), basic("admin@example.com", "sim-token"), {{"Accept-Encoding", "gzip"}});
    EXPECT_EQ(bomb.header("Content-Encoding"), "gzip");
    EXPECT_LT(bomb.body.size(), 100'000U);
}

TEST_F(AtlassianSimFaults, TheCaptchaPageCanBeScripted) {
    sim.faults(R"({"status": 403, "html": true, "headers": {"X-Seraph-LoginReason": "AUTHENTICATION_DENIED",
        "X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=https://example.net/login.jsp"}})");
    const auto answer = ask(site());
    EXPECT_EQ(answer.status, 403);
    EXPECT_THAT(std::string(answer.header("X-Authentication-Denied-Reason")), HasSubstr("CAPTCHA_CHALLENGE"));
}

TEST_F(AtlassianSimFaults, TheDateHeaderTellsTheSimulatedClock) {
    EXPECT_THAT(std::string(ask(gateway()).header("Date")), HasSubstr(" GMT"));
    EXPECT_EQ(format_http_date(1'776'000'000'000), "Sun, 12 Apr 2026 13:20:00 GMT");
    const auto within = [this](std::string_view date, Millis expected) {
        return date == format_http_date(expected) || date == format_http_date(expected - second) ||
               date == format_http_date(expected + second);
    };
    sim.configure(R"({"clock_offset_s": 86400})");
    EXPECT_TRUE(within(ask(gateway()).header("Date"), system_now() + day));
    sim.faults(R"([{"date_offset_s": -3600}, {"headers": {"Date": "no date"}}])");
    EXPECT_TRUE(within(ask(gateway()).header("Date"), system_now() + day - 3'600'000));
    EXPECT_EQ(ask(gateway()).header("Date"), "no date");
}

TEST_F(AtlassianSimFaults, CompressedOnlyForThoseWhoAccept) {
    const auto credential = basic("admin@example.com", "sim-token");
    EXPECT_EQ(ask(gateway()).header("Content-Encoding"), "");
    EXPECT_EQ(ask(gateway(), credential, {{"Accept-Encoding", "deflate, gzip"}}).header("Content-Encoding"), "gzip");
    sim.configure(R"({"gzip": false, "chunked": true})");
    const auto plain = ask(gateway(), credential, {{"Accept-Encoding", "deflate, gzip"}});
    EXPECT_EQ(plain.header("Content-Encoding"), "");
    EXPECT_TRUE(plain.whole);
    EXPECT_EQ(ids(plain).size(), 100U);
}

class AtlassianSimRate : public SimTest {
  protected:
    Probe refused(const std::string& style) {
        sim.configure(R"({"rate": {"requests_per_second": 0.5, "burst": 2, "retry_after": ")" + style + "\"}}");
        EXPECT_EQ(ask(gateway()).status, 200);
        EXPECT_EQ(ask(gateway()).header("X-RateLimit-Remaining"), "0");
        auto answer = ask(gateway());
        EXPECT_EQ(answer.status, 429) << style;
        return answer;
    }
};

TEST_F(AtlassianSimRate, SaysWhenToComeBackInEveryStyle) {
    EXPECT_EQ(refused("seconds").header("Retry-After"), "2");
    EXPECT_THAT(std::string(refused("date").header("Retry-After")), HasSubstr(" GMT"));
    const auto reset = refused("reset_iso");
    EXPECT_EQ(reset.header("Retry-After"), "");
    EXPECT_EQ(reset.header("X-RateLimit-Reset").size(), std::string_view("2025-10-08T15:00:00Z").size());
    EXPECT_EQ(refused("reset_iso_no_seconds").header("X-RateLimit-Reset").size(),
              std::string_view("2026-03-26T16:00Z").size());
    const auto none = refused("none");
    EXPECT_EQ(none.header("Retry-After"), "");
    EXPECT_EQ(none.header("X-RateLimit-Reset"), "");
    EXPECT_EQ(none.header("RateLimit-Reason"), "jira-burst-based");
}

TEST_F(AtlassianSimRate, FillsAgainAndCanBeSwitchedOff) {
    sim.configure(R"({"rate": {"requests_per_second": 50, "burst": 1}})");
    EXPECT_EQ(ask(gateway()).status, 200);
    std::this_thread::sleep_for(40ms);
    EXPECT_EQ(ask(gateway()).status, 200);
    sim.configure(R"({"rate": null})");
    for (int i = 0; i < 10; ++i) EXPECT_EQ(ask(gateway()).status, 200);
}

class AtlassianSimServer : public SimTest {};

TEST_F(AtlassianSimServer, ManyClientsAtOnce) {
    sim.generate({.product = Product::jira, .count = 500});
    std::vector<std::thread> clients;
    clients.reserve(8);
    std::atomic<int> good = 0;
    for (int i = 0; i < 8; ++i) {
        clients.emplace_back([&, i] {
            for (int k = 0; k < 20; ++k) {
                if (i == 0) sim.generate({.product = Product::confluence, .count = 3});
                if (ids(ask(gateway("?limit=100&offset=" + std::to_string(k)))).size() == 100) ++good;
            }
        });
    }
    for (auto& client : clients) client.join();
    EXPECT_EQ(good, 160);
    EXPECT_EQ(sim.connections(), 160U);
}

TEST_F(AtlassianSimServer, HasAFreePortOfItsOwnAndRefusesNonsense) {
    const Sim other;
    EXPECT_NE(other.port(), sim.port());
    EXPECT_EQ(probe(sim.port(), {.method = "GET nonsense and", .target = "x\r\ny"}).status, 400);
}

}  // namespace aquila::sim::sim_faults_test
