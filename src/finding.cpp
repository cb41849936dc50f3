#include "aquila_fetch/finding.hpp"

#include "aquila_fetch/http.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace aquila {
namespace {

struct MarkRow {
    std::string_view sign;
    std::string_view name;
};
/// By Mark.
constexpr std::array<MarkRow, 4> marks{{{"✓", "ok"}, {"!", "warning"}, {"✗", "failed"}, {"-", "skipped"}}};

constexpr const MarkRow& mark_row(Mark mark) {
    return marks.at(static_cast<std::size_t>(mark));
}

constexpr std::array by_weight{Exit::found,         Exit::busy,     Exit::unavailable, Exit::io,
                               Exit::cannot_create, Exit::protocol, Exit::refused,     Exit::data,
                               Exit::no_input,      Exit::config,   Exit::software};

std::ptrdiff_t weight(Exit exit) noexcept {
    return std::find(by_weight.begin(), by_weight.end(), exit) - by_weight.begin();
}

/// A message of several lines, as several lines behind the same margin.
void append_lines(std::string& out, std::string_view text, std::string_view margin) {
    for (bool first = true; !text.empty(); first = false) {
        const auto line = text.substr(0, text.find('\n'));
        out += fmt::format("{}{}\n", first ? "" : margin, line);
        text.remove_prefix(std::min(text.size(), line.size() + 1));
    }
}

std::string finding_line(const Finding& finding) {
    constexpr std::string_view margin = "                 ";
    auto text = fmt::format("{} {:<14} ", mark_row(finding.mark).sign, finding.item);
    append_lines(text, finding.text, margin);
    if (!finding.advice.empty()) {
        text += fmt::format("{}> ", margin.substr(2));
        append_lines(text, finding.advice, margin);
    }
    return text;
}

}  // namespace

Finding good(std::string_view item, std::string text) {
    return {std::string{item}, Mark::good, std::move(text), {}, Exit::ok};
}

Finding warning(std::string_view item, std::string text, std::string advice) {
    return {std::string{item}, Mark::warning, std::move(text), std::move(advice), Exit::ok};
}

Finding bad(std::string_view item, Exit exit, std::string text, std::string advice) {
    return {std::string{item}, Mark::bad, std::move(text), std::move(advice), exit};
}

Finding bad(std::string_view item, const Failure& failure) {
    return bad(item, failure.code(), failure.what(), failure.hint());
}

Finding skipped(std::string_view item, std::string why) {
    return {std::string{item}, Mark::skipped, std::move(why), {}, Exit::ok};
}

Exit worst(std::span<const Findings> all) noexcept {
    Exit result = Exit::ok;
    for (const Findings& findings : all) {
        for (const Finding& finding : findings.list) {
            if (finding.mark == Mark::bad && (result == Exit::ok || weight(finding.exit) > weight(result))) {
                result = finding.exit;
            }
        }
    }
    return result;
}

std::size_t count_bad(std::span<const Findings> all) noexcept {
    std::size_t count = 0;
    for (const Findings& findings : all) {
        count += static_cast<std::size_t>(
            std::ranges::count_if(findings.list, [](const Finding& each) { return each.mark == Mark::bad; }));
    }
    return count;
}

std::string describe(std::span<const Findings> all) {
    std::string text;
    for (const Findings& findings : all) {
        if (!findings.source.empty()) {
            text += fmt::format("{}{}:\n", text.empty() ? "" : "\n", findings.source);
        }
        for (const Finding& finding : findings.list) {
            text += finding_line(finding);
        }
    }
    return text;
}

std::string to_json(std::span<const Findings> all) {
    using nlohmann::ordered_json;
    const auto or_null = [](const std::string& text) { return text.empty() ? ordered_json() : ordered_json(text); };
    auto sources = ordered_json::array();
    for (const Findings& findings : all) {
        auto list = ordered_json::array();
        for (const Finding& finding : findings.list) {
            list.push_back({{"item", finding.item},
                            {"result", mark_row(finding.mark).name},
                            {"text", finding.text},
                            {"advice", or_null(finding.advice)},
                            {"exit", static_cast<int>(finding.exit)}});
        }
        sources.push_back({{"name", or_null(findings.source)}, {"findings", std::move(list)}});
    }
    return ordered_json{{"exit", static_cast<int>(worst(all))}, {"sources", std::move(sources)}}.dump(
               2, ' ', false, ordered_json::error_handler_t::replace) +
           "\n";
}

}  // namespace aquila
