#include "aquila_fetch/nearest.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace aquila {
namespace {

constexpr std::size_t longest_candidate = 63;

char lower_letter(char letter) noexcept {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

/// Levenshtein's distance, one row at a time.
std::size_t edit_distance(std::string_view a, std::string_view b) noexcept {
    std::array<std::size_t, longest_candidate + 1> row{};
    for (std::size_t j = 0; j <= b.size(); ++j) {
        row[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (lower_letter(a[i - 1]) == lower_letter(b[j - 1]) ? 0 : 1);
            diagonal = std::exchange(row[j], std::min({replaced, row[j] + 1, row[j - 1] + 1}));
        }
    }
    return row[b.size()];
}

}  // namespace

std::string_view nearest_name(std::string_view word, std::span<const std::string_view> candidates) noexcept {
    std::string_view best;
    std::size_t limit = std::max<std::size_t>(2, word.size() / 3) + 1;  // what is found must be below it
    for (const auto candidate : candidates) {
        const auto [shorter, longer] = std::minmax({word.size(), candidate.size()});
        // The lengths alone rule most out, and with them a hostile word of a megabyte.
        if (candidate.size() > longest_candidate || longer - shorter >= limit) {
            continue;
        }
        // A distance as large as the words says that they have nothing in common.
        if (const auto found = edit_distance(word, candidate); found < std::min(limit, longer)) {
            limit = found;
            best = candidate;
        }
    }
    return best;
}

std::string suggestion(std::string_view word, std::span<const std::string_view> candidates) {
    const auto near = nearest_name(word, candidates);
    return near.empty() ? std::string{} : std::string{"; did you mean '"}.append(near).append("'?");
}

std::string list_names(std::span<const std::string_view> names) {
    std::string text;
    for (const auto name : names) {
        text.append(text.empty() ? "" : ", ").append(name);
    }
    return text;
}

}  // namespace aquila
