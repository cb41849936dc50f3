#include "aquila_fetch/plan.hpp"

#include "aquila_fetch/error.hpp"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aquila::plan_test {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const Instant now{std::chrono::seconds{1'775'995'200}};

Wish wish(std::optional<Instant> since = std::nullopt, std::optional<Instant> until = std::nullopt) {
    return {now, 24h, 1h, since, until};
}

/// As after a run that ended two hours ago and began reading a day before.
State used_state() {
    State state;
    state.watermark = now - 2h;
    state.settled = now - 3h;
    state.covered = {{now - 26h, now - 2h}};
    return state;
}

TEST(Windows, AreCoveredByJoining) {
    const auto at = [](int hour) { return now + hour * 1h; };
    std::vector<Window> windows;
    cover(windows, {at(4), at(6)});
    cover(windows, {at(0), at(1)});
    cover(windows, {at(8), at(9)});
    cover(windows, {at(3), at(3)});
    EXPECT_THAT(windows, ElementsAre(Window{at(0), at(1)}, Window{at(4), at(6)}, Window{at(8), at(9)}));
    cover(windows, {at(1), at(4)});
    EXPECT_THAT(windows, ElementsAre(Window{at(0), at(6)}, Window{at(8), at(9)}));
    cover(windows, {at(-5), at(20)});
    EXPECT_THAT(windows, ElementsAre(Window{at(-5), at(20)}));
    uncover(windows, {at(-9), at(-5)});
    uncover(windows, {at(3), at(3)});
    uncover(windows, {at(0), at(2)});
    uncover(windows, {at(4), at(5)});
    EXPECT_THAT(windows, ElementsAre(Window{at(-5), at(0)}, Window{at(2), at(4)}, Window{at(5), at(20)}));
    uncover(windows, {at(-6), at(6)});
    EXPECT_THAT(windows, ElementsAre(Window{at(6), at(20)}));
    uncover(windows, {at(0), at(30)});
    EXPECT_THAT(windows, IsEmpty());
}

TEST(Windows, AreASetOfMoments) {
    std::mt19937 random{9};
    for (int round = 0; round < 300; ++round) {
        std::vector<Window> windows;
        std::array<bool, 40> wanted{};
        for (int step = 0; step < 12; ++step) {
            const auto from = random() % wanted.size();
            const auto to = from + random() % (wanted.size() - from + 1);
            const bool add = random() % 2 == 0;
            (add ? cover : uncover)(windows, {Instant{Span{from}}, Instant{Span{to}}});
            std::fill(wanted.begin() + static_cast<std::ptrdiff_t>(from),
                      wanted.begin() + static_cast<std::ptrdiff_t>(to), add);
            std::array<bool, 40> got{};
            for (std::size_t i = 0; i < windows.size(); ++i) {
                ASSERT_FALSE(windows[i].empty());
                ASSERT_TRUE(i == 0 || windows[i - 1].to < windows[i].from);
                for (auto time = windows[i].from; time < windows[i].to; time += 1ms) {
                    got.at(static_cast<std::size_t>(time.time_since_epoch().count())) = true;
                }
            }
            ASSERT_EQ(got, wanted);
        }
    }
}

TEST(Plan, BeginsWithTheInitialLookback) {
    State state;
    EXPECT_THAT(plan(state, wish()), ElementsAre(Window{now - 24h, now}));
    EXPECT_EQ(state.watermark, now - 24h);
    EXPECT_EQ(state.settled, now - 24h);
    EXPECT_THAT(state.pending, IsEmpty());
}

TEST(Plan, BeginsWhereSinceSays) {
    State state;
    EXPECT_THAT(plan(state, wish(now - 240h, now - 100h)), ElementsAre(Window{now - 240h, now - 100h}));
    EXPECT_EQ(state.watermark, now - 240h);
    State other;
    EXPECT_THAT(plan(other, wish(std::nullopt, now - 100h)), ElementsAre(Window{now - 124h, now - 100h}));
    State ahead;
    EXPECT_THAT(plan(ahead, wish(now - 1h, now + 100h)), ElementsAre(Window{now - 1h, now}))
        << "never beyond our clock";
}

