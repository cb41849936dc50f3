#include "support/sim_fixture.hpp"

#include <gmock/gmock.h>

#include <set>

namespace aquila::sim::sim_organization_test {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class AtlassianSimOrganization : public SimTest {
  protected:
    void SetUp() override {
        // Happened first, processed last.
        add("a", "2026-05-19T10:00:00Z", "2026-05-19T10:00:01.000Z");
        add("b", "2026-05-19T10:01:00.000Z", "2026-05-19T10:01:01.000Z");
        add("late", "2026-05-19T09:00:00.000000Z", "2026-05-19T10:02:00.000Z");
    }
    void add(const std::string& id, const std::string& time, const std::string& processed) {
        sim.add(Product::organization,
                json{{"id", id}, {"attributes", {{"time", time}, {"processedAt", processed}}}}.dump());
    }
    Probe events(const std::string& query, const std::string& route = "events-stream") {
        std::string id;
        sim.with_state([&](const SimState& state) { id = state.settings.organization_id; });
        return ask("/admin/v1/orgs/" + id + '/' + route + query, "Bearer sim-bearer");
    }
    static std::vector<std::string> names(const Probe& answer) {
        std::vector<std::string> result;
        const auto page = json::parse(answer.body);
        for (const auto& event : page.at("data")) result.push_back(event.at("id").get<std::string>());
        return result;
    }
    static json next(const Probe& answer) { return json::parse(answer.body).at("meta").at("next"); }
    static std::string with_cursor(const Probe& answer) {
        return "?limit=2&cursor=" + url_encode(next(answer).get<std::string>());
    }
    static json error(const Probe& answer) { return json::parse(answer.body).at("errors").at(0); }
};

TEST_F(AtlassianSimOrganization, TheStreamIsOldestFirstByTheTimeOfProcessing) {
    EXPECT_THAT(names(events("")), ElementsAre("a", "b", "late"));
    EXPECT_THAT(names(events("?sortOrder=desc")), ElementsAre("late", "b", "a"));
    EXPECT_THAT(names(events("?from=1779184861000&to=1779184861000")), ElementsAre("b"));
    sim.configure(R"({"filter_on": "time"})");
    EXPECT_THAT(names(events("?to=1779184800000")), ElementsAre("a", "late"));
}

TEST_F(AtlassianSimOrganization, ACursorOnTheLastPageGoesOnForEver) {
    const auto first = events("?limit=2");
    EXPECT_THAT(names(first), ElementsAre("a", "b"));
    const auto second = events(with_cursor(first));
    EXPECT_THAT(names(second), ElementsAre("late"));
    const auto third = events(with_cursor(second));
    EXPECT_THAT(names(third), IsEmpty());
    EXPECT_EQ(next(third), next(second)) << "it repeats";
    EXPECT_THAT(std::string(json::parse(third.body)["links"]["next"]),
                HasSubstr(url_encode(next(second).get<std::string>())));

    add("new", "2026-05-19T10:03:00Z", "2026-05-19T10:03:00Z");
    EXPECT_THAT(names(events(with_cursor(third))), ElementsAre("new"));
}

TEST_F(AtlassianSimOrganization, TheOtherFormEndsWithAnEmptyPageAndNoCursor) {
    sim.configure(R"({"last_page": "null"})");
    const auto all = events("");
    EXPECT_FALSE(next(all).is_null());
    const auto end = events(with_cursor(all));
    EXPECT_THAT(names(end), IsEmpty());
    EXPECT_TRUE(next(end).is_null());
    EXPECT_EQ(json::parse(end.body)["links"], json::object());
}

TEST_F(AtlassianSimOrganization, AnEmptyStreamGivesACursorThatFindsWhatComes) {
    sim.clear_records(Product::organization);
    const auto empty = events("?from=1779184800000");
    EXPECT_THAT(names(empty), IsEmpty());
    add("first", "2026-05-19T10:00:00Z", "2026-05-19T10:00:00Z");
    EXPECT_THAT(names(events(with_cursor(empty))), ElementsAre("first"));
}

TEST_F(AtlassianSimOrganization, StaleBrokenAndUnencodedCursorsAreRefused) {
    const auto cursor = with_cursor(events("?limit=1"));
    sim.configure(R"({"cursor_epoch": 2})");
    for (const auto& query : {cursor, std::string("?cursor=nonsense")}) {
        const auto answer = events(query);
        EXPECT_EQ(answer.status, 400);
        EXPECT_EQ(error(answer)["code"], "ADMIN-400-1");
    }
    const auto raw = next(events("?limit=1")).get<std::string>();
    EXPECT_THAT(raw, HasSubstr("+"));
    EXPECT_EQ(error(events("?cursor=" + raw))["code"], "ADMIN-400-1");
}

TEST_F(AtlassianSimOrganization, TheListIsNewestFirstAndHasAnEnd) {
    const auto first = events("?limit=2", "events");
    EXPECT_THAT(names(first), ElementsAre("b", "a"));
    const auto last = events(with_cursor(first), "events");
    EXPECT_THAT(names(last), ElementsAre("late"));
    EXPECT_TRUE(next(last).is_null());
    EXPECT_EQ(json::parse(last.body)["links"], json::object());
    EXPECT_EQ(json::parse(events("", "events/late").body)["data"]["id"], "late");
    EXPECT_EQ(error(events("", "events/nobody"))["code"], "ADMIN-404-4");
}

TEST_F(AtlassianSimOrganization, Errors) {
    EXPECT_EQ(error(events("?from=2026-05-19"))["code"], "ADMIN-400-3");
    EXPECT_EQ(error(events("?limit=none"))["status"], "400");
    EXPECT_EQ(error(ask("/admin/v1/orgs/other/events-stream", "Bearer sim-bearer"))["code"], "ADMIN-404-2");
    EXPECT_EQ(ask("/admin/v1/orgs/other/events-stream").status, 401) << "no user's API token";
    sim.configure(R"({"no_permission": true})");
    EXPECT_EQ(error(events(""))["code"], "ADMIN-403-3");
    sim.configure(
        R"({"no_permission": false, "rate": {"requests_per_second": 0.5, "burst": 1, "retry_after": "reset_iso_no_seconds"}})");
    EXPECT_EQ(events("").status, 200);
    const auto answer = events("");
    EXPECT_EQ(answer.status, 429);
    EXPECT_EQ(error(answer)["code"], "ADMIN-429-1");
    EXPECT_EQ(answer.header("X-RateLimit-Remaining"), "0");
    EXPECT_NE(answer.header("X-RateLimit-Reset"), "");
}

TEST_F(AtlassianSimOrganization, GeneratedEventsLackWhatLiveOnesLack) {
    sim.clear_records(Product::organization);
    sim.generate({.product = Product::organization, .count = 300});
    std::set<std::size_t> lengths;
    int without_location = 0;
    int without_links = 0;
    int without_context = 0;
    for (const auto& text : sim.records(Product::organization)) {
        const auto event = json::parse(text);
        lengths.insert(event["attributes"]["time"].get<std::string>().size());
        without_location += event["attributes"].contains("location") ? 0 : 1;
        without_context += event["attributes"].contains("context") ? 0 : 1;
        without_links += event.contains("links") ? 0 : 1;
    }
    EXPECT_THAT(lengths, ElementsAre(20, 24, 27)) << "0, 3 and 6 decimals";
    EXPECT_GT(without_location, 150);
    EXPECT_GT(without_links, 5);
    EXPECT_GT(without_context, 5);
}

}  // namespace aquila::sim::sim_organization_test
