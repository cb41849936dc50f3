#include "aquila_fetch/granted.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/log.hpp"
#include "support/caught.hpp"
#include "support/fakes.hpp"
#include "support/scratch.hpp"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace aquila::granted_test {

using namespace std::chrono_literals;
using test::failure_of;
using test::FakeClock;
using test::FakeTransport;
using test::http_answer;
using test::Scratch;
using testing::HasSubstr;
using testing::Not;

/// Rotates like Atlassian's: the old refresh token works for ten minutes more, once it is out it is out.
class TokenServer {
  public:
    explicit TokenServer(FakeClock& clock) : clock_{clock} {}

    [[nodiscard]] std::string current() const { return fmt::format("refresh-{}", issued_); }
    [[nodiscard]] std::string access() const { return fmt::format("access-{}", issued_); }

    Response answer(const Request& request) {
        if (each_request) {
            each_request();
        }
        if (request.body.find("client_secret=right") == std::string::npos) {
            return http_answer(401, R"({"error":"access_denied","error_description":"Unauthorized"})");
        }
        if (request.body.find("client_credentials") != std::string::npos) {
            return grant(false);
        }
        const auto sent = request.body.substr(request.body.rfind('=') + 1);
        const auto rotated = rotated_.find(sent);
        const bool known = sent == current() || (rotated != rotated_.end() && clock_.now() - rotated->second < 10min);
        if (!known || revoked) {
            return http_answer(403,
                               R"({"error":"unauthorized_client","error_description":"refresh_token is invalid"})");
        }
        rotated_.emplace(sent, clock_.now());
        return grant(true);
    }

    bool revoked = false;
    std::function<void()> each_request;

  private:
    Response grant(bool with_refresh) {
        ++issued_;
        return http_answer(200, fmt::format(R"({{"access_token":"{}","expires_in":3600{}}})", access(),
                                            with_refresh ? fmt::format(R"(,"refresh_token":"{}")", current()) : ""));
    }

    FakeClock& clock_;
    int issued_ = 0;
    std::map<std::string, Instant> rotated_;
};

class GrantedTest : public testing::Test {
  protected:
    GrantedTest() { log::configure({log::Level::off, log::Format::text}); }
    ~GrantedTest() override { log::configure({}); }

    /// What `login` leaves.
    void log_in(Span lifetime = 1h) {
        Tokens tokens;
        tokens.auth = "oauth";
        tokens.auth_url = "https://auth.atlassian.com";
        tokens.client_id = "id";
        tokens.cloud_id = "the-site";
        tokens.site = "https://example.atlassian.net";
        tokens = with_grant(std::move(tokens), {Secret{server.access()}, Secret{server.current()}, lifetime, "read:x"},
                            clock.now());
        store.save(tokens);
    }
    [[nodiscard]] Granting granting(std::string_view secret = "right") const {
        return {"jira", {"id", Secret{secret}, "https://auth.atlassian.com"}, scratch.path(), site, 1s};
    }
    [[nodiscard]] std::unique_ptr<Authorizer> oauth(std::string_view secret = "right") {
        return oauth_authorizer(granting(secret), clock);
    }
    [[nodiscard]] std::unique_ptr<Authorizer> machine() { return service_account_authorizer(granting(), clock); }
    std::string value(Authorizer& authorizer) { return std::string{authorizer.value(transport).reveal()}; }
    [[nodiscard]] Tokens stored() const { return store.load().value(); }
    Failure refusal() {
        return failure_of([this] { value(*oauth()); });
    }

    FakeClock clock;
    Scratch scratch;
    std::string site;  ///< as in the INI
    TokenStore store{scratch.path()};
    TokenServer server{clock};
    FakeTransport transport{[this](const Request& request) { return server.answer(request); }};
    const Response refused = http_answer(401, R"({"code":401,"message":"Unauthorized"})");
};

TEST_F(GrantedTest, UsesWhatIsStoredWhileItLasts) {
    log_in();
    const auto authorizer = oauth();
    EXPECT_EQ(value(*authorizer), "Bearer access-0");
    EXPECT_EQ(authorizer->cloud_id(), "the-site");
    clock.advance(58min);
    EXPECT_EQ(value(*authorizer), "Bearer access-0");
    EXPECT_TRUE(transport.requests.empty());
}

