#include "aquila_fetch/ini.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <unordered_map>

namespace aquila {
namespace {

constexpr std::string_view blanks = " \t";
constexpr std::string_view utf8_mark = "\xEF\xBB\xBF";

std::string_view stripped(std::string_view text) {
    const auto begin = text.find_first_not_of(blanks);
    return begin == std::string_view::npos ? std::string_view{}
                                           : text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

bool is_comment(std::string_view text) {
    return text.starts_with(';') || text.starts_with('#');
}

/// Up to a comment that follows a blank. `text` begins behind the `=`, so that `key = ; comment` has no value.
std::string_view without_comment(std::string_view text) {
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (blanks.find(text[i - 1]) != std::string_view::npos && is_comment(text.substr(i))) {
            return text.substr(0, i);
        }
    }
    return text;
}

/// The next line, without its end.
std::string_view take_line(std::string_view& text) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) {
        line.remove_suffix(1);
    }
    return line;
}

bool is_control(char c) {
    return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7F;
}

/// The name in `[name]`, empty when it is none.
std::string_view header_name(std::string_view line) {
    const auto close = line.find(']');
    if (close == std::string_view::npos) {
        return {};
    }
    const auto name = stripped(line.substr(1, close - 1));
    const auto rest = stripped(line.substr(close + 1));
    return (rest.empty() || is_comment(rest)) && is_section_name(name) ? name : std::string_view{};
}

}  // namespace

bool is_section_name(std::string_view name) noexcept {
    constexpr std::size_t longest = 128;  // a directory's name, and a part of a systemd unit's
    return !name.empty() && name.size() <= longest && name.front() != '.' && std::ranges::all_of(name, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' || c == '_' ||
               c == '-';
    });
}

std::vector<IniSection> read_ini(std::string_view text, bool (*is_secret)(std::string_view key),
                                 std::vector<Mistake>& mistakes) {
    std::vector<IniSection> sections;
    std::unordered_map<std::string_view, std::size_t> first_lines;
    bool homeless = false;
    if (text.starts_with(utf8_mark)) {
        text.remove_prefix(utf8_mark.size());
    }
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto line = stripped(take_line(text));
        if (line.find('\0') != std::string_view::npos) {
            mistakes.push_back({number, "a NUL byte: this is no text, or UTF-16"});
            continue;
        }
        if (line.empty() || is_comment(line)) {
            continue;
        }
        if (std::ranges::any_of(line, is_control)) {
            mistakes.push_back({number, "a control character"});
            continue;
        }
        if (line.front() == '[') {
            IniSection section{header_name(line), number, {}};
            if (section.name.empty()) {
                mistakes.push_back({number,
                                    "a section's header reads [name], the name of letters, digits, '.', '_' and "
                                    "'-', not beginning with a dot"});
            } else if (const auto [known, is_new] = first_lines.emplace(section.name, number); !is_new) {
                mistakes.push_back(
                    {number, fmt::format("section [{}] stands at line {} already", section.name, known->second)});
                section.name = {};
            }
            sections.push_back(std::move(section));
            continue;
        }
        const auto equals = line.find('=');
        const auto key = stripped(line.substr(0, equals));
        if (equals == std::string_view::npos || key.empty()) {
            mistakes.push_back({number, "neither a comment, a [section] nor `key = value`"});
            continue;
        }
        if (sections.empty()) {
            if (!homeless) {
                mistakes.push_back({number, "a key before the first [section]"});
            }
            homeless = true;
            continue;
        }
        const auto value = line.substr(equals + 1);
        sections.back().entries.push_back({key, stripped(is_secret(key) ? value : without_comment(value)), number});
    }
    return sections;
}

}  // namespace aquila
