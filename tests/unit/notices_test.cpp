#include "aquila_fetch/notices.hpp"

#include "aquila_fetch/log.hpp"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aquila::notices_test {

using namespace std::chrono_literals;
using testing::HasSubstr;

const Instant now{std::chrono::seconds{1'775'995'200}};

class Notices : public testing::Test {
  protected:
    Notices() {
        tally.served = now;
        tally.seen = 1;
        state.covered = {{now - 240h, now}};
        state.last_written = now;
    }

    /// What is said, warnings and above.
    std::string said(bool* changed = nullptr) {
        testing::internal::CaptureStderr();
        log::configure({log::Level::warning, log::Format::text});
        const bool result =
            give_notices(*find_source("jira"), {now, 24h, 1h, std::nullopt, std::nullopt}, tally, {}, state);
        log::configure({});
        if (changed != nullptr) {
            *changed = result;
        }
        return testing::internal::GetCapturedStderr();
    }

    Tally tally;
    State state;
};

TEST_F(Notices, AGoodRunSaysNothing) {
    tally.written = 5;
    tally.late = 5;
    tally.total = 100;
    EXPECT_EQ(said(), "");
}

TEST_F(Notices, RepairedRecordsAreTold) {
    tally.repaired = 3;
    EXPECT_THAT(said(), HasSubstr("3 records held"));
}

TEST_F(Notices, AServerThatIgnoresTheWindowIsTold) {
    tally.before = 77;
    EXPECT_THAT(said(), HasSubstr("77 records from before the window"));
}

TEST_F(Notices, AClockThatIsOffIsTold) {
    for (const Span tolerable : {Span{0}, Span{2min}, Span{-2min}}) {
        tally.served = now + tolerable;
        EXPECT_EQ(said(), "") << tolerable.count();
    }
    tally.served = now - 3h;
    EXPECT_THAT(said(), HasSubstr("3h ahead"));
    tally.served = now + 3h;
    EXPECT_THAT(said(), HasSubstr("3h behind"));
    tally.served = std::nullopt;
    EXPECT_EQ(said(), "");
}

TEST_F(Notices, ALogThatHasBeenEmptyForADayIsToldOnceADay) {
    tally.seen = 0;
    tally.total = 328;
    state.last_written = now - 24h;
    bool changed = false;
    EXPECT_THAT(said(&changed), HasSubstr("328 records, and none of them since 2026-04-11T12:00:00.000Z"));
    EXPECT_TRUE(changed);
    EXPECT_EQ(state.warned_empty, now);
    EXPECT_EQ(said(&changed), "");
    EXPECT_FALSE(changed);
    state.warned_empty = now - 24h;
    EXPECT_NE(said(&changed), "");
    EXPECT_TRUE(changed);
}

TEST_F(Notices, AnEmptinessThatProvesNothingIsNotTold) {
    const std::function<void()> reasons[] = {
        [this] { tally.seen = 1; },
        [this] { tally.total = 0; },
        [this] { tally.total = std::nullopt; },
        [this] { state.last_written = now - 24h + 1ms; },
        [this] { state.covered = {}; },
        [this] {
            state.last_written = std::nullopt, state.covered = {{now - 2h, now}};
        },
    };
    for (const auto& reason : reasons) {
        tally.seen = 0;
        tally.total = 328;
        state.last_written = now - 48h;
        state.covered = {{now - 240h, now}};
        state.warned_empty = std::nullopt;
        ASSERT_NE(said(), "");
        state.warned_empty = std::nullopt;
        reason();
        bool changed = true;
        EXPECT_EQ(said(&changed), "");
        EXPECT_FALSE(changed);
    }
}

}  // namespace aquila::notices_test