TEST_F(GrantedTest, AnotherSiteNeedsAnotherLogin) {
    log_in();
    site = "https://Example.atlassian.net/";
    EXPECT_EQ(value(*oauth()), "Bearer access-0");
    site = "https://other.atlassian.net";
    const auto failure = refusal();
    EXPECT_EQ(failure.code(), Exit::refused);
    EXPECT_NE(std::string{failure.what()}.find("other.atlassian.net"), std::string::npos);
    EXPECT_NE(failure.hint().find("aquila-fetch login"), std::string::npos);
    EXPECT_TRUE(transport.requests.empty());
}

TEST_F(GrantedTest, RenewsInTheLastMinute) {
    log_in();
    clock.advance(59min + 1s);
    const auto authorizer = oauth();
    EXPECT_EQ(value(*authorizer), "Bearer access-1");
    EXPECT_EQ(value(*authorizer), "Bearer access-1");
    EXPECT_EQ(value(*oauth()), "Bearer access-1") << "the next run too";
    EXPECT_EQ(transport.requests.size(), 1U);
    EXPECT_EQ(stored().refresh_token.reveal(), "refresh-1");
    EXPECT_EQ(stored().cloud_id, "the-site");
    EXPECT_EQ(stored().renewing, std::nullopt);
    clock.advance(3h);
    EXPECT_EQ(value(*authorizer), "Bearer access-2") << "a long run renews again";
}

TEST_F(GrantedTest, AShortLifeIsNoReasonToRenewWithEveryRequest) {
    log_in(1min);
    const auto authorizer = oauth();
    value(*authorizer);
    clock.advance(29s);
    value(*authorizer);
    EXPECT_TRUE(transport.requests.empty());
    clock.advance(2s);
    value(*authorizer);
    EXPECT_EQ(transport.requests.size(), 1U);
}

TEST_F(GrantedTest, TheNextRefreshTokenIsDurableBeforeTheAccessTokenIsUsed) {
    log_in(0s);
    const auto authorizer = oauth();
    server.each_request = [this] { EXPECT_EQ(stored().renewing, clock.now()) << "marked before it is sent"; };
    const auto used = value(*authorizer);
    EXPECT_EQ(used, "Bearer " + std::string{stored().access_token.reveal()});
    EXPECT_EQ(stored().refresh_token.reveal(), server.current());
}

TEST_F(GrantedTest, NothingIsSentWhereNothingCanBeStored) {
    log_in(0s);
    const auto authorizer = oauth();
    std::filesystem::create_directory(scratch / ".tokens.json.tmp");  // cannot be unlinked, nor made a file
    EXPECT_EQ(failure_of([&] { value(*authorizer); }).code(), Exit::cannot_create);
    EXPECT_TRUE(transport.requests.empty()) << "the old refresh token is as good as ever";
}

TEST_F(GrantedTest, ATokenThatCannotBeKeptIsTold) {
    log_in(0s);
    const auto authorizer = oauth();
    server.each_request = [this] { std::filesystem::create_directory(scratch / ".tokens.json.tmp"); };
    const auto failure = failure_of([&] { value(*authorizer); });
    EXPECT_EQ(failure.code(), Exit::cannot_create);
    EXPECT_THAT(failure.hint(), HasSubstr("within ten minutes"));
    server.each_request = {};
    std::filesystem::remove(scratch / ".tokens.json.tmp");
    clock.advance(9min);
    EXPECT_EQ(value(*oauth()), "Bearer access-2") << "the old one still works";
}

TEST_F(GrantedTest, ALostAnswerIsAskedForAgain) {
    log_in(0s);
    bool lose = true;
    FakeTransport losing{[&](const Request& request) {
        auto answer = server.answer(request);
        return std::exchange(lose, false) ? test::http_trouble(TransportError::cut, "the connection ended") : answer;
    }};
    const auto failure = failure_of([&] { static_cast<void>(oauth()->value(losing)); });
    EXPECT_EQ(failure.code(), Exit::unavailable);
    EXPECT_EQ(stored().refresh_token.reveal(), "refresh-0");
    EXPECT_TRUE(stored().renewing);
    clock.advance(9min);
    EXPECT_EQ(oauth()->value(losing).reveal(), "Bearer access-2");
    EXPECT_EQ(stored().renewing, std::nullopt);
}

