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

}  // namespace aquila
