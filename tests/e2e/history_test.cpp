// --since and --until: older history, each record of it once, whatever stops the run that was asked for it.
#include "e2e/fixture.hpp"

#include "support/sim_time.hpp"

namespace aquila::e2e::history_test {

std::size_t flattened(const Outcome& done) {
    constexpr std::string_view before = "Flattened ";
    return done.out.starts_with(before) ? std::stoul(done.out.substr(before.size())) : std::string::npos;
}

class History : public ProductTest {};
FOR_EVERY_PRODUCT(History);

TEST_P(History, IsReadBeyondTheFirstRunAndOnlyOnce) {
    generate(100);
    generate(700, 170 * 24h, 26h);
    EXPECT_EQ(flattened(collect()), 100U);
    EXPECT_EQ(flattened(collect({"--since", "180d"})), 700U);
    EXPECT_TRUE(exact());
    EXPECT_EQ(flattened(collect({"--since", "180d"})), 0U);
    EXPECT_EQ(flattened(collect()), 0U);
    EXPECT_TRUE(exact());
}

TEST_P(History, OnTheFirstRunReplacesInitialLookback) {
    generate(300, 29 * 24h);
    EXPECT_EQ(flattened(collect({"--since", "30d"})), 300U);
    EXPECT_TRUE(exact());
    EXPECT_EQ(flattened(collect()), 0U);
}

TEST_P(History, TakesNewRecordsToo) {
    generate(10);
    collect();
    generate(30, 100 * 24h, 26h);
    generate(5, 20s, 1s);
    EXPECT_EQ(flattened(collect({"--since", "180d"})), 35U);
    EXPECT_TRUE(exact());
}

TEST_P(History, WidensByWhatIsMissing) {
    generate(400, 50 * 24h, 25h);
    collect();
    std::size_t written = 0;
    for (const auto* since : {"10d", "20d", "15d", "60d", "20d"}) written += flattened(collect({"--since", since}));
    EXPECT_EQ(written, 400U);
    EXPECT_TRUE(exact());
}

TEST_P(History, EndsAtUntil) {
    generate(50, 2h);
    const auto recent = sim.records(product);
    generate(60, 9 * 24h, 5 * 24h + 1h);
    auto wanted = sim.records(product);
    generate(70, 4 * 24h, 26h);
    collect();
    EXPECT_TRUE(same(read(output_path()), recent));
    EXPECT_EQ(flattened(collect({"--since", "10d", "--until", "5d"})), 60U);
    EXPECT_TRUE(same(read(output_path()), wanted));
    EXPECT_EQ(flattened(collect({"--since", "10d"})), 70U);
    EXPECT_TRUE(exact());
}

TEST_P(History, MayEndAtUntilOnTheFirstRun) {
    generate(60, 9 * 24h, 5 * 24h + 1h);
    const auto wanted = sim.records(product);
    generate(70, 5 * 24h - 1h, 1min);
    EXPECT_EQ(flattened(collect({"--since", "10d", "--until", "5d"})), 60U);
    EXPECT_TRUE(same(read(output_path()), wanted));
    EXPECT_EQ(flattened(collect()), 70U) << "nothing between --until and now is skipped";
    EXPECT_TRUE(exact());
}

TEST_P(History, TakesDatesAndTimes) {
    generate(40, 5 * 24h, 3 * 24h);
    generate(20, 23h);
    const auto date = sim::format_iso(ago(6 * 24h), 0, "Z").substr(0, 10);
    const auto time = sim::format_iso(ago(24h), 3, "Z");
    EXPECT_EQ(flattened(collect({"--since", date, "--until", time})), 40U);
    EXPECT_EQ(flattened(collect({"--since=" + date})), 20U);
    EXPECT_TRUE(exact());
}

TEST_P(History, IsCompletedByPlainRunsAfterAKill) {
    generate(100, 2h);
    generate(3'000, 170 * 24h, 26h);
    configure({{"page_size", "100"}});
    EXPECT_EQ(flattened(collect()), 100U);
    sim.clear_requests();
    sim.faults(at_log(R"("skip":14,"hang":true)"));
    {
        Program program{launch({"--since", "180d"})};
        ASSERT_TRUE(program.runs_until([&] { return asked().size() >= 15; }));
        program.send(SIGKILL);
        EXPECT_EQ(program.wait().signal, SIGKILL);
    }
    EXPECT_GT(lines().size(), 100U) << "it was stopped in the middle";
    EXPECT_LT(lines().size(), 3'100U);
    EXPECT_GT(flattened(collect()), 0U);
    EXPECT_TRUE(exact());
    EXPECT_EQ(flattened(collect()), 0U);
}

TEST_P(History, IsCompletedByPlainRunsWhenTheFirstRunIsKilled) {
    generate(2'000, 170 * 24h);
    configure({{"page_size", "100"}});
    sim.faults(at_log(R"("skip":9,"hang":true)"));
    Program program{launch({"--since", "180d"})};
    ASSERT_TRUE(program.runs_until([&] { return asked().size() >= 10; }));
    program.send(SIGKILL);
    EXPECT_EQ(program.wait().signal, SIGKILL);
    collect();
    EXPECT_TRUE(exact());
}

TEST_P(History, CannotBeAskedForInWordsThatAreNoTime) {
    generate(10);
    const Strings wrong[] = {
        {"--since", "yesterday"},           {"--since", ""},     {"--since", "2026-13-01"},
        {"--since", "2099-01-01"},          {"--until", "soon"}, {"--since", "30d", "--until", "60d"},
        {"--since", "5d", "--until", "5d"}, {"--since"}};
    for (const auto& arguments : wrong) {
        const auto done = run(arguments);
        EXPECT_EQ(done.status, 64) << arguments.back() << "\n" << done.err;
        EXPECT_TRUE(done.says("aquila-fetch: error: ")) << done.err;
        EXPECT_TRUE(done.says("aquila-fetch: hint: ")) << done.err;
    }
    EXPECT_FALSE(std::filesystem::exists(checkpoint_path()));
    EXPECT_EQ(flattened(collect()), 10U) << "nothing was spoilt";
}

// --- a long catch-up -------------------------------------------------------------------------------------------------

class CatchUp : public ProductTest {};
FOR_EACH_PRODUCT(CatchUp);

TEST_P(CatchUp, NeedsNoMoreMemoryForMoreRecords) {
    generate(20'000, 29 * 24h);
    configure({{"initial_lookback", "30d"}});
    const auto done = collect();
    EXPECT_TRUE(exact());
    EXPECT_GT(done.peak_kib, 1'000) << "it was seen at all";
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    EXPECT_LT(done.peak_kib, 48 * 1024);
#endif
}

TEST_P(CatchUp, CommitsSliceBySlice) {
    generate(9'000, 29 * 24h);
    configure({{"initial_lookback", "30d"}, {"page_size", "200"}, {"retry_budget", "0s"}});
    sim.faults(R"({"match":"/ex/","skip":30,"times":-1,"status":500})");
    EXPECT_EQ(run().status, 69);
    const auto whole = lines().size();
    EXPECT_GT(whole, 1'000U);
    EXPECT_LT(whole, 9'000U);
    sim.clear_faults();
    EXPECT_EQ(flattened(collect()), 9'000U - whole);
    EXPECT_TRUE(exact());
}

}  // namespace aquila::e2e::history_test