TEST_F(GrantedTest, AnAnswerLostForTooLongIsToldAsThat) {
    log_in(0s);
    FakeTransport losing{[&](const Request& request) {
        static_cast<void>(server.answer(request));
        return test::http_trouble(TransportError::timeout, "timed out");
    }};
    const auto begun = clock.now();
    EXPECT_EQ(failure_of([&] { static_cast<void>(oauth()->value(losing)); }).code(), Exit::unavailable);
    clock.advance(11min);
    for (const std::size_t requests : {1U, 1U}) {
        const auto failure = refusal();
        EXPECT_EQ(failure.code(), Exit::refused);
        EXPECT_THAT(failure.what(), HasSubstr("lost"));
        EXPECT_THAT(failure.what(), HasSubstr(format_instant(begun)));
        EXPECT_THAT(failure.hint(), HasSubstr("aquila-fetch login --source jira"));
        EXPECT_EQ(transport.requests.size(), requests);
    }
}

TEST_F(GrantedTest, ADeadGrantIsAskedForOnceOnly) {
    log_in();
    server.revoked = true;
    const auto authorizer = oauth();
    value(*authorizer);
    for (int i = 0; i < 3; ++i) {
        const auto failure =
            failure_of([&] { static_cast<void>(authorizer->renew(transport, refused, authorizer->value(transport))); });
        EXPECT_EQ(failure.code(), Exit::refused);
        EXPECT_THAT(failure.what(), HasSubstr("no longer valid"));
        EXPECT_THAT(failure.hint(), HasSubstr("aquila-fetch login --source jira"));
    }
    for (int i = 0; i < 3; ++i) {
        EXPECT_THAT(refusal().what(), HasSubstr("no longer valid"));
        clock.advance(1h);
    }
    EXPECT_EQ(transport.requests.size(), 1U);
    EXPECT_TRUE(stored().refresh_token.empty()) << "what is dead is not kept";
    EXPECT_TRUE(stored().dead);
    server.revoked = false;
    log_in();
    EXPECT_EQ(value(*oauth()), "Bearer access-0") << "until the next login";
}

TEST_F(GrantedTest, AWrongSecretKillsNothing) {
    log_in(0s);
    const auto failure = failure_of([&] { value(*oauth("wrong")); });
    EXPECT_EQ(failure.code(), Exit::refused);
    EXPECT_THAT(failure.hint(), HasSubstr("`client_secret_file`"));
    EXPECT_EQ(stored().dead, std::nullopt);
    EXPECT_EQ(stored().renewing, std::nullopt);
    EXPECT_EQ(value(*oauth()), "Bearer access-1") << "put right, it goes on";
}

TEST_F(GrantedTest, WithoutALoginNothingIsAsked) {
    const auto failure = failure_of([&] { static_cast<void>(oauth()); });
    EXPECT_EQ(failure.code(), Exit::refused);
    EXPECT_THAT(failure.hint(), HasSubstr("aquila-fetch login --source jira"));
    log_in();
    for (const bool host : {false, true}) {
        auto other = granting();
        (host ? other.client.auth_url : other.client.id) = "https://evil.example";
        EXPECT_EQ(failure_of([&] { static_cast<void>(oauth_authorizer(other, clock)); }).code(), Exit::refused)
            << "tokens are for who got them, from where they came";
    }
    EXPECT_TRUE(transport.requests.empty());
}

TEST_F(GrantedTest, ALoginWithoutARefreshTokenLastsAnHour) {
    log_in();
    auto tokens = stored();
    tokens.refresh_token = {};
    store.save(tokens);
    EXPECT_EQ(value(*oauth()), "Bearer access-0");
    clock.advance(1h);
    const auto failure = refusal();
    EXPECT_THAT(failure.what(), HasSubstr("offline_access"));
    EXPECT_TRUE(transport.requests.empty());
}

TEST_F(GrantedTest, ARefusedTokenIsReplacedWhereThatHelps) {
    log_in();
    const auto authorizer = oauth();
    value(*authorizer);
    const Response useless[] = {
        http_answer(401, R"({"code":401,"message":"Unauthorized; scope does not match"})"),
        http_answer(401, "", {{"X-Failure-Category", "FAILURE_CLIENT_SCOPE_CHECK"}}),
        http_answer(403, R"({"errorMessages":["no"]})"),
        http_answer(401, "", {{"X-Authentication-Denied-Reason", "CAPTCHA_CHALLENGE"}}),
    };
    for (const auto& answer : useless) {
        EXPECT_FALSE(authorizer->renew(transport, answer, authorizer->value(transport))) << answer.body;
    }
    EXPECT_TRUE(transport.requests.empty());
    const Secret before = authorizer->value(transport);
    EXPECT_TRUE(authorizer->renew(transport, refused, before));
    EXPECT_EQ(value(*authorizer), "Bearer access-1");
    EXPECT_TRUE(authorizer->renew(transport, refused, before)) << "refused while another thread renewed it";
    EXPECT_EQ(transport.requests.size(), 1U);
    EXPECT_FALSE(authorizer->renew(transport, refused, authorizer->value(transport))) << "a new one is refused as well";
    EXPECT_EQ(transport.requests.size(), 1U);
    clock.advance(2min);
    EXPECT_TRUE(authorizer->renew(transport, refused, authorizer->value(transport)));
}

