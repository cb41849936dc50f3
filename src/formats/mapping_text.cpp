// The text of a table: a line is a rule, a row of a lookup, or the head of a section (docs/mappings.md).
#include "rule_source.hpp"
#include "table_words.hpp"

#include "aquila_fetch/error.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

namespace aquila {
namespace {

bool is_list_name(std::string_view name) {
    return name.ends_with("[]");
}

class Reader {
  public:
    explicit Reader(FindTable find) : find_{find} {
        for (const auto name : fact_names) {
            mapping_.variables.emplace(name, mapping_.variables.size());
        }
    }

    void read(std::string_view name) {  // NOLINT(misc-no-recursion): an include
        if (std::find(tables_.begin(), tables_.end(), name) != tables_.end()) {
            throw BadLine{fmt::format("'{}' includes itself", name)};
        }
        tables_.emplace_back(name);
        const auto text = find_(name);
        if (text.empty()) {
            throw BadLine{fmt::format("there is no table '{}'", name)};
        }
        enter_fields({});
        std::size_t number = 0;
        for (const auto line : split_lines(text)) {
            ++number;
            try {
                read_line(line);
            } catch (const BadLine& mistake) {
                throw Failure{Exit::software, fmt::format("mappings/{}.map:{}: {}", name, number, mistake.what)};
            }
        }
        tables_.pop_back();
        enter_fields({});
    }

    Mapping finish() {
        resolve_references(mapping_);
        return std::move(mapping_);
    }

  private:
    static std::vector<std::string_view> split_lines(std::string_view text) {
        std::vector<std::string_view> lines;
        for (std::size_t begin = 0; begin < text.size();) {
            const auto end = std::min(text.find('\n', begin), text.size());
            lines.push_back(text.substr(begin, end - begin));
            begin = end + 1;
        }
        return lines;
    }

    void enter_fields(std::vector<std::string> condition_words) {
        lookup_ = nullptr;
        list_ = nullptr;
        section_condition_ = std::move(condition_words);
    }

    void read_line(std::string_view line) {  // NOLINT(misc-no-recursion): an include
        const bool indented = line.starts_with(' ') || line.starts_with('\t');
        const auto text = trimmed(line);
        if (text.empty() || text.front() == '#') {
            return;
        }
        if (text.front() == '[' && text.back() == ']') {
            return read_section(text.substr(1, text.size() - 2));
        }
        if (lookup_ != nullptr) {
            return read_row(text);
        }
        const auto words = words_of(text);
        if (words.front() == "include" && words.size() == 2) {
            return read(words[1]);
        }
        if (indented) {
            return read_element_line(words);
        }
        list_ = nullptr;
        read_rule(words);
    }

    void read_section(std::string_view head) {
        const auto words = words_of(head);
        if (words.front() == "fields" && (words.size() == 1 || words[1] == "if")) {
            return enter_fields({words.begin() + (words.size() > 1 ? 2 : 1), words.end()});
        }
        if (words.front() != "lookup" || words.size() < 2) {
            throw BadLine{"a section is [fields], [fields if …] or [lookup …]"};
        }
        Rule rule;
        read_source({words.begin() + 1, words.end()}, rule, mapping_.variables);
        auto lookup = std::make_unique<Lookup>();
        lookup->operands = std::move(rule.operands);
        lookup->transforms = std::move(rule.transforms);
        lookup_ = lookup.get();
        mapping_.preparations.push_back({0, {}, std::move(lookup)});
        mapping_.preparations.back().rule.conditions = std::move(rule.conditions);
    }

    // Rows of a lookup.
    // --------------------------------------------------------------------------------------------

    void read_row(std::string_view text) {
        const auto cells = split(text, '|');
        if (lookup_->variables.empty()) {
            for (auto cell = cells.begin() + 1; cell != cells.end(); ++cell) {
                if (!cell->starts_with('$')) {
                    throw BadLine{fmt::format("column '{}': the columns but the first are $names", *cell)};
                }
                lookup_->variables.push_back(variable(cell->substr(1)));
            }
            if (lookup_->variables.empty()) {
                throw BadLine{"the first line of a lookup names its columns"};
            }
            return;
        }
        if (cells.size() != lookup_->variables.size() + 1) {
            throw BadLine{fmt::format("{} cells instead of {}", cells.size(), lookup_->variables.size() + 1)};
        }
        std::vector<std::string> row;
        for (auto cell = cells.begin() + 1; cell != cells.end(); ++cell) {
            row.push_back(*cell == "-" ? std::string{} : escaped(*cell));
        }
        const auto number = lookup_->rows.size();
        lookup_->rows.push_back(std::move(row));
        const Pattern pattern{cells.front()};
        if (pattern.is_any()) {
            lookup_->otherwise = number;
        } else if (!pattern.is_exact()) {
            lookup_->patterns.emplace_back(pattern, number);
        } else if (!lookup_->exact.emplace(cells.front(), number).second) {
            throw BadLine{fmt::format("'{}' stands here twice", cells.front())};
        }
    }

