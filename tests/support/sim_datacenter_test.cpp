#include "support/sim_fixture.hpp"

#include <gmock/gmock.h>

namespace aquila::sim::sim_datacenter_test {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto pat = "Bearer sim-bearer";

class AtlassianSimDatacenter : public SimTest {
  protected:
    void SetUp() override {
        sim.configure(R"({"self_noise": false})");
        for (const auto* record :
             {R"({"n":1,"timestamp":"2026-04-12T00:00:00.000Z"})", R"({"n":2,"timestamp":"2026-04-12T00:00:00.001Z"})",
              R"({"n":3,"timestamp":"2026-04-12T00:00:00.001Z"})",
              R"({"n":4,"timestamp":"2026-04-12T00:00:00.002Z"})"}) {
            sim.add(Product::datacenter, record);
        }
    }
    static std::string events(const std::string& query = {}) { return "/rest/auditing/1.0/events" + query; }
    static std::vector<int> numbers(const Probe& answer) {
        std::vector<int> result;
        const auto page = json::parse(answer.body);
        for (const auto& event : page.at("entities")) result.push_back(event.value("n", 0));
        return result;
    }
    static json paging(const Probe& answer) { return json::parse(answer.body).at("pagingInfo"); }
    Probe put(const std::string& name, const std::string& body) {
        return probe(sim.port(), {.method = "PUT",
                                  .target = "/rest/auditing/1.0/configuration/" + name,
                                  .headers = {{"Authorization", pat}, {"Content-Type", "application/json"}},
                                  .body = body});
    }
    json get(const std::string& name) { return json::parse(ask("/rest/auditing/1.0/configuration/" + name, pat).body); }
};

TEST_F(AtlassianSimDatacenter, PagesByCursorAsAStringOrInAnObject) {
    const auto first = ask(events("?limit=2"), pat);
    EXPECT_THAT(numbers(first), ElementsAre(4, 3));
    EXPECT_EQ(paging(first)["lastPage"], false);
    EXPECT_EQ(paging(first)["nextPageCursor"], "1775952000001,3");
    EXPECT_EQ(paging(first)["nextPageLink"], sim.url() + events("?offset=0&limit=2&pageCursor=1775952000001,3"));

    const auto last = ask(events("?limit=2&pageCursor=1775952000001,3"), pat);
    EXPECT_THAT(numbers(last), ElementsAre(2, 1));
    EXPECT_EQ(paging(last), json::parse(R"({"lastPage":true,"size":2})"));
    sim.configure(R"({"object_cursor": true})");
    EXPECT_EQ(paging(ask(events("?limit=1"), pat))["nextPageCursor"], json({{"cursor", "1775952000002,4"}}));
}

TEST_F(AtlassianSimDatacenter, BoundsAreInclusiveAndMustNameTheirZone) {
    EXPECT_THAT(numbers(ask(events("?from=2026-04-12T00:00:00.001Z&to=2026-04-12T00:00:00.001Z"), pat)),
                ElementsAre(3, 2));
    EXPECT_THAT(numbers(ask(events("?offset=3"), pat)), ElementsAre(1));
    EXPECT_THAT(numbers(ask(events("?offset=30"), pat)), IsEmpty());
}

TEST_F(AtlassianSimDatacenter, ABadRequestIsAnArray) {
    for (const auto* query :
         {"?limit=0", "?limit=100001", "?offset=-1", "?from=2026", "?from=2026-04-12T00:00:00", "?pageCursor=x"}) {
        const auto answer = ask(events(query), pat);
        EXPECT_EQ(answer.status, 400) << query;
        const auto body = json::parse(answer.body);
        ASSERT_TRUE(body.is_array()) << query;
        EXPECT_TRUE(body[0]["errors"][0].contains("key"));
        EXPECT_EQ(body[0]["status"], 400);
    }
}

TEST_F(AtlassianSimDatacenter, ReadingTheLogWritesToItUnlessTheActionIsDenied) {
    sim.configure(R"({"self_noise": true})");
    EXPECT_EQ(numbers(ask(events(), pat)).size(), 4U);
    const auto page = json::parse(ask(events(), pat).body);
    ASSERT_EQ(page["entities"].size(), 5U);
    const auto& noise = page["entities"][0];
    EXPECT_EQ(noise["type"]["actionI18nKey"], "atlassian.audit.event.action.audit.search");
    EXPECT_EQ(noise["extraAttributes"].size(), 4U);
    EXPECT_EQ(noise["extraAttributes"][2]["value"], "4");
    EXPECT_EQ(sim.records(Product::datacenter).size(), 6U);

    EXPECT_EQ(put("denylist", R"({"actions":["atlassian.audit.event.action.audit.search"]})").status, 200);
    EXPECT_EQ(get("denylist")["actions"].size(), 1U);
    (void)ask(events(), pat);
    EXPECT_EQ(sim.records(Product::datacenter).size(), 6U);
}

TEST_F(AtlassianSimDatacenter, WrongCredentials) {
    EXPECT_EQ(ask(events()).status, 200) << "user name and password";
    const auto wrong = ask(events(), basic("admin", "wrong"));
    EXPECT_EQ(wrong.status, 401);
    EXPECT_EQ(wrong.header("X-Seraph-LoginReason"), "AUTHENTICATED_FAILED");
    EXPECT_THAT(wrong.body, HasSubstr("<html"));
    EXPECT_THAT(wrong.body, HasSubstr("Basic Authentication Failure - Reason : AUTHENTICATED_FAILED"));
    EXPECT_EQ(ask(events(), "").status, 401);

    sim.configure(R"({"login_redirect": true, "context_path": "/jira"})");
    const auto redirect = ask("/jira" + events(), basic("admin", "wrong"));
    EXPECT_EQ(redirect.status, 302);
    EXPECT_THAT(std::string(redirect.header("Location")), HasSubstr("/jira/login.jsp?os_destination="));
    EXPECT_EQ(ask("/jira" + events(), pat).status, 200);
    EXPECT_EQ(ask(events(), pat).status, 302) << "a wrong context path";

    sim.configure(R"({"login_redirect": false, "basic_disabled": true})");
    const auto disabled = ask("/jira" + events());
    EXPECT_EQ(disabled.status, 403);
    EXPECT_EQ(disabled.body, "Basic Authentication has been disabled on this instance");
    EXPECT_EQ(ask("/jira" + events(), pat).status, 200);
    sim.configure(R"({"no_permission": true})");
    EXPECT_EQ(ask("/jira" + events(), pat).status, 403);
}

TEST_F(AtlassianSimDatacenter, TooManyFailuresBringTheCaptcha) {
    sim.configure(R"({"captcha_after": 2})");
    EXPECT_EQ(ask(events(), basic("admin@example.com", "wrong")).status, 401);
    EXPECT_EQ(ask(events(), basic("admin@example.com", "wrong")).status, 401);
    const auto locked = ask(events());
    EXPECT_EQ(locked.status, 403) << "the right password does not help";
    EXPECT_THAT(std::string(locked.header("X-Authentication-Denied-Reason")),
                HasSubstr("CAPTCHA_CHALLENGE; login-url="));
    EXPECT_EQ(locked.header("X-Seraph-LoginReason"), "AUTHENTICATION_DENIED");
    EXPECT_THAT(std::string(locked.header("Content-Type")), HasSubstr("text/html"));
}

TEST_F(AtlassianSimDatacenter, Configuration) {
    EXPECT_EQ(get("coverage")["levelByArea"].size(), 7U);
    EXPECT_EQ(put("coverage", R"({"levelByArea":{"security":"full"}})").status, 200);
    EXPECT_EQ(get("coverage")["levelByArea"]["security"], "full");
    EXPECT_EQ(get("coverage")["levelByArea"]["permissions"], "base");
    EXPECT_EQ(put("coverage", R"({"levelByArea":{"security":"loud"}})").status, 400);
    EXPECT_EQ(put("coverage", R"({"levelByArea":{"kitchen":"full"}})").status, 400);

    EXPECT_EQ(put("retention", R"({"period":{"years":10}})").status, 200);
    EXPECT_EQ(get("retention"), json::parse(R"({"period":{"years":10,"months":0,"days":0}})"));
    EXPECT_EQ(put("retention", R"({"years":10})").status, 400);

    EXPECT_EQ(put("retention/file", R"({"maxFileCount":20})").status, 200);
    EXPECT_EQ(get("retention/file"), json::parse(R"({"maxFileCount":20})"));
    EXPECT_EQ(put("retention/file", "nonsense").status, 400);
    EXPECT_EQ(ask("/rest/auditing/1.0/configuration/nothing", pat).status, 404);
}

TEST_F(AtlassianSimDatacenter, RateHeadersAreOnEveryAnswer) {
    sim.configure(R"({"rate": {"requests_per_second": 0.5, "burst": 1}})");
    const auto good = ask(events(), pat);
    EXPECT_EQ(good.status, 200);
    EXPECT_EQ(good.header("retry-after"), "0");
    EXPECT_EQ(good.header("X-RateLimit-FillRate"), "1");
    const auto bad = ask(events(), pat);
    EXPECT_EQ(bad.status, 429);
    EXPECT_EQ(bad.header("retry-after"), "2");
}

TEST_F(AtlassianSimDatacenter, AServiceAccountsToken) {
    const auto answer = post("/rest/oauth2/latest/token",
                             "grant_type=client_credentials&client_id=sim-client&client_secret=sim-secret&scope=READ",
                             "application/x-www-form-urlencoded");
    ASSERT_EQ(answer.status, 200);
    const auto token = json::parse(answer.body);
    EXPECT_FALSE(token.contains("refresh_token"));
    EXPECT_EQ(ask(events(), "Bearer " + token["access_token"].get<std::string>()).status, 200);
    EXPECT_EQ(post("/rest/oauth2/latest/token", "grant_type=client_credentials&client_id=sim-client&client_secret=x",
                   "application/x-www-form-urlencoded")
                  .status,
              401);
}

}  // namespace aquila::sim::sim_datacenter_test
