#include "aquila_fetch/retry.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/log.hpp"

#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "support/fakes.hpp"

namespace aquila::retry_test {

using namespace std::chrono_literals;
using test::FakeClock;
using test::FakeTransport;
using test::http_answer;
using test::http_trouble;
using Headers = std::vector<std::pair<std::string, std::string>>;

constexpr Instant noon{std::chrono::sys_days{std::chrono::year{2026} / 3 / 26} + 12h};
constexpr Span year = std::chrono::hours{24 * 366};

TEST(Judge, TriesAgainWhatPasses) {
    for (int status = 0; status < 700; ++status) {
        const bool passes =
            status == 408 || status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
        EXPECT_EQ(judge(http_answer(status), noon).retry, passes) << status;
    }
    const std::pair<TransportError, bool> troubles[] = {
        {TransportError::resolve, true},    {TransportError::connect, true}, {TransportError::timeout, true},
        {TransportError::cut, true},        {TransportError::proxy, false},  {TransportError::tls, false},
        {TransportError::too_large, false}, {TransportError::other, false},
    };
    for (const auto& [error, passes] : troubles) {
        const Verdict verdict = judge(http_trouble(error, "what happened"), noon);
        EXPECT_EQ(verdict.retry, passes);
        EXPECT_EQ(verdict.at_least, std::nullopt);
        EXPECT_EQ(verdict.reason, "what happened");
    }
}

TEST(Judge, NeverTriesALockedAccountAgain) {
    for (const int status : {408, 429, 500, 503}) {
        EXPECT_FALSE(
            judge(http_answer(status, "", {{"X-Authentication-Denied-Reason", "CAPTCHA_CHALLENGE"}}), noon).retry);
        EXPECT_FALSE(judge(http_answer(status, "", {{"X-Seraph-LoginReason", "AUTHENTICATED_FAILED"}}), noon).retry);
        EXPECT_TRUE(judge(http_answer(status, "", {{"X-Seraph-LoginReason", "OK"}}), noon).retry);
    }
}

struct WaitCase {
    const char* name;
    int status;
    Headers headers;
    std::optional<Span> at_least;
};

TEST(Judge, WaitsAsLongAsTheServerAsks) {
    const std::pair<std::string, std::string> at_noon{"Date", "Thu, 26 Mar 2026 12:00:00 GMT"};
    const std::pair<std::string, std::string> at_one{"Date", "Thu, 26 Mar 2026 13:00:00 GMT"};
    const WaitCase waits[] = {
        {"seconds", 429, {{"Retry-After", "1847"}}, 1847s},
        {"zero", 429, {{"Retry-After", "0"}}, 0s},
        {"on another status", 500, {{"retry-after", "7"}}, 7s},
        {"a date", 503, {{"Retry-After", "Thu, 26 Mar 2026 12:01:00 GMT"}}, 60s},
        {"a date by the server's clock", 503, {{"Retry-After", "Thu, 26 Mar 2026 13:01:00 GMT"}, at_one}, 60s},
        {"a date that has passed", 503, {{"Retry-After", "Thu, 26 Mar 2026 11:00:00 GMT"}}, 0s},
        {"nothing", 429, {}, std::nullopt},
        {"reset with seconds", 429, {{"X-RateLimit-Reset", "2026-03-26T12:00:30Z"}}, 30s},
        {"reset without seconds", 429, {{"X-RateLimit-Reset", "2026-03-26T16:00Z"}}, 4h},
        {"reset by the server's clock", 503, {{"X-RateLimit-Reset", "2026-03-26T13:10Z"}, at_one}, 10min},
        {"reset that has passed", 429, {{"X-RateLimit-Reset", "2026-03-26T11:59Z"}, at_noon}, 0s},
        {"reset where it means nothing", 500, {{"X-RateLimit-Reset", "2026-03-26T16:00Z"}}, std::nullopt},
        {"Retry-After goes before reset", 429, {{"Retry-After", "5"}, {"X-RateLimit-Reset", "2026-03-26T16:00Z"}}, 5s},
        {"reset behind an unreadable Retry-After",
         429,
         {{"Retry-After", "soon"}, {"X-RateLimit-Reset", "2026-03-26T12:00:09Z"}},
         9s},
        {"negative", 429, {{"Retry-After", "-5"}}, std::nullopt},
        {"plus", 429, {{"Retry-After", "+5"}}, std::nullopt},
        {"fraction", 429, {{"Retry-After", "1.5"}}, std::nullopt},
        {"hexadecimal", 429, {{"Retry-After", "0x10"}}, std::nullopt},
        {"empty", 429, {{"Retry-After", ""}}, std::nullopt},
        {"huge", 429, {{"Retry-After", "1000000000000000000"}}, year},
        {"beyond 64 bits", 429, {{"Retry-After", "99999999999999999999999999"}}, year},
        {"beyond 64 bits and then some", 429, {{"Retry-After", "99999999999999999999999999x"}}, std::nullopt},
        {"year 9999", 429, {{"X-RateLimit-Reset", "9999-12-31T23:59Z"}}, year},
        {"a Date of year 1",
         429,
         {{"X-RateLimit-Reset", "9999-12-31T23:59Z"}, {"Date", "Mon, 01 Jan 0001 00:00:00 GMT"}},
         year},
        {"garbage", 429, {{"X-RateLimit-Reset", "\xFF\x00"}}, std::nullopt},
        {"on a final answer", 403, {{"Retry-After", "5"}}, std::nullopt},
    };
    for (const WaitCase& row : waits) {
        EXPECT_EQ(judge(http_answer(row.status, "", row.headers), noon).at_least, row.at_least) << row.name;
    }
}

TEST(Judge, NamesTheReasonInOneLine) {
    EXPECT_EQ(judge(http_answer(503), noon).reason, "503");
    EXPECT_EQ(judge(http_answer(429, "", {{"RateLimit-Reason", "jira-burst-based"}}), noon).reason,
              "429 jira-burst-based");
    EXPECT_EQ(judge(http_answer(429, "", {{"RateLimit-Reason", "a\x1B[2Jb\nc"}}), noon).reason, "429 a [2Jb c");
    EXPECT_LE(judge(http_answer(429, "", {{"RateLimit-Reason", std::string(9999, 'x')}}), noon).reason.size(), 64U);
}

TEST(Backoff, DoublesUpToTheCapAndIsJittered) {
    const RetryPolicy policy;
    const double almost = 0.999'999'999;
    const Span most[] = {1s, 2s, 4s, 8s, 16s, 30s, 30s};
    for (int attempt = 1; attempt <= 7; ++attempt) {
        EXPECT_EQ(backoff(policy, attempt, std::nullopt, 0), 0s);
        EXPECT_EQ(backoff(policy, attempt, std::nullopt, 0.5), most[attempt - 1] / 2);
        EXPECT_LE(backoff(policy, attempt, std::nullopt, almost), most[attempt - 1]);
    }
    EXPECT_EQ(backoff(policy, std::numeric_limits<int>::max(), std::nullopt, 0.5), 15s);
    EXPECT_EQ(backoff(policy, -5, std::nullopt, 0.5), 500ms);
    EXPECT_EQ(backoff(policy, 1, std::nullopt, 7.0), 1s);
    EXPECT_EQ(backoff(policy, 1, std::nullopt, -7.0), 0s);
}

TEST(Backoff, IsNeverShorterThanWhatTheServerAsksAndALittleLonger) {
    const RetryPolicy policy;
    EXPECT_EQ(backoff(policy, 1, 100s, 0), 100s);
    EXPECT_EQ(backoff(policy, 1, 100s, 0.5), 105s + 500ms);
    EXPECT_EQ(backoff(policy, 1, 0s, 0), 0s);
    EXPECT_EQ(backoff(policy, 9, 1s, 0.5), 15s);  // the jitter is longer
    EXPECT_GE(backoff(policy, 1, year, 0.999), year);
}

class RetryTest : public testing::Test {
  protected:
    RetryTest() {
        log::configure({.level = log::Level::off});
        request.url = "https://example.net/rest?token=x";
    }
    ~RetryTest() override { log::configure({}); }