    /// Its number; a new one where it is not known yet.
    std::size_t variable(std::string_view name) {
        return mapping_.variables.emplace(name, mapping_.variables.size()).first->second;
    }

    // Rules.
    // --------------------------------------------------------------------------------------------

    void read_rule(const Words& words) {
        if (words.size() < 3 || words[1] != "=") {
            throw BadLine{"a rule is TARGET = SOURCE, with blanks between"};
        }
        const auto& name = words.front();
        Words source{words.begin() + 2, words.end()};
        if (name.front() == '$' && name.find('.') == std::string::npos) {
            // What it is made of must be known before it.
            Preparation preparation;
            read_with_condition(std::move(source), preparation.rule);
            preparation.variable = variable(std::string_view{name}.substr(1));
            mapping_.preparations.push_back(std::move(preparation));
            return;
        }
        Target& target = add_target(mapping_.line, name);
        add_rule(target, source);
        list_ = target.list ? &target : nullptr;
    }

    void read_element_line(const Words& words) {
        if (list_ == nullptr) {
            throw BadLine{"an indented line belongs to the list above it, and there is none"};
        }
        auto& element = list_->rules.back().element;
        if (element == nullptr) {
            element = std::make_unique<Target>();
        }
        if (words.front() == "*") {
            element->copies_others = true;
            Rule rule;
            read_source({words.begin() + (words.size() > 1 && words[1] == ":" ? 1 : 0), words.end()}, rule,
                        mapping_.variables);
            element->others = std::move(rule.transforms);
            return;
        }
        if (words.size() < 3 || words[1] != "=") {
            throw BadLine{"a rule is TARGET = SOURCE, with blanks between"};
        }
        Target& target = add_target(*element, words.front());
        element->mapped.push_back(element->members.back()->name);
        add_rule(target, {words.begin() + 2, words.end()});
        for (const auto& operand : target.rules.back().operands) {
            if (operand.kind == Operand::Kind::path && !operand.path.from_root && !operand.path.steps.empty()) {
                element->mapped.push_back(operand.path.steps.front().key);
            }
        }
    }

    /// The target of that name below `parent`, made where it is not there yet.
    Target& add_target(Target& parent, std::string_view name) {
        Target* target = &parent;
        for (auto part : split_path(name)) {
            if (target->list || !target->rules.empty()) {
                throw BadLine{fmt::format("'{}': what it is in holds a value already", name)};
            }
            const bool list = is_list_name(part);
            part.remove_suffix(list ? 2 : 0);
            const auto variable_number =
                part.starts_with('$') ? known_variable(part.substr(1), mapping_.variables) : Target::no_variable;
            const auto key = escaped(part);
            const auto found = std::find_if(target->members.begin(), target->members.end(),
                                            [&](const auto& member) { return member->name == key; });
            if (found == target->members.end()) {
                target->members.push_back(std::make_unique<Target>());
                target->members.back()->name = key;
                target->members.back()->variable = variable_number;
                target->members.back()->list = list;
                target = target->members.back().get();
            } else {
                target = found->get();
                if (target->list != list) {
                    throw BadLine{fmt::format("'{}' is a list in one line and none in another", name)};
                }
            }
        }
        if (!target->members.empty()) {
            throw BadLine{fmt::format("'{}' is an object by another line", name)};
        }
        return *target;
    }

    /// The section's condition comes before the rule's own.
    void read_with_condition(Words source, Rule& rule) {
        read_conditions(section_condition_, rule, mapping_.variables);
        read_source(std::move(source), rule, mapping_.variables);
    }

    void add_rule(Target& target, Words source) {
        auto& rule = target.rules.emplace_back();
        read_with_condition(std::move(source), rule);
        if (rule.gathers && !target.list) {
            throw BadLine{"+ is for lists, whose names end with []"};
        }
    }

    FindTable find_;
    Mapping mapping_;
    std::vector<std::string> tables_;
    Lookup* lookup_ = nullptr;
    Target* list_ = nullptr;
    Words section_condition_;
};

}  // namespace

Mapping parse_mapping(std::string_view name, FindTable find) {
    Reader reader{find};
    try {
        reader.read(name);
        return reader.finish();
    } catch (const BadLine& mistake) {
        throw Failure{Exit::software, fmt::format("mappings/{}.map: {}", name, mistake.what)};
    }
}

}  // namespace aquila
