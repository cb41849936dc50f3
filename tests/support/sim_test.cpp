#include "support/sim_fixture.hpp"

#include <gmock/gmock.h>

#include <set>

namespace aquila::sim::sim_test {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr auto first_time = "2026-04-12T10:00:00.000+0000";
constexpr auto second_time = "2026-04-12T10:00:00.001+0000";
constexpr auto third_time = "2026-04-12T10:00:00.002+0000";

class AtlassianSimJira : public SimTest {
  protected:
    void SetUp() override {
        add_jira(1, first_time);
        add_jira(2, second_time);
        add_jira(3, third_time);
    }
};

TEST_F(AtlassianSimJira, NewestFirstWithTheEnvelopeInItsOrder) {
    const auto answer = ask(gateway());
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("Content-Type"), "application/json;charset=UTF-8");
    EXPECT_THAT(answer.body, testing::StartsWith(R"({"offset":0,"limit":1000,"total":3,"records":[{)"));
    EXPECT_THAT(ids(answer), ElementsAre(3, 2, 1));
}

TEST_F(AtlassianSimJira, SiteAndVersionTwoAnswerAlike) {
    EXPECT_THAT(ids(ask(site())), ElementsAre(3, 2, 1));
    EXPECT_THAT(ids(ask("/rest/api/2/auditing/record")), ElementsAre(3, 2, 1));
    EXPECT_THAT(ids(ask("/ex/jira/" + sim.cloud_id() + "/rest/api/2/auditing/record")), ElementsAre(3, 2, 1));
}

TEST_F(AtlassianSimJira, BothBoundsAreInclusiveAndTheTotalIsOfTheWholeLog) {
    const auto answer = ask(gateway("?from=2026-04-12T10:00:00.001Z&to=2026-04-12T10:00:00.001%2B0000"));
    EXPECT_THAT(ids(answer), ElementsAre(2));
    EXPECT_EQ(json::parse(answer.body).at("total"), 3);
    EXPECT_THAT(ids(ask(gateway("?from=2026-04-12T10:00:00.001Z"))), ElementsAre(3, 2));
    EXPECT_THAT(ids(ask(gateway("?to=2026-04-12T10:00:00.001Z"))), ElementsAre(2, 1));
    EXPECT_THAT(ids(ask(gateway("?from=2026-04-12&to=2026-04-12"))), ElementsAre(3, 2, 1));
    EXPECT_THAT(ids(ask(gateway("?from=2026-04-12T11:00:00%2B0100"))), ElementsAre(3, 2, 1));
}

TEST_F(AtlassianSimJira, WithoutAZoneTheAnswerIsAnEmpty200) {
    for (const auto* query :
         {"?from=2026-01-01T00:00:00.000", "?from=2026-01-01T00:00:00.000+0000", "?to=2027-01-01T00:00:00",
          "?from=yesterday", "?from=2027-01-01T00:00:00Z&to=2026-01-01T00:00:00Z"}) {
        const auto answer = ask(gateway(query));
        EXPECT_EQ(answer.status, 200) << query;
        EXPECT_THAT(ids(answer), IsEmpty()) << query;
        EXPECT_EQ(json::parse(answer.body).at("total"), 3) << query;
    }
}

TEST_F(AtlassianSimJira, LimitIsClampedAndEchoed) {
    for (const auto& [asked, echoed] : {std::pair{"0", 1000}, {"-5", 1000}, {"1", 1}, {"1000", 1000}, {"1001", 1000}}) {
        EXPECT_EQ(json::parse(ask(gateway(std::string("?limit=") + asked)).body).at("limit"), echoed) << asked;
    }
    sim.configure(R"({"page_cap": 2})");
    const auto answer = ask(gateway("?limit=1000"));
    EXPECT_EQ(json::parse(answer.body).at("limit"), 2);
    EXPECT_THAT(ids(answer), ElementsAre(3, 2));
    EXPECT_THAT(ids(ask(gateway("?limit=1000&offset=2"))), ElementsAre(1));
}

TEST_F(AtlassianSimJira, AnOffsetBeyondTheEndIsAnEmpty200) {
    EXPECT_THAT(ids(ask(gateway("?offset=3"))), IsEmpty());
    EXPECT_THAT(ids(ask(gateway("?offset=2000000000"))), IsEmpty());
    EXPECT_THAT(ids(ask(gateway("?offset=-1&limit=1"))), ElementsAre(3));
    const auto bad = ask(gateway("?limit=abc"));
    EXPECT_EQ(bad.status, 400);
    EXPECT_EQ(bad.header("Content-Type"), "application/problem+json;charset=UTF-8");
}

