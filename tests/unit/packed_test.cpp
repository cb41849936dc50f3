#include "aquila_fetch/packed.hpp"

#include "aquila_fetch/error.hpp"
#include "support/scratch.hpp"

#include <filesystem>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

namespace aquila::packed_test {

std::string gzip(const std::string& text) {
    const test::Scratch folder;
    const gzFile file = ::gzopen((folder / "x").c_str(), "wb");
    ::gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    ::gzclose(file);
    return folder.read("x");
}

std::string zstd(const std::string& text) {
    std::string packed(ZSTD_compressBound(text.size()), '\0');
    packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
    return packed;
}

/// Reads in pieces of that size.
std::string read_all(PackedReader& reader, std::size_t piece) {
    std::string text;
    std::string buffer(piece, '\0');
    while (const auto got = reader.read(buffer)) {
        text.append(buffer, 0, got);
        if (got < piece) {
            EXPECT_EQ(reader.read(buffer), 0) << "less than asked for only at the end";
        }
    }
    return text;
}

struct Kind {
    const char* name;
    std::string (*pack)(const std::string& text);
};

class EveryKind : public testing::TestWithParam<Kind> {
  protected:
    [[nodiscard]] std::filesystem::path write(const std::string& bytes) const {
        return folder.write(std::string{"file"} + GetParam().name, bytes);
    }
    [[nodiscard]] static std::string pack(const std::string& text) { return GetParam().pack(text); }

    test::Scratch folder;
};
INSTANTIATE_TEST_SUITE_P(Packed, EveryKind,
                         testing::Values(Kind{"", [](const std::string& text) { return text; }}, Kind{".gz", gzip},
                                         Kind{".zst", zstd}),
                         [](const auto& kind) {
                             return std::string{"As"} + (kind.param.name[0] == 0 ? "Is" : kind.param.name + 1);
                         });

TEST_P(EveryKind, ReadsWhatWasPacked) {
    std::mt19937 random{4};
    std::string noise;
    for (int i = 0; i < 700'000; ++i) {
        noise += static_cast<char>(random() % 40 + '0');
    }
    for (const std::string& text : {std::string{}, std::string{"one\ntwo\n"}, noise}) {
        const auto path = write(pack(text));
        for (const std::size_t piece : {1U, 7U, 4096U, 1'000'000U}) {
            if (piece * 1000 >= text.size()) {
                PackedReader reader{path};
                EXPECT_EQ(read_all(reader, piece), text);
            }
        }
    }
}

TEST_P(EveryKind, ReadsSeveralPartsAsOne) {
    PackedReader reader{write(pack("one\n") + pack("") + pack("two\n"))};
    EXPECT_EQ(read_all(reader, 100), "one\ntwo\n");
}

TEST_P(EveryKind, PassesOverItsBeginning) {
    const std::string text = std::string(500'000, 'a') + "end";
    const auto path = write(pack(text));
    for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{500'000}, text.size()}) {
        PackedReader reader{path};
        EXPECT_TRUE(reader.skip(count));
        EXPECT_EQ(read_all(reader, 1000), text.substr(count));
    }
    PackedReader reader{path};
    EXPECT_FALSE(reader.skip(text.size() + 1));
}

TEST_P(EveryKind, AnEmptyFileHoldsNothing) {
    PackedReader reader{write("")};
    EXPECT_EQ(read_all(reader, 10), "");
}

TEST_P(EveryKind, AMissingFileIsAFailure) {
    try {
        const PackedReader reader{folder / (std::string{"gone"} + GetParam().name)};
        ADD_FAILURE();
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.code(), Exit::io);
    }
}

class Damaged : public EveryKind {};
INSTANTIATE_TEST_SUITE_P(Packed, Damaged, testing::Values(Kind{".gz", gzip}, Kind{".zst", zstd}),
                         [](const auto& kind) { return std::string{kind.param.name + 1}; });

TEST_P(Damaged, CutShortAnywhereIsAFailure) {
    const std::string text = "one\ntwo\nthree\nthis is what was written\n";
    const auto packed = pack(text);
    for (std::size_t size = 2; size < packed.size(); ++size) {  // a byte alone could be anything
        PackedReader reader{write(packed.substr(0, size))};
        EXPECT_THROW(static_cast<void>(read_all(reader, 10)), Failure) << size;
    }
}

TEST_P(Damaged, ChangedAnywhereIsAFailureOrTheSame) {
    const std::string text = "one\ntwo\nthree\nthis is what was written\n";
    const auto packed = pack(text);
    for (std::size_t place = 0; place < packed.size(); ++place) {
        auto changed = packed;
        changed[place] = static_cast<char>(changed[place] ^ 0x55);
        PackedReader reader{write(changed)};
        try {
            const auto got = read_all(reader, 10);
            // A header's spare bits do not matter; zstd as zstd(1) packs it has a checksum, which here is left out.
            EXPECT_TRUE(got == text || std::string{GetParam().name} == ".zst" || place < 2) << place;
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.code(), Exit::io);
        }
    }
}

