#include "aquila_fetch/sites.hpp"

#include "aquila_fetch/error.hpp"
#include "support/fakes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace aquila::sites_test {

using test::FakeTransport;
using test::http_answer;
using test::http_trouble;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const Site jira{"id-1", "alpha", "https://alpha.atlassian.net", {"read:audit-log:jira", "read:user:jira"}};
const Site wiki{"id-2", "beta", "https://beta.atlassian.net", {"read:audit-log:confluence"}};

std::vector<Site> list(Response response) {
    FakeTransport transport{{std::move(response)}};
    const auto authorizer = fixed_authorizer(Secret{std::string_view{"Bearer t0ken"}});
    return accessible_sites(transport, "https://api.atlassian.com", *authorizer);
}

TEST(Sites, AreAskedForWithTheToken) {
    FakeTransport transport{{http_answer(200, "[]")}};
    const auto authorizer = fixed_authorizer(Secret{std::string_view{"Bearer t0ken"}});
    EXPECT_TRUE(accessible_sites(transport, "https://api.atlassian.com", *authorizer).empty());
    EXPECT_EQ(transport.requests.at(0).url, "https://api.atlassian.com/oauth/token/accessible-resources");
    EXPECT_EQ(transport.requests.at(0).authorization.reveal(), "Bearer t0ken");
    EXPECT_EQ(transport.requests.at(0).method, "GET");
}

TEST(Sites, NamedOncePerProductAreOne) {
    const auto sites = list(http_answer(200, R"([
        {"id":"id-2","name":"beta","url":"https://beta.atlassian.net","scopes":["c"],"avatarUrl":"x"},
        {"id":"id-1","name":"alpha","url":"https://alpha.atlassian.net","scopes":["a","b"]},
        {"id":"id-1","name":"alpha","url":"https://alpha.atlassian.net","scopes":["b","c"]},
        {"id":"id-3"}])"));
    ASSERT_EQ(sites.size(), 3U);
    EXPECT_EQ(sites[0].cloud_id, "id-3");
    EXPECT_THAT(sites[1].scopes, ElementsAre("a", "b", "c"));
    EXPECT_EQ(sites[2].url, "https://beta.atlassian.net");
}

TEST(Sites, WhatIsNoListIsRefused) {
    for (const char* const body : {"", "{}", "null", "<html>", R"(["x"])", R"([{"name":"x"}])", R"([{"id":"../x"}])",
                                   R"([{"id":7}])", R"([{"id":"id-1"},{"id":""}])", R"([{"id":"id-1"})"}) {
        try {
            static_cast<void>(list(http_answer(200, body)));
            ADD_FAILURE() << body;
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.code(), Exit::protocol) << body;
            EXPECT_THAT(failure.hint(), HasSubstr("`api_url`"));
        }
    }
    const std::pair<Response, Exit> others[] = {
        {http_answer(401, R"({"code":401,"message":"Unauthorized"})"), Exit::refused},
        {http_answer(403), Exit::refused},
        {http_answer(404), Exit::protocol},
        {http_answer(302), Exit::protocol},
        {http_answer(429), Exit::unavailable},
        {http_answer(502, "<html>"), Exit::unavailable},
        {http_trouble(TransportError::cut, "the connection ended"), Exit::unavailable},
    };
    for (const auto& [response, exit] : others) {
        try {
            static_cast<void>(list(response));
            ADD_FAILURE() << response.status;
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.code(), exit) << response.status;
        }
    }
}

TEST(Sites, TextsAreFitForATerminal) {
    const auto sites =
        list(http_answer(200, R"([{"id":"id-1","name":"al\u001b[2Jpha\nx","url":"y","scopes":["\u0007z"]}])"));
    EXPECT_THAT(site_table(sites), Not(HasSubstr("\x1B")));
    EXPECT_EQ(std::ranges::count(site_table(sites), '\n'), 1);
    EXPECT_THAT(site_table(sites), Not(HasSubstr("\a")));
}

TEST(Sites, AreFoundByIdAddressOrName) {
    const std::vector<Site> both{jira, wiki};
    for (const char* const wanted :
         {"id-1", "ID-1", "alpha", "Alpha", "https://alpha.atlassian.net", "https://ALPHA.atlassian.net/",
          "https://alpha.atlassian.net/wiki", "alpha.atlassian.net"}) {
        EXPECT_THAT(matching_sites(both, wanted, ""), ElementsAre(jira)) << wanted;
    }
    for (const char* const wanted : {"id-3", "alph", "https://alpha.example.net", "http://"}) {
        EXPECT_TRUE(matching_sites(both, wanted, "").empty()) << wanted;
    }
    EXPECT_THAT(matching_sites(both, "", ""), ElementsAre(jira, wiki));
}

TEST(Sites, ThoseWithTheScopesArePreferred) {
    const std::vector<Site> both{jira, wiki};
    EXPECT_THAT(matching_sites(both, "", "read:audit-log:jira read:user:jira"), ElementsAre(jira));
    EXPECT_THAT(matching_sites(both, "", "read:audit-log:confluence"), ElementsAre(wiki));
    EXPECT_THAT(matching_sites(both, "", "read:other"), ElementsAre(jira, wiki)) << "none has it";
    EXPECT_THAT(matching_sites(both, "beta", "read:audit-log:jira"), ElementsAre(wiki)) << "asked for by name";
    EXPECT_TRUE(jira.has_any("x read:user:jira"));
    EXPECT_FALSE(jira.has_any("read:user"));
    EXPECT_FALSE(jira.has_any(""));
}

TEST(Sites, AsATableAndAsJson) {
    Site umlaut = wiki;
    umlaut.name = "b\xC3\xA4r";
    umlaut.scopes = {};
    EXPECT_EQ(site_table({jira, umlaut}, "id-1"),
              "* alpha  id-1  https://alpha.atlassian.net  read:audit-log:jira read:user:jira\n"
              "  b\xC3\xA4r    id-2  https://beta.atlassian.net\n");
    EXPECT_EQ(site_table({}), "");
    const auto json = nlohmann::json::parse(site_json({jira, wiki}, "id-2"));
    EXPECT_EQ(json.at(0).at("name"), "alpha");
    EXPECT_EQ(json.at(0).at("cloud_id"), "id-1");
    EXPECT_EQ(json.at(0).at("scopes").size(), 2U);
    EXPECT_EQ(json.at(0).at("chosen"), false);
    EXPECT_EQ(json.at(1).at("url"), "https://beta.atlassian.net");
    EXPECT_EQ(json.at(1).at("chosen"), true);
    EXPECT_EQ(nlohmann::json::parse(site_json({})), nlohmann::json::array());
}

}  // namespace aquila::sites_test
