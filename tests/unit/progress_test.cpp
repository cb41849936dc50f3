#include "aquila_fetch/progress.hpp"

#include "support/fakes.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace aquila::progress_test {

using namespace std::chrono_literals;

constexpr Instant noon{1'775'995'200s};

TEST(Progress, TellsHowFarHowFastAndHowLong) {
    EXPECT_EQ(describe({noon - 4h, noon - 1h, noon, 12'400}, 4s),
              "12,400 records, read to 2026-04-12T11:00 (75 %), 3,100/s, 2s left");
    EXPECT_EQ(describe({noon - 4h, noon, noon, 999}, 0s), "999 records, read to 2026-04-12T12:00 (100 %), 999,000/s");
    EXPECT_EQ(describe({noon, noon - 1h, noon, 0}, 1s), "0 records, read to 2026-04-12T11:00 (0 %), 0/s");
}

TEST(Progress, IsShownOfLongRunsAndNotTooOften) {
    test::FakeClock clock;
    std::vector<std::string> shown;
    {
        Progress progress{clock, [&](std::string_view line) { shown.emplace_back(line); }};
        for (int i = 0; i < 20; ++i) {
            progress.update({noon - 1h, noon - 30min, noon, 1});
            clock.advance(100ms);
        }
        EXPECT_EQ(shown.size(), 5U) << "after 1.0, 1.2, 1.4, 1.6 and 1.8 seconds";
    }
    EXPECT_EQ(shown.back(), "");
}

}  // namespace aquila::progress_test