TEST(Plan, AStoppedFirstRunIsBegunAgainWhereItBegan) {
    State state;
    static_cast<void>(plan(state, wish(now - 240h)));
    auto later = wish();
    later.now += 10min;
    EXPECT_THAT(plan(state, later), ElementsAre(Window{now - 240h, now + 10min}));
}

TEST(Plan, GoesOnFromTheSettledMoment) {
    auto state = used_state();
    EXPECT_THAT(plan(state, wish()), ElementsAre(Window{now - 3h, now}));
    EXPECT_EQ(state, used_state());
}

TEST(Plan, AClockThatWentBackReadsToTheWatermark) {
    auto state = used_state();
    auto early = wish();
    early.now = now - 100h;
    EXPECT_THAT(plan(state, early), ElementsAre(Window{now - 3h, now - 2h}));
}

TEST(Plan, SinceAddsWhatIsNotCovered) {
    auto state = used_state();
    EXPECT_THAT(plan(state, wish(now - 50h)), ElementsAre(Window{now - 50h, now - 26h}, Window{now - 3h, now}));
    EXPECT_THAT(state.pending, ElementsAre(Window{now - 50h, now - 26h}));
    state.covered.insert(state.covered.begin(), Window{now - 40h, now - 30h});
    uncover(state.pending, {now - 40h, now - 30h});
    EXPECT_THAT(plan(state, wish(now - 60h)),
                ElementsAre(Window{now - 60h, now - 40h}, Window{now - 30h, now - 26h}, Window{now - 3h, now}));
}

TEST(Plan, WhatIsPendingIsReadWithoutBeingAskedForAgain) {
    auto state = used_state();
    state.pending = {{now - 50h, now - 40h}};
    EXPECT_THAT(plan(state, wish()), ElementsAre(Window{now - 50h, now - 40h}, Window{now - 3h, now}));
}

TEST(Plan, SinceWithinWhatIsCoveredAddsNothing) {
    for (const auto since : {now - 26h, now - 10h, now - 2h, now - 1h, now - 1ms}) {
        auto state = used_state();
        EXPECT_THAT(plan(state, wish(since)), ElementsAre(Window{now - 3h, now}));
        EXPECT_THAT(state.pending, IsEmpty());
    }
}

TEST(Plan, UntilEndsIt) {
    auto state = used_state();
    EXPECT_THAT(plan(state, wish(std::nullopt, now - 1h)), ElementsAre(Window{now - 3h, now - 1h}));
    EXPECT_THAT(plan(state, wish(std::nullopt, now - 10h)), IsEmpty());
    EXPECT_THAT(plan(state, wish(now - 50h, now - 40h)), ElementsAre(Window{now - 50h, now - 40h}));
}

TEST(Plan, PiecesThatTouchAreOne) {
    auto state = used_state();
    state.covered = {{now - 3h, now - 2h}};
    EXPECT_THAT(plan(state, wish(now - 9h)), ElementsAre(Window{now - 9h, now}));
}

TEST(Plan, NothingBetweenSinceAndUntilIsAMistake) {
    const std::pair<Instant, std::optional<Instant>> cases[] = {{now, std::nullopt},
                                                                {now + 1h, std::nullopt},
                                                                {now - 1h, now - 1h},
                                                                {now - 1h, now - 2h},
                                                                {now + 1h, now + 2h}};
    for (const auto& [since, until] : cases) {
        State state;
        try {
            static_cast<void>(plan(state, wish(since, until)));
            ADD_FAILURE();
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.code(), Exit::usage);
            EXPECT_NE(failure.hint(), "");
        }
        EXPECT_EQ(state, State{});
    }
}

}  // namespace aquila::plan_test
