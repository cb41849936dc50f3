// Runs that die at every step, with the output rotated in between, and healthy ones after them: every record once.
#include "support/rig.hpp"

#include <random>

#include <gtest/gtest.h>

namespace aquila::collect_crash_test {

using namespace std::chrono_literals;
using test::dying_at;
using test::failing_at;
using test::holds_exactly;
using test::noon;
using test::Rig;
using test::Rotation;
using test::rotations;

class EveryCrash : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Products, EveryCrash,
                         testing::Values("jira", "confluence", "datacenter", "organization", "jira/ecs",
                                         "confluence/ecs"),
                         [](const auto& product) {
                             std::string name{product.param};
                             std::replace(name.begin(), name.end(), '/', '_');
                             return name;
                         });

/// Six records, two of them twins, in slices of a few, the log growing between the runs.
void fill(Rig& rig, int round) {
    for (int i = 0; i < 6; ++i) {
        rig.log.add(noon + round * 10min + (i / 2) * 1min, fmt::format("{}.{}", round, i % 3 == 2 ? 1 : i));
    }
    rig.log.now = noon + round * 10min + 5min;
    rig.limits.page_size = 4;
    rig.limits.pages = 1;
}

TEST_P(EveryCrash, AtEveryStepAndByteLeavesEachRecordOnce) {
    for (const auto fate : {dying_at, failing_at}) {
        for (const Rotation rotation : rotations) {
            bool alive = false;
            for (std::size_t step = 0; !alive; ++step) {
                for (const double part : {0.0, 0.002, 0.3, 0.5, 0.9, 0.999, 1.0}) {
                    Rig rig{GetParam()};
                    fill(rig, 0);
                    ASSERT_TRUE(rig.run());
                    fill(rig, 1);
                    alive = rig.run(fate(step), part);
                    rig.rotate(rotation);
                    ASSERT_TRUE(rig.run());
                    ASSERT_TRUE(holds_exactly(rig.written(), rig.log.bodies()))
                        << "step " << step << ", part " << part << ", rotation " << static_cast<int>(rotation);
                    ASSERT_TRUE(rig.run());
                    ASSERT_EQ(rig.tally.written, 0);
                }
            }
        }
    }
}

/// The step of a first run at which its only slice is half in the file.
constexpr std::size_t within_append = 6;

TEST_P(EveryCrash, AgainWhileItIsPutRightLeavesEachRecordOnce) {
    for (const Rotation rotation : rotations) {
        for (const double part : {0.001, 0.1, 0.5, 0.95}) {
            for (std::size_t second = 0; second < 16; ++second) {
                for (const std::size_t third : {0U, 3U, 7U, 100U}) {
                    Rig rig{GetParam()};
                    fill(rig, 0);
                    rig.limits.page_size = 100;
                    ASSERT_FALSE(rig.run(dying_at(within_append), part));
                    rig.rotate(second % 2 == 0 ? rotation : Rotation::none);
                    fill(rig, 1);  // the page's total reads otherwise now
                    static_cast<void>(rig.run(dying_at(second), part));
                    rig.rotate(rotation);
                    static_cast<void>(rig.run(dying_at(third), 0.7));
                    rig.log.now += 1min;
                    ASSERT_TRUE(rig.run());
                    ASSERT_TRUE(holds_exactly(rig.written(), rig.log.bodies()))
                        << "steps " << second << ", " << third << ", part " << part << ", rotation "
                        << static_cast<int>(rotation);
                }
            }
        }
    }
}

TEST_P(EveryCrash, ALineCutShortIsFinishedWhereItStands) {
    for (int part = 5; part < 100; part += 3) {
        Rig rig{GetParam()};
        fill(rig, 0);
        rig.limits.page_size = 100;
        ASSERT_FALSE(rig.run(dying_at(within_append), part / 100.0));
        const auto torn = rig.folder.read("flattened.json");
        if (torn.back() == '\n') {
            continue;
        }
        fill(rig, 1);  // the total at the end of its line reads otherwise now
        rig.limits.page_size = 100;
        rig.during = [&] {
            EXPECT_TRUE(rig.folder.read("flattened.json").starts_with(torn)) << "a reader may have it";
        };
        ASSERT_TRUE(rig.run());
        EXPECT_TRUE(holds_exactly(rig.written(), rig.log.bodies()));
    }
}

TEST_P(EveryCrash, ALineCutShortWhoseRecordReadsOtherwiseIsWrittenAnew) {
    Rig rig{GetParam()};
    rig.log.add(noon - 1min, "as it was");
    rig.log.now = noon;
    ASSERT_FALSE(rig.run(dying_at(within_append), 0.97));
    ASSERT_NE(rig.folder.read("flattened.json").find("as it was"), std::string::npos);
    rig.log.respell("as it was", "as it is");
    ASSERT_TRUE(rig.run());
    EXPECT_TRUE(holds_exactly(rig.written(), rig.log.bodies()));
}

