#include "aquila_fetch/error.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace aquila::error_test {

TEST(Errno, IsToldInLowerCase) {
    EXPECT_EQ(describe_errno(ENOSPC), "no space left on device");
    EXPECT_EQ(describe_errno(EACCES), "permission denied");
    EXPECT_EQ(describe_errno(ENOENT), "no such file or directory");
}

TEST(Errno, KeepsAbbreviations) {
    EXPECT_EQ(describe_errno(EDOTDOT).substr(0, 3), "RFS");
}

TEST(Errno, UnknownIsToldToo) {
    EXPECT_NE(describe_errno(123456).find("123456"), std::string::npos);
}

TEST(Failures, CarryCodeTextAndHint) {
    try {
        throw Failure{Exit::refused, "what", "do this"};
    } catch (const std::exception& error) {
        EXPECT_STREQ(error.what(), "what");
        EXPECT_EQ(dynamic_cast<const Failure&>(error).hint(), "do this");
        EXPECT_EQ(static_cast<int>(dynamic_cast<const Failure&>(error).code()), 77);
    }
}

}  // namespace aquila::error_test
