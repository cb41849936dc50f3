#include "rendering.hpp"

#include "json_text.hpp"

#include "aquila_fetch/key.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <unordered_set>

namespace aquila {
namespace {

Value::Kind kind_of(char first) noexcept {
    switch (first) {
        case '"':
            return Value::Kind::string;
        case '{':
            return Value::Kind::object;
        case '[':
            return Value::Kind::array;
        case 't':
        case 'f':
            return Value::Kind::boolean;
        case 'n':
            return Value::Kind::null;
        default:
            return Value::Kind::number;
    }
}

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

void Rendering::prepare() {
    for (const auto& [variable, rule, lookup] : mapping_.preparations) {
        if (!holds(rule, 0)) {
            continue;
        }
        if (lookup != nullptr) {
            look_up(*lookup);
        } else if (!variables_[variable].is_there()) {
            variables_[variable] = evaluate(rule, 0);
        }
    }
}

void Rendering::look_up(const Lookup& lookup) {
    for (const Operand& operand : lookup.operands) {
        auto value = last_of(operand, 0);
        for (const auto& [function, argument] : lookup.transforms) {
            value = value.is_there() ? function(value, argument, desk_) : value;
        }
        if (!value.is_there()) {
            continue;
        }
        const auto name = plain(value, desk_);
        if (const auto exact = lookup.exact.find(name); exact != lookup.exact.end()) {
            return take_row(lookup, exact->second);
        }
        const auto found = std::find_if(lookup.patterns.begin(), lookup.patterns.end(),
                                        [name](const auto& pattern) { return pattern.first.matches(name); });
        if (found != lookup.patterns.end()) {
            return take_row(lookup, found->second);
        }
    }
    if (lookup.otherwise != Lookup::none) {
        take_row(lookup, lookup.otherwise);
    }
}

void Rendering::take_row(const Lookup& lookup, std::size_t row) {
    for (std::size_t i = 0; i < lookup.variables.size(); ++i) {
        const auto& cell = lookup.rows[row][i];
        auto& variable = variables_[lookup.variables[i]];
        if (!cell.empty() && !variable.is_there()) {
            variable = {Value::Kind::string, cell};
        }
    }
}

// Values.
// ------------------------------------------------------------------------------------------------

Value Rendering::value_at(std::uint32_t node) const noexcept {
    const auto& [key, text, first, next] = desk_.tree[node];
    const auto kind = kind_of(first);
    return {kind, kind == Value::Kind::string ? text.substr(1, text.size() - 2) : text, node};
}

bool Rendering::holds(const Rule& rule, std::uint32_t base) {  // NOLINT(misc-no-recursion): references
    return std::all_of(rule.conditions.begin(), rule.conditions.end(), [&](const Condition& condition) {
        const auto value = last_of(condition.operand, base);
        if (condition.patterns.empty()) {
            const bool empty = !value.is_there() || value.kind == Value::Kind::null || value.text.empty();
            return empty == condition.negated;
        }
        const auto text = plain(value, desk_);
        const bool fits = std::any_of(condition.patterns.begin(), condition.patterns.end(),
                                      [text](const Pattern& pattern) { return pattern.matches(text); });
        return fits != condition.negated;
    });
}

Value Rendering::evaluate(const Target& target, std::uint32_t base) {  // NOLINT(misc-no-recursion)
    for (const Rule& rule : target.rules) {
        if (holds(rule, base)) {
            if (const auto value = evaluate(rule, base); value.is_there()) {
                return value;
            }
        }
    }
    return {};
}

Value Rendering::evaluate(const Rule& rule, std::uint32_t base) {  // NOLINT(misc-no-recursion)
    for (const Operand& operand : rule.operands) {
        if (const auto value = transformed(rule.transforms, operand, last_of(operand, base)); value.is_there()) {
            return value;
        }
    }
    return {};
}

/// Without transforms, what comes from a record becomes text.
Value Rendering::transformed(const std::vector<Transform>& transforms, const Operand& operand, Value value) {
    const bool from_record = operand.kind == Operand::Kind::path || operand.kind == Operand::Kind::variable;
    if (transforms.empty() && from_record && value.is_there()) {
        return text_(value, {}, desk_);
    }
    for (const auto& [function, argument] : transforms) {
        if (!value.is_there()) {
            break;
        }
        value = function(value, argument, desk_);
    }
    return value;
}

/// What is no path: one value at most.
Value Rendering::made(const Operand& operand, std::uint32_t base) {  // NOLINT(misc-no-recursion)
    using Kind = Operand::Kind;
    switch (operand.kind) {
        case Kind::constant:
            return {operand.constant.kind, operand.held};
        case Kind::variable:
            return variables_[operand.variable];
        case Kind::reference:
            return evaluate(*operand.reference, 0);
        case Kind::raw:
            return string_of(record_, desk_);
        case Kind::hash: {
            auto& hex = desk_.texts.fresh();
            for (const auto byte : key_of_bytes({}, record_).digest) {
                hex += fmt::format("{:02x}", byte);
            }
            return {Value::Kind::string, hex};
        }
        case Kind::rest: {
            auto& json = desk_.texts.fresh();
            const bool some = desk_.tree.size() > 0 && write_rest(json, 0);
            return some ? Value{Value::Kind::object, json} : Value{};
        }
        case Kind::text: {
            auto& text = desk_.texts.fresh();
            for (std::size_t i = 0; i < operand.inside.size(); ++i) {
                const auto value = transformed({}, operand.inside[i], last_of(operand.inside[i], base));
                if (!value.is_there()) {
                    return {};
                }
                text += operand.before[i];
                text += value.text;
            }
            text += operand.held;
            return {Value::Kind::string, text};
        }
        case Kind::path:
            break;
    }
    return {};
}

Value Rendering::last_of(const Operand& operand, std::uint32_t base) {  // NOLINT(misc-no-recursion)
    Value last;
    for_each(operand, base, [&last](const Value& value) { last = value; });
    return last;
}

template <typename Use>
void Rendering::for_each(const Operand& operand, std::uint32_t base, Use use) {  // NOLINT(misc-no-recursion)
    if (operand.kind != Operand::Kind::path) {
        if (const auto value = made(operand, base); value.is_there()) {
            use(value);
        }
    } else if (desk_.tree.size() > 0) {
        const auto at = [&](std::uint32_t node) { use(value_at(node)); };
        walk(operand.path.steps, 0, operand.path.from_root ? 0 : base, at);
    }
}

template <typename Use>
void Rendering::walk(const std::vector<Step>& steps, std::size_t step, std::uint32_t node,  // NOLINT(misc-no-recursion)
                     Use& use) {
    if (step == steps.size()) {
        use(node);
        return;
    }
    const Step& at = steps[step];
    const auto member = desk_.tree[node].kind == '{' ? desk_.tree.member(node, at.key) : 0;
    if (member == 0) {
        return;
    }
    const bool is_list = at.each && desk_.tree[member].kind == '[';
    std::uint32_t one = is_list ? 0 : member;
    if (is_list) {
        desk_.tree.for_each_child(member, [&](std::uint32_t child) {
            if (at.which != Step::Which::all) {
                one = one == 0 || at.which == Step::Which::last ? child : one;
            } else if (is_selected(at, child)) {
                walk(steps, step + 1, child, use);
            }
        });
    }
    if (one != 0 && (!at.each || is_selected(at, one))) {
        walk(steps, step + 1, one, use);
    }
}

bool Rendering::is_selected(const Step& step, std::uint32_t node) {
    if (step.selector.empty()) {
        return true;
    }
    const auto member = desk_.tree[node].kind == '{' ? desk_.tree.member(node, step.selector) : 0;
    return member != 0 && std::find(step.of.begin(), step.of.end(), plain(value_at(member), desk_)) != step.of.end();
}

// The line.
// ------------------------------------------------------------------------------------------------

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
