#include "aquila_fetch/md5.hpp"

#include <gtest/gtest.h>

namespace aquila::md5_test {

TEST(Md5, IsThatOfRfc1321) {
    EXPECT_EQ(md5_base64(""), "1B2M2Y8AsgTpgAmY7PhCfg==");
    EXPECT_EQ(md5_base64("abc"), "kAFQmDzST7DWlj99KOF/cg==");
}

}  // namespace aquila::md5_test
