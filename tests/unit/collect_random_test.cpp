// Everything at once, by chance, with fixed seeds: runs that die one after the other, rotations between and within
// them, records that come late or while pages are read, clocks that are off, settings that change. Then a run or two in
// peace: every record once.
#include "support/rig.hpp"

#include <cstdlib>
#include <random>

#include <gtest/gtest.h>

namespace aquila::collect_random_test {

using namespace std::chrono_literals;
using test::Fate;
using test::holds_exactly;
using test::noon;
using test::Rig;
using test::Rotation;
using test::rotations;

constexpr const char* products[] = {"jira", "confluence", "datacenter", "organization"};

class Chaos {
  public:
    explicit Chaos(unsigned seed, int readers = 1)
        : random_{seed}, rig_{products[below(4)]}, twins_{chance(2)}, readers_{readers} {
        constexpr Packing packings[] = {Packing::none, Packing::none, Packing::zstd, Packing::gzip};
        rig_.packing = packings[seed % 4];
    }

    void play() {
        add_history();
        for (int round = below(6) + 2; round > 0; --round) {
            change_settings();
            add_records();
            live_through_a_run();
            rotate(cut_meanwhile_ ? 2 : 4);
        }
        rest_in_peace();
    }

  private:
    int below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }
    bool chance(int of) { return below(of) == 0; }

    /// Two things are not promised: a file that was cut just before a run wrote to it, and then copied away once more,
    /// is not found again; and where lines went to an empty file, an old file of nothing but their twins is taken for
    /// its copy.
    void rotate(int kinds) {
        const bool copies = rig_.log.source.has_ids || !twins_;
        rig_.rotate(copies ? rotations[static_cast<std::size_t>(below(kinds))] : Rotation::none);
    }

    std::string text() { return std::to_string(twins_ ? below(3) : ++texts_); }

    void add_history() {
        for (int count = below(30); count > 0; --count) {
            rig_.log.add(noon - below(72) * 1h, text());
        }
    }

    void change_settings() {
        if (chance(3)) {
            rig_.write_as(chance(2) ? Format::ecs : Format::flattened);
        }
        rig_.limits.page_size = 2 + below(9);
        rig_.limits.pages = static_cast<std::size_t>(1 + below(4));
        rig_.limits.readers = readers_;
        rig_.log.cap = chance(4) ? static_cast<std::size_t>(2 + below(9)) : 1000;
        rig_.wish.lookback = 12min + below(60) * 1min;
        rig_.wish.since = chance(4) ? std::optional{noon - 73h} : std::nullopt;
        rig_.log.ends_without_cursor = chance(3);
        rig_.log.stale_after = chance(4) ? static_cast<std::size_t>(1 + below(3)) : 0;
        rig_.log.date_skew = chance(5) ? -below(100) * 1min : 0min;
        rig_.clock_skew = below(3) * below(60) * 1min - 60min * (chance(6) ? 1 : 0);
    }

    void add_records() {
        rig_.log.now += below(25) * 1min + Span{below(1000)};
        for (int count = below(20); count > 0; --count) {
            const Instant time = rig_.log.now - below(12) * 30s;
            rig_.log.add(time, text(), time + below(10) * 1min);
        }
    }

    void live_through_a_run() {
        int arrivals = below(20);
        rig_.log.before_answer = [this, &arrivals] {
            rig_.log.now += Span{below(500)};
            if (chance(3) && arrivals-- > 0) {
                rig_.log.add(rig_.log.now - below(3) * below(300) * 1s, text());
            }
        };
        rig_.during = [this] {
            if (!cut_meanwhile_ && chance(12)) {
                cut_meanwhile_ = chance(2);
                rotate(cut_meanwhile_ ? 3 : 2);
            }
        };
        Fate fate;
        if (!chance(5)) {
            const auto step = static_cast<std::size_t>(below(below(2) * 30 + 15));
            chance(3) ? fate.fail_at(step) : fate.die_at(step);
        }
        if (rig_.run(fate, static_cast<double>(below(1001)) / 1000)) {
            cut_meanwhile_ = false;
        }
        rig_.log.before_answer = nullptr;
        rig_.during = nullptr;
    }

    void rest_in_peace() {
        rig_.log.now += 3h;
        rig_.log.date_skew = 0s;
        rig_.clock_skew = 0s;
        rig_.wish.since = noon - 73h;
        ASSERT_TRUE(rig_.run());
        ASSERT_TRUE(holds_exactly(rig_.written(), rig_.log.bodies()));
        cut_meanwhile_ = false;
        rotate(4);
        rig_.wish.since = std::nullopt;
        rig_.log.now += 1h;
        ASSERT_TRUE(rig_.run());
        ASSERT_EQ(rig_.tally.written, 0);
    }

    std::mt19937 random_;
    Rig rig_;
    bool twins_;
    int readers_;
    int texts_ = 0;
    bool cut_meanwhile_ = false;
};

/// AQUILA_CHAOS=20000 in the environment goes on for longer.
unsigned seeds(unsigned usual) {
    const char* const asked = std::getenv("AQUILA_CHAOS");
    return asked != nullptr ? static_cast<unsigned>(std::atoi(asked)) : usual;
}

TEST(Chaos, LeavesEveryRecordOnce) {
    for (unsigned seed = 1; seed <= seeds(1200); ++seed) {
        Chaos{seed}.play();
        ASSERT_FALSE(HasFailure()) << "seed " << seed;
    }
}

/// What the threads do differs from time to time, what must come out of it does not.
TEST(Chaos, LeavesEveryRecordOnceWhateverIsReadFirst) {
    for (unsigned seed = 1; seed <= seeds(400); ++seed) {
        Chaos{seed, 2 + static_cast<int>(seed % 7)}.play();
        ASSERT_FALSE(HasFailure()) << "seed " << seed;
    }
}

}  // namespace aquila::collect_random_test