TEST_F(AtlassianSimJira, RecordsThatArriveWhilePagingPushTheOthersDown) {
    sim.configure(R"({"insert_while_paging": {"product": "jira", "every": 1, "count": 1, "times": 1}})");
    EXPECT_THAT(ids(ask(gateway("?limit=2"))), ElementsAre(3, 2));
    EXPECT_THAT(ids(ask(gateway("?limit=2&offset=2"))), ElementsAre(2, 1)) << "record 2 comes twice";
    EXPECT_EQ(sim.records(Product::jira).size(), 4U);
}

TEST_F(AtlassianSimJira, ALateRecordIsSortedByItsTime) {
    add_jira(4, first_time);
    add_jira(5, "2026-04-12T09:00:00.000+0000");
    EXPECT_THAT(ids(ask(gateway())), ElementsAre(3, 2, 4, 1, 5));
    sim.configure(R"({"ignore_from": true})");
    EXPECT_EQ(ids(ask(gateway("?from=2026-04-12T10:00:00.002Z"))).size(), 5U);
}

TEST_F(AtlassianSimJira, OtherRoutes) {
    EXPECT_EQ(ask("/rest/api/3/myself").status, 200);
    EXPECT_EQ(ask("/rest/api/3/myself", basic("admin@example.com", "bad")).status, 401);
    const auto info = ask("/rest/api/3/serverInfo", basic("admin@example.com", "bad"));
    EXPECT_EQ(info.status, 200);
    EXPECT_EQ(info.header("X-Seraph-LoginReason"), "AUTHENTICATED_FAILED");
    EXPECT_THAT(ask("/nowhere").body, HasSubstr("dead link"));
    EXPECT_EQ(ask("/rest/api/3/nowhere").header("Content-Type"), "application/problem+json;charset=UTF-8");
}

class AtlassianSimConfluence : public SimTest {
  protected:
    void SetUp() override {
        for (const auto* record :
             {R"({"n":1,"creationDate":1776000000000})", R"({"n":2,"creationDate":1776000000001})",
              R"({"n":2,"creationDate":1776000000001})", R"({"n":3,"creationDate":1776000000002})"}) {
            sim.add(Product::confluence, record);
        }
    }
    std::vector<int> numbers(const std::string& query) {
        std::vector<int> result;
        const auto page = json::parse(ask(wiki_gateway(query)).body);
        for (const auto& record : page.at("results")) result.push_back(record.at("n").get<int>());
        return result;
    }
};

TEST_F(AtlassianSimConfluence, EpochMillisecondsInclusiveNewestFirst) {
    EXPECT_THAT(numbers(""), ElementsAre(3, 2, 2, 1));
    EXPECT_THAT(numbers("?startDate=1776000000001&endDate=1776000000001"), ElementsAre(2, 2));
    EXPECT_THAT(numbers("?startDate=1776000000002"), ElementsAre(3));
    EXPECT_THAT(numbers("?startDate=3&endDate=1"), IsEmpty());
    EXPECT_THAT(numbers("?start=100"), IsEmpty());
}

TEST_F(AtlassianSimConfluence, NextIsRelativeToTheContextAndAbsentOnTheLastPage) {
    const auto first = json::parse(ask(wiki_gateway("?limit=3")).body);
    EXPECT_EQ(first["_links"]["base"], sim.url() + "/wiki");
    EXPECT_EQ(first["_links"]["next"], "/rest/api/audit?limit=3&start=3");
    EXPECT_EQ(first["limit"], 3);
    EXPECT_EQ(first["size"], 3);
    const auto last = json::parse(ask(wiki_gateway("?limit=3&start=3")).body);
    EXPECT_EQ(last["size"], 1);
    EXPECT_FALSE(last["_links"].contains("next"));
    EXPECT_FALSE(json::parse(ask(wiki_gateway("?limit=4")).body)["_links"].contains("next"));
}

