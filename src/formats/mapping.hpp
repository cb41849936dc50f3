// Why: a table of mappings/ as it is kept in memory: plain values, read once by mapping_text.cpp and gone through for
// every record by rendering.cpp. docs/mappings.md tells what each part means.
// Must not know: where tables come from, products.
#pragma once

#include "value.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aquila {

/// Text with stars, each of which stands for anything.
class Pattern {
  public:
    explicit Pattern(std::string_view text);
    [[nodiscard]] bool matches(std::string_view text) const noexcept;
    [[nodiscard]] bool is_exact() const noexcept { return pieces_.size() == 1; }
    [[nodiscard]] bool is_any() const noexcept;

  private:
    std::vector<std::string> pieces_;
};

/// A member, and, where it holds several, which of them.
struct Step {
    std::string key;       ///< as JSON spells it; empty: where one stands already
    bool each = false;     ///< []
    std::string selector;  ///< [selector=one,another]
    std::vector<std::string> of{};
    enum class Which : std::uint8_t { all, first, last };
    Which which = Which::all;  ///< [first], [last]
};

struct Path {
    bool from_root = false;
    std::vector<Step> steps;
};

struct Target;

/// Where a value comes from.
struct Operand {
    enum class Kind { path, constant, variable, reference, text, raw, hash, rest };
    Kind kind = Kind::path;
    Path path;
    Value constant;
    std::string held;          ///< the constant's bytes, a reference's name, what follows the pieces of a text
    std::size_t variable = 0;  ///< its number
    const Target* reference = nullptr;
    std::vector<Operand> inside{};      ///< of a text with {…} in it: what is in the braces,
    std::vector<std::string> before{};  ///< and what stands before each
};

struct Transform {
    TransformFunction function = nullptr;
    std::string argument;
};

struct Condition {
    Operand operand;
    bool negated = false;
    std::vector<Pattern> patterns;  ///< none: there is a value
};

/// One line of a table.
struct Rule {
    std::vector<Operand> operands;  ///< the first that gives a value, or, where they are gathered, all
    std::vector<Transform> transforms;
    std::vector<Condition> conditions;
    bool gathers = false;
    bool distinct = false;
    std::unique_ptr<Target> element;  ///< how the objects of a list are mapped; nullptr: they are scalars
};

/// A member of the line that is written, with what it holds.
struct Target {
    std::string name;                    ///< as JSON spells it
    std::size_t variable = no_variable;  ///< its name is in here
    bool list = false;
    std::vector<std::unique_ptr<Target>> members;
    std::vector<Rule> rules;
    bool copies_others = false;       ///< of an element: what no rule of it uses goes along under its own name
    std::vector<Transform> others;    ///< by these
    std::vector<std::string> mapped;  ///< the names that are not among the others

    static constexpr std::size_t no_variable = static_cast<std::size_t>(-1);
};

/// What happened, by name: sets variables.
struct Lookup {
    std::vector<Operand> operands;
    std::vector<Transform> transforms;
    std::vector<std::size_t> variables;
    std::vector<std::vector<std::string>> rows;  ///< the cells as JSON spells them; empty: sets nothing
    std::map<std::string, std::size_t, std::less<>> exact;
    std::vector<std::pair<Pattern, std::size_t>> patterns;
    std::size_t otherwise = none;  ///< the row of `*`

    static constexpr std::size_t none = static_cast<std::size_t>(-1);
};

/// A rule that sets a variable, or a lookup.
struct Preparation {
    std::size_t variable = 0;
    Rule rule;
    std::unique_ptr<Lookup> lookup;
};

struct Mapping {
    std::map<std::string, std::size_t, std::less<>> variables;  ///< their numbers; the facts come first
    std::vector<Preparation> preparations;                      ///< in the order of the text
    Target line;
};

/// What a run knows beside the record, by the names a table calls them: `$site`, `$cloud_id`, …
inline constexpr std::string_view fact_names[] = {"product", "cloud_id", "site", "organization_id", "version"};

/// Reads a table. `find` gives the text of an included one. Failure 70 with table and line: a mistake in it.
using FindTable = std::string_view (*)(std::string_view name);
[[nodiscard]] Mapping parse_mapping(std::string_view name, FindTable find);

}  // namespace aquila
