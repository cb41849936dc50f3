#include "support/sim_fixture.hpp"

#include <gmock/gmock.h>

namespace aquila::sim::sim_oauth_test {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

class AtlassianSimOauth : public SimTest {
  protected:
    static std::string authorize(const std::string& redirect = "http%3A%2F%2Flocalhost%3A8910%2Fcallback") {
        return "/authorize?audience=api.atlassian.com&client_id=sim-client&scope=read%3Aaudit-log%3Ajira%20offline_"
               "access&redirect_uri=" +
               redirect + "&state=s%2F1&response_type=code&prompt=consent";
    }
    static json client(json more) {
        more["client_id"] = "sim-client";
        more.emplace("client_secret", "sim-secret");
        return more;
    }
    Probe token(const json& body) { return post("/oauth/token", body.dump()); }
    Probe refresh(const std::string& refresh_token) {
        return token(client({{"grant_type", "refresh_token"}, {"refresh_token", refresh_token}}));
    }
    json grant(const std::string& scope = "read:audit-log:jira offline_access") {
        return json::parse(post("/_sim/oauth", json{{"issue", {{"scope", scope}}}}.dump()).body);
    }
    static std::string bearer(const json& tokens) { return "Bearer " + tokens.at("access_token").get<std::string>(); }
    static std::string refresh_of(const json& tokens) { return tokens.at("refresh_token").get<std::string>(); }
};

TEST_F(AtlassianSimOauth, ACodeIsExchangedOnce) {
    const auto consent = ask(authorize(), "");
    ASSERT_EQ(consent.status, 302);
    const auto location = std::string(consent.header("Location"));
    EXPECT_THAT(location, StartsWith("http://localhost:8910/callback?code="));
    EXPECT_THAT(location, HasSubstr("&state=s%2F1"));
    const auto query = parse_parameters(location.substr(location.find('?') + 1));
    const auto exchange = client({{"grant_type", "authorization_code"},
                                  {"code", query.at(0).second},
                                  {"redirect_uri", "http://localhost:8910/callback"}});
    const auto answer = token(exchange);
    ASSERT_EQ(answer.status, 200);
    const auto tokens = json::parse(answer.body);
    EXPECT_EQ(tokens["expires_in"], 3600);
    EXPECT_EQ(tokens["scope"], "read:audit-log:jira offline_access");
    EXPECT_EQ(ask(gateway(), bearer(tokens)).status, 200);
    EXPECT_EQ(json::parse(ask(wiki_gateway(), bearer(tokens)).body)["message"], "Unauthorized; scope does not match");
    EXPECT_EQ(ask(site(), bearer(tokens)).status, 401) << "the gateway only";
    EXPECT_EQ(token(exchange).status, 403);
    EXPECT_EQ(sim.requests().at(1).note, "grant_type=authorization_code");
}

TEST_F(AtlassianSimOauth, AMismatchOrARefusalIsARedirectToo) {
    EXPECT_THAT(std::string(ask(authorize("http%3A%2F%2Flocalhost%3A1%2F"), "").header("Location")),
                HasSubstr("/error?error=unauthorized_client"));
    sim.configure(R"({"oauth": {"deny_consent": true}})");
    EXPECT_THAT(std::string(ask(authorize(), "").header("Location")), HasSubstr("callback?error=access_denied"));
}

TEST_F(AtlassianSimOauth, RefreshTokensRotateWithALeeway) {
    const auto first = grant();
    const auto second = json::parse(refresh(refresh_of(first)).body);
    EXPECT_NE(refresh_of(second), refresh_of(first));
    EXPECT_EQ(ask(gateway(), bearer(second)).status, 200);
    EXPECT_EQ(refresh(refresh_of(first)).status, 200) << "inside the leeway";
    EXPECT_EQ(refresh(refresh_of(second)).status, 200);

    sim.configure(R"({"clock_offset_s": 601})");
    const auto late = refresh(refresh_of(first));
    EXPECT_EQ(late.status, 403);
    EXPECT_EQ(late.body, R"({"error":"unauthorized_client","error_description":"refresh_token is invalid"})");
}

TEST_F(AtlassianSimOauth, AnAnswerLostAfterTheRotation) {
    const auto first = grant();
    sim.faults(R"({"match": "/oauth/token", "reset": true})");
    EXPECT_TRUE(refresh(refresh_of(first)).reset);
    std::string current;
    sim.with_state([&](const SimState& state) { current = state.oauth.current_refresh; });
    EXPECT_NE(current, refresh_of(first)) << "it did rotate";
    EXPECT_EQ(refresh(refresh_of(first)).status, 200);
}

TEST_F(AtlassianSimOauth, TheThreeRefusals) {
    const auto tokens = grant();
    EXPECT_EQ(refresh("unknown").status, 403);
    const auto secret = token(
        client({{"grant_type", "refresh_token"}, {"refresh_token", refresh_of(tokens)}, {"client_secret", "no"}}));
    EXPECT_EQ(secret.status, 401);
    EXPECT_EQ(secret.body, R"({"error":"access_denied","error_description":"Unauthorized"})");
    EXPECT_EQ(post("/_sim/oauth", R"({"revoke": true})").status, 200);
    const auto revoked = refresh(refresh_of(tokens));
    EXPECT_EQ(revoked.status, 403);
    EXPECT_EQ(revoked.body, R"({"error":"invalid_grant","error_description":"Unknown or invalid refresh token."})");
}

TEST_F(AtlassianSimOauth, AccessTokensExpire) {
    const auto tokens = grant();
    sim.configure(R"({"clock_offset_s": 3601})");
    EXPECT_EQ(ask(gateway(), bearer(tokens)).status, 401);
    const auto fresh = grant();
    EXPECT_EQ(ask(gateway(), bearer(fresh)).status, 200);
    EXPECT_EQ(post("/_sim/oauth", R"({"expire_access": true})").status, 200);
    EXPECT_EQ(ask(gateway(), bearer(fresh)).status, 401);
}

TEST_F(AtlassianSimOauth, ClientCredentialsAsAFormHaveNoRefreshToken) {
    const auto answer =
        post("/oauth/token", "grant_type=client_credentials&client_id=sim-client&client_secret=sim-secret",
             "application/x-www-form-urlencoded");
    ASSERT_EQ(answer.status, 200);
    const auto tokens = json::parse(answer.body);
    EXPECT_FALSE(tokens.contains("refresh_token"));
    EXPECT_EQ(ask(wiki_gateway(), bearer(tokens)).status, 200);
}

TEST_F(AtlassianSimOauth, AccessibleResourcesOnceOrTwice) {
    const auto tokens = grant("read:audit-log:jira read:audit-log:confluence");
    EXPECT_FALSE(tokens.contains("refresh_token")) << "without offline_access";
    auto list = json::parse(ask("/oauth/token/accessible-resources", bearer(tokens)).body);
    ASSERT_EQ(list.size(), 1U);
    EXPECT_EQ(list[0]["id"], sim.cloud_id());
    EXPECT_EQ(list[0]["url"], sim.url());
    EXPECT_EQ(list[0]["scopes"].size(), 2U);
    sim.configure(R"({"oauth": {"resources_twice": true}})");
    list = json::parse(ask("/oauth/token/accessible-resources", bearer(tokens)).body);
    ASSERT_EQ(list.size(), 2U);
    EXPECT_EQ(list[0]["id"], list[1]["id"]);
    EXPECT_EQ(json::parse(ask("/oauth/token/accessible-resources", bearer(grant("offline_access"))).body),
              json::array());
    EXPECT_EQ(ask("/oauth/token/accessible-resources", "Bearer unknown").status, 401);
}

}  // namespace aquila::sim::sim_oauth_test
