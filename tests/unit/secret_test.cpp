#include "aquila_fetch/secret.hpp"

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <concepts>
#include <new>
#include <ostream>
#include <string>

namespace aquila::secret_test {

template <typename T>
concept Streamable = requires(std::ostream& out, const T& value) {
    out << value;
};

// What would print a secret does not compile.
static_assert(Streamable<std::string>);
static_assert(!Streamable<Secret>);
static_assert(!fmt::is_formattable<Secret>::value);
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);
static_assert(!std::is_constructible_v<std::string, Secret>);
static_assert(!std::is_constructible_v<nlohmann::json, Secret>);
static_assert(!std::equality_comparable<Secret>);

const std::string long_text(300, 'S');

TEST(Secrets, AreRevealedOnRequest) {
    EXPECT_EQ(Secret{std::string_view{"token"}}.reveal(), "token");
    EXPECT_EQ(Secret{std::string{"token"}}.reveal(), "token");
    EXPECT_TRUE(Secret{}.empty());
    EXPECT_FALSE(Secret{std::string_view{"x"}}.empty());
}

TEST(Secrets, AreCopiedAndMoved) {
    for (const std::string& text : {std::string{"short"}, long_text}) {
        Secret first{std::string_view{text}};
        const Secret copy{first};
        EXPECT_EQ(copy.reveal(), text);
        EXPECT_EQ(first.reveal(), text);
        Secret moved{std::move(first)};
        EXPECT_EQ(moved.reveal(), text);
        Secret assigned{std::string_view{"another one"}};
        assigned = copy;
        EXPECT_EQ(assigned.reveal(), text);
        assigned = std::move(moved);
        EXPECT_EQ(assigned.reveal(), text);
        auto& same = assigned;
        assigned = same;
        assigned = std::move(same);
        EXPECT_EQ(assigned.reveal(), text);
    }
}

/// Whether the bytes of an object, or of a buffer, hold the text.
bool holds(const void* where, std::size_t size, std::string_view text) {
    const auto* const begin = static_cast<const char*>(where);
    return std::search(begin, begin + size, text.begin(), text.end()) != begin + size;
}

TEST(Secrets, LeaveNothingInWhatTheyWereMadeFrom) {
    // Short texts live in the string itself, and stay there when it is moved from.
    std::string source{"short-secret"};
    const Secret secret{std::move(source)};
    EXPECT_FALSE(holds(&source, sizeof source, "secret"));

    Secret first{std::string_view{"short-secret"}};
    const Secret second{std::move(first)};
    EXPECT_FALSE(holds(&first, sizeof first, "secret"));
}

TEST(Secrets, AreWipedByTheDestructor) {
    alignas(Secret) unsigned char place[sizeof(Secret)];
    auto* const secret = new (place) Secret{std::string_view{"short-secret"}};
    ASSERT_TRUE(holds(place, sizeof place, "secret"));
    secret->~Secret();
    EXPECT_FALSE(holds(place, sizeof place, "secret"));
}

TEST(Secrets, AreWipedByAssignment) {
    Secret secret{std::string_view{long_text}};
    const char* const buffer = secret.reveal().data();
    secret = Secret{std::string_view{"x"}};
    // A shorter text takes the buffer over, or the string its own place: the old bytes are in neither.
    EXPECT_EQ(secret.reveal(), "x");
    if (secret.reveal().data() == buffer) {
        EXPECT_FALSE(holds(buffer, long_text.size(), "SSSS"));
    }
}

TEST(Wiping, ReachesWhatAnEarlierLongerTextLeft) {
    std::string text = long_text;
    const char* const buffer = text.data();
    const auto capacity = text.capacity();
    text.resize(5);
    wipe(text);
    EXPECT_TRUE(text.empty());
    ASSERT_EQ(text.data(), buffer);
    EXPECT_FALSE(holds(buffer, capacity, "S"));
}

TEST(Concealing, HidesWhatWasConcealedWhateverItsShape) {
    conceal(Secret{std::string_view{"Tr0ub4dor&3x"}});
    conceal(Secret{std::string_view{"Tr0ub4dor&3x-and-more"}});
    EXPECT_EQ(without_secrets("key Tr0ub4dor&3x-and-more, Tr0ub4dor&3xTr0ub4dor&3x unknown"),
              "key [redacted], [redacted][redacted] unknown");
    conceal(Secret{std::string_view{"abc"}});
    EXPECT_EQ(without_secrets("abcd"), "abcd") << "too short to be told from any text";
}

}  // namespace aquila::secret_test
