// What a rule, a condition or a lookup finds in the record.
#include "rendering.hpp"

#include "aquila_fetch/key.hpp"

#include <fmt/core.h>

#include <algorithm>

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

}  // namespace

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

bool Rendering::is_selected(const Step& step, std::uint32_t node) {
    if (step.selector.empty()) {
        return true;
    }
    const auto member = desk_.tree[node].kind == '{' ? desk_.tree.member(node, step.selector) : 0;
    return member != 0 && std::find(step.of.begin(), step.of.end(), plain(value_at(member), desk_)) != step.of.end();
}

}  // namespace aquila