TEST_P(Damaged, WithGarbageBehindItIsAFailureOrTheSame) {
    PackedReader reader{write(pack("one\n") + "garbage")};
    try {
        EXPECT_EQ(read_all(reader, 10), "one\n");
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.code(), Exit::io);
    }
}

TEST(Packed, IsToldByItsFirstBytesAndInLayers) {
    const test::Scratch folder;
    const std::string text = "one\ntwo\n";
    for (const Packing packing : {Packing::gzip, Packing::zstd}) {
        const auto packed = pack(text, packing) + pack("three\n", packing);
        PackedReader plain_name{folder.write("x", packed)};
        EXPECT_EQ(read_all(plain_name, 3), text + "three\n");
        EXPECT_FALSE(plain_name.is_as_it_lies());
        PackedReader layered{folder.write("x.gz", gzip(packed))};
        EXPECT_EQ(read_all(layered, 100), text + "three\n");
        PackedReader as_written{folder / "x.gz", packing};
        EXPECT_EQ(read_all(as_written, 100), packed);
        EXPECT_FALSE(as_written.is_as_it_lies());
        PackedReader as_it_lies{folder / "x", packing};
        EXPECT_EQ(read_all(as_it_lies, 100), packed);
        EXPECT_TRUE(as_it_lies.is_as_it_lies());
        PackedReader at_hand{packed, "an object"};
        EXPECT_EQ(read_all(at_hand, 100), text + "three\n");
    }
}

TEST(Packed, FramesAreTakenWholeOrNotAtAll) {
    const test::Scratch folder;
    for (const Packing packing : {Packing::gzip, Packing::zstd}) {
        const auto first = pack("one\n", packing);
        const auto second = pack(std::string(400'000, 'x') + "\n", packing);
        const auto frames = [&](const std::string& bytes) {
            PackedReader reader{folder.write("x", bytes), packing};
            std::vector<std::size_t> sizes;
            auto end = for_each_frame(reader, packing, [&](std::string_view text) { sizes.push_back(text.size()); });
            return std::tuple{sizes, end.whole, end.rest};
        };
        using Sizes = std::vector<std::size_t>;
        EXPECT_EQ(frames(""), (std::tuple{Sizes{}, 0U, ""}));
        EXPECT_EQ(frames(first + second), (std::tuple{Sizes{4, 400'001}, first.size() + second.size(), ""}));
        for (std::size_t size = 1; size < second.size(); size += 7) {
            const auto torn = second.substr(0, size);
            EXPECT_EQ(frames(first + torn), (std::tuple{Sizes{4}, first.size(), torn.substr(0, 64)})) << size;
        }
        EXPECT_EQ(frames(first + "garbage"), (std::tuple{Sizes{4}, first.size(), "garbage"}));
        auto changed = second;
        changed[changed.size() / 2] = static_cast<char>(changed[changed.size() / 2] ^ 0x55);
        EXPECT_EQ(std::get<0>(frames(first + changed)), Sizes{4}) << "its checksum tells";
        EXPECT_EQ(frames("plain\n"), (std::tuple{Sizes{}, 0U, "plain\n"}));
    }
}

TEST(Packed, TheEndOfFramesIsFoundWhateverIsBefore) {
    const test::Scratch folder;
    std::mt19937 random{7};
    std::string noise(3'000'000, '\0');
    for (char& byte : noise) {
        byte = static_cast<char>(random());
    }
    for (const Packing packing : {Packing::gzip, Packing::zstd}) {
        const auto large = pack(noise, packing);
        const auto small = pack("one\n", packing);
        for (const auto& whole : {std::string{}, small, large, large + small, small + large + small + small}) {
            const auto ends = [&](const std::string& rest) {
                return end_of_frames(folder.write("x", whole + rest), packing);
            };
            EXPECT_EQ(ends("").whole, whole.size());
            EXPECT_EQ(ends("").rest, "");
            for (const auto& torn :
                 {small.substr(0, 1), small.substr(0, small.size() - 1), large.substr(0, 2'000'000)}) {
                const auto end = ends(torn);
                EXPECT_EQ(end.rest, torn.substr(0, 64)) << torn.size();
                EXPECT_EQ(end.whole, whole.size());
                EXPECT_FALSE(end.damaged);
            }
            if (!whole.empty()) {
                EXPECT_TRUE(ends("garbage").damaged);
                EXPECT_EQ(ends("garbage").whole, whole.size());
            }
        }
    }
}

TEST(IsPacked, GoesByTheNamesEnding) {
    EXPECT_TRUE(is_packed("/x/out.json-1.gz"));
    EXPECT_TRUE(is_packed("out.zst"));
    EXPECT_FALSE(is_packed("/x.gz/out.json"));
    EXPECT_FALSE(is_packed(".gz"));
    EXPECT_FALSE(is_packed("outgz"));
}

}  // namespace aquila::packed_test
