#include "aquila_fetch/slice.hpp"

#include "aquila_fetch/error.hpp"
#include "support/fake_log.hpp"
#include "support/multiset.hpp"
#include "support/slices.hpp"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aquila::slice_test {

using namespace std::chrono_literals;
using test::FakeLog;
using test::holds_exactly;
using test::noon;
using test::read_window;
using testing::ElementsAre;

/// Both kinds of log: records with ids, and without.
class EverySlice : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Products, EverySlice, testing::Values("jira", "confluence"),
                         [](const auto& product) { return std::string{product.param}; });

TEST_P(EverySlice, ComesOldestFirst) {
    FakeLog log{GetParam()};
    for (int i = 0; i < 7; ++i) {
        log.add(noon + i * 1s, std::to_string(i));
    }
    const auto slice = read_slice(log.source, log.fetcher(), {noon, noon + 7s}, {});
    std::vector<Instant> times;
    for (const auto& line : slice.lines) {
        times.push_back(line.record->key.time);
    }
    EXPECT_THAT(times, ElementsAre(noon, noon + 1s, noon + 2s, noon + 3s, noon + 4s, noon + 5s, noon + 6s));
    EXPECT_EQ(slice.requests, 1);
    EXPECT_EQ(slice.smaller, std::nullopt);
}

TEST_P(EverySlice, HoldsItsBeginningAndNotItsEnd) {
    FakeLog log{GetParam()};
    for (const auto offset : {-1ms, 0ms, 1ms, 999ms, 1000ms, 1001ms}) {
        log.add(noon + offset, std::to_string(offset.count()));
    }
    const auto slice = read_slice(log.source, log.fetcher(), {noon, noon + 1s}, {});
    ASSERT_EQ(slice.lines.size(), 3);
    EXPECT_EQ(slice.lines.front().record->key.time, noon);
    EXPECT_EQ(slice.lines.back().record->key.time, noon + 999ms);
    EXPECT_EQ(slice.before + slice.after, 0);
}

TEST_P(EverySlice, OfAQuietHourIsOneRequest) {
    FakeLog log{GetParam()};
    log.add(noon - 1h);
    const auto slice = read_slice(log.source, log.fetcher(), {noon, noon + 1h}, {});
    EXPECT_TRUE(slice.lines.empty());
    EXPECT_EQ(slice.requests, 1);
    EXPECT_EQ(log.requests, 1);
}

TEST_P(EverySlice, ReadsOnAfterAFullPage) {
    for (const std::size_t count : {9U, 10U, 11U, 19U, 20U, 21U, 30U}) {
        FakeLog log{GetParam()};
        for (std::size_t i = 0; i < count; ++i) {
            log.add(noon + i * 1s, std::to_string(i));
        }
        const auto slice = read_slice(log.source, log.fetcher(), {noon, noon + 1h}, {.page_size = 10});
        EXPECT_EQ(slice.lines.size(), count);
        EXPECT_LE(slice.requests, count / 10 + 2) << count;
    }
}

TEST_P(EverySlice, BelievesTheLimitThatIsEchoed) {
    FakeLog log{GetParam()};
    log.cap = 7;
    for (int i = 0; i < 30; ++i) {
        log.add(noon + i * 1s, std::to_string(i));
    }
    EXPECT_EQ(read_slice(log.source, log.fetcher(), {noon, noon + 1h}, {}).lines.size(), 30);
}

TEST_P(EverySlice, SeesASilentCapByItsRoundLength) {
    FakeLog log{GetParam()};
    log.cap = 100;
    log.echoes_cap = false;
    for (int i = 0; i < 300; ++i) {
        log.add(noon + i * 1s, std::to_string(i));
    }
    EXPECT_EQ(read_slice(log.source, log.fetcher(), {noon, noon + 1h}, {}).lines.size(), 300);
}

TEST(ConfluenceSlice, BelievesTheLinkThatMoreFollows) {
    FakeLog log{"confluence"};
    log.cap = 37;
    log.echoes_cap = false;
    for (int i = 0; i < 100; ++i) {
        log.add(noon + i * 1s, std::to_string(i));
    }
    EXPECT_EQ(read_slice(log.source, log.fetcher(), {noon, noon + 1h}, {}).lines.size(), 100);
}

