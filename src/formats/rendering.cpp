#include "rendering.hpp"

#include "json_text.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace aquila {
namespace {

/// Between members and elements. No value ends with a bracket that is opened.
void append_comma(std::string& json) {
    json += json.back() == '{' || json.back() == '[' ? "" : ",";
}

void append_name(std::string& json, std::string_view name) {
    append_comma(json);
    json += '"';
    json += name;
    json += "\":";
}

/// What a list holds already. Most hold next to nothing.
class Seen {
  public:
    bool is_new(std::string_view text) {
        if (few_.size() < most_few && many_.empty()) {
            const bool known = std::find(few_.begin(), few_.end(), text) != few_.end();
            few_.insert(few_.end(), known ? 0 : 1, text);
            return !known;
        }
        many_.insert(few_.begin(), few_.end());
        few_.clear();
        return many_.insert(text).second;
    }

  private:
    static constexpr std::size_t most_few = 16;
    std::vector<std::string_view> few_;
    std::unordered_set<std::string_view> many_;
};

}  // namespace

Rendering::Rendering(Mapping mapping, const std::vector<std::string>& facts)
    : mapping_{std::move(mapping)}, text_{find_transform("text")} {
    fact_texts_.reserve(facts.size());
    for (const auto& fact : facts) {
        append_escaped(fact_texts_.emplace_back(), fact);
    }
    for (const auto& text : fact_texts_) {
        facts_.push_back(text.empty() ? Value{} : Value{Value::Kind::string, text});
    }
    facts_.resize(mapping_.variables.size());
}

void Rendering::append_line(std::string& lines, std::string_view record) {
    record_ = record;
    desk_.texts.forget();
    desk_.tree.read(record);
    used_.assign(desk_.tree.size(), false);
    variables_ = facts_;
    prepare();
    if (!write_object(lines, mapping_.line, 0)) {
        lines += "{}";
    }
    lines += '\n';
}

void Rendering::mark(const Value& value) {
    if (value.node != 0) {
        used_[value.node] = true;
    }
}

/// Each of these appends nothing where there is nothing to say, and tells that by false.
bool Rendering::write(std::string& json, const Target& target, std::uint32_t base) {  // NOLINT(misc-no-recursion)
    const auto before = json.size();
    const auto name =
        target.variable == Target::no_variable ? std::string_view{target.name} : variables_[target.variable].text;
    if (name.empty()) {
        return false;
    }
    append_name(json, name);
    bool written = false;
    if (target.list) {
        written = write_list(json, target, base);
    } else if (!target.members.empty()) {
        written = write_object(json, target, base);
    } else if (const auto value = evaluate(target, base); value.is_there()) {
        append_json(json, value);
        mark(value);
        written = true;
    }
    json.resize(written ? json.size() : before);
    return written;
}

bool Rendering::write_object(std::string& json, const Target& target,  // NOLINT(misc-no-recursion)
                             std::uint32_t base) {
    const auto before = json.size();
    json += '{';
    bool some = false;
    for (const auto& member : target.members) {
        some = write(json, *member, base) || some;
    }
    if (target.copies_others) {
        const auto size = json.size();
        write_others(json, target, base);
        some = some || json.size() > size;
    }
    json += '}';
    json.resize(some ? json.size() : before);
    return some;
}

bool Rendering::write_list(std::string& json, const Target& target,  // NOLINT(misc-no-recursion)
                           std::uint32_t base) {
    const auto before = json.size();
    Seen seen;
    json += '[';
    bool some = false;
    for (const Rule& rule : target.rules) {
        if (!holds(rule, base)) {
            continue;
        }
        bool found = false;
        for (const Operand& operand : rule.operands) {
            if (found && !rule.gathers) {
                break;
            }
            for_each(operand, base, [&](const Value& value) {
                const auto comma = json.size();
                if (rule.element != nullptr) {
                    if (value.kind != Value::Kind::object || (rule.distinct && !seen.is_new(value.text))) {
                        return;
                    }
                    append_comma(json);
                    if (write_object(json, *rule.element, value.node)) {
                        found = true;
                    } else {
                        json.resize(comma);
                    }
                } else if (const auto result = transformed(rule.transforms, operand, value);
                           result.is_there() && seen.is_new(result.text)) {
                    append_comma(json);
                    append_json(json, result);
                    mark(result);
                    found = true;
                }
            });
        }
        some = some || found;
    }
    json += ']';
    json.resize(some ? json.size() : before);
    return some;
}

void Rendering::write_others(std::string& json, const Target& element, std::uint32_t base) {
    const LastOnes last{desk_.tree, base};
    desk_.tree.for_each_child(base, [&](std::uint32_t child) {
        const auto key = desk_.tree[child].key;
        const bool mapped = std::find(element.mapped.begin(), element.mapped.end(), key) != element.mapped.end();
        if (mapped || !last.has(child)) {
            return;
        }
        auto value = value_at(child);
        for (const auto& [function, argument] : element.others) {
            value = value.is_there() ? function(value, argument, desk_) : value;
        }
        if (value.is_there()) {
            append_name(json, key);
            append_json(json, value);
            mark(value);
        }
    });
}

/// Something that is not empty, and that no target has taken.
bool Rendering::has_rest(std::uint32_t node) const {  // NOLINT(misc-no-recursion)
    const auto& [key, text, kind, next] = desk_.tree[node];
    if (used_[node]) {
        return false;
    }
    if (kind != '{' && kind != '[') {
        return kind != 'n' && text != "\"\"";
    }
    for (auto child = node + 1; child < next; child = desk_.tree[child].next) {
        if (has_rest(child)) {
            return true;
        }
    }
    return false;
}

/// What no target has taken. An object of a list goes along as a whole where something is left of it: half a change
/// tells nothing.
bool Rendering::write_rest(std::string& json, std::uint32_t node, bool is_element) {  // NOLINT(misc-no-recursion)
    const auto& [key, text, kind, next] = desk_.tree[node];
    if (used_[node]) {
        return false;
    }
    const bool untouched = std::find(used_.begin() + node, used_.begin() + next, true) == used_.begin() + next;
    if (node != 0 && (untouched || (is_element && has_rest(node)))) {
        return append_node(json, desk_.tree, node, Empty::drop);
    }
    if (kind != '{' && kind != '[') {
        return false;
    }
    const LastOnes last{desk_.tree, node};
    const auto before = json.size();
    json += kind;
    bool some = false;
    for (auto child = node + 1; child < next; child = desk_.tree[child].next) {
        if (kind == '{' && !last.has(child)) {
            continue;
        }
        const auto size = json.size();
        if (kind == '{') {
            append_name(json, desk_.tree[child].key);
        } else {
            append_comma(json);
        }
        if (write_rest(json, child, kind == '[')) {
            some = true;
        } else {
            json.resize(size);
        }
    }
    json += kind == '{' ? '}' : ']';
    json.resize(some ? json.size() : before);
    return some;
}

}  // namespace aquila