    FakeClock clock{noon};
    Request request;
    RetryPolicy policy;
    double random = 0.5;

    RetryingTransport over(Transport& inner) {
        return RetryingTransport{inner, clock, policy, [this] { return random; }};
    }
};

TEST_F(RetryTest, AGoodAnswerCostsNothing) {
    FakeTransport inner{{http_answer(200, "{}")}};
    auto transport = over(inner);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(transport.send(request).body, "{}");
    }
    EXPECT_TRUE(clock.sleeps.empty());
    EXPECT_EQ(transport.counts().requests, 3U);
    EXPECT_EQ(transport.counts().retries, 0U);
    EXPECT_EQ(inner.requests.at(0).url, request.url);
}

TEST_F(RetryTest, AFinalAnswerIsGivenBackAtOnce) {
    for (const int status : {301, 400, 401, 403, 404, 410}) {
        FakeTransport inner{{http_answer(status)}};
        EXPECT_EQ(over(inner).send(request).status, status);
        EXPECT_EQ(inner.requests.size(), 1U);
    }
    FakeTransport inner{{http_trouble(TransportError::tls, "expired")}};
    EXPECT_EQ(over(inner).send(request).error, TransportError::tls);
    EXPECT_TRUE(clock.sleeps.empty());
}

TEST_F(RetryTest, ComesThroughAfterTrouble) {
    FakeTransport inner{{http_answer(503), http_trouble(TransportError::cut, "cut"), http_answer(200, "{}")}};
    auto transport = over(inner);
    EXPECT_EQ(transport.send(request).body, "{}");
    EXPECT_EQ(clock.sleeps, (std::vector<Span>{500ms, 1s}));
    EXPECT_EQ(transport.counts().requests, 3U);
    EXPECT_EQ(transport.counts().retries, 2U);
    EXPECT_EQ(transport.counts().waited, 1500ms);
}

