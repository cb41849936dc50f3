// --since and --until: older history is read once, and completed by later runs when it was interrupted.
#include "aquila_fetch/error.hpp"
#include "support/rig.hpp"

#include <gtest/gtest.h>

namespace aquila::collect_history_test {

using namespace std::chrono_literals;
using test::dying_at;
using test::Fate;
using test::holds_exactly;
using test::noon;
using test::Rig;

class History : public testing::TestWithParam<const char*> {
  protected:
    /// A month of records, a few of them twins.
    static void fill(Rig& rig) {
        for (int i = 0; i < 90; ++i) {
            rig.log.add(noon - (i / 2) * 16h, std::to_string(i % 3));
        }
        rig.log.now = noon + 1min;
        rig.limits.page_size = 5;
        rig.limits.pages = 2;
    }
    static bool run(Rig& rig, std::optional<Instant> since, Fate fate = {}) {
        rig.log.now += 10min;
        rig.wish.since = since;
        return rig.run(fate, 0.4);
    }
};
INSTANTIATE_TEST_SUITE_P(Products, History, testing::Values("jira", "confluence", "datacenter", "organization"),
                         [](const auto& product) { return std::string{product.param}; });

TEST_P(History, IsReadOnceHoweverOftenItIsAskedFor) {
    Rig rig{GetParam()};
    fill(rig);
    ASSERT_TRUE(run(rig, std::nullopt));
    EXPECT_LT(rig.tally.written, 10);
    ASSERT_TRUE(run(rig, noon - 10 * 24h));
    const auto some = rig.written().size();
    EXPECT_GT(some, 20);
    EXPECT_LT(some, 40);
    ASSERT_TRUE(run(rig, noon - 40 * 24h));
    EXPECT_TRUE(holds_exactly(rig.written(), rig.log.bodies()));
    ASSERT_TRUE(run(rig, noon - 60 * 24h));
    EXPECT_EQ(rig.tally.written, 0);
    ASSERT_TRUE(run(rig, std::nullopt));
    EXPECT_EQ(rig.tally.written, 0);
}

TEST_P(History, InPiecesApartFromEachOther) {
    Rig rig{GetParam()};
    fill(rig);
    ASSERT_TRUE(run(rig, std::nullopt));
    for (const int day : {20, 25, 10, 30}) {
        rig.wish.until = noon - (day - 3) * 24h;
        ASSERT_TRUE(run(rig, noon - day * 24h));
    }
    rig.wish.until = std::nullopt;
    ASSERT_TRUE(run(rig, noon - 40 * 24h));
    EXPECT_TRUE(holds_exactly(rig.written(), rig.log.bodies()));
    EXPECT_EQ(state_from_text(rig.saved, "").covered.size(), 1);
    EXPECT_TRUE(state_from_text(rig.saved, "").pending.empty());
}

TEST_P(History, StoppedAnywhereIsCompletedByDefaultRuns) {
    for (const bool first : {false, true}) {
        std::size_t step = 0;
        for (bool alive = false; !alive; ++step) {
            Rig rig{GetParam()};
            fill(rig);
            if (!first) {
                ASSERT_TRUE(run(rig, std::nullopt));
            }
            const auto before = rig.saved;
            auto fate = dying_at(step);
            alive = run(rig, noon - 40 * 24h, fate);
            const bool known = rig.saved != before;  // the wish reached the disk
            ASSERT_TRUE(run(rig, std::nullopt));
            if (!known) {
                ASSERT_TRUE(run(rig, noon - 40 * 24h));
            }
            ASSERT_TRUE(holds_exactly(rig.written(), rig.log.bodies())) << "step " << step << (first ? ", first" : "");
            ASSERT_TRUE(run(rig, noon - 40 * 24h));
            ASSERT_EQ(rig.tally.written, 0);
        }
        EXPECT_GT(step, 40);
    }
}

TEST_P(History, UntilAMomentIsGoneOnWithFromThere) {
    Rig rig{GetParam()};
    fill(rig);
    rig.wish.until = noon - 10 * 24h;
    ASSERT_TRUE(run(rig, noon - 40 * 24h));
    EXPECT_GT(rig.tally.written, 0);
    rig.wish.until = std::nullopt;
    ASSERT_TRUE(run(rig, std::nullopt));
    EXPECT_TRUE(holds_exactly(rig.written(), rig.log.bodies()));
}

TEST_P(History, LateRecordsInARecentPieceAreSeenAgain) {
    Rig rig{GetParam()};
    if (rig.log.source.stream) {
        GTEST_SKIP() << "a stream is ordered by when records come into it";
    }
    fill(rig);
    rig.wish.initial_lookback = 10min;
    rig.log.add(noon - 30min, "late", noon + 35min);
    ASSERT_TRUE(run(rig, std::nullopt));
    ASSERT_TRUE(run(rig, noon - 40min));
    ASSERT_TRUE(run(rig, std::nullopt));
    rig.log.now = noon + 40min;
    ASSERT_TRUE(run(rig, noon - 40 * 24h));
    EXPECT_EQ(rig.written().size() + 1, rig.log.size()) << "older than the first run, and read before it came";
}

}  // namespace aquila::collect_history_test
