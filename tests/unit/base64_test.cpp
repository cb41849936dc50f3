#include "aquila_fetch/base64.hpp"

#include <random>

#include <gtest/gtest.h>

namespace aquila::base64_test {

TEST(Base64, IsAsInTheStandard) {
    const std::pair<const char*, const char*> cases[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xFB\xFF\xBF", "+/+/"},
    };
    for (const auto& [bytes, text] : cases) {
        EXPECT_EQ(base64_encode(bytes), text);
        EXPECT_EQ(base64_decode(text), bytes);
    }
}

TEST(Base64, GivesBackWhatItWasGiven) {
    std::mt19937 random{2};
    for (std::size_t size = 0; size < 200; ++size) {
        std::string bytes;
        for (std::size_t i = 0; i < size; ++i) {
            bytes += static_cast<char>(random());
        }
        EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
    }
}

TEST(Base64, RefusesWhatItWouldNotWrite) {
    for (const char* const text : {"Z", "Zg", "Zg=", "Zg===", "====", "Z===", "Zm9v=", "Zm9vYg", "Zm 9v", "Zm9v\n",
                                   "Zm-_", "Zg==Zg==", "=Zg=", "Zm9v====", "\x80m9v"}) {
        EXPECT_EQ(base64_decode(text), std::nullopt) << text;
    }
    // Bits behind the last byte: two texts would stand for the same bytes.
    EXPECT_EQ(base64_decode("Zh=="), std::nullopt);
    EXPECT_EQ(base64_decode("Zm9="), std::nullopt);
}

}  // namespace aquila::base64_test