TEST_F(RetryTest, GivesBackTheLastAnswerWhenNoTryIsLeft) {
    FakeTransport inner{
        {http_answer(503, "one"), http_answer(502), http_answer(500), http_answer(504), http_answer(503, "five")}};
    EXPECT_EQ(over(inner).send(request).body, "five");
    EXPECT_EQ(inner.requests.size(), 5U);
    EXPECT_EQ(clock.sleeps.size(), 4U);
}

TEST_F(RetryTest, EveryRequestHasItsOwnTries) {
    int asked = 0;
    FakeTransport inner{[&](const Request&) { return ++asked % 5 == 0 ? http_answer(200) : http_answer(503); }};
    auto transport = over(inner);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(transport.send(request).status, 200);
    }
    EXPECT_EQ(transport.counts().requests, 15U);
}

TEST_F(RetryTest, WaitsTheServerAskedForAreNoTriesOfOurs) {
    std::vector<Response> answers(20, http_answer(429, "", {{"Retry-After", "10"}}));
    answers.push_back(http_answer(200, "{}"));
    FakeTransport inner{answers};
    random = 0;
    auto transport = over(inner);
    EXPECT_EQ(transport.send(request).body, "{}");
    EXPECT_EQ(clock.sleeps, std::vector<Span>(20, Span{10s}));
}

TEST_F(RetryTest, AServerThatSaysAtOnceForEverIsNotAskedForEver) {
    FakeTransport inner{{http_answer(429, "", {{"Retry-After", "0"}})}};
    random = 0;
    EXPECT_EQ(over(inner).send(request).status, 429);
    EXPECT_EQ(inner.requests.size(), 5U);
}

TEST_F(RetryTest, AWaitLongerThanTheBudgetEndsTheRunAtOnce) {
    FakeTransport inner{
        {http_answer(429, "", {{"Retry-After", "1847"}, {"RateLimit-Reason", "jira-quota-global-based"}})}};
    auto transport = over(inner);
    try {
        (void)transport.send(request);
        FAIL();
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.code(), Exit::unavailable);
        EXPECT_STREQ(failure.what(),
                     "gave up: the server asks to wait 30m 47s (429 jira-quota-global-based), more than the 5m left of "
                     "retry_budget");
        EXPECT_EQ(
            failure.hint(),
            "nothing is lost, the next run goes on, best after 2026-03-26T12:30:47.000Z; to wait within a run, raise "
            "`retry_budget`");
    }
    EXPECT_TRUE(clock.sleeps.empty());
    EXPECT_EQ(inner.requests.size(), 1U);
}

TEST_F(RetryTest, AWaitOfAYearDoesNotOverflow) {
    for (const char* after : {"1000000000000000000", "99999999999999999999999", "31622400"}) {
        FakeTransport inner{{http_answer(429, "", {{"Retry-After", after}})}};
        auto transport = over(inner);
        EXPECT_THROW((void)transport.send(request), Failure) << after;
    }
}

