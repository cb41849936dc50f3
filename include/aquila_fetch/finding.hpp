// Why: what `check` finds is a list of values: one line each for people, the same as JSON, one exit code for all.
// Must not know: what is looked at, or how.
#pragma once

#include "aquila_fetch/error.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace aquila {

enum class Mark { good, warning, bad, skipped };

struct Finding {
    std::string item;  ///< what was looked at, in one word: "credential"
    Mark mark = Mark::good;
    std::string text;
    std::string advice;    ///< what to do; empty where all is well
    Exit exit = Exit::ok;  ///< of what is bad
};

[[nodiscard]] Finding good(std::string_view item, std::string text);
[[nodiscard]] Finding warning(std::string_view item, std::string text, std::string advice);
[[nodiscard]] Finding bad(std::string_view item, Exit exit, std::string text, std::string advice);
/// A failure that a run would end with: its code, its words, its hint.
[[nodiscard]] Finding bad(std::string_view item, const Failure& failure);
/// What could not be looked at, and why.
[[nodiscard]] Finding skipped(std::string_view item, std::string why);

/// What was found of one source.
struct Findings {
    std::string source;
    std::vector<Finding> list;
};

/// The code of the worst finding: first what stays until somebody does something about it (78, 66, 65, 77, 76, 73, 74),
/// then what may pass by itself (69, 75), then 1. Exit::ok when nothing is bad.
[[nodiscard]] Exit worst(std::span<const Findings> all) noexcept;

/// How many are bad.
[[nodiscard]] std::size_t count_bad(std::span<const Findings> all) noexcept;

/// `✓ item  text`, with ✗, ! and - for the other marks, the advice in a line of its own.
[[nodiscard]] std::string describe(std::span<const Findings> all);
/// {"exit":0,"sources":[{"name":…,"findings":[{"item","result","text","advice","exit"}]}]}; the results are "ok",
/// "warning", "failed" and "skipped".
[[nodiscard]] std::string to_json(std::span<const Findings> all);

}  // namespace aquila
