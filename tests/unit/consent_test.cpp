#include "aquila_fetch/consent.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace aquila::consent_test {

using testing::HasSubstr;
using testing::Not;
using Kind = Consent::Kind;

SourceConfig config() {
    SourceConfig config;
    config.client_id = "the id";
    return config;
}

TEST(Consent, AsksForWhatTheProductNeeds) {
    EXPECT_EQ(consent_scopes(config(), *find_source("jira")), "read:audit-log:jira read:user:jira offline_access");
    EXPECT_EQ(consent_scopes(config(), *find_source("confluence")), "read:audit-log:confluence offline_access");
    auto own = config();
    own.scopes = "manage:jira-configuration";
    EXPECT_EQ(consent_scopes(own, *find_source("jira")), "manage:jira-configuration offline_access");
    own.scopes = "offline_access x";
    EXPECT_EQ(consent_scopes(own, *find_source("jira")), "offline_access x");
    own.scopes = "not_offline_access";
    EXPECT_EQ(consent_scopes(own, *find_source("jira")), "not_offline_access offline_access");
}

TEST(Consent, TheUrlHoldsAllOfIt) {
    EXPECT_EQ(consent_url(config(), "a:b offline_access", "5t&te"),
              "https://auth.atlassian.com/authorize?audience=api.atlassian.com&client_id=the%20id"
              "&scope=a%3Ab%20offline_access&redirect_uri=http%3A%2F%2Flocalhost%3A8910%2Fcallback&state=5t%26te"
              "&response_type=code&prompt=consent");
}

TEST(Consent, AStateIsNeverTheSame) {
    std::set<std::string> states;
    for (int i = 0; i < 1000; ++i) {
        const auto state = make_state();
        EXPECT_EQ(state.size(), 64U);
        EXPECT_EQ(state.find_first_not_of("0123456789abcdef"), std::string::npos);
        states.insert(state);
    }
    EXPECT_EQ(states.size(), 1000U);
}

TEST(Consent, ARedirectIsReadWithTheRightStateOnly) {
    const auto good = read_redirect("code=eyJ%2E1%2B&state=abc", "abc");
    EXPECT_EQ(good.kind, Kind::code);
    EXPECT_EQ(good.code.reveal(), "eyJ.1+");
    EXPECT_EQ(read_redirect("state=abc&code=c#fragment", "abc").code.reveal(), "c");
    for (const char* const query :
         {"", "code=c", "code=c&state=", "code=c&state=ab", "code=c&state=abcd", "code=c&state=abd", "code=c&state=ABC",
          "code=c&xstate=abc", "code=c&state=x&state=abc", "state=abc", "state=abc&code=", "state=abc&code=a%20b",
          "state=abc&code=a%0d%0ab", "error=access_denied", "error=access_denied&state=abd", "&&&===", "code", "%"}) {
        const auto consent = read_redirect(query, "abc");
        EXPECT_EQ(consent.kind, Kind::foreign) << query;
        EXPECT_TRUE(consent.code.empty()) << query;
    }
    EXPECT_EQ(read_redirect("code=c&state=", "").kind, Kind::foreign) << "no state is none";
    EXPECT_EQ(read_redirect("state=abc&code=" + std::string(20'000, 'x'), "abc").kind, Kind::foreign);
}

TEST(Consent, AnErrorIsFitForAMessage) {
    const auto consent =
        read_redirect("error=access_denied&error_description=User+did%0Anot%1B%5B2J+authorize&state=abc&code=c", "abc");
    EXPECT_EQ(consent.kind, Kind::refused);
    EXPECT_THAT(consent.error, HasSubstr("access_denied: User did not"));
    EXPECT_THAT(consent.error, Not(HasSubstr("\x1B")));
    EXPECT_TRUE(consent.code.empty());
    EXPECT_EQ(read_redirect("error=x&state=abc", "abc").error, "x");
}

TEST(Consent, WhatIsPastedIsTheAddressOrTheCode) {
    for (const char* const text : {
             "http://localhost:8910/callback?code=c0de&state=abc",
             "  http://localhost:8910/callback?state=abc&code=c0de \r",
             "localhost:8910/callback?code=c0de&state=abc",
             "?code=c0de&state=abc",
             "code=c0de&state=abc",
             "c0de",
             "c0d%65",
             " c0de\t",
         }) {
        const auto consent = read_pasted(text, "abc");
        EXPECT_EQ(consent.kind, Kind::code) << text;
        EXPECT_EQ(consent.code.reveal(), "c0de") << text;
    }
    for (const char* const text : {"", "   ", "http://localhost:8910/callback", "two words",
                                   "http://localhost:8910/callback?code=c0de&state=abd", "code=c0de", "http://x/?y"}) {
        EXPECT_EQ(read_pasted(text, "abc").kind, Kind::foreign) << text;
    }
    EXPECT_EQ(read_pasted("http://localhost:8910/callback?error=access_denied&state=abc", "abc").kind, Kind::refused);
}

}  // namespace aquila::consent_test
