// Clocks that are wrong, ours or the server's: nothing is lost, nothing is doubled once they are right again, and the
// user is told.
#include "e2e/fixture.hpp"

namespace aquila::e2e::clock_test {

constexpr std::chrono::seconds day = 24h;

class Clocks : public ProductTest {
  protected:
    /// A run by a clock that is off by so much.
    Outcome run_shifted(std::chrono::seconds shift, const Strings& arguments = {}) {
        auto call = launch(arguments);
        shift_clock(call, shift);
        auto done = run(call);
        EXPECT_EQ(done.status, 0) << done.err;
        return done;
    }
    void set_server_clock(std::chrono::seconds shift) {
        sim.configure([&](auto& settings) { settings.clock_offset_s = shift.count(); });
    }
    void expect_told(const Outcome& done, std::string_view direction) {
        EXPECT_TRUE(done.says("warning: ")) << done.err;
        EXPECT_TRUE(done.says("clock")) << done.err;
        EXPECT_TRUE(done.says(direction)) << done.err;
    }
};
FOR_EACH_PRODUCT(Clocks);

TEST_P(Clocks, OfTheServerADayAhead) {
    generate(50);
    collect();
    set_server_clock(day);
    generate(10, day + 50s, day + 40s);  // by the server's clock; seconds ago by ours
    expect_told(collect(), "behind");
    generate(10, 20s, 1s);  // stamped with tomorrow
    collect();
    set_server_clock(0s);
    generate(10, 5s, 1s);
    const auto wrong = sim.records(product);
    EXPECT_FALSE(collect().says("clock"));
    EXPECT_TRUE(same(read(output_path()), Strings(wrong.begin(), wrong.end() - 10)));
    run_shifted(day + 1h);
    EXPECT_TRUE(exact()) << "what was stamped with tomorrow is collected tomorrow";
}

TEST_P(Clocks, OfTheServerADayBehind) {
    generate(50);
    collect();
    set_server_clock(-day);
    expect_told(collect(), "ahead");
    set_server_clock(0s);
    generate(10, 5s, 1s);
    EXPECT_FALSE(collect().says("clock"));
    EXPECT_TRUE(exact());
}

TEST_P(Clocks, OfTheServerAnHourBack) {
    generate(50);
    collect();
    set_server_clock(-1h);
    generate(10, 0s, 0s);  // by the server's clock: an hour before what was collected last
    expect_told(collect(), "ahead");
    set_server_clock(0s);
    generate(10, 5s, 1s);
    collect();
    EXPECT_TRUE(exact());
}

TEST_P(Clocks, OursADayAhead) {
    generate(50);
    collect();
    generate(10, 30s, 20s);
    expect_told(run_shifted(day), "ahead");
    EXPECT_TRUE(exact());
    generate(10, 10s, 5s);
    run_shifted(day);
    EXPECT_TRUE(exact());
    generate(10, 3s, 1s);
    EXPECT_FALSE(collect().says("clock"));
    EXPECT_TRUE(exact());
}

TEST_P(Clocks, OursADayAheadOnTheFirstRun) {
    generate(50, 10h);
    expect_told(run_shifted(10h), "ahead");
    generate(10, 3s, 1s);
    collect();
    collect();
    EXPECT_TRUE(exact());
}

TEST_P(Clocks, OursADayBehind) {
    generate(50);
    collect();
    generate(10, 30s, 20s);
    expect_told(run_shifted(-day), "behind");
    generate(10, 10s, 5s);
    EXPECT_FALSE(collect().says("clock"));
    EXPECT_TRUE(exact());
    collect();
    EXPECT_TRUE(exact());
}

TEST_P(Clocks, OursInAnotherCentury) {
    generate(50);
    collect();
    generate(10, 30s, 20s);
    for (const auto shift : {std::chrono::seconds{-30 * 365 * day}, std::chrono::seconds{60 * 365 * day}}) {
        run_shifted(shift);
    }
    generate(10, 3s, 1s);
    collect();
    EXPECT_TRUE(exact());
}

TEST_P(Clocks, OursAnywhereWhileRecordsCome) {
    generate(50);
    for (const auto shift : {0s, 3600s, -3600s, 86'400s, 60s, -86'400s, -120s, 7200s, 0s}) {
        run_shifted(shift);
        generate(7, 3s, 1s);
    }
    collect();
    EXPECT_TRUE(exact());
    collect();
    EXPECT_TRUE(exact());
}

// --- a log that seems empty
// --------------------------------------------------------------------------------------------

class Emptiness : public Clocks {};
INSTANTIATE_TEST_SUITE_P(Cloud, Emptiness, testing::Values(Product::jira), [](const auto&) { return "jira"; });

TEST_P(Emptiness, OfALogThatIsNotEmptyIsToldOnceADay) {
    generate(10, 60 * day, 40 * day);
    configure({{"initial_lookback", "30d"}});
    const auto told = [](const Outcome& done) { return done.says("warning: ") && done.says("10 records"); };
    EXPECT_TRUE(told(collect()));
    EXPECT_FALSE(told(collect()));
    const auto later = [&](std::chrono::seconds shift) {
        set_server_clock(shift);
        return told(run_shifted(shift));
    };
    EXPECT_FALSE(later(23h));
    EXPECT_TRUE(later(25h));
    EXPECT_FALSE(later(26h));
    EXPECT_TRUE(later(50h));
}

TEST_P(Emptiness, OfLessThanADayIsNot) {
    generate(10, 60 * day, 40 * day);
    configure({{"initial_lookback", "20h"}});
    EXPECT_FALSE(collect().says("warning: "));
}

TEST_P(Emptiness, OfALogThatIsEmptyIsNot) {
    configure({{"initial_lookback", "30d"}});
    EXPECT_FALSE(collect().says("warning: "));
}

}  // namespace aquila::e2e::clock_test
