#include "aquila_fetch/key.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <thread>
#include <vector>

namespace aquila::key_test {

constexpr Instant noon{Span{1776011316943}};

TEST(Keys, OfIdsAreBigEndianInTheLastEightBytes) {
    const std::array<std::uint8_t, 16> expected{0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08};
    EXPECT_EQ(key_of_id(noon, 0x0102030405060708).digest, expected);
    EXPECT_EQ(key_of_id(noon, 0x0102030405060708).time, noon);
}

TEST(Keys, SortByTimeThenId) {
    std::vector<Key> keys{key_of_id(noon, 300), key_of_id(noon, 2), key_of_id(noon - Span{1}, 1000),
                          key_of_id(noon, std::numeric_limits<std::int64_t>::max())};
    std::ranges::sort(keys);
    EXPECT_EQ(keys, (std::vector<Key>{key_of_id(noon - Span{1}, 1000), key_of_id(noon, 2), key_of_id(noon, 300),
                                      key_of_id(noon, std::numeric_limits<std::int64_t>::max())}));
}

TEST(Keys, OfDifferentIdsAndTimesDiffer) {
    EXPECT_NE(key_of_id(noon, 1), key_of_id(noon, 2));
    EXPECT_NE(key_of_id(noon, 1), key_of_id(noon + Span{1}, 1));
    EXPECT_NE(key_of_id(noon, -1), key_of_id(noon, 1));
}

TEST(Keys, OfBytesAreTheBeginningOfSha256) {
    // FIPS 180-2, "abc".
    const std::array<std::uint8_t, 16> abc{0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
                                           0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23};
    const std::array<std::uint8_t, 16> nothing{0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14,
                                               0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24};
    EXPECT_EQ(key_of_bytes(noon, "abc").digest, abc);
    EXPECT_EQ(key_of_bytes(noon, "").digest, nothing);
    EXPECT_EQ(key_of_bytes(noon, "abc").digest, abc) << "the context is used again";
    EXPECT_EQ(key_of_bytes(noon, "abc").time, noon);
}

TEST(Keys, OfBytesLookAtEveryByte) {
    std::string record(100'000, 'x');
    const auto key = key_of_bytes(noon, record);
    record.back() = 'y';
    EXPECT_NE(key_of_bytes(noon, record), key);
    EXPECT_NE(key_of_bytes(noon, std::string_view{"a\0b", 3}), key_of_bytes(noon, std::string_view{"a\0c", 3}));
}

TEST(Keys, OfBytesAreTheSameInEveryThread) {
    const auto expected = key_of_bytes(noon, "record");
    std::vector<Key> keys(4);
    std::vector<std::thread> threads;
    for (auto& key : keys) {
        threads.emplace_back([&key] {
            for (int i = 0; i < 1000; ++i) {
                key = key_of_bytes(noon, "record");
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(keys, std::vector<Key>(4, expected));
}

}  // namespace aquila::key_test
