// Our clock and the server's Date: whichever is earlier bounds what counts as read.
#include "support/rig.hpp"

#include <gtest/gtest.h>

namespace aquila::collect_clock_test {

using namespace std::chrono_literals;
using test::Fate;
using test::holds_exactly;
using test::noon;
using test::Rig;

class Clocks : public testing::TestWithParam<const char*> {
  protected:
    void run_at(Instant now) {
        rig.log.now = now;
        ASSERT_TRUE(rig.run());
    }
    /// A record every ten minutes, seen at once, and one that comes twenty minutes late; a run in between.
    void live_for_hours() {
        for (int i = 0; i < 36; ++i) {
            const auto time = rig.log.now += 10min;
            rig.log.add(time, "prompt " + std::to_string(i));
            rig.log.add(time, "late " + std::to_string(i), time + 20min);
            ASSERT_TRUE(rig.run());
        }
    }
    void expect_everything_once() {
        rig.clock_skew = 0s;
        rig.log.date_skew = 0s;
        run_at(rig.log.now + 30min);
        EXPECT_TRUE(holds_exactly(rig.written(), rig.log.bodies()));
        run_at(rig.log.now + 30min);
        EXPECT_EQ(rig.tally.written, 0);
    }
    [[nodiscard]] State state() const { return state_from_text(rig.saved, "saved"); }

    Rig rig{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Products, Clocks, testing::Values("jira", "confluence", "datacenter", "organization"),
                         [](const auto& product) { return std::string{product.param}; });

TEST_P(Clocks, OursMayBeAheadOrBehind) {
    for (const Span skew : {Span{24h}, Span{90min}, Span{-5min}, Span{-90min}}) {
        rig.clock_skew = skew;
        live_for_hours();
        expect_everything_once();
    }
}

TEST_P(Clocks, TheServersMayBeBehindOrMissing) {
    for (const auto skew : {std::optional<Span>{-90min}, std::optional<Span>{-30 * 24h}, std::optional<Span>{}}) {
        rig.log.date_skew = skew;
        live_for_hours();
        expect_everything_once();
    }
}

TEST_P(Clocks, MayJumpFromRunToRun) {
    for (int i = 0; i < 60; ++i) {
        rig.clock_skew = (i % 5 - 2) * 40min;
        rig.log.date_skew = -(i % 3) * 50min;
        rig.log.now = noon + i * 10min;
        rig.log.add(rig.log.now, std::to_string(i));
        ASSERT_TRUE(rig.run());
    }
    expect_everything_once();
}

TEST_P(Clocks, AheadOfTheServerDoNotMoveTheWatermarkIntoTheFuture) {
    rig.clock_skew = 24h;
    run_at(noon);
    EXPECT_LE(*state().watermark, noon + 1s);
    EXPECT_LE(state().settled, noon + 1s - 1h);
}

TEST_P(Clocks, FarAheadDoNotHideTheFirstDay) {
    // By our clock the first run begins in the server's future.
    for (const bool killed : {false, true}) {
        for (const bool mended : {false, true}) {
            Rig fresh{GetParam()};
            fresh.log.add(noon - 1h, "yesterday");
            fresh.log.now = noon;
            fresh.clock_skew = 100 * 24h;
            Fate fate;
            if (killed) {
                fate.die_at(2);  // right after the first checkpoint
            }
            EXPECT_EQ(fresh.run(fate), !killed);
            fresh.log.add(noon, "today");
            fresh.log.now = noon + 1h;
            fresh.clock_skew = mended ? 0s : fresh.clock_skew;
            ASSERT_TRUE(fresh.run());
            EXPECT_TRUE(holds_exactly(fresh.written(), fresh.log.bodies())) << killed << mended;
            EXPECT_LE(state_from_text(fresh.saved, "").settled, noon + 1s);
        }
    }
}

TEST_P(Clocks, ARecordFromTheFutureIsWrittenOnce) {
    run_at(noon - 1h);
    rig.log.add(noon + 30min, "from a node whose clock is ahead");
    rig.clock_skew = 1h;
    run_at(noon);
    EXPECT_EQ(rig.tally.written, 1);
    rig.clock_skew = 0s;
    run_at(noon + 10min);
    run_at(noon + 1h);
    EXPECT_TRUE(holds_exactly(rig.written(), rig.log.bodies()));
}

}  // namespace aquila::collect_clock_test