TEST_P(EveryCrash, AnOutputThatIsGoneIsToldAndWrittenAgain) {
    for (const bool beside : {false, true}) {
        Rig rig{GetParam()};
        fill(rig, 0);
        ASSERT_TRUE(rig.run());
        fill(rig, 1);
        rig.limits.page_size = 100;
        ASSERT_FALSE(rig.run(dying_at(within_append - 2), 1.0)) << "two steps earlier than a first run";
        ASSERT_TRUE(state_from_text(rig.saved, "").announced);
        rig.rotate(Rotation::rename);
        if (!beside) {
            std::filesystem::remove(rig.folder / "flattened.json-001");
        }
        log::configure({});
        testing::internal::CaptureStderr();
        ASSERT_TRUE(rig.run());
        const auto said = testing::internal::GetCapturedStderr();
        EXPECT_EQ(said.find("is gone") != std::string::npos, !beside) << said;
        EXPECT_EQ(rig.written().size(), beside ? 12 : 6);
    }
}

TEST_P(EveryCrash, ALineCutShortWhoseRecordIsGoneIsTakenBack) {
    Rig rig{GetParam()};
    rig.log.add(noon - 1min, "stays");
    rig.log.add(noon - 30s, "goes");
    rig.log.now = noon;
    ASSERT_FALSE(rig.run(dying_at(within_append), 0.7));
    ASSERT_NE(rig.folder.read("flattened.json").back(), '\n');
    rig.log.hidden = "goes";
    ASSERT_TRUE(rig.run());
    EXPECT_EQ(rig.written().size(), 1);
    rig.log.hidden = "";
    ASSERT_TRUE(rig.run());
    EXPECT_TRUE(holds_exactly(rig.written(), rig.log.bodies()));
}

TEST_P(EveryCrash, WhatWasWrittenIsKnownEvenIfTheServerHidesItForARun) {
    Rig rig{GetParam()};
    rig.log.add(noon - 1min, "seen");
    rig.log.add(noon - 30s, "not yet");
    rig.log.now = noon;
    ASSERT_FALSE(rig.run(dying_at(within_append), 0.6));
    rig.log.hidden = "\"seen";
    ASSERT_TRUE(rig.run());
    rig.log.hidden = "";
    ASSERT_TRUE(rig.run());
    EXPECT_TRUE(holds_exactly(rig.written(), rig.log.bodies()));
}

TEST_P(EveryCrash, LateRecordsAreSeenInTheInterruptedWindowAndBeforeIt) {
    for (const double part : {0.0, 0.3, 0.8, 1.0}) {
        Rig rig{GetParam()};
        rig.log.add(noon - 1h, "first");
        rig.log.now = noon - 50min;
        ASSERT_TRUE(rig.run());
        rig.limits.page_size = 3;
        rig.limits.pages = 1;
        for (int i = 0; i < 20; ++i) {
            rig.log.add(noon - i * 1min, "prompt " + std::to_string(i % 7));
            rig.log.add(noon - i * 1min, "late", noon + 20min);
        }
        rig.log.add(noon - 55min, "very late", noon + 4min);
        rig.log.now = noon + 1min;
        for (std::size_t step = 20; step < 40; ++step) {
            static_cast<void>(rig.run(dying_at(step), part));
        }
        rig.log.now =
            noon + 5min;  // the window of the stopped run is completed first, the one before it is read after that
        ASSERT_TRUE(rig.run());
        rig.log.now = noon + 21min;
        rig.limits.page_size = 500;
        ASSERT_TRUE(rig.run());
        EXPECT_TRUE(holds_exactly(rig.written(), rig.log.bodies())) << part;
    }
}

TEST_P(EveryCrash, AnotherFormatTakesUpWhatOneHasLeft) {
    for (const auto& [first, second] : {std::pair{Format::flattened, Format::ecs}, {Format::ecs, Format::flattened}}) {
        for (const Rotation rotation : rotations) {
            for (const double part : {0.0, 0.0005, 0.001, 0.002, 0.004, 0.01, 0.1, 0.3, 0.9, 1.0}) {
                Rig rig{GetParam()};
                rig.write_as(first);
                fill(rig, 0);
                rig.limits.page_size = 100;
                ASSERT_FALSE(rig.run(dying_at(within_append), part));
                rig.rotate(rotation);
                rig.write_as(second);
                ASSERT_TRUE(rig.run());
                EXPECT_TRUE(holds_exactly(rig.written(), rig.log.bodies()))
                    << "part " << part << ", rotation " << static_cast<int>(rotation);
            }
        }
    }
}

TEST_P(EveryCrash, ARotationWhileALineIsPutRightIsForTheNextRun) {
    for (const Rotation rotation : {Rotation::rename, Rotation::copy_and_truncate, Rotation::rename_and_pack}) {
        for (const bool changed : {false, true}) {
            Rig rig{GetParam()};
            fill(rig, 0);
            ASSERT_TRUE(rig.run());
            fill(rig, 1);
            rig.limits.page_size = 100;
            ASSERT_FALSE(rig.run(dying_at(within_append), 0.45));
            rig.log.hidden = changed ? "1.2" : "";  // else the line is finished, so it is taken back
            rig.log.before_answer = [&] {
                rig.rotate(rotation);
                rig.log.before_answer = nullptr;
            };
            rig.during = [] {};  // so that it may fail
            static_cast<void>(rig.run());
            rig.log.hidden = "";
            ASSERT_TRUE(rig.run());
            EXPECT_TRUE(holds_exactly(rig.written(), rig.log.bodies())) << static_cast<int>(rotation) << changed;
        }
    }
}

}  // namespace aquila::collect_crash_test