TEST_F(AtlassianSimConfluence, FollowingNextOnTheGatewayHitsTheSpringPage) {
    const auto answer = ask("/rest/api/audit?limit=3&start=3");
    EXPECT_EQ(answer.status, 404);
    const auto body = json::parse(answer.body);
    EXPECT_EQ(body["message"], "No message available");
    EXPECT_EQ(body["path"], "/rest/api/audit");
}

TEST_F(AtlassianSimConfluence, BadNumbersAreRefusedInItsOwnEnvelope) {
    for (const auto* query : {"?limit=-1", "?start=-1", "?limit=many", "?startDate=2026-04-12T00:00:00Z"}) {
        const auto answer = ask(wiki_gateway(query));
        EXPECT_EQ(answer.status, 400) << query;
        EXPECT_EQ(json::parse(answer.body)["statusCode"], 400) << query;
    }
    EXPECT_THAT(ask(wiki_gateway("?limit=-1")).body, HasSubstr("limit cannot be less than zero"));
}

TEST_F(AtlassianSimConfluence, RetentionIsReadAndSetWithTheHeader) {
    const auto path = wiki_gateway() + "/retention";
    EXPECT_EQ(json::parse(ask(path).body), json::parse(R"({"number":1,"units":"YEARS"})"));
    ProbeRequest put{.method = "PUT",
                     .target = path,
                     .headers = {{"Authorization", basic("admin@example.com", "sim-token")}},
                     .body = R"({"number":6,"units":"MONTHS"})"};
    EXPECT_EQ(probe(sim.port(), put).status, 403);
    put.headers.emplace_back("X-Atlassian-Token", "no-check");
    EXPECT_EQ(probe(sim.port(), put).status, 200);
    EXPECT_EQ(json::parse(ask(path).body)["number"], 6);
}

class AtlassianSimDoors : public SimTest {
  protected:
    void SetUp() override {
        sim.configure(R"({"credentials": [
            {"email": "a@example.com", "token": "scoped-token", "kind": "scoped"},
            {"email": "a@example.com", "token": "classic-token", "kind": "classic"},
            {"email": "a@example.com", "token": "narrow-token", "kind": "scoped", "scopes_ok": false},
            {"email": "b@example.com", "token": "other-token"},
            {"token": "access-token", "kind": "scoped"}]})");
    }
    const std::string scoped = basic("a@example.com", "scoped-token");
    const std::string classic = basic("a@example.com", "classic-token");
    const std::string narrow = basic("a@example.com", "narrow-token");
    const std::string wrong = basic("a@example.com", "expired-token");
};

TEST_F(AtlassianSimDoors, TheGatewayTakesScopedTokensOnly) {
    for (const auto& path : {gateway(), wiki_gateway()}) {
        EXPECT_EQ(ask(path, scoped).status, 200);
        EXPECT_EQ(ask(path, "Bearer access-token").status, 200);
        for (const auto& bad : {classic, wrong, std::string{}, std::string("Bearer nonsense")}) {
            const auto answer = ask(path, bad);
            EXPECT_EQ(answer.status, 401);
            EXPECT_EQ(json::parse(answer.body), json::parse(R"({"code":401,"message":"Unauthorized"})"));
        }
        const auto answer = ask(path, narrow);
        EXPECT_EQ(answer.status, 401);
        EXPECT_EQ(json::parse(answer.body)["message"], "Unauthorized; scope does not match");
        EXPECT_EQ(answer.header("x-failure-category"), "FAILURE_CLIENT_SCOPE_CHECK");
    }
}

TEST_F(AtlassianSimDoors, TheJiraSiteTakesClassicTokensOnly) {
    EXPECT_EQ(ask(site(), classic).status, 200);
    for (const auto& bad : {scoped, wrong, std::string{}}) {
        const auto answer = ask(site(), bad);
        EXPECT_EQ(answer.status, 401);
        EXPECT_EQ(answer.body, "Client must be authenticated to access this resource.");
        EXPECT_EQ(answer.body.size(), 53U);
        EXPECT_EQ(answer.header("Content-Type"), "application/json") << "as the client asked, though it is none";
        EXPECT_EQ(answer.header("WWW-Authenticate"), "OAuth realm=\"" + url_encode(sim.url()) + '"');
        EXPECT_EQ(answer.header("X-Seraph-LoginReason"), bad.empty() ? "" : "AUTHENTICATED_FAILED");
    }
    const auto bearer = ask(site(), "Bearer access-token");
    EXPECT_EQ(bearer.status, 403);
    EXPECT_EQ(bearer.body, R"({"error": "Failed to parse Connect Session Auth Token"})");
    EXPECT_EQ(ask(site(), "Bearer eyJh.eyJz.c2ln").status, 401);
}

