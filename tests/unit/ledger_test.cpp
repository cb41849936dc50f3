#include "aquila_fetch/ledger.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <random>

#include <gtest/gtest.h>

namespace aquila::ledger_test {

Key key(std::int64_t time, std::int64_t id) {
    return key_of_id(Instant{Span{time}}, id);
}

TEST(Ledger, CountsKeys) {
    Ledger ledger;
    EXPECT_TRUE(ledger.empty());
    EXPECT_EQ(ledger.count(key(1, 1)), 0);
    ledger.add(std::vector{key(5, 1), key(3, 1), key(5, 1), key(4, 2)});
    EXPECT_EQ(ledger.size(), 3);
    EXPECT_EQ(ledger.count(key(5, 1)), 2);
    EXPECT_EQ(ledger.count(key(3, 1)), 1);
    EXPECT_EQ(ledger.count(key(4, 2)), 1);
    EXPECT_EQ(ledger.count(key(4, 1)), 0);
    EXPECT_EQ(ledger.count(key(6, 1)), 0);
    ledger.add({});
    ledger.add(std::vector{key(3, 1), key(9, 9)});
    EXPECT_EQ(ledger.count(key(3, 1)), 2);
    EXPECT_EQ(ledger.size(), 4);
}

TEST(Ledger, ForgetsWhatIsOlder) {
    Ledger ledger;
    ledger.add(std::vector{key(1, 1), key(2, 1), key(2, 2), key(3, 1)});
    ledger.add(std::vector{key_of_id(undated, 7)});
    ledger.prune(Instant{Span{2}});
    EXPECT_EQ(ledger.size(), 4);
    EXPECT_EQ(ledger.count(key(2, 1)), 1) << "the moment itself is kept";
    ledger.prune(Instant{Span{1000}});
    EXPECT_EQ(ledger.size(), 1);
    EXPECT_EQ(ledger.count(key_of_id(undated, 7)), 1);
    ledger.prune(Instant::min());
    EXPECT_EQ(ledger.size(), 1);
}

TEST(Ledger, IsAMultisetWhateverIsDoneToIt) {
    std::mt19937 random{5};
    for (int round = 0; round < 200; ++round) {
        Ledger ledger;
        std::map<Key, std::uint32_t> wanted;
        for (int step = 0; step < 12; ++step) {
            std::vector<Key> keys;
            for (auto count = random() % 20; count > 0; --count) {
                // Mostly newer than what is there, as when collecting, sometimes not.
                keys.push_back(key(static_cast<int>(random() % 10) + step * (random() % 3 == 0 ? 0 : 8), random() % 3));
            }
            ledger.add(keys);
            for (const Key& added : keys) {
                ++wanted[added];
            }
            if (random() % 4 == 0) {
                const Instant time{Span{static_cast<int>(random() % 60)}};
                ledger.prune(time);
                std::erase_if(wanted, [time](const auto& entry) { return entry.first.time < time; });
            }
            ASSERT_EQ(ledger.size(), wanted.size());
            for (const auto& [each, count] : wanted) {
                ASSERT_EQ(ledger.count(each), count);
            }
            ASSERT_EQ(Ledger::unpack(ledger.pack()), ledger);
        }
    }
}

TEST(Ledger, PacksKeysOfEveryKind) {
    Ledger ledger;
    ledger.add(std::vector{key(-1, -1), key(0, 0), key_of_bytes(Instant::min(), "x"), key_of_id(undated, 1),
                           key(1, std::numeric_limits<std::int64_t>::max())});
    EXPECT_EQ(ledger.pack().size(), 5 * 28);
    EXPECT_EQ(Ledger::unpack(ledger.pack()), ledger);
    EXPECT_EQ(Ledger::unpack(""), Ledger{});
}

TEST(Ledger, UnpacksNothingThatItWouldNotPack) {
    Ledger ledger;
    ledger.add(std::vector{key(1, 1), key(2, 2), key(2, 2)});
    const auto packed = ledger.pack();
    for (std::size_t size = 1; size < packed.size(); ++size) {
        EXPECT_EQ(Ledger::unpack(packed.substr(0, size)).has_value(), size % 28 == 0) << size;
    }
    EXPECT_EQ(Ledger::unpack(packed.substr(28) + packed.substr(0, 28)), std::nullopt) << "out of order";
    EXPECT_EQ(Ledger::unpack(packed.substr(0, 28) + packed.substr(0, 28)), std::nullopt) << "twice";
    auto none = packed;
    none[27] = '\0';
    EXPECT_EQ(Ledger::unpack(none), std::nullopt) << "counted not once";
}

TEST(PackKeys, KeepsTheirOrder) {
    const std::vector<Key> keys{key(5, 1), key(1, 2), key(5, 1), key_of_id(undated, 3)};
    const auto packed = pack_keys(keys);
    EXPECT_EQ(packed.size(), keys.size() * 24);
    EXPECT_EQ(unpack_keys(packed), keys);
    EXPECT_EQ(unpack_keys(""), std::vector<Key>{});
    EXPECT_EQ(unpack_keys(packed.substr(1)), std::nullopt);
}

TEST(PackNumbers, KeepsTheirOrder) {
    const std::vector<std::uint64_t> numbers{1, 0, ~std::uint64_t{0}, 0x0123456789abcdef};
    EXPECT_EQ(unpack_numbers(pack_numbers(numbers)), numbers);
    EXPECT_EQ(pack_numbers(numbers).substr(24), "\x01\x23\x45\x67\x89\xab\xcd\xef");
    EXPECT_EQ(unpack_numbers(""), std::vector<std::uint64_t>{});
    EXPECT_EQ(unpack_numbers("1234567"), std::nullopt);
}

}  // namespace aquila::ledger_test
