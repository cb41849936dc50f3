// A server in trouble that recovers: tried again, as late as it asks, and given up in time.
#include "e2e/fixture.hpp"

#include "support/sim_time.hpp"

#include <fmt/format.h>

namespace aquila::e2e::trouble_test {

class Trouble : public ProductTest {
  protected:
    void SetUp() override {
        collect();
        sim.clear_requests();
        generate(253, 50min, 1s);
    }
};
FOR_EACH_PRODUCT(Trouble);

TEST_P(Trouble, IsWaitedOutAsLongAsTheServerAsks) {
    sim.faults(fmt::format(R"({{"match":"/ex/","status":{},"headers":{{"Retry-After":"1"}}}})",
                           product == Product::jira ? 429 : 503));
    const auto done = collect();
    EXPECT_TRUE(exact());
    ASSERT_EQ(asked().size(), 2U);
    EXPECT_GE(asked().at(1).time - asked().at(0).time, 1'000);
    EXPECT_LT(done.took, 10s);
}

TEST_P(Trouble, IsLeftToTheNextRunWhenTheWaitIsLong) {
    sim.faults(
        R"({"match":"/ex/","status":429,"headers":{"Retry-After":"1847","RateLimit-Reason":"jira-quota-global-based"}})");
    const auto done = run();
    EXPECT_EQ(done.status, 69);
    EXPECT_LT(done.took, 10s);
    EXPECT_EQ(asked().size(), 1U);
    EXPECT_TRUE(done.says("30m 47s")) << done.err;
    EXPECT_TRUE(done.says("jira-quota-global-based")) << done.err;
    EXPECT_TRUE(done.says("hint: ")) << done.err;
    collect();
    EXPECT_TRUE(exact());
}

TEST_P(Trouble, MayTellItsEndInEitherIsoForm) {
    for (const bool seconds : {true, false}) {
        const auto spelt = [&](sim::Millis time) {
            return fmt::format(R"({{"match":"/ex/","status":429,"headers":{{"X-RateLimit-Reset":"{}"}}}})",
                               seconds ? sim::format_iso(time, 0, "Z") : sim::format_iso_minutes(time));
        };
        sim.faults(spelt(sim.now() + 3'600'000));
        const auto later = run();
        EXPECT_EQ(later.status, 69) << later.err;
        EXPECT_LT(later.took, 10s);
        EXPECT_TRUE(later.says("1h") || later.says("59m")) << later.err;
        sim.faults(spelt(sim.now() - 120'000));
        EXPECT_LT(collect().took, 10s) << "that moment is over";
    }
    EXPECT_TRUE(exact());
}

TEST_P(Trouble, OnTheWireIsTriedAgain) {
    for (const auto* fault : {R"("truncate":1000)", R"("truncate":0)", R"("wrong_length":100)", R"("reset":0)",
                              R"("reset":300)", R"("status":500)", R"("status":502,"html":true)", R"("status":408)"}) {
        SCOPED_TRACE(fault);
        configure({{"retry_budget", "5s"}});  // the wait is a part of a second, drawn by lot
        generate(3, 5s, 1s);
        sim.clear_requests();
        sim.faults(fmt::format(R"({{"match":"/ex/",{}}})", fault));
        collect();
        EXPECT_GE(asked().size(), 2U);
        EXPECT_TRUE(exact());
    }
}

TEST_P(Trouble, ByAConnectionClosedBetweenRequestsIsNone) {
    configure({{"page_size", "30"}});
    sim.faults(R"({"match":"/ex/","close":true,"times":-1})");
    collect();
    EXPECT_TRUE(exact());
}

TEST_P(Trouble, WithoutEndIsGivenUpInTime) {
    configure({{"request_timeout", "1s"}, {"retry_budget", "2s"}});
    sim.faults(R"({"match":"/ex/","times":-1,"hang":true})");
    const auto done = run();
    EXPECT_EQ(done.status, 69) << done.err;
    EXPECT_GE(done.took, 2s);
    EXPECT_LT(done.took, 10s);
    sim.clear_faults();
    collect();
    EXPECT_TRUE(exact());
}

/// What takes long and is no matter of the product is tried once.
class Waiting : public ProgramTest {};

TEST_F(Waiting, LastsUntilADate) {
    generate(53, 50min);
    const auto date = sim::format_http_date(sim.now() + 2'000);
    sim.faults(fmt::format(R"({{"match":"/ex/","status":503,"headers":{{"Retry-After":"{}"}}}})", date));
    const auto done = collect();
    EXPECT_TRUE(exact());
    EXPECT_GE(done.took, 1s);
}

TEST_P(Trouble, NobodyListens) {
    auto closed = std::make_unique<sim::Sim>();
    const auto url = closed->url();
    closed.reset();
    configure({{"api_url", url}, {"retry_budget", "300ms"}});
    const auto done = run();
    EXPECT_EQ(done.status, 69) << done.err;
    EXPECT_TRUE(done.says("127.0.0.1")) << done.err;
    EXPECT_TRUE(done.says("refused")) << done.err;
    EXPECT_TRUE(done.says("hint: ")) << done.err;
    configure();
    collect();
    EXPECT_TRUE(exact());
}

TEST_P(Trouble, OfABucketThatFillsSlowlyOnlyTakesTime) {
    configure({{"page_size", "100"}});
    sim.configure([](auto& settings) { settings.rate = {.requests_per_second = 20, .burst = 2}; });
    sim.configure([](auto& settings) { settings.rate.retry_after = sim::RetryStyle::none; });
    collect();
    EXPECT_TRUE(exact());
}

TEST_P(Trouble, OfEndlessPagesIsNoticed) {
    configure({{"page_size", "50"}});
    const auto all = sim.records(product);
    std::string page;
    for (std::size_t i = 0; i < 50; ++i) page += (i == 0 ? "" : ",") + all.at(all.size() - 1 - i);
    page = product == Product::jira
               ? R"({"offset":0,"limit":50,"total":253,"records":[)" + page + "]}"
               : R"({"start":0,"limit":50,"size":50,"_links":{"next":"/x"},"results":[)" + page + "]}";
    sim::Fault endless;
    endless.match = "/ex/";
    endless.times = -1;
    endless.body = page;
    sim.fault(endless);
    const auto done = run();
    EXPECT_EQ(done.status, 76) << done.err;
    EXPECT_TRUE(done.says("hint: "));
    EXPECT_LT(asked().size(), 500U);
    EXPECT_EQ(lines().size(), 0U);
    sim.clear_faults();
    collect();
    EXPECT_TRUE(exact());
}

}  // namespace aquila::e2e::trouble_test
