// What goes over the wire: where to, with which dates, in how many connections.
#include "e2e/fixture.hpp"

#include <regex>

namespace aquila::e2e::requests_test {

class Requests : public ProductTest {};
FOR_EACH_PRODUCT(Requests);

TEST_P(Requests, SpellDatesAsTheServerUnderstandsThem) {
    configure({{"page_size", "100"}});
    collect();
    sim.clear_requests();
    generate(700, 50min, 1s);
    collect();
    const std::regex jira{
        R"(offset=\d+&limit=100&from=\d{4}-\d\d-\d\dT\d\d%3A\d\d%3A\d\d\.\d{3}Z&to=\d{4}-\d\d-\d\dT\d\d%3A\d\d%3A\d\d\.\d{3}Z)"};
    const std::regex confluence{R"(start=\d+&limit=100&startDate=\d{13}&endDate=\d{13})"};
    ASSERT_GE(asked().size(), 8U);
    for (const auto& seen : asked()) {
        EXPECT_TRUE(std::regex_match(seen.query, product == Product::jira ? jira : confluence)) << seen.query;
        EXPECT_EQ(seen.query.find('+'), std::string::npos);
    }
}

TEST_P(Requests, GoToTheGatewayAlone) {
    // Confluence's `next` names the site, and resolved against the gateway it loses the cloud id.
    generate(700);
    configure({{"page_size", "100"}});
    for (const bool with_dates : {false, true}) {
        sim.configure([&](auto& settings) { settings.next_with_dates = with_dates; });
        collect();
    }
    for (const auto& seen : sim.requests()) {
        EXPECT_EQ(seen.path, gateway_path());
        EXPECT_EQ(seen.method, "GET");
        EXPECT_EQ(seen.status, 200);
    }
}

TEST_P(Requests, ShareAConnection) {
    generate(1'000);
    configure({{"page_size", "100"}, {"concurrency", "1"}});
    collect();
    EXPECT_EQ(sim.connections(), 1U);
}

TEST_P(Requests, SayWhoAsks) {
    generate(5);
    collect();
    const auto seen = asked().at(0);
    EXPECT_TRUE(seen.user_agent.starts_with("aquila-fetch/")) << seen.user_agent;
    EXPECT_EQ(seen.authorization, "Basic");
}

TEST_P(Requests, KeepToRequestsPerMinute) {
    generate(350);
    configure({{"page_size", "100"}, {"requests_per_minute", "3"}});
    Program program{launch()};
    EXPECT_TRUE(program.runs_until([this] { return asked().size() >= 3; }));
    std::this_thread::sleep_for(200ms);
    EXPECT_EQ(asked().size(), 3U) << "the fourth has to wait for the next minute";
    program.send(SIGTERM);
    EXPECT_EQ(program.wait(3s).signal, SIGTERM);
    configure({{"page_size", "100"}});
    collect();
    EXPECT_TRUE(exact());
}

}  // namespace aquila::e2e::requests_test
