#include "table_words.hpp"

#include "json_text.hpp"

#include <fmt/core.h>

#include <utility>

namespace aquila {

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r");
    return first == std::string_view::npos ? std::string_view{}
                                           : text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (true) {
        const auto end = text.find(separator);
        parts.push_back(trimmed(text.substr(0, end)));
        if (end == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(end + 1);
    }
}

std::string escaped(std::string_view plain_text) {
    std::string json;
    append_escaped(json, plain_text);
    return json;
}

std::vector<std::string> words_of(std::string_view line) {
    std::vector<std::string> words;
    std::string word;
    char closing = '\0';
    const auto end_word = [&] {
        if (!word.empty()) {
            words.push_back(std::exchange(word, {}));
        }
    };
    for (const char c : line) {
        if (closing != '\0') {
            word += c;
            closing = c == closing ? '\0' : closing;
        } else if (c == ' ' || c == '\t' || c == '\r' || c == ',') {
            end_word();
            if (c == ',') {
                words.emplace_back(",");
            }
        } else if (c == '#' && word.empty()) {
            break;
        } else {
            word += c;
            closing = c == '"' ? '"' : c == '[' ? ']' : '\0';
        }
    }
    if (closing != '\0') {
        throw BadLine{fmt::format("no {} at its end", closing)};
    }
    end_word();
    return words;
}

std::string without_quotes(std::string_view word) {
    const bool quoted = word.size() >= 2 && word.front() == '"' && word.back() == '"';
    return std::string{quoted ? word.substr(1, word.size() - 2) : word};
}

Step parse_step(std::string_view text) {
    const auto bracket = text.find('[');
    Step step{escaped(text.substr(0, bracket)), false, {}};
    if (bracket == std::string_view::npos) {
        return step;
    }
    if (text.back() != ']') {
        throw BadLine{fmt::format("'{}': [ without its ]", text)};
    }
    const auto inside = text.substr(bracket + 1, text.size() - bracket - 2);
    step.each = true;
    if (inside == "first" || inside == "last") {
        step.which = inside == "first" ? Step::Which::first : Step::Which::last;
    } else if (!inside.empty()) {
        const auto equals = inside.find('=');
        if (equals == std::string_view::npos || equals == 0) {
            throw BadLine{fmt::format("'{}': what is in brackets is nothing, first, last or MEMBER=VALUE", text)};
        }
        step.selector = escaped(inside.substr(0, equals));
        for (const auto value : split(inside.substr(equals + 1), ',')) {
            step.of.push_back(without_quotes(value));
        }
    }
    return step;
}

std::vector<std::string_view> split_path(std::string_view text) {
    std::vector<std::string_view> parts;
    std::size_t begin = 0;
    bool inside = false;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        inside = i < text.size() && (text[i] == '[' || (inside && text[i] != ']'));
        if (i == text.size() || (text[i] == '.' && !inside)) {
            parts.push_back(text.substr(begin, i - begin));
            if (parts.back().empty()) {
                throw BadLine{fmt::format("'{}': a dot too many", text)};
            }
            begin = i + 1;
        }
    }
    return parts;
}

}  // namespace aquila
