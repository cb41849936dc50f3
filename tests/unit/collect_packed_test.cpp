// Runs that die at every step with a packed output: every record once, and whoever unpacks the file reads all of it.
#include "support/rig.hpp"

#include <gtest/gtest.h>

namespace aquila::collect_packed_test {

using namespace std::chrono_literals;
using test::dying_at;
using test::holds_exactly;
using test::noon;
using test::Rig;
using test::Rotation;
using test::rotations;

class PackedOutput : public testing::TestWithParam<Packing> {
  protected:
    struct PackedRig : Rig {
        PackedRig() : Rig{"confluence"} {
            packing = GetParam();
            limits.page_size = 4;
            limits.pages = 1;
        }
    };
    static void fill(Rig& rig, int round) {
        for (int i = 0; i < 6; ++i) {
            rig.log.add(noon + round * 10min + (i / 2) * 1min, fmt::format("{}.{}", round, i % 3 == 2 ? 1 : i));
        }
        rig.log.now = noon + round * 10min + 5min;
    }
};
INSTANTIATE_TEST_SUITE_P(Each, PackedOutput, testing::Values(Packing::gzip, Packing::zstd), [](const auto& packing) {
    return std::string{packing.param == Packing::gzip ? "gzip" : "zstd"};
});

TEST_P(PackedOutput, IsReadAtAnyTime) {
    PackedRig rig;
    for (int round = 0; round < 3; ++round) {
        fill(rig, round);
        ASSERT_TRUE(rig.run());
        PackedReader reader{rig.live()};
        std::string text(std::size_t{1} << 20U, '\0');
        text.resize(reader.read(text));
        EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), (round + 1) * 6);
    }
    EXPECT_TRUE(holds_exactly(rig.written(), rig.log.bodies()));
}

TEST_P(PackedOutput, HoldsEachRecordOnceWhateverStopsARun) {
    for (const Rotation rotation : rotations) {
        bool alive = false;
        for (std::size_t step = 0; !alive; ++step) {
            for (const double part : {0.0, 0.01, 0.5, 0.99, 1.0}) {
                PackedRig rig;
                fill(rig, 0);
                ASSERT_TRUE(rig.run());
                fill(rig, 1);
                auto fate = dying_at(step);
                alive = rig.run(fate, part);
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

TEST_P(PackedOutput, IsNotMixedWithWhatIsPackedOtherwise) {
    log::configure({log::Level::off, log::Format::text});
    const test::Scratch folder;
    folder.write("plain.json", "{}\n");
    folder.write("packed.json", pack("{}\n", GetParam()));
    folder.write("begun.json", pack("{}\n", GetParam()).substr(0, 1));
    const auto code = [&](const char* name, Packing packing) {
        try {
            const FileSink sink{folder / name, packing};
        } catch (const Failure& failure) {
            return failure.code();
        }
        return Exit::ok;
    };
    const auto other = GetParam() == Packing::gzip ? Packing::zstd : Packing::gzip;
    EXPECT_EQ(code("plain.json", GetParam()), Exit::config);
    EXPECT_EQ(code("packed.json", Packing::none), Exit::config);
    EXPECT_EQ(code("packed.json", other), Exit::config);
    EXPECT_EQ(code("packed.json", GetParam()), Exit::ok);
    EXPECT_EQ(code("begun.json", GetParam()), Exit::ok);
    EXPECT_EQ(code("new.json", GetParam()), Exit::ok);
    EXPECT_EQ(code("new.json.gz", other == Packing::gzip ? GetParam() : Packing::zstd), Exit::cannot_create);
    EXPECT_EQ(folder.read("plain.json"), "{}\n");
}

}  // namespace aquila::collect_packed_test
