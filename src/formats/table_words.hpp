// Why: how a line of a table falls into words, and a path into steps.
// Must not know: what the words mean.
#pragma once

#include "mapping.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace aquila {

/// What is wrong with a line.
struct BadLine {
    std::string what;
};

[[nodiscard]] std::string_view trimmed(std::string_view text);
/// The parts, without the blanks around them.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
/// As the inside of a JSON string.
[[nodiscard]] std::string escaped(std::string_view plain_text);
/// A line's words: blanks between them, but not within "…" and […]. A comma is a word, a # at the start of one ends the
/// line. BadLine: a quote or a bracket that is not closed.
[[nodiscard]] std::vector<std::string> words_of(std::string_view line);
[[nodiscard]] std::string without_quotes(std::string_view word);
/// `member`, `member[]`, `member[name=value,value]`, `member[first]`, `member[last]`.
[[nodiscard]] Step parse_step(std::string_view text);
/// At the dots, but not at those in brackets.
[[nodiscard]] std::vector<std::string_view> split_path(std::string_view text);

}  // namespace aquila
