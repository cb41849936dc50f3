#include "support/ocsf_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace aquila::ocsf {
namespace {

std::string trimmed(const std::string& text) {
    const auto begin = text.find_first_not_of(' ');
    return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    std::istringstream stream{text};
    for (std::string part; std::getline(stream, part, separator);) {
        parts.push_back(trimmed(part));
    }
    return parts;
}

std::vector<std::string> words_of(const std::string& text) {
    std::istringstream stream{text};
    std::vector<std::string> words;
    for (std::string word; stream >> word;) {
        words.push_back(word);
    }
    return words;
}

/// "3 Disable" → 3 and "Disable".
std::pair<std::int64_t, std::string> numbered(const std::string& text) {
    std::size_t end = 0;
    const auto number = std::stoll(text, &end);
    return {number, trimmed(text.substr(end))};
}

/// "type email_t string pattern ^.+$", "type port_t integer range 0 65535", "type ip_t string longest 40"
std::pair<std::string, Type> type_of(const std::string& line) {
    const auto words = words_of(line);
    Type type{words.at(2), std::nullopt, 0, 0, 0};
    for (std::size_t i = 3; i < words.size(); ++i) {
        if (words[i] == "pattern") {
            type.pattern.emplace(trimmed(line.substr(line.find(" pattern ") + 9)));
            break;
        }
        if (words[i] == "longest") {
            type.longest = std::stoul(words.at(++i));
        } else if (words[i] == "range") {
            type.least = std::stoll(words.at(i + 1));
            type.most = std::stoll(words.at(i + 2));
            i += 2;
        } else {
            throw std::runtime_error{"unknown word " + words[i]};
        }
    }
    return {words.at(1), type};
}

/// "type_id integer_t recommended ~type | 0 Unknown | 1 User"
std::pair<std::string, Attribute> attribute_of(const std::string& line) {
    const auto parts = split(line, '|');
    const auto words = words_of(parts.at(0));
    Attribute attribute;
    attribute.type = words.at(1);
    attribute.is_array = attribute.type.ends_with("[]");
    if (attribute.is_array) {
        attribute.type.resize(attribute.type.size() - 2);
    }
    for (std::size_t i = 2; i < words.size(); ++i) {
        const auto& word = words[i];
        if (word == "required" || word == "recommended" || word == "optional") {
            attribute.requirement = word == "required"      ? Requirement::required
                                    : word == "recommended" ? Requirement::recommended
                                                            : Requirement::optional;
        } else if (word == "deprecated") {
            attribute.is_deprecated = true;
        } else if (word.starts_with('~')) {
            attribute.sibling = word.substr(1);
        } else if (word.starts_with('@')) {
            attribute.profile = word.substr(1);
        } else {
            throw std::runtime_error{"unknown word " + word};
        }
    }
    for (std::size_t i = 1; i < parts.size(); ++i) {
        attribute.captions.insert(numbered(parts[i]));
    }
    return {words.at(0), attribute};
}

/// "class group_management of iam | 3006 Group Management | 3 Identity & Access Management", "object user of _entity"
Shape shape_of(const std::string& line, const Table& table) {
    const auto parts = split(line, '|');
    const auto words = words_of(parts.at(0));
    Shape shape;
    if (words.size() == 4 && words[2] == "of") {
        shape = table.shapes.at(words[3]);
        shape.parent = words[3];
    }
    shape.name = words.at(1);
    if (parts.size() == 3) {
        const auto [uid, caption] = numbered(parts[1]);
        const auto [category, category_caption] = numbered(parts[2]);
        shape.uid = static_cast<int>(uid);
        shape.caption = caption;
        shape.category = static_cast<int>(category);
        shape.category_caption = category_caption;
    }
    return shape;
}

void read_line(Table& table, Shape*& shape, const std::string& line) {
    const auto words = words_of(line);
    if (words.empty() || words[0] == "#") {
        return;
    }
    const bool belongs = line.starts_with(' ');  // to the class or object above
    if (belongs && shape == nullptr) {
        throw std::runtime_error{"an attribute of nothing"};
    }
    if (belongs && (words[0] == "at_least_one" || words[0] == "just_one")) {
        (words[0] == "just_one" ? shape->just_one : shape->at_least_one).assign(words.begin() + 1, words.end());
    } else if (belongs) {
        auto [name, attribute] = attribute_of(line);
        shape->attributes.insert_or_assign(name, std::move(attribute));
    } else if (words[0] == "version") {
        table.version = words.at(1);
    } else if (words[0] == "type") {
        table.types.insert(type_of(line));
    } else if (words[0] == "class" || words[0] == "object") {
        const auto [place, is_new] = table.shapes.emplace(words.at(1), shape_of(line, table));
        if (!is_new) {
            throw std::runtime_error{"twice"};
        }
        shape = &place->second;
        if (shape->uid != 0) {
            table.classes[shape->uid] = shape;
        }
    } else {
        throw std::runtime_error{"unknown word " + words[0]};
    }
}

}  // namespace

Table read_table(const std::string& text) {
    Table table;
    Shape* shape = nullptr;
    std::istringstream stream{text};
    int number = 0;
    for (std::string line; std::getline(stream, line);) {
        ++number;
        try {
            read_line(table, shape, line);
        } catch (const std::exception& error) {
            throw std::runtime_error{fmt::format("line {}: {}: {}", number, error.what(), line)};
        }
    }
    return table;
}

}  // namespace aquila::ocsf
