// The output is turned under the collector: nothing is lost or doubled over the live file and the turned ones.
#include "e2e/fixture.hpp"

#include "support/sim_generator.hpp"

#include <fmt/format.h>
#include <zlib.h>

namespace aquila::e2e::rotation_test {

std::string gunzip(const std::string& path) {
    std::string text;
    std::array<char, 65536> block;
    const gzFile file = ::gzopen(path.c_str(), "rb");
    for (int got = 0; (got = ::gzread(file, block.data(), static_cast<unsigned>(block.size()))) > 0;) {
        text.append(block.data(), static_cast<std::size_t>(got));
    }
    EXPECT_EQ(::gzclose(file), Z_OK);
    return text;
}

class Rotation : public ProductTest {
  protected:
    void SetUp() override { configure({{"initial_lookback", "30d"}, {"page_size", "70"}}); }

    [[nodiscard]] std::string turned(int number, std::string_view end = "") const {
        return fmt::format("{}-2026{:04}{}", output_path().substr(0, output_path().size() - 5), number, end);
    }
    void rename(int number) const {
        std::error_code nothing_there;
        std::filesystem::rename(output_path(), turned(number), nothing_there);
    }
    void pack(int number) const {
        const auto text = read(turned(number));
        std::ofstream{turned(number, ".gz"), std::ios::binary} << sim::gzip(text);
        std::filesystem::remove(turned(number));
    }
    [[nodiscard]] std::string everything() const {
        std::string all;
        for (const auto& entry : std::filesystem::directory_iterator{scratch / "out"}) {
            const auto text = gunzip(entry.path().native());  // plain files are read as they are
            EXPECT_TRUE(text.empty() || text.ends_with('\n')) << entry.path();
            all += text;
        }
        return all;
    }
    /// Starts a run and kills it after a few more requests.
    void kill_in_the_middle(sim::Dice& dice) {
        const auto target = asked().size() + 6 + dice.below(6);
        Program program{launch()};
        if (program.runs_until([&] { return asked().size() >= target; })) {
            std::this_thread::sleep_for(std::chrono::microseconds{dice.below(3'000)});
        }
        program.send(SIGKILL);
        (void)program.wait();
    }
};
FOR_EVERY_PRODUCT(Rotation);

TEST_P(Rotation, BetweenRuns) {
    generate(100);
    for (int number = 0; number < 4; ++number) {
        collect();
        rename(number);
        if (number > 0) pack(number - 1);
        generate(10, 3s, 1s);
    }
    collect();
    EXPECT_TRUE(exact(everything()));
    EXPECT_EQ(test::Scratch::mode_of(output_path()), 0640U);
}

TEST_P(Rotation, BetweenRunsByCopyAndCut) {
    generate(100);
    for (int number = 0; number < 3; ++number) {
        collect();
        std::filesystem::copy_file(output_path(), turned(number));
        std::filesystem::resize_file(output_path(), 0);
        generate(10, 3s, 1s);
    }
    collect();
    EXPECT_TRUE(exact(everything()));
}

TEST_P(Rotation, WhileItWrites) {
    generate(4'000, 29 * 24h);
    sim.configure([](auto& settings) { settings.latency_ms = 10; });  // a busy machine turns late
    Program program{launch()};
    int number = 0;
    for (std::size_t requests = 12; requests < 60; requests += 12) {
        if (!program.runs_until([&] { return asked().size() >= requests; })) break;
        rename(++number);
    }
    const auto done = program.wait();
    ASSERT_GT(number, 0);
    EXPECT_TRUE(done.status == 0 || done.says("was renamed")) << done.err;  // in the very moment of an append
    EXPECT_TRUE(std::filesystem::exists(turned(number))) << "it was turned in the middle";
    collect();
    EXPECT_TRUE(exact(everything()));
}

TEST_P(Rotation, AfterAKill) {
    generate(4'000, 29 * 24h);
    sim::Dice dice{11};
    for (int number = 0; number < 8; ++number) {
        kill_in_the_middle(dice);
        rename(number);
    }
    collect();
    EXPECT_TRUE(exact(everything()));
}

TEST_P(Rotation, AfterAKillAndPacked) {
    generate(4'000, 29 * 24h);
    sim::Dice dice{12};
    for (int number = 0; number < 6; ++number) {
        kill_in_the_middle(dice);
        rename(number);
        // logrotate packs what ends amid a line as it stands: the rest of that line can come to no other file.
        auto text = read(turned(number));
        if (!text.empty() && !text.ends_with('\n')) continue;
        pack(number);
    }
    collect();
    EXPECT_TRUE(exact(everything()));
}

TEST_P(Rotation, AfterAKillByCopyAndCut) {
    generate(4'000, 29 * 24h);
    sim::Dice dice{13};
    for (int number = 0; number < 6; ++number) {
        kill_in_the_middle(dice);
        if (!std::filesystem::exists(output_path())) continue;
        std::filesystem::copy_file(output_path(), turned(number));
        std::filesystem::resize_file(output_path(), 0);
    }
    collect();
    EXPECT_TRUE(exact(everything()));
}

TEST_P(Rotation, IntoAnotherFolderBetweenRuns) {
    generate(100);
    collect();
    std::filesystem::create_directory(scratch / "archive");
    std::filesystem::rename(output_path(), scratch / "archive" / "old.json");
    generate(10, 3s, 1s);
    collect();
    EXPECT_TRUE(exact(read(scratch / "archive" / "old.json") + everything()));
}

}  // namespace aquila::e2e::rotation_test
