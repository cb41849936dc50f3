// `compress`: a packed output is appended to, read, rotated, verified and mended like a plain one.
#include "aquila_fetch/packed.hpp"
#include "e2e/fixture.hpp"

namespace aquila::e2e::packed_test {

class PackedFile : public ProgramTest, public testing::WithParamInterface<std::string> {
  protected:
    PackedFile() { configure({{"compress", GetParam()}, {"output", output()}}); }

    [[nodiscard]] std::string output() const { return output_path() + (GetParam() == "zstd" ? ".zst" : ".gz"); }
    [[nodiscard]] static std::string unpacked(const std::filesystem::path& path) {
        PackedReader reader{path};
        std::string text(std::size_t{8} << 20U, '\0');
        text.resize(reader.read(text));
        return text;
    }
};
INSTANTIATE_TEST_SUITE_P(Each, PackedFile, testing::Values("gzip", "zstd"),
                         [](const auto& each) { return each.param; });

TEST_P(PackedFile, IsWholeAtAnyTime) {
    generate(120);
    collect();
    EXPECT_TRUE(exact(unpacked(output())));
    generate(10, 50s, 2s);
    collect();
    EXPECT_TRUE(exact(unpacked(output())));
    EXPECT_EQ(run({"verify"}).status, 0);
    std::filesystem::rename(output(), output() + "-20260101");
    add_one(1s);
    collect();
    EXPECT_TRUE(exact(unpacked(output() + "-20260101") + unpacked(output())));
    EXPECT_EQ(run({"verify"}).status, 0) << "what was rotated is read, too";
}

TEST_P(PackedFile, IsNotMixedWithPlainLines) {
    generate(20);
    collect({"--output", output_path() + ".first"});
    configure({{"output", output_path() + ".first"}});
    const auto refused = run();
    EXPECT_EQ(refused.status, 78);
    EXPECT_TRUE(refused.says("packed otherwise")) << refused.err;
    configure({{"compress", GetParam()}});
    EXPECT_NE(run({"check"}).out.find("its name does not say so"), std::string::npos);
    configure({{"compress", GetParam()}, {"output_mode", "replace"}});
    EXPECT_EQ(run().status, 78);
}

TEST_P(PackedFile, AFrameThatWasCutShortIsWrittenAnew) {
    generate(40);
    collect();
    const auto before = std::filesystem::file_size(output());
    generate(40, 50s, 2s);
    auto call = launch();
    call.largest_file = before + 60;  // within the frame
    EXPECT_EQ(run(call).status, 74);
    EXPECT_GT(std::filesystem::file_size(output()), before);
    collect();
    EXPECT_TRUE(exact(unpacked(output())));
}

}  // namespace aquila::e2e::packed_test
