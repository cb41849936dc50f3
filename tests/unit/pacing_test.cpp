#include "aquila_fetch/pacing.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

namespace aquila::pacing_test {

using namespace std::chrono_literals;

/// A token bucket as Atlassian's, which refuses with whole seconds to wait, and so many who ask.
struct Play {
    double per_second = 10;
    double burst = 10;
    Span latency{};
    bool tells = false;  ///< X-RateLimit-Remaining
    std::size_t clients = 8;

    int accepted = 0;
    int refused = 0;
    Span took{};
    Pacing pacing{};

    void drain(int requests) {
        double tokens = burst;
        Span filled{};
        struct Client {
            Span at{};
            std::optional<Span> left{};
        };
        std::vector<Client> all(clients);
        Span now{1h};
        const Span begin = filled = now;
        for (auto& client : all) {
            client.at = now;
        }
        while (accepted < requests) {
            auto& client =
                *std::min_element(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
            now = std::max(now, client.at);
            if (!client.left) {
                const auto wait = pacing.leave(now);
                client.left = wait == Span{} ? std::optional{now} : std::nullopt;
                client.at = now + (client.left ? latency : wait.value_or(1ms));
                continue;
            }
            tokens = std::min(burst, tokens + static_cast<double>((now - filled).count()) / 1000.0 * per_second);
            filled = now;
            const Span left = *client.left;
            client.left.reset();
            client.at = now + 1ms;
            if (tokens >= 1) {
                tokens -= 1;
                ++accepted;
                pacing.accepted(now, tells ? std::optional{static_cast<int>(tokens)} : std::nullopt);
            } else {
                ++refused;
                pacing.refused(left, now, now + 1s);
                client.at = now + 1s;
            }
            pacing.returned();
        }
        took = now - begin;
    }
};

TEST(Pacing, WithoutARefusalThereIsNoLimit) {
    Play play{.per_second = 1e6, .burst = 1e6, .latency = 100ms};
    play.drain(800);
    EXPECT_LT(play.took, 11s);
    EXPECT_EQ(play.pacing.rate(), std::nullopt);
}

TEST(Pacing, FindsTheRateAServerBears) {
    for (const double per_second : {2.0, 10.0, 50.0}) {
        for (const double burst : {std::max(2.0, per_second / 2), per_second, per_second * 4}) {
            for (const Span latency : {Span{0}, Span{30}, Span{200}, Span{1000}}) {
                for (const bool tells : {false, true}) {
                    Play play{.per_second = per_second, .burst = burst, .latency = latency, .tells = tells};
                    play.drain(300);
                    const auto where = testing::Message() << per_second << "/s, burst " << burst << ", "
                                                          << latency.count() << " ms, tells " << tells << ": "
                                                          << play.refused << " refused, " << play.took.count() << " ms";
                    EXPECT_LT(play.refused, 30) << where;
                    const double least = std::max(300 / per_second, 0.3 * static_cast<double>(latency.count()) / 8);
                    EXPECT_LT(static_cast<double>(play.took.count()) / 1000, 2 * least + 10) << where;
                }
            }
        }
    }
}

TEST(Pacing, DrainsAServerOfTenASecond) {
    Play play{.latency = 20ms};
    play.drain(110);
    EXPECT_LE(play.refused, 11);
    EXPECT_LT(play.took, 17s);
}

TEST(Pacing, ARefusalHaltsEverybody) {
    Pacing pacing;
    const Span begin{1h};
    for (int i = 0; i < 8; ++i) {
        EXPECT_EQ(pacing.leave(begin), Span{});
    }
    pacing.refused(begin, begin + 1s, begin + 31s);
    EXPECT_EQ(pacing.leave(begin + 2s), 29s);
    // Those that were on their way are refused as well: that is one refusal.
    pacing.refused(begin, begin + 2s, begin + 33s);
    EXPECT_EQ(pacing.leave(begin + 31s), 2s);
    for (int i = 0; i < 8; ++i) {
        pacing.returned();
    }
    EXPECT_EQ(pacing.leave(begin + 33s), Span{});
    EXPECT_EQ(pacing.leave(begin + 33s), std::nullopt) << "one after the other";
}

TEST(Pacing, CountsAnySixtySeconds) {
    Pacing pacing{3};
    Span now{1h};
    EXPECT_EQ(pacing.leave(now), Span{});
    EXPECT_EQ(pacing.leave(now + 10s), Span{});
    EXPECT_EQ(pacing.leave(now + 20s), Span{});
    EXPECT_EQ(pacing.leave(now + 30s), 30'500ms);
    EXPECT_EQ(pacing.leave(now + 60'500ms), Span{});
    EXPECT_EQ(pacing.leave(now + 61s), 9'500ms);
    pacing.limit(std::nullopt);
    EXPECT_EQ(pacing.leave(now + 61s), Span{});
}

}  // namespace aquila::pacing_test
