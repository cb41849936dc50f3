// Why: goes through a mapping for one record and writes the line; the same record gives the same line, always.
// Must not know: what a mapping is for, clocks, the run.
#pragma once

#include "mapping.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace aquila {

class Rendering {
  public:
    /// `facts`: in the order of fact_names; an empty one is not there.
    Rendering(Mapping mapping, const std::vector<std::string>& facts);

    /// Appends one line with its line feed. `record`: JSON, valid UTF-8. Of what is none, the raw record is left.
    void append_line(std::string& lines, std::string_view record);

  private:
    void prepare();
    void look_up(const Lookup& lookup);
    void take_row(const Lookup& lookup, std::size_t row);

    [[nodiscard]] bool holds(const Rule& rule, std::uint32_t base);
    [[nodiscard]] Value evaluate(const Rule& rule, std::uint32_t base);
    [[nodiscard]] Value evaluate(const Target& target, std::uint32_t base);
    [[nodiscard]] Value transformed(const std::vector<Transform>& transforms, const Operand& operand, Value value);
    [[nodiscard]] Value made(const Operand& operand, std::uint32_t base);
    [[nodiscard]] Value last_of(const Operand& operand, std::uint32_t base);
    template <typename Use>
    void for_each(const Operand& operand, std::uint32_t base, Use use);
    template <typename Use>
    void walk(const std::vector<Step>& steps, std::size_t step, std::uint32_t node, Use& use);
    [[nodiscard]] bool is_selected(const Step& step, std::uint32_t node);
    [[nodiscard]] Value value_at(std::uint32_t node) const noexcept;

    bool write(std::string& json, const Target& target, std::uint32_t base);
    bool write_object(std::string& json, const Target& target, std::uint32_t base);
    bool write_list(std::string& json, const Target& target, std::uint32_t base);
    void write_others(std::string& json, const Target& element, std::uint32_t base);
    [[nodiscard]] bool has_rest(std::uint32_t node) const;
    bool write_rest(std::string& json, std::uint32_t node, bool is_element = false);
    void mark(const Value& value);

    Mapping mapping_;
    std::vector<std::string> fact_texts_;
    std::vector<Value> facts_;
    TransformFunction text_;  ///< what is done where a rule names nothing

    // Of the record at hand:
    Desk desk_;
    std::string_view record_;
    std::vector<Value> variables_;
    std::vector<bool> used_;  ///< nodes that are in the line
};

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

}  // namespace aquila
