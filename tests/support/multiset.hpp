// Why: "every record exactly once" is a comparison of multisets; where it fails, the few that differ are worth a look.
#pragma once

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace aquila::test {

/// Both sorted.
[[nodiscard]] inline testing::AssertionResult holds_exactly(const std::vector<std::string>& got,
                                                            const std::vector<std::string>& wanted) {
    if (got == wanted) {
        return testing::AssertionSuccess();
    }
    auto result = testing::AssertionFailure() << got.size() << " instead of " << wanted.size();
    const auto tell = [&result](const char* what, const auto& a, const auto& b) {
        std::vector<std::string> differing;
        std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(differing));
        for (std::size_t i = 0; i < std::min<std::size_t>(differing.size(), 4); ++i) {
            result << "\n  " << what << ": " << differing[i];
        }
    };
    tell("missing", wanted, got);
    tell("too many", got, wanted);
    return result;
}

}  // namespace aquila::test
