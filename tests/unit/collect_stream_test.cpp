// A stream whose cursor outlives the run: what is particular to it, beside what holds for every source (collect_test).
#include "support/rig.hpp"

#include <gtest/gtest.h>

namespace aquila::collect_stream_test {

using namespace std::chrono_literals;
using test::holds_exactly;
using test::noon;
using test::Rig;

class Stream : public testing::Test {
  protected:
    Stream() {
        for (int i = 0; i < 10; ++i) {
            rig.log.add(noon - 3h + i * 1min, std::to_string(i));
        }
        rig.limits.page_size = 4;
    }
    void run_at(Instant now) {
        rig.log.now = now;
        rig.log.requests = 0;
        ASSERT_TRUE(rig.run());
    }
    /// One with that place in the stream, wherever its cursor is.
    void put_behind(Instant time, std::string_view text) {
        rig.log.requests = 0;
        rig.log.add(time, text);
    }
    [[nodiscard]] State state() const { return state_from_text(rig.saved, "saved"); }
    [[nodiscard]] testing::AssertionResult everything_once() const {
        return holds_exactly(rig.written(), rig.log.bodies());
    }

    Rig rig{"organization"};
};

TEST_F(Stream, AnIdleRunIsOneRequestWithTheCursor) {
    run_at(noon);
    EXPECT_TRUE(everything_once());
    const auto cursor = state().cursor;
    EXPECT_FALSE(cursor.empty());
    run_at(noon + 10min);
    EXPECT_EQ(rig.log.requests, 1);
    EXPECT_EQ(rig.tally.written, 0);
    EXPECT_EQ(state().cursor, cursor);
    EXPECT_EQ(state().watermark, noon + 10min);
}

TEST_F(Stream, GoesOnBehindTheLastPageHoweverLateAnEventWas) {
    run_at(noon);
    rig.log.add(noon - 20h, "happened long ago");
    run_at(noon + 10min);
    EXPECT_EQ(rig.tally.written, 1);
    EXPECT_TRUE(everything_once());
}

TEST_F(Stream, ACursorThatIsRefusedIsReplacedByTime) {
    run_at(noon);
    rig.log.add(noon + 1min, "new");
    rig.log.stale_after = 1;
    static_cast<void>(rig.log.fetch({std::nullopt, 0, 1, "0,0"}));  // the one that is taken
    run_at(noon + 10min);
    EXPECT_EQ(rig.log.requests, 3) << "refused, by time, the end";
    EXPECT_EQ(rig.tally.written, 1);
    EXPECT_TRUE(everything_once());
}

TEST_F(Stream, ALastPageWithoutACursorIsReadAgainAndKnown) {
    rig.log.ends_without_cursor = true;
    run_at(noon);
    run_at(noon + 5h);
    EXPECT_EQ(rig.tally.written, 0) << "long after the lookback";
    rig.log.add(noon + 5h, "new");
    run_at(noon + 10h);
    EXPECT_EQ(rig.tally.written, 1);
    EXPECT_TRUE(everything_once());
}

TEST_F(Stream, ALastPageThatRepeatsItsCursorIsReadAgainAndKnown) {
    rig.log.repeats_cursor = true;
    for (int hours = 0; hours < 20; hours += 5) {
        run_at(noon + hours * 1h);
        EXPECT_TRUE(everything_once());
    }
    rig.log.add(rig.log.now, "new");
    run_at(noon + 25h);
    EXPECT_EQ(rig.tally.written, 1);
}

TEST_F(Stream, PagesThatBecomeSmallerShowNothingNew) {
    rig.log.ends_without_cursor = true;
    rig.limits.page_size = 100;
    run_at(noon);
    run_at(noon + 5h);
    rig.limits.page_size = 3;
    run_at(noon + 6h);
    EXPECT_EQ(rig.tally.written, 0);
    EXPECT_TRUE(everything_once());
}

TEST_F(Stream, WhatComesLateIntoALastPageIsKnownFromThenOn) {
    rig.wish.lookback = 0s;
    rig.log.ends_without_cursor = true;
    run_at(noon);
    put_behind(noon - 1h, "late, and behind what is settled");
    for (int i = 1; i < 4; ++i) {
        run_at(noon + i * 10min);
        EXPECT_TRUE(everything_once()) << i;
    }
}

TEST_F(Stream, WhatIsLateIsFoundHoweverRareTheRunsAre) {
    run_at(noon);
    for (int i = 1; i < 4; ++i) {
        put_behind(noon + (i - 1) * 5h - 55min, "within the lookback of the run before");
        run_at(noon + i * 5h);
        EXPECT_EQ(rig.tally.written, 1) << i;
    }
    EXPECT_TRUE(everything_once());
}

TEST_F(Stream, AServerThatIgnoresWhereToBeginDoublesNothing) {
    put_behind(noon - 48h, "before the first run");
    rig.log.ignores_window = true;
    run_at(noon);
    EXPECT_EQ(rig.tally.written, 10);
    EXPECT_EQ(rig.tally.before, 1);
    run_at(noon + 3h);
    rig.log.stale_after = 1;
    static_cast<void>(rig.log.fetch({std::nullopt, 0, 1, "0,0"}));
    rig.log.add(noon + 3h, "new");
    run_at(noon + 4h);
    EXPECT_EQ(rig.tally.written, 1);
}

TEST(StreamStopped, WhereItIsEnteredByTimeDoublesNothing) {
    bool alive = false;
    for (std::size_t step = 0; !alive; ++step) {
        Rig rig{"organization"};
        rig.limits.page_size = 4;
        for (int i = 0; i < 10; ++i) {
            rig.log.add(noon - 3h + i * 1min, std::to_string(i));
        }
        ASSERT_TRUE(rig.run());
        rig.log.now = noon + 3h;
        ASSERT_TRUE(rig.run());
        rig.log.ignores_window = true;
        rig.log.stale_after = 1;
        static_cast<void>(rig.log.fetch({std::nullopt, 0, 1, "0,0"}));
        rig.log.add(noon + 3h, "new");
        rig.log.now = noon + 4h;
        auto fate = test::dying_at(step);
        alive = rig.run(fate);
        ASSERT_TRUE(rig.run());
        ASSERT_TRUE(holds_exactly(rig.written(), rig.log.bodies())) << "step " << step;
    }
}

TEST_F(Stream, RecordsWithoutATimeAreNoStream) {
    rig.wish.now = noon;
    State fresh;
    FileSink sink{rig.live()};
    const Fetch undated_page = [&](const Query& query) {
        return rig.log.source.parse(R"({"data":[{"id":"a","attributes":{"when":"now"}}],"meta":{"next":"c"}})", query);
    };
    EXPECT_THROW(
        static_cast<void>(
            collect({rig.log.source, rig.wish, rig.limits, undated_page, [](const State&) {}, [] {}}, fresh, sink, "")),
        Failure);
}

TEST_F(Stream, WhatIsPutBehindTheCursorIsFoundWithinHalfTheLookback) {
    run_at(noon);
    run_at(noon + 10min);
    put_behind(noon + 1min, "behind");
    rig.log.add(noon + 11min, "ahead");
    run_at(noon + 20min);
    EXPECT_EQ(rig.tally.written, 2) << "nothing was read behind it yet";
    put_behind(noon + 2min, "behind now");
    run_at(noon + 25min);
    EXPECT_EQ(rig.tally.written, 0);
    run_at(noon + 31min);
    EXPECT_EQ(rig.tally.written, 1);
    EXPECT_TRUE(everything_once());
    run_at(noon + 2h);
    EXPECT_EQ(rig.tally.written, 0);
}

TEST_F(Stream, HistoryIsReadByTimeAndDoesNotTouchTheCursor) {
    put_behind(noon - 48h, "old");
    run_at(noon);
    EXPECT_EQ(rig.tally.written, 10);
    const auto cursor = state().cursor;
    rig.wish.since = noon - 72h;
    run_at(noon + 1min);
    EXPECT_EQ(rig.tally.written, 1);
    EXPECT_EQ(state().cursor, cursor);
    EXPECT_TRUE(state().pending.empty());
    EXPECT_TRUE(everything_once());
}

TEST_F(Stream, AnEndThatWasAskedForIsKeptByTime) {
    rig.wish.until = noon - 2h - 55min;
    run_at(noon);
    EXPECT_EQ(rig.tally.written, 5);
    EXPECT_TRUE(state().cursor.empty());
    rig.wish.until = std::nullopt;
    run_at(noon + 1min);
    EXPECT_EQ(rig.tally.written, 5);
    EXPECT_TRUE(everything_once());
}

TEST_F(Stream, AnEndBeyondTheCursorMakesItStartByTime) {
    run_at(noon);
    rig.log.add(noon + 10min, "new");
    rig.wish.until = noon + 20min;
    run_at(noon + 3h);
    EXPECT_EQ(rig.tally.written, 1);
    rig.wish.until = std::nullopt;
    rig.log.add(noon + 3h, "newer");
    run_at(noon + 6h);
    EXPECT_EQ(rig.tally.written, 1);
    EXPECT_TRUE(everything_once());
}

TEST_F(Stream, RecordsThatKeepComingDoNotKeepARunForEver) {
    rig.log.before_answer = [this] {
        rig.log.now += 1s;
        rig.log.add(rig.log.now, "again");
    };
    run_at(noon);
    EXPECT_LT(rig.log.requests, 10);
    rig.log.before_answer = nullptr;
    run_at(noon + 1h);
    EXPECT_TRUE(everything_once());
}

TEST_F(Stream, AServerThatGoesRoundInCirclesIsFoundOut) {
    int pages = 0;
    const Fetch circle = [&](const Query& query) {
        auto page = rig.log.source.parse(
            R"({"data":[{"id":"a","attributes":{"time":"2026-04-12T11:00:00Z"}}],"meta":{"next":"c)" +
                std::to_string(++pages) + "\"}}",
            query);
        page.served = noon;
        return page;
    };
    rig.wish.now = noon;
    State fresh;
    FileSink sink{rig.live()};
    try {
        static_cast<void>(
            collect({rig.log.source, rig.wish, rig.limits, circle, [](const State&) {}, [] {}}, fresh, sink, ""));
        FAIL() << "it went on";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.code(), Exit::protocol);
    }
    EXPECT_LT(pages, 60);
    EXPECT_EQ(std::ranges::count(rig.folder.read("flattened.json"), '\n'), 1) << "what was new is kept";
}

}  // namespace aquila::collect_stream_test