TEST_F(AtlassianSimDoors, TheConfluenceSiteSaysNoInItsOwnWays) {
    EXPECT_EQ(ask(wiki_site(), classic).status, 200);
    for (const auto& bad : {wrong, std::string{}, std::string("Bearer access-token")}) {
        const auto answer = ask(wiki_site(), bad);
        EXPECT_EQ(answer.status, 403);
        EXPECT_EQ(json::parse(answer.body)["statusCode"], 403);
        EXPECT_THAT(answer.body, HasSubstr("caller cannot access Confluence"));
        EXPECT_EQ(answer.header("X-Failure-Category"), "");
    }
    for (const auto& bad : {scoped, basic("a@example.com", "other-token")}) {
        const auto answer = ask(wiki_site(), bad);
        EXPECT_EQ(answer.status, 401);
        EXPECT_EQ(answer.header("X-Failure-Category"), "FAILURE_CLIENT_AUTH_MISMATCH");
    }
    for (const auto& bad : {basic("a@example.com", "with:colon"), basic("", "x"), std::string("Basic %%%")}) {
        const auto answer = ask(wiki_site(), bad);
        EXPECT_EQ(answer.status, 401);
        EXPECT_THAT(std::string(answer.header("Content-Type")), HasSubstr("text/html"));
        EXPECT_THAT(std::string(answer.header("WWW-Authenticate")), HasSubstr("%2Fwiki"));
    }
}

TEST_F(AtlassianSimDoors, PermissionAndPlan) {
    sim.configure(R"({"no_permission": true})");
    auto answer = ask(gateway(), scoped);
    EXPECT_EQ(answer.status, 403);
    EXPECT_TRUE(json::parse(answer.body).contains("errorMessages"));
    EXPECT_EQ(json::parse(ask(wiki_gateway(), scoped).body)["message"], "Current user not permitted to use Confluence");
    sim.configure(R"({"no_permission": false, "free_plan": true})");
    EXPECT_THAT(ask(gateway(), scoped).body, HasSubstr("Free plans"));
    answer = ask(wiki_gateway(), scoped);
    EXPECT_EQ(answer.status, 403);
    EXPECT_THAT(answer.body, HasSubstr("Free edition"));
}

TEST_F(AtlassianSimDoors, TenantInfoNeedsNoCredentialAndAWrongCloudIdIsNotFound) {
    EXPECT_EQ(json::parse(ask("/_edge/tenant_info", "").body), json({{"cloudId", sim.cloud_id()}}));
    EXPECT_EQ(ask("/ex/jira/00000000-0000-0000-0000-000000000000/rest/api/3/auditing/record", scoped).status, 404);
    EXPECT_EQ(ask("/ex/confluence/" + sim.cloud_id() + "/rest/api/audit", scoped).status, 404) << "/wiki is missing";
    EXPECT_EQ(ask("/ex/bitbucket/" + sim.cloud_id() + "/x", scoped).status, 404);
}

class AtlassianSimRecords : public SimTest {};

TEST_F(AtlassianSimRecords, GeneratedRecordsAreTheSameForTheSameSeed) {
    Sim other;
    for (auto* one : {&sim, &other})
        one->generate({.product = Product::jira, .count = 50, .from = 1, .to = 86'400'000, .seed = 7});
    EXPECT_EQ(sim.records(Product::jira), other.records(Product::jira));
    other.clear_records(Product::jira);
    other.generate({.product = Product::jira, .count = 50, .from = 1, .to = 86'400'000, .seed = 8});
    EXPECT_NE(sim.records(Product::jira), other.records(Product::jira));
}

TEST_F(AtlassianSimRecords, EveryProductsRecordsParseAndAreInOrder) {
    for (const auto product : {Product::jira, Product::confluence, Product::organization, Product::datacenter}) {
        sim.generate({.product = product, .count = 400, .seed = 3});
        Millis last = 0;
        std::string all;
        for (const auto& record : sim.records(product)) {
            EXPECT_NO_THROW(json::parse(record)) << record;
            const auto times = read_times(product, record);
            ASSERT_TRUE(times) << record;
            EXPECT_GE(times->time, last);
            last = times->time;
            all += record;
        }
        EXPECT_LE(last, sim.now());
        EXPECT_THAT(all, HasSubstr("\xE2\x80\xA8")) << "a raw U+2028";
        EXPECT_THAT(all, HasSubstr("\\\""));
    }
}

