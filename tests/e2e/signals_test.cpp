// Stopped by a signal, at any moment: it ends at once, and the next run goes on where whole lines end.
#include "e2e/fixture.hpp"

#include "support/sim_generator.hpp"

namespace aquila::e2e::signals_test {

class Signals : public ProductTest {};
FOR_EVERY_PRODUCT(Signals);

TEST_P(Signals, EndARunThatWaitsForAnAnswer) {
    generate(60);
    for (const int signal : {SIGTERM, SIGINT}) {
        sim.clear_requests();
        sim.faults(at_log(R"("hang":true)"));
        Program program{launch()};
        ASSERT_TRUE(program.runs_until([&] { return asked().size() == 1; }));
        const auto sent = std::chrono::steady_clock::now();
        program.send(signal);
        const auto done = program.wait();
        EXPECT_EQ(done.signal, signal) << "it ends by that signal, and not by an exit";
        EXPECT_LT(std::chrono::steady_clock::now() - sent, 2s);
        EXPECT_EQ(done.out, "");
    }
    collect();
    EXPECT_TRUE(exact());
}

TEST_P(Signals, EndARunThatWaitsToTryAgain) {
    generate(60);
    sim.faults(at_log(R"("status":429,"headers":{"Retry-After":"60"})"));
    Program program{launch()};
    ASSERT_TRUE(program.runs_until([&] { return asked().size() == 1; }));
    std::this_thread::sleep_for(100ms);
    program.send(SIGTERM);
    const auto done = program.wait();
    EXPECT_EQ(done.signal, SIGTERM);
    EXPECT_LT(done.took, 10s);
    collect();
    EXPECT_TRUE(exact());
}

TEST_P(Signals, EndASlowAnswer) {
    generate(600);
    sim.configure([](auto& settings) { settings.gzip = false; });
    sim.faults(at_log(R"("slow":2000)"));
    Program program{launch()};
    ASSERT_TRUE(program.runs_until([&] { return asked().size() == 1; }));
    std::this_thread::sleep_for(100ms);
    program.send(SIGTERM);
    const auto done = program.wait();
    EXPECT_EQ(done.signal, SIGTERM);
    EXPECT_LT(done.took, 10s);
    collect();
    EXPECT_TRUE(exact());
}

TEST_P(Signals, AmidACatchUpKeepWhatIsWhole) {
    generate(3'000, 29 * 24h);
    configure({{"initial_lookback", "30d"}, {"page_size", "70"}});
    sim.configure([](auto& settings) { settings.latency_ms = 5; });
    {
        Program program{launch()};
        ASSERT_TRUE(program.runs_until([&] { return asked().size() >= 25; }));
        program.send(SIGTERM);
        const auto done = program.wait();
        EXPECT_EQ(done.signal, SIGTERM);
        EXPECT_TRUE(done.says("stopped by a signal")) << done.err;
    }
    const auto kept = read(output_path());
    EXPECT_TRUE(kept.ends_with('\n'));
    EXPECT_LT(lines().size(), 3'000U);
    const auto before = sim.requests().size();
    collect();
    EXPECT_TRUE(read(output_path()).starts_with(kept));
    EXPECT_TRUE(exact());
    EXPECT_LT(sim.requests().size() - before, 75U) << "what was whole is not read again";
}

TEST_P(Signals, ThatKillAtAnyMomentCostNothing) {
    generate(10'000, 29 * 24h);
    configure({{"initial_lookback", "30d"}, {"page_size", "20"}});
    sim.configure([](auto& settings) { settings.latency_ms = 2; });
    sim::Dice dice{product == Product::jira ? 2026U : 7U};
    int kills = 0;
    for (int round = 0; round < 20; ++round) {
        const auto target = asked().size() + 1 + dice.below(30);
        const auto moment = std::chrono::microseconds{dice.below(4'000)};
        Program program{launch()};
        if (program.runs_until([&] { return asked().size() >= target; })) std::this_thread::sleep_for(moment);
        program.send(SIGKILL);
        kills += program.wait().signal == SIGKILL ? 1 : 0;
    }
    EXPECT_EQ(kills, 20) << "each was in the middle of it";
    EXPECT_GT(lines().size(), 0U);
    EXPECT_LT(lines().size(), 10'000U);
    sim.configure([](auto& settings) { settings.latency_ms = 0; });
    collect();
    EXPECT_TRUE(exact());
    EXPECT_NE(collect().out.find("Flattened 0 records"), std::string::npos);
    EXPECT_TRUE(exact());
}

TEST_P(Signals, ThatKillWhileNewRecordsArriveCostNothing) {
    const bool stream = product == Product::organization;  // its events have ids, and come in order
    sim.generate({.product = product, .count = 1'500, .from = ago(50min), .to = ago(2s), .twins = stream ? 0 : 0.3});
    configure({{"page_size", "50"}});
    sim.configure([&](auto& settings) {
        settings.insert_while_paging = {.product = product, .every = 3, .count = 2, .created = stream ? "now" : "-7m"};
    });
    sim::Dice dice{99};
    for (int round = 0; round < 12; ++round) {
        const auto target = asked().size() + 1 + dice.below(25);
        Program program{launch()};
        const bool there = program.runs_until([&] { return asked().size() >= target; });
        if (there) std::this_thread::sleep_for(std::chrono::microseconds{dice.below(6'000)});
        program.send(dice.chance(0.5) ? SIGKILL : SIGTERM);
        (void)program.wait();
    }
    sim.configure([](auto& settings) { settings.insert_while_paging = {}; });
    collect();
    EXPECT_TRUE(exact());
}

}  // namespace aquila::e2e::signals_test
