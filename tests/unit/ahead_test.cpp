// Slices read side by side: what comes out is what one reader alone gives, in its order, for hardly more requests.
#include "aquila_fetch/ahead.hpp"

#include "aquila_fetch/error.hpp"
#include "support/fake_log.hpp"
#include "support/multiset.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include <gtest/gtest.h>

namespace aquila::ahead_test {

using namespace std::chrono_literals;
using test::FakeLog;
using test::holds_exactly;
using test::noon;

/// A log that many ask at once. Its answers take time, which passes in rounds: one is over when as many wait as there
/// are readers, or nobody else comes.
class Crowd {
  public:
    explicit Crowd(const char* product) : log{product} {}

    [[nodiscard]] Fetch fetcher() {
        return [this](const Query& query) {
            std::unique_lock lock{mutex_};
            askers.insert(std::this_thread::get_id());
            most = std::max(most, ++asking_);
            if (in_rounds > 0) {
                wait_for_the_round(lock);
            }
            --asking_;
            if (fails && fails(query)) {
                throw Failure{Exit::unavailable, fmt::format("from {}", format_instant(query.window->from))};
            }
            auto page = log.fetch(query);
            page.waited = waited;
            return page;
        };
    }

    FakeLog log;
    std::function<bool(const Query&)> fails;
    std::optional<Span> waited;  ///< what the answers tell of how long they took
    int in_rounds = 0;           ///< how many make one; 0: no time passes
    int rounds = 0;
    int most = 0;  ///< at once
    std::set<std::thread::id> askers;