TEST_F(RetryTest, TheBudgetIsSpentByFailedTriesAndWaits) {
    FakeTransport inner{[&](const Request&) {
        clock.advance(60s);
        return http_trouble(TransportError::timeout, "example.net gave no whole answer within 60s");
    }};
    policy.attempts = 100;
    auto transport = over(inner);
    const Span start = clock.elapsed();
    try {
        (void)transport.send(request);
        FAIL();
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.code(), Exit::unavailable);
        EXPECT_STREQ(
            failure.what(),
            "gave up after 5m of failed tries and waits (retry_budget): example.net gave no whole answer within 60s "
            "(https://example.net/rest)");
        EXPECT_NE(failure.hint().find("next run"), std::string::npos);
    }
    EXPECT_GE(clock.elapsed() - start, 5min);
    EXPECT_LT(clock.elapsed() - start, 6min + 1s);
}

TEST_F(RetryTest, TheBudgetIsSharedByAllRequestsButHealthyOnesAreFree) {
    bool healthy = true;
    FakeTransport inner{[&](const Request&) {
        clock.advance(50s);
        return healthy ? http_answer(200) : http_answer(429, "", {{"Retry-After", "70"}});
    }};
    random = 0;
    auto transport = over(inner);
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(transport.send(request).status, 200);  // 83 minutes in good health
    }
    healthy = false;
    EXPECT_THROW((void)transport.send(request),
                 Failure);  // twice 50 + 70 s, a third failure of 50 s, and 10 s are left
    EXPECT_EQ(clock.sleeps, (std::vector<Span>{70s, 70s}));
    healthy = true;
    EXPECT_THROW((void)transport.send(request), Failure) << "nothing is sent while the server wants nothing";
    clock.advance(70s);
    EXPECT_EQ(transport.send(request).status, 200);
    healthy = false;
    EXPECT_THROW((void)transport.send(request), Failure);
}

TEST_F(RetryTest, NoWaitIsLongerThanWhatIsLeft) {
    policy.budget = 100s;
    random = 0.999;
    FakeTransport inner{{http_answer(429, "", {{"Retry-After", "99"}}), http_answer(200)}};
    EXPECT_EQ(over(inner).send(request).status, 200);
    EXPECT_EQ(clock.sleeps, std::vector<Span>{100s});
}

TEST_F(RetryTest, ABudgetOfNothingMeansOneTry) {
    policy.budget = 0s;
    FakeTransport inner{{http_answer(503)}};
    auto transport = over(inner);
    EXPECT_THROW((void)transport.send(request), Failure);
    EXPECT_EQ(inner.requests.size(), 1U);
}

TEST_F(RetryTest, KeepsEveryMinuteBelowTheRateAndForFree) {
    policy.requests_per_minute = 10;
    FakeTransport inner{[&](const Request&) {
        clock.advance(1s);
        return http_answer(200);
    }};
    auto transport = over(inner);
    for (int i = 0; i < 120; ++i) {
        EXPECT_EQ(transport.send(request).status, 200);  // twelve minutes, past the budget
    }
    // Ten at once, then the rest of the minute and a hair.
    EXPECT_EQ(clock.sleeps, std::vector<Span>(11, Span{50'500ms}));
    EXPECT_EQ(transport.counts().waited, 0s);
    clock.advance(1min);
    EXPECT_EQ(transport.send(request).status, 200);
    EXPECT_EQ(clock.sleeps.size(), 11U);  // nothing to wait for after a pause
}

TEST_F(RetryTest, KeepsToTheRateWithTriesToo) {
    policy.requests_per_minute = 2;
    random = 0;
    FakeTransport inner{{http_answer(503), http_answer(503), http_answer(200)}};
    EXPECT_EQ(over(inner).send(request).status, 200);
    EXPECT_EQ(clock.sleeps, (std::vector<Span>{0s, 0s, 60'500ms}));
}

TEST_F(RetryTest, ADefaultSourceOfChanceIsThere) {
    FakeTransport inner{{http_answer(503), http_answer(200)}};
    RetryingTransport transport{inner, clock, policy};
    EXPECT_EQ(transport.send(request).status, 200);
    EXPECT_LE(clock.sleeps.at(0), 1s);
}

}  // namespace aquila::retry_test