TEST_F(AtlassianSimRecords, TwinsABlockOfOneMillisecondAndHalfSurrogates) {
    sim.generate({.product = Product::confluence, .count = 1000, .twins = 0.1});
    const auto records = sim.records(Product::confluence);
    const std::set<std::string> distinct(records.begin(), records.end());
    EXPECT_LT(distinct.size(), 950U);
    EXPECT_GT(distinct.size(), 850U);

    sim.generate({.product = Product::jira, .count = 1000, .same_ms = 300, .lone_surrogates = 0.1});
    std::map<std::string, int> times;
    int broken = 0;
    for (const auto& record : sim.records(Product::jira)) {
        ++times[format_iso(read_times(Product::jira, record)->time, 3, "Z")];
        if (!json::accept(record)) ++broken;
    }
    EXPECT_GE(std::ranges::max_element(times, {}, [](const auto& pair) { return pair.second; })->second, 300);
    EXPECT_GT(broken, 50);
    const auto by_id =
        ids(probe(sim.port(), {.target = gateway("?limit=1&offset=999"),
                               .headers = {{"Authorization", basic("admin@example.com", "sim-token")}}}));
    EXPECT_THAT(by_id, ElementsAre(10'000));
}

TEST_F(AtlassianSimRecords, RawRecordsAreKeptByteByByte) {
    const std::string odd =
        "{\"note\": \"\\\"created\\\": \\ud83e \xFF\",  \"n\": 1.10,\t\"created\" : \"2026-04-12T10:00:00.5+0100\"}";
    EXPECT_EQ(post("/_sim/records?product=jira", odd + "\n\n").status, 200);
    EXPECT_THAT(sim.records(Product::jira), ElementsAre(odd));
    EXPECT_THAT(ask(gateway("?from=2026-04-12T09:00:00.500Z&to=2026-04-12T09:00:00.500Z")).body, HasSubstr(odd));
    EXPECT_EQ(ask("/_sim/records?product=jira").body, odd + '\n');
    EXPECT_EQ(post("/_sim/records?product=jira", "{\"id\":1}").status, 400);
}

TEST_F(AtlassianSimRecords, ControlEndpointsGenerateAndRefuseWhatTheyDoNotKnow) {
    EXPECT_EQ(post("/_sim/generate", R"({"product":"confluence","count":5,"from":"-180d","to":"-179d"})").status, 200);
    EXPECT_EQ(sim.records(Product::confluence).size(), 5U);
    EXPECT_EQ(post("/_sim/generate", R"({"product":"trello","count":5})").status, 400);
    EXPECT_EQ(post("/_sim/settings", R"({"latency": 5})").status, 400);
    EXPECT_EQ(post("/_sim/settings", R"({"page_cap": "five"})").status, 400);
    EXPECT_EQ(post("/_sim/faults", R"([{"statsu": 500}])").status, 400);
    EXPECT_EQ(post("/_sim/nowhere", "{}").status, 404);
    EXPECT_EQ(post("/_sim/stop", "{}").status, 200);
    EXPECT_TRUE(sim.stop_requested());
}

TEST_F(AtlassianSimRecords, TheRequestLogTellsAllButTheSecret) {
    EXPECT_EQ(ask(gateway("?from=%2B")).status, 200);
    const auto seen = sim.requests();
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].method, "GET");
    EXPECT_EQ(seen[0].path, gateway());
    EXPECT_EQ(seen[0].query, "from=%2B");
    EXPECT_EQ(seen[0].authorization, "Basic");
    EXPECT_EQ(seen[0].status, 200);
    const auto listed = ask("/_sim/requests").body;
    EXPECT_THAT(listed, Not(HasSubstr(encode_base64("admin@example.com:sim-token"))));
    EXPECT_EQ(json::parse(listed).at(0).at("headers").size(), 4U);
    sim.clear_requests();
    EXPECT_THAT(sim.requests(), IsEmpty());
}

}  // namespace aquila::sim::sim_test