TEST_F(GrantedTest, WhatAnotherProcessRenewedIsUsed) {
    log_in(2min);
    const auto one = oauth();
    const auto other = oauth();
    value(*one);
    value(*other);
    clock.advance(90s);
    EXPECT_EQ(value(*one), "Bearer access-1");
    EXPECT_EQ(value(*other), "Bearer access-1");
    EXPECT_TRUE(other->renew(transport, refused, other->value(transport)) && value(*other) == "Bearer access-2");
    EXPECT_TRUE(oauth()->value(transport).reveal() == "Bearer access-2");
    EXPECT_EQ(transport.requests.size(), 2U);
    clock.advance(2min);
    EXPECT_TRUE(one->renew(transport, refused, one->value(transport)));
    EXPECT_EQ(value(*one), "Bearer access-2") << "no second renewal for the same refusal";
    EXPECT_EQ(transport.requests.size(), 2U);
}

TEST_F(GrantedTest, TheLockIsHeldWhileItRenews) {
    log_in(0s);
    server.each_request = [this] {
        EXPECT_THROW(static_cast<void>(store.lock(clock, 0s)), Failure) << "nobody else renews meanwhile";
    };
    const auto authorizer = oauth();
    value(*authorizer);
    server.each_request = {};
    const auto held = store.lock(clock, 0s);
    clock.advance(2h);
    EXPECT_EQ(failure_of([&] { value(*authorizer); }).code(), Exit::busy) << "and the wait is bounded";
    EXPECT_EQ(transport.requests.size(), 1U);
}

TEST_F(GrantedTest, ADamagedStoreIsKept) {
    log_in(0s);
    const auto authorizer = oauth();
    scratch.write("tokens.json", "{");
    EXPECT_EQ(failure_of([&] { value(*authorizer); }).code(), Exit::data);
    EXPECT_EQ(failure_of([&] { static_cast<void>(oauth()); }).code(), Exit::data);
    EXPECT_EQ(failure_of([&] { static_cast<void>(machine()); }).code(), Exit::data);
    EXPECT_EQ(scratch.read("tokens.json"), "{");
    EXPECT_TRUE(transport.requests.empty());
}

TEST_F(GrantedTest, AServiceAccountsTokenIsKeptForItsLife) {
    EXPECT_EQ(value(*machine()), "Bearer access-1");
    EXPECT_EQ(value(*machine()), "Bearer access-1") << "across runs";
    EXPECT_EQ(transport.requests.size(), 1U);
    EXPECT_TRUE(stored().refresh_token.empty());
    EXPECT_TRUE(machine()->cloud_id().empty());
    clock.advance(1h);
    const auto authorizer = machine();
    EXPECT_EQ(value(*authorizer), "Bearer access-2");
    clock.advance(2min);
    EXPECT_TRUE(authorizer->renew(transport, refused, authorizer->value(transport)));
    EXPECT_EQ(value(*authorizer), "Bearer access-3");
    auto other = granting();
    other.client.id = "other";
    EXPECT_EQ(service_account_authorizer(other, clock)->value(transport).reveal(), "Bearer access-4")
        << "another client's is not used";
}

/// Dies while it renews, then runs again at once or after nine minutes, and after two hours: the grant lives on.
TEST_F(GrantedTest, SurvivesAStopBeforeAndAfterTheServersRotation) {
    struct Stopped {};
    for (const bool after : {false, true}) {
        for (const Span pause : {0s, 9 * 60s}) {
            log_in(0s);
            FakeTransport dying{[&](const Request& request) -> Response {
                if (after) {
                    static_cast<void>(server.answer(request));
                }
                throw Stopped{};
            }};
            EXPECT_THROW(static_cast<void>(oauth()->value(dying)), Stopped);
            clock.advance(pause);
            const auto at_once = value(*oauth());
            EXPECT_EQ(at_once, "Bearer " + server.access());
            clock.advance(2h);
            const auto later = value(*oauth());
            EXPECT_EQ(later, "Bearer " + server.access());
        }
    }
}

}  // namespace aquila::granted_test
