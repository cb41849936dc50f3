// Records that arrive between two pages push older ones to higher offsets; whatever is there from the beginning to the
// end of a reading must come exactly once, and nothing that was never there.
#include "support/fake_log.hpp"
#include "support/multiset.hpp"
#include "support/slices.hpp"

#include <random>

#include <gtest/gtest.h>

namespace aquila::slice_shift_test {

using namespace std::chrono_literals;
using test::FakeLog;
using test::noon;
using test::read_window;

class EveryShift : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Products, EveryShift, testing::Values("jira", "confluence"),
                         [](const auto& product) { return std::string{product.param}; });

/// Nothing of `before` is missing, nothing is there oftener than in `after`.
testing::AssertionResult lies_between(const std::vector<std::string>& got, const std::vector<std::string>& before,
                                      const std::vector<std::string>& after) {
    if (!std::includes(got.begin(), got.end(), before.begin(), before.end())) {
        return test::holds_exactly(got, before) << "\n(at least those)";
    }
    return std::includes(after.begin(), after.end(), got.begin(), got.end())
               ? testing::AssertionSuccess()
               : test::holds_exactly(got, after) << "\n(those at most)";
}

TEST_P(EveryShift, ByOneRecordAtEveryPlaceBeforeEveryPage) {
    constexpr int count = 23;
    for (std::size_t page = 1; page <= 6; ++page) {
        for (int place = 0; place <= count; ++place) {
            FakeLog log{GetParam()};
            for (int i = 0; i < count; ++i) {
                log.add(noon + i * 10s, std::to_string(i % 4));
            }
            const auto before = log.bodies();
            log.before_answer = [&] {
                if (log.requests == page) {
                    log.add(noon + place * 10s - 5s, "between");
                }
            };
            const auto got = read_window(log, {noon - 1min, noon + 10min}, {.page_size = 5});
            EXPECT_TRUE(lies_between(got, before, log.bodies())) << "before page " << page << ", at " << place;
            EXPECT_LE(log.requests, 60);
        }
    }
}

TEST_P(EveryShift, ByATwinAtEveryPlace) {
    // All of a second are twins of each other, and another one comes between any two pages.
    constexpr int seconds = 6;
    for (std::size_t page = 1; page <= 6; ++page) {
        for (int place = 0; place < seconds; ++place) {
            FakeLog log{GetParam()};
            for (int i = 0; i < 5 * seconds; ++i) {
                log.add(noon + (i / 5) * 1s, "twin");
            }
            const auto before = log.bodies();
            log.before_answer = [&] {
                if (log.requests == page) {
                    log.add(noon + place * 1s, "twin");
                }
            };
            const auto got = read_window(log, {noon - 1min, noon + 1min}, {.page_size = 7});
            EXPECT_TRUE(lies_between(got, before, log.bodies())) << "before page " << page << ", second " << place;
        }
    }
}

TEST_P(EveryShift, InABlockOfOneTime) {
    for (std::size_t page = 1; page <= 60; ++page) {
        FakeLog log{GetParam()};
        for (int i = 0; i < 40; ++i) {
            log.add(noon, std::to_string(i % 3));
        }
        const auto before = log.bodies();
        log.before_answer = [&] {
            if (log.requests == page) {
                log.add(noon, "between");
            }
        };
        const auto got = read_window(log, {noon - 1s, noon + 1s}, {.page_size = 6});
        EXPECT_TRUE(lies_between(got, before, log.bodies())) << "before page " << page;
    }
}

TEST_P(EveryShift, ManyTimesOver) {
    std::mt19937 random{7};
    const auto below = [&random](unsigned bound) { return static_cast<int>(random() % bound); };
    for (int round = 0; round < 400; ++round) {
        FakeLog log{GetParam()};
        const int seconds = 1 + below(40);
        const auto any_time = [&] { return noon + below(static_cast<unsigned>(seconds)) * 1s; };
        const int count = below(120);
        for (int i = 0; i < count; ++i) {
            log.add(any_time(), std::to_string(below(3)));
        }
        const auto before = log.bodies();
        int arrivals = below(12);
        log.before_answer = [&] {
            if (arrivals > 0 && below(3) == 0) {
                --arrivals;
                log.add(any_time(), std::to_string(below(3)));
            }
        };
        const SliceLimits limits{.page_size = 1 + below(20), .pages = 1 + random() % 6};
        const auto got = read_window(log, {noon, noon + seconds * 1s}, limits);
        ASSERT_TRUE(lies_between(got, before, log.bodies())) << "round " << round;
    }
}

}  // namespace aquila::slice_shift_test
