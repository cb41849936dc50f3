// Why: a mistyped name in the INI or on the command line is answered with the one that was meant.
// Must not know: what the names are.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace aquila {

/// The candidate with the smallest edit distance to `word`, letter case aside, if that is at most a third of the word's
/// length (at least 2), else empty. Of several the first.
[[nodiscard]] std::string_view nearest_name(std::string_view word,
                                            std::span<const std::string_view> candidates) noexcept;

/// `; did you mean 'x'?` to end a message with, empty where nothing is near.
[[nodiscard]] std::string suggestion(std::string_view word, std::span<const std::string_view> candidates);

/// `a, b, c`.
[[nodiscard]] std::string list_names(std::span<const std::string_view> names);

}  // namespace aquila