  private:
    void wait_for_the_round(std::unique_lock<std::mutex>& lock) {
        const int mine = rounds;
        const auto over = [&] { return rounds != mine; };
        if (asking_ < in_rounds && changed_.wait_for(lock, 60ms, over)) {
            return;
        }
        if (!over()) {
            ++rounds;
            changed_.notify_all();
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    int asking_ = 0;
};

class EveryAhead : public testing::TestWithParam<const char*> {
  protected:
    void fill(int count, Span step) {
        for (int i = 0; i < count; ++i) {
            crowd.log.add(noon - step * (i + 1), std::to_string(i % 7));
        }
    }
    /// All over the window.
    void fill(int count) { fill(count, (window.to - window.from) / count); }
    /// Reads all of it. Each slice must begin where the one before ended.
    void read(int readers, std::size_t pages = 6) {
        crowd.log.requests = 0;
        crowd.rounds = crowd.most = 0;
        crowd.askers.clear();
        bodies.clear();
        Instant at = window.from;
        Instant last = window.from;
        SliceLimits limits{.page_size = page_size, .pages = pages};
        limits.readers = readers;
        limits.prompt = prompt;
        read_slices(
            crowd.log.source, crowd.fetcher(), window, limits, [] {},
            [&](std::span<const Slice> slices) {
                for (const Slice& slice : slices) {
                    EXPECT_EQ(slice.window.from, at);
                    at = slice.window.to;
                    EXPECT_LE(slice.lines.size(), static_cast<std::size_t>(page_size) * pages);
                    for (const auto& line : slice.lines) {
                        EXPECT_GE(line.record->key.time, last);
                        last = line.record->key.time;
                        bodies.emplace_back(line.record->body);
                    }
                }
                if (used) {
                    used({slices.front().window.from, slices.back().window.to});
                }
            });
        EXPECT_EQ(at, window.to);
        std::sort(bodies.begin(), bodies.end());
    }

    Crowd crowd{GetParam()};
    Window window{noon - 240h, noon};
    int page_size = 10;
    Span prompt{};
    std::vector<std::string> bodies;
    std::function<void(const Window&)> used;
};
INSTANTIATE_TEST_SUITE_P(Products, EveryAhead, testing::Values("jira", "confluence", "datacenter"),
                         [](const auto& product) { return std::string{product.param}; });

TEST_P(EveryAhead, LeavesAServerThatAnswersAtOnceToOneReader) {
    fill(600);
    prompt = 5ms;
    crowd.waited = 4ms;
    read(4);
    EXPECT_EQ(crowd.askers.size(), 1);
    EXPECT_TRUE(holds_exactly(bodies, crowd.log.bodies()));
    for (const std::optional<Span> waited : {std::optional<Span>{5ms}, std::optional<Span>{}}) {
        crowd.waited = waited;
        crowd.in_rounds = 2;
        read(4);
        EXPECT_GT(crowd.askers.size(), 1);
        EXPECT_TRUE(holds_exactly(bodies, crowd.log.bodies()));
    }
}

TEST_P(EveryAhead, GivesWhatOneAloneGives) {
    fill(1000, 13min);
    for (const int readers : {1, 2, 3, 8, 64}) {
        read(readers);
        EXPECT_TRUE(holds_exactly(bodies, crowd.log.bodies())) << readers;
        EXPECT_LE(crowd.most, readers);
    }
}

TEST_P(EveryAhead, HidesTheLatencyForHardlyMoreRequests) {
    page_size = 40;
    fill(4000);
    read(1);
    const auto alone = crowd.log.requests;
    crowd.in_rounds = 8;
    read(8);
    EXPECT_LE(crowd.log.requests, alone * 7 / 5);
    EXPECT_LE(crowd.rounds, static_cast<int>(alone) / 4);
    EXPECT_EQ(crowd.most, 8);
}

TEST_P(EveryAhead, BurstsAndPausesAreReadToo) {
    fill(300, 1s);
    for (int day = 1; day < 9; ++day) {
        for (int i = 0; i < 120; ++i) {
            crowd.log.add(noon - day * 24h - i % 5 * 1min, std::to_string(i));
        }
    }
    read(1);
    const auto alone = crowd.log.requests;
    read(4);
    EXPECT_TRUE(holds_exactly(bodies, crowd.log.bodies()));
    // Of slices of a page each, more are cut amid a burst than of those that one alone reads.
    EXPECT_LE(crowd.log.requests, alone * 3);
}

TEST_P(EveryAhead, ABurstInAQuietLogCostsFewMoreRequestsThanItsPages) {
    const bool has_offsets = crowd.log.source.paging == Paging::offset;
    for (const int quiet : {0, 60}) {
        for (const Instant burst : {window.from + 5h, window.from + 120h, window.to - 5h}) {
            crowd.log.clear();
            for (int i = 0; i < quiet; ++i) {
                crowd.log.add(window.from + i * 4h, std::to_string(i));
            }
            for (int i = 0; i < 500; ++i) {
                crowd.log.add(burst + i * 120ms, std::to_string(i));
            }
            read(1);
            EXPECT_TRUE(holds_exactly(bodies, crowd.log.bodies()));
            EXPECT_LE(crowd.log.requests, has_offsets ? 110 : 240) << "of 51 pages at least, " << format_instant(burst);
            read(4);
            EXPECT_TRUE(holds_exactly(bodies, crowd.log.bodies()));
            EXPECT_LE(crowd.log.requests, 240) << format_instant(burst);
        }
    }
}

TEST_P(EveryAhead, AMomentThatIsTooLargeComesThrough) {
    fill(200, 1h);
    for (int i = 0; i < 150; ++i) {
        crowd.log.add(noon - 100h, std::to_string(i));
    }
    Crowd& all = crowd;
    bodies.clear();
    SliceLimits limits{.page_size = 10, .pages = 2};
    limits.readers = 4;
    read_slices(
        all.log.source, all.fetcher(), window, limits, [] {},
        [&](std::span<const Slice> slices) {
            for (const Slice& slice : slices) {
                for (const auto& line : slice.lines) {
                    bodies.emplace_back(line.record->body);
                }
            }
        });
    std::sort(bodies.begin(), bodies.end());
    EXPECT_TRUE(holds_exactly(bodies, crowd.log.bodies()));
}

TEST_P(EveryAhead, WhatOneSliceHoldsIsReadByThisThreadAlone) {
    fill(40);
    for (const int readers : {1, 8}) {
        read(readers);
        EXPECT_EQ(crowd.askers, std::set{std::this_thread::get_id()});
        EXPECT_LE(crowd.log.requests, 5);
    }
}

TEST_P(EveryAhead, WhatComesBeforeAnErrorIsUsedAndTheFirstErrorIsTold) {
    fill(1000, 13min);
    const Instant broken = noon - 60h;
    crowd.fails = [&](const Query& query) { return query.window->to > broken && query.window->from > noon - 239h; };
    Instant until = window.from;
    used = [&](const Window& piece) { until = piece.to; };
    try {
        read(8);
        FAIL();
    } catch (const Failure& failure) {
        EXPECT_GE(std::string{failure.what()}, "from " + format_instant(until)) << "nothing behind it was used";
    }
    EXPECT_GT(until, window.from);
    EXPECT_LE(until, broken);
}

TEST_P(EveryAhead, WhoeverUsesItMayGiveUp) {
    fill(1000, 13min);
    int slices = 0;
    used = [&](const Window&) {
        if (++slices == 3) {
            throw Failure{Exit::io, "the disk is full"};
        }
    };
    EXPECT_THROW(read(8), Failure);
    EXPECT_EQ(slices, 3);
}

TEST_P(EveryAhead, NoMoreIsHeldThanReadersMay) {
    fill(1000);
    std::mutex mutex;
    Instant at = window.from;
    std::set<Instant> begun;
    std::size_t held = 0;
    crowd.fails = [&](const Query& query) {
        const std::lock_guard lock{mutex};
        begun.insert(query.window->from);
        held = std::max(held, static_cast<std::size_t>(std::distance(begun.lower_bound(at), begun.end())));
        return false;
    };
    used = [&](const Window& piece) {
        std::this_thread::sleep_for(1ms);  // the others go on meanwhile, as far as they may
        const std::lock_guard lock{mutex};
        at = piece.to;
    };
    read(4);
    EXPECT_LE(held, 7) << "four, one more, and perhaps stretches that were begun anew, smaller";
}

}  // namespace aquila::ahead_test
