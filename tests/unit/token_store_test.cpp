#include "aquila_fetch/token_store.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/log.hpp"
#include "support/caught.hpp"
#include "support/fakes.hpp"
#include "support/scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace aquila::token_store_test {

using namespace std::chrono_literals;
using test::failure_of;
using test::Scratch;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Instant at(int seconds) {
    return Instant{std::chrono::seconds{1'775'000'000 + seconds}};
}

Tokens some() {
    Tokens tokens;
    tokens.auth = "oauth";
    tokens.auth_url = "https://auth.atlassian.com";
    tokens.client_id = "id";
    tokens.access_token = Secret{std::string_view{R"(eyJ."acc\ess")"}};
    tokens.obtained = at(0);
    tokens.expires = at(3600);
    tokens.refresh_token = Secret{std::string_view{"eyJ.refresh"}};
    tokens.scopes = "a b";
    tokens.cloud_id = "1324a887";
    tokens.site = "https://example.atlassian.net";
    return tokens;
}

TEST(TokenStore, KeepsEverything) {
    const Scratch scratch;
    const TokenStore store{scratch.path()};
    EXPECT_FALSE(store.load());
    auto tokens = some();
    for (const bool marked : {false, true}) {
        if (marked) {
            tokens.renewing = at(5);
            tokens.dead = at(6);
            tokens.refresh_token = {};
        }
        store.save(tokens);
        const auto loaded = store.load();
        ASSERT_TRUE(loaded);
        EXPECT_EQ(to_text(*loaded).reveal(), to_text(tokens).reveal());
        EXPECT_EQ(loaded->access_token.reveal(), R"(eyJ."acc\ess")");
        EXPECT_EQ(loaded->refresh_token.reveal(), marked ? "" : "eyJ.refresh");
        EXPECT_EQ(loaded->expires, at(3600));
        EXPECT_EQ(loaded->renewing, tokens.renewing);
        EXPECT_EQ(loaded->dead, tokens.dead);
    }
    EXPECT_THAT(scratch.names(), ElementsAre("tokens.json")) << "nothing is left beside it";
    EXPECT_EQ(Scratch::mode_of(store.path()), 0600U);
}

TEST(TokenStore, IsForItsOwnerAlone) {
    const Scratch scratch;
    const TokenStore store{scratch.path()};
    store.save(some());
    for (const mode_t mode : {0640U, 0604U, 0620U, 0602U, 0644U}) {
        ::chmod(store.path().c_str(), mode);
        const auto failure = failure_of([&] { static_cast<void>(store.load()); });
        EXPECT_EQ(failure.code(), Exit::config);
        EXPECT_THAT(failure.hint(), HasSubstr("chmod 600"));
        EXPECT_THAT(failure.what() + failure.hint(), Not(HasSubstr("eyJ")));
    }
    ::chmod(store.path().c_str(), 0400);
    EXPECT_TRUE(store.load());
    ::chmod(store.path().c_str(), 0644);
    store.save(some());
    EXPECT_EQ(Scratch::mode_of(store.path()), 0600U) << "whatever was there before";
}

TEST(TokenStore, DamageIsToldAndKept) {
    const Scratch scratch;
    const TokenStore store{scratch.path()};
    const std::string text{to_text(some()).reveal()};
    std::vector<std::string> damaged{"", "{}", "null", "[]", "{\"version\":1}", std::string(100'000, '[')};
    for (std::size_t size = 1; size + 1 < text.size(); size += 7) {
        damaged.push_back(text.substr(0, size));
    }
    for (std::size_t i = 0; i + 1 < text.size(); ++i) {
        damaged.push_back(text);
        damaged.back()[i] = static_cast<char>(damaged.back()[i] ^ 1);
    }
    for (const auto& each : damaged) {
        const auto failure = failure_of([&] { static_cast<void>(tokens_from_text(each, "tokens.json")); });
        EXPECT_EQ(failure.code(), Exit::data) << each;
        EXPECT_THAT(failure.what() + failure.hint(), Not(HasSubstr("eyJ")));
    }
    const auto half = text.substr(0, text.size() / 2);
    scratch.write("tokens.json", half);
    EXPECT_EQ(failure_of([&] { static_cast<void>(store.load()); }).code(), Exit::data);
    EXPECT_EQ(scratch.read("tokens.json"), half) << "left as it is";
    scratch.write("tokens.json", std::string(300'000, ' ') + text);
    EXPECT_EQ(failure_of([&] { static_cast<void>(store.load()); }).code(), Exit::io) << "too large";
}

TEST(TokenStore, ANewerVersionIsToldApart) {
    const Scratch scratch;
    std::string text{to_text(some()).reveal()};
    text.replace(text.find(":1,"), 3, ":2,");
    scratch.write("tokens.json", text);
    const auto failure = failure_of([&] { static_cast<void>(TokenStore{scratch.path()}.load()); });
    EXPECT_EQ(failure.code(), Exit::data);
    EXPECT_THAT(failure.hint(), HasSubstr("newer"));
}

TEST(TokenStore, IsLockedForOneAtATime) {
    log::configure({log::Level::off, log::Format::text});
    const Scratch scratch;
    const TokenStore store{scratch.path() / "state" / "jira"};
    test::FakeClock clock;
    {
        const auto lock = store.lock(clock, 0s);
        EXPECT_EQ(failure_of([&] { static_cast<void>(store.lock(clock, 2s)); }).code(), Exit::busy);
        EXPECT_GE(clock.elapsed(), 5h + 2s) << "it waited";
        EXPECT_LE(clock.elapsed(), 5h + 3s);
    }
    static_cast<void>(store.lock(clock, 0s));
    EXPECT_EQ(Scratch::mode_of(scratch.path() / "state" / "jira" / "tokens.lock"), 0600U);
    log::configure({});
}

}  // namespace aquila::token_store_test
