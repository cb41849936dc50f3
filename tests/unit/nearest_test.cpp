#include "aquila_fetch/nearest.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace aquila::nearest_test {

constexpr std::array<std::string_view, 5> names{"token", "token_file", "output", "output_mode", "organization_id"};

TEST(NearestName, IsTheOneThatWasMeant) {
    EXPECT_EQ(nearest_name("tokn", names), "token");
    EXPECT_EQ(nearest_name("toekn", names), "token");
    EXPECT_EQ(nearest_name("token-file", names), "token_file");
    EXPECT_EQ(nearest_name("Token_File", names), "token_file");
    EXPECT_EQ(nearest_name("organisation_id", names), "organization_id");
    EXPECT_EQ(nearest_name("outputmode", names), "output_mode");
    EXPECT_EQ(nearest_name("output", names), "output");
}

TEST(NearestName, IsNoneWhereNothingIsNear) {
    EXPECT_EQ(nearest_name("password", names), "");
    EXPECT_EQ(nearest_name("", names), "");
    EXPECT_EQ(nearest_name("tok", names), "token") << "two letters may always be missing";
    EXPECT_EQ(nearest_name("to", names), "");
    EXPECT_EQ(nearest_name("token", {}), "");
    // A third of fifteen letters is five.
    EXPECT_EQ(nearest_name("xxxxxization_id", names), "organization_id");
    EXPECT_EQ(nearest_name("xxxxxxzation_id", names), "");
}

TEST(NearestName, HasSomethingInCommon) {
    constexpr std::array<std::string_view, 2> short_names{"a", "xy"};
    EXPECT_EQ(nearest_name("", short_names), "");
    EXPECT_EQ(nearest_name("b", short_names), "");
    EXPECT_EQ(nearest_name("xz", short_names), "xy");
}

TEST(NearestName, OfEquallyNearOnesIsTheFirst) {
    constexpr std::array<std::string_view, 2> pair{"abc", "abd"};
    EXPECT_EQ(nearest_name("abx", pair), "abc");
}

TEST(NearestName, CopesWithHostileWords) {
    EXPECT_EQ(nearest_name(std::string(10'000'000, 'x'), names), "");
    const std::string long_name(64, 'x');
    const std::array<std::string_view, 1> long_names{long_name};
    EXPECT_EQ(nearest_name(long_name, long_names), "") << "longer than any name we have";
    EXPECT_EQ(nearest_name(std::string_view{"\0\xff", 2}, names), "");
}

TEST(Suggestions, EndAMessage) {
    EXPECT_EQ(suggestion("tokn", names), "; did you mean 'token'?");
    EXPECT_EQ(suggestion("zzzzzz", names), "");
    EXPECT_EQ(list_names(names), "token, token_file, output, output_mode, organization_id");
    EXPECT_EQ(list_names({}), "");
}

}  // namespace aquila::nearest_test
