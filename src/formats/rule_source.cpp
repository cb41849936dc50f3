#include "rule_source.hpp"

#include "table_words.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace aquila {
namespace {

bool is_whole_number(std::string_view word) {
    word.remove_prefix(word.starts_with('-') ? 1 : 0);
    const bool digits = !word.empty() && word.size() < 19 &&
                        std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
    return digits && (word == "0" || word.front() != '0');
}

Operand parse_operand(std::string_view word, const Variables& variables);

/// A constant, or a text with operands in braces.
Operand text_operand(std::string_view inside, const Variables& variables) {  // NOLINT(misc-no-recursion): see above
    Operand result;
    result.kind = Operand::Kind::constant;
    result.constant.kind = Value::Kind::string;
    for (auto open = inside.find('{'); open != std::string_view::npos; open = inside.find('{')) {
        const auto close = inside.find('}', open);
        if (close == std::string_view::npos || close == open + 1) {
            throw BadLine{"{ without a source and its }"};
        }
        result.kind = Operand::Kind::text;
        result.before.push_back(escaped(inside.substr(0, open)));
        result.inside.push_back(parse_operand(inside.substr(open + 1, close - open - 1), variables));
        inside.remove_prefix(close + 1);
    }
    result.held = escaped(inside);
    return result;
}

Operand parse_operand(std::string_view word,
                      const Variables& variables) {  // NOLINT(misc-no-recursion): the pieces of a text
    using Kind = Operand::Kind;
    Operand result;
    const char first = word.front();
    if (first == '"') {
        return text_operand(without_quotes(word), variables);
    }
    if (first == '$') {
        const auto name = word.substr(1);
        result.kind = name == "raw"    ? Kind::raw
                      : name == "hash" ? Kind::hash
                      : name == "rest" ? Kind::rest
                                       : Kind::variable;
        result.variable = result.kind == Kind::variable ? known_variable(name, variables) : 0;
    } else if (first == '@') {
        result.kind = Kind::reference;
        result.held = word.substr(1);
    } else if ((first >= '0' && first <= '9') || first == '-' || word == "true" || word == "false") {
        result.kind = Kind::constant;
        result.held = word;
        result.constant.kind = word == "true" || word == "false" ? Value::Kind::boolean : Value::Kind::number;
        if (result.constant.kind == Value::Kind::number && !is_whole_number(word)) {
            throw BadLine{fmt::format("'{}' is no whole number", word)};
        }
    } else {
        result.path.from_root = first == '/';
        word.remove_prefix(first == '/' ? 1 : 0);
        if (word != ".") {
            for (const auto part : split_path(word)) {
                result.path.steps.push_back(parse_step(part));
            }
        }
    }
    return result;
}

void read_transforms(const Words& words, Rule& rule) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == ",") {
            continue;
        }
        if (words[i] == "distinct") {
            rule.distinct = true;
            continue;
        }
        const auto function = find_transform(words[i]);
        if (function == nullptr) {
            throw BadLine{fmt::format("there is no transform '{}'", words[i])};
        }
        const bool has_argument = i + 1 < words.size() && words[i + 1] != ",";
        rule.transforms.push_back({function, has_argument ? without_quotes(words[i + 1]) : std::string{}});
        i += has_argument ? 1 : 0;
    }
}

}  // namespace

void read_source(Words words, Rule& rule, const Variables& variables) {
    const auto if_word = std::find(words.begin(), words.end(), "if");
    Words conditions{if_word == words.end() ? if_word : if_word + 1, words.end()};
    if (if_word != words.end() && conditions.empty()) {
        throw BadLine{"'if' and no condition"};
    }
    words.erase(if_word, words.end());
    read_conditions(conditions, rule, variables);
    const auto colon = std::find(words.begin(), words.end(), ":");
    read_transforms({colon == words.end() ? colon : colon + 1, words.end()}, rule);
    words.erase(colon, words.end());
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i % 2 == 0) {
            rule.operands.push_back(parse_operand(words[i], variables));
        } else if (words[i] != "|" && words[i] != "+") {
            throw BadLine{fmt::format("'{}' where | or + or : or if was expected", words[i])};
        } else if (i > 1 && rule.gathers != (words[i] == "+")) {
            throw BadLine{"| and + in one line"};
        } else {
            rule.gathers = words[i] == "+";
        }
    }
    if (!words.empty() && words.size() % 2 == 0) {
        throw BadLine{fmt::format("nothing behind the last '{}'", words.back())};
    }
}

void read_conditions(const Words& words, Rule& rule, const Variables& variables) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        Condition condition;
        condition.negated = words[i] == "not";
        i += condition.negated ? 1 : 0;
        if (i == words.size()) {
            throw BadLine{"'not' and no condition"};
        }
        condition.operand = parse_operand(words[i++], variables);
        if (i < words.size() && words[i] == "is") {
            ++i;
            const bool negated = i < words.size() && words[i] == "not";
            condition.negated = condition.negated != negated;
            i += negated ? 1 : 0;
            for (; i < words.size() && words[i] != "and"; ++i) {
                if (words[i] != ",") {
                    condition.patterns.emplace_back(without_quotes(words[i]));
                }
            }
            if (condition.patterns.empty()) {
                throw BadLine{"'is' and no value"};
            }
        }
        if (i < words.size() && words[i] != "and") {
            throw BadLine{fmt::format("'{}' where 'is' or 'and' was expected", words[i])};
        }
        rule.conditions.push_back(std::move(condition));
    }
}

std::size_t known_variable(std::string_view name, const Variables& variables) {
    const auto found = variables.find(name);
    if (found == variables.end()) {
        throw BadLine{fmt::format("'${}' is set by nothing above this line", name)};
    }
    return found->second;
}

}  // namespace aquila
