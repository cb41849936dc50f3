// A catch-up with several requests in flight: quicker, hardly more requests, and no promise broken.
#include "e2e/oauth_fixture.hpp"

namespace aquila::e2e::concurrency_test {

class Concurrency : public ProductTest {
  protected:
    void history(std::int64_t count = 2'000) { generate(count, 29 * 24h); }
    void side_by_side(int readers, const Keys& more = {}) {
        Keys keys{{"initial_lookback", "30d"}, {"page_size", "20"}, {"concurrency", std::to_string(readers)}};
        keys.insert(more.begin(), more.end());
        configure(keys);
    }
    void latency(int milliseconds) {
        sim.configure([=](auto& settings) { settings.latency_ms = milliseconds; });
    }
    /// From nothing.
    Outcome collect_anew() {
        std::filesystem::remove_all(scratch / "state");
        std::filesystem::remove_all(scratch / "out");
        sim.clear_requests();
        auto outcome = collect();
        EXPECT_TRUE(exact());
        return outcome;
    }
};
FOR_EACH_PRODUCT(Concurrency);

TEST_P(Concurrency, HidesTheLatency) {
    history();
    latency(40);
    side_by_side(1);
    const auto alone = collect_anew();
    const auto requests = asked().size();
    side_by_side(8);
    const auto together = collect_anew();
    EXPECT_LE(together.took * 3, alone.took) << alone.took.count() << " ms, " << together.took.count() << " ms";
    EXPECT_LE(asked().size() * 10, requests * 14) << "of " << requests;
}

TEST_P(Concurrency, IsInTheOrderOfTime) {
    history();
    latency(3);
    side_by_side(8);
    collect_anew();
    const auto once = lines();
    side_by_side(1);
    collect_anew();
    EXPECT_EQ(std::ranges::equal(once, lines(), {}, as_sent, as_sent), true);
}

TEST_P(Concurrency, UsesNoMoreConnectionsThanRequests) {
    history();
    latency(3);
    side_by_side(3);
    collect_anew();
    EXPECT_LE(sim.connections(), 4U);
}

TEST_P(Concurrency, ThatIsNotNeededCostsNothing) {
    side_by_side(8);
    generate(10);
    collect();
    sim.clear_requests();
    const auto before = sim.connections();
    collect();
    EXPECT_EQ(asked().size(), 1U);
    EXPECT_EQ(sim.connections(), before + 1);
}

TEST_P(Concurrency, FindsTheRateTheServerBears) {
    history();
    sim.configure([](auto& settings) {
        settings.rate.requests_per_second = 40;
        settings.rate.burst = 40;
    });
    side_by_side(8);
    collect_anew();
    const auto seen = asked();
    const auto refused = std::ranges::count_if(seen, [](const auto& each) { return each.status == 429; });
    EXPECT_GT(refused, 0);
    EXPECT_LT(refused * 10, static_cast<std::int64_t>(seen.size())) << "of " << seen.size();
}

TEST_P(Concurrency, OneThatHasTroubleIsTriedAgain) {
    history();
    side_by_side(8, {{"request_timeout", "2s"}});
    sim.faults(R"([{"match":"/ex/","skip":12,"times":2,"status":500},{"match":"/ex/","skip":3,"reset":true},
                   {"match":"/ex/","skip":5,"truncate":300},{"match":"/ex/","skip":7,"hang":true},
                   {"match":"/ex/","skip":4,"status":503,"headers":{"Retry-After":"1"}}])");
    collect_anew();
    EXPECT_EQ(sim.faults_left(), 0U);
}

TEST_P(Concurrency, KeepsWhatCameBeforeARefusal) {
    history();
    latency(3);
    for (const int skip : {3, 20, 60}) {
        std::filesystem::remove_all(scratch / "state");
        std::filesystem::remove_all(scratch / "out");
        side_by_side(8);
        sim.faults(at_log(R"("skip":)" + std::to_string(skip) + R"(,"times":-1,"status":403)"));
        const auto outcome = run();
        EXPECT_EQ(outcome.status, 77) << outcome.err;
        EXPECT_LT(outcome.took, 10s);
        const auto seen = asked();
        EXPECT_LE(std::ranges::count_if(seen, [](const auto& each) { return each.status == 403; }), 8)
            << "once for each that was on its way";
        const auto kept = read(output_path());
        sim.clear_faults();
        sim.clear_requests();
        collect();
        EXPECT_TRUE(read(output_path()).starts_with(kept));
        EXPECT_TRUE(exact());
    }
}

TEST_P(Concurrency, EndsASecondAfterItsSignal) {
    history();
    side_by_side(8);
    sim.faults(at_log(R"("skip":15,"times":-1,"hang":true)"));
    Program program{launch()};
    ASSERT_TRUE(program.runs_until([&] { return asked().size() >= 20; }));
    const auto sent = std::chrono::steady_clock::now();
    program.send(SIGTERM);
    EXPECT_EQ(program.wait().signal, SIGTERM);
    EXPECT_LT(std::chrono::steady_clock::now() - sent, 2s);
    sim.clear_faults();
    collect();
    EXPECT_TRUE(exact());
}

using ConcurrentLogin = OauthTest;

TEST_F(ConcurrentLogin, RenewsOnceForAll) {
    generate(3'000, 29 * 24h);
    configure_oauth({{"initial_lookback", "30d"}, {"page_size", "20"}, {"concurrency", "8"}, {"retry_budget", "1m"}});
    log_in();
    sim.configure([](auto& settings) { settings.latency_ms = 10; });
    Program program{launch()};
    for (int round = 1; round <= 2; ++round) {
        const auto target = static_cast<std::size_t>(round) * 50;
        ASSERT_TRUE(program.runs_until([&] { return asked().size() >= target; }));
        if (round == 1) expire();
    }
    const auto done = program.wait();
    EXPECT_EQ(done.status, 0) << done.err;
    EXPECT_EQ(renewals(), 1);
    EXPECT_TRUE(exact());
}

}  // namespace aquila::e2e::concurrency_test