TEST_P(EverySlice, LeavesOutWhatAServerThatIgnoresTheWindowSends) {
    FakeLog log{GetParam()};
    log.ignores_window = true;
    for (int i = 0; i < 100; ++i) {
        log.add(noon + i * 1s, std::to_string(i));
    }
    const auto slice = read_slice(log.source, log.fetcher(), {noon + 40s, noon + 60s}, {.page_size = 10});
    ASSERT_EQ(slice.lines.size(), 20);
    EXPECT_EQ(slice.lines.front().record->key.time, noon + 40s);
    EXPECT_GT(slice.before, 0);
    EXPECT_EQ(slice.after, 38) << "the one a second behind the end may be the server's rounding";
    EXPECT_LE(slice.requests, 10) << "the records older than the window need not be read";
}

TEST_P(EverySlice, TellsTheEarliestDateAndTheTotal) {
    FakeLog log{GetParam()};
    for (int i = 0; i < 5; ++i) {
        log.add(noon + i * 1s, std::to_string(i));
    }
    log.now = noon + 9s;
    log.before_answer = [&log] { log.now -= 2s; };
    const auto slice = read_slice(log.source, log.fetcher(), {noon, noon + 1h}, {.page_size = 4});
    EXPECT_EQ(slice.requests, 2);
    EXPECT_EQ(slice.served, noon + 5s);
    EXPECT_EQ(slice.total, log.source.has_ids ? std::optional{5} : std::nullopt);
    log.date_skew = std::nullopt;
    EXPECT_EQ(read_slice(log.source, log.fetcher(), {noon, noon + 1h}, {}).served, std::nullopt);
}

TEST_P(EverySlice, TooLargeAsksForASmallerOne) {
    FakeLog log{GetParam()};
    for (int i = 0; i < 1000; ++i) {
        log.add(noon + i * 1s, std::to_string(i));
    }
    const Window window{noon, noon + 1000s};
    const auto slice = read_slice(log.source, log.fetcher(), window, {.page_size = 10, .pages = 6});
    ASSERT_TRUE(slice.smaller);
    EXPECT_GE(*slice.smaller, 1ms);
    EXPECT_LT(*slice.smaller, 1000s);
    EXPECT_LE(slice.requests, 2) << "the first page shows that it is hopeless";
    const auto heavy =
        read_slice(log.source, log.fetcher(), window, {.page_size = 100, .pages = 1000, .bytes = 10'000});
    EXPECT_TRUE(heavy.smaller);
}

TEST_P(EverySlice, EqualTimesByTheThousandComeThrough) {
    for (const std::size_t count : {99U, 100U, 101U, 200U, 700U, 1234U}) {
        FakeLog log{GetParam()};
        for (std::size_t i = 0; i < count; ++i) {
            log.add(noon + 30min, std::to_string(i));
        }
        log.add(noon + 1min, "before");
        log.add(noon + 31min, "after");
        EXPECT_TRUE(holds_exactly(read_window(log, {noon, noon + 1h}, {.page_size = 100, .pages = 2}), log.bodies()))
            << count;
        EXPECT_LE(log.requests, 200) << count;
    }
}

TEST_P(EverySlice, BlocksAtTheEdgesOfTheWindowDoNotHoldItUp) {
    FakeLog log{GetParam()};
    for (int i = 0; i < 50; ++i) {
        log.add(noon, "first " + std::to_string(i));
        log.add(noon + 1h - 1ms, "last " + std::to_string(i));
    }
    const auto inside = log.bodies();
    for (int i = 0; i < 50; ++i) {
        log.add(noon + 1h, "next " + std::to_string(i));
        log.add(noon - 1ms, "before " + std::to_string(i));
    }
    EXPECT_TRUE(holds_exactly(read_window(log, {noon, noon + 1h}, {.page_size = 10}), inside));
    EXPECT_LE(log.requests, 150);
}

TEST_P(EverySlice, NoPageSizeIsTooSmall) {
    for (const int page_size : {1, 2, 3}) {
        FakeLog log{GetParam()};
        for (int i = 0; i < 12; ++i) {
            log.add(noon + (i / 3) * 1s, std::to_string(i % 2));
        }
        EXPECT_TRUE(holds_exactly(read_window(log, {noon, noon + 10s}, {.page_size = page_size}), log.bodies()))
            << page_size;
        EXPECT_LE(log.requests, 400) << page_size;
    }
}

TEST_P(EverySlice, AHundredThousandRecordsCostFewMoreRequestsThanPages) {
    FakeLog log{GetParam()};
    std::mt19937 random{1};
    for (int i = 0; i < 100'000; ++i) {
        log.add(noon + i * 100ms + Span{random() % 100}, std::to_string(i));
    }
    EXPECT_TRUE(holds_exactly(read_window(log, {noon, noon + 10'001s}, {}), log.bodies()));
    EXPECT_LE(log.requests, 140);
}

}  // namespace aquila::slice_test
