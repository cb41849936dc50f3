#include "aquila_fetch/collect.hpp"

#include "support/rig.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aquila::collect_test {

using namespace std::chrono_literals;
using test::Fate;
using test::holds_exactly;
using test::noon;
using test::Rig;

class Collect : public testing::TestWithParam<const char*> {
  protected:
    /// A run at that time.
    void run_at(Instant now) {
        rig.log.now = now;
        ASSERT_TRUE(rig.run());
    }
    [[nodiscard]] State state() const { return state_from_text(rig.saved, "saved"); }
    [[nodiscard]] testing::AssertionResult everything_once() const {
        return holds_exactly(rig.written(), rig.log.bodies());
    }

    Rig rig{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Products, Collect, testing::Values("jira", "confluence", "datacenter", "organization"),
                         [](const auto& product) { return std::string{product.param}; });

TEST_P(Collect, WritesOldestFirstAndOnce) {
    for (int i = 9; i >= 0; --i) {
        rig.log.add(noon - i * 1min, std::to_string(9 - i));
    }
    run_at(noon + 1s);
    const auto text = rig.folder.read("flattened.json");
    EXPECT_LT(text.find(R"("0")"), text.find(R"("1")"));
    EXPECT_LT(text.find(R"("8")"), text.find(R"("9")"));
    run_at(noon + 10min);
    EXPECT_EQ(rig.tally.written, 0);
    EXPECT_EQ(rig.folder.read("flattened.json"), text);
}

TEST_P(Collect, AnIdleRunIsOneRequestAndOneCheckpoint) {
    rig.log.add(noon - 1h);
    run_at(noon);
    rig.log.requests = 0;
    run_at(noon + 10min);
    EXPECT_EQ(rig.log.requests, 1);
    EXPECT_EQ(rig.steps, 2) << "before and after one save";
}

TEST_P(Collect, ALogWithoutRecordsMakesAnEmptyFile) {
    run_at(noon);
    EXPECT_EQ(rig.tally.written, 0);
    EXPECT_EQ(rig.folder.read("flattened.json"), "");
    EXPECT_EQ(state().watermark, noon);
    EXPECT_EQ(state().settled, noon - 1h);
}

TEST_P(Collect, TheFirstRunReadsBackAsFarAsItWasTold) {
    rig.log.add(noon - 24h - 1ms, "too old");
    rig.log.add(noon - 24h, "just right");
    run_at(noon);
    ASSERT_EQ(rig.written().size(), 1);
    EXPECT_NE(rig.written()[0].find("just right"), std::string::npos);
}

TEST_P(Collect, LateRecordsAreSeenAsLongAsTheLookback) {
    if (rig.log.source.stream) {
        GTEST_SKIP() << "a stream is ordered by when records come into it";
    }
    rig.log.add(noon - 59min, "late", noon + 1s);
    rig.log.add(noon - 61min, "too late", noon + 1s);
    rig.log.add(noon - 59min, "there");
    run_at(noon);
    run_at(noon + 1s);
    EXPECT_EQ(rig.tally.written, 1);
    EXPECT_EQ(rig.tally.late, 1);
    EXPECT_EQ(rig.written().size(), 2);
}

TEST_P(Collect, WithoutALookbackRecordsMayStillBeSecondsLate) {
    rig.wish.lookback = 0s;
    rig.log.add(noon - 1s, "seconds late", noon + 8s);
    run_at(noon);
    run_at(noon + 9s);
    EXPECT_EQ(rig.tally.written, 1);
}

TEST_P(Collect, EqualRecordsAreAsManyAsTheyAre) {
    for (int i = 0; i < 3; ++i) {
        rig.log.add(noon - 1min, "twin");
    }
    rig.log.add(noon - 1min, "twin", noon + 1min);
    run_at(noon);
    EXPECT_EQ(rig.tally.written, 3);
    run_at(noon + 2min);
    EXPECT_EQ(rig.tally.written, 1);
    run_at(noon + 3min);
    EXPECT_EQ(rig.tally.written, 0);
    EXPECT_TRUE(everything_once());
}

TEST_P(Collect, ALookbackThatGrowsWritesNothingTwice) {
    for (int i = 0; i < 30; ++i) {
        rig.log.add(noon - i * 10min, std::to_string(i));
    }
    const Span lookbacks[] = {1h, 24h, 0s, 10min, 48h};
    auto now = noon;
    for (const Span lookback : lookbacks) {
        rig.wish.lookback = lookback;
        rig.log.add(now, "new");
        now += 5min;
        run_at(now);
    }
    EXPECT_TRUE(everything_once());
}

TEST_P(Collect, ThePageSizeMayChangeFromRunToRun) {
    for (int i = 0; i < 50; ++i) {
        rig.log.add(noon - (i / 3) * 1min, std::to_string(i % 2));
    }
    auto now = noon;
    for (const int page_size : {7, 1000, 2, 33}) {
        rig.limits.page_size = page_size;
        rig.log.add(now, "new");
        run_at(now += 5min);
        EXPECT_TRUE(everything_once()) << page_size;
    }
}

TEST_P(Collect, KeysAreForgottenOnceTheyAreSettled) {
    for (int i = 0; i < 100; ++i) {
        rig.log.add(noon - i * 10min, std::to_string(i));
    }
    run_at(noon);
    const std::size_t at_noon = rig.log.source.stream ? 1 : 0;  // a window leaves the record of this moment to the next
    EXPECT_EQ(state().ledger.size(), 6 + at_noon) << "those of the last hour";
    run_at(noon + 2h);
    EXPECT_TRUE(state().ledger.empty());
    EXPECT_EQ(state().records, 100);
}

TEST_P(Collect, TellsWhatItSaw) {
    rig.log.add(noon - 2min, R"(\ud83e)");
    rig.log.add(noon - 1min, "fine");
    run_at(noon);
    EXPECT_EQ(rig.tally.written, 2);
    EXPECT_EQ(rig.tally.seen, 2);
    EXPECT_EQ(rig.tally.repaired, 1);
    EXPECT_EQ(rig.tally.before, 0);
    EXPECT_EQ(rig.tally.late, 0);
    EXPECT_EQ(rig.tally.slices, rig.log.source.stream ? 2 : 1) << "a stream ends with an empty page";
    EXPECT_EQ(rig.tally.served, noon);
    EXPECT_EQ(rig.tally.total, rig.log.source.name == "jira" ? std::optional{2} : std::nullopt);
    EXPECT_EQ(state().last_written, noon);
    run_at(noon + 10min);
    EXPECT_EQ(rig.tally.seen, rig.log.source.stream ? 0 : 2);
    EXPECT_EQ(rig.tally.repaired, 0);
    EXPECT_EQ(state().last_written, noon);
}

TEST_P(Collect, AFailureKeepsWhatIsWhole) {
    rig.limits.page_size = 4;
    rig.limits.pages = 1;
    for (int i = 0; i < 20; ++i) {
        rig.log.add(noon - i * 1min - 1s, std::to_string(i));
    }
    const auto save = [&](const State& state) { rig.saved = to_text(state); };
    const auto fetch = [&](const Query& query) {
        if (rig.written().size() >= 8) {
            throw Failure{Exit::unavailable, "gave up"};
        }
        return rig.log.fetch(query);
    };
    rig.wish.now = noon;
    State current;
    FileSink sink{rig.live()};
    const Collecting collecting{rig.log.source, rig.wish, rig.limits, fetch, save, [] {}};
    EXPECT_THROW(static_cast<void>(collect(collecting, current, sink, "")), Failure);
    EXPECT_EQ(state().announced, std::nullopt) << "nothing has to be found again";
    EXPECT_EQ(state().records, rig.written().size());
    EXPECT_EQ(state().ledger.size(), rig.written().size());
}

TEST(AppendLine, PutsTheSuffixInPlaceOfTheClosingBrace) {
    std::string lines = "before\n";
    append_line(lines, R"({"id":1})", R"("offset":0,"total":2})");
    append_line(lines, R"({})", R"("offset":0,"total":2})");
    append_line(lines, R"({"id":1})", "");
    EXPECT_EQ(lines, "before\n{\"id\":1,\"offset\":0,\"total\":2}\n{\"offset\":0,\"total\":2}\n{\"id\":1}\n");
}

}  // namespace aquila::collect_test
