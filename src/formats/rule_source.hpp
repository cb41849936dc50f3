// Why: what stands to the right of a rule's = is the same in a field, a variable, a lookup and a section's condition.
// Must not know: targets, sections.
#pragma once

#include "mapping.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace aquila {

using Words = std::vector<std::string>;
using Variables = decltype(Mapping::variables);

/// OPERANDS : TRANSFORMS if CONDITIONS. BadLine. Conditions are added to those that the rule has.
void read_source(Words words, Rule& rule, const Variables& variables);
/// What follows an `if`.
void read_conditions(const Words& words, Rule& rule, const Variables& variables);
/// The number of a variable that was set above. BadLine: none was.
[[nodiscard]] std::size_t known_variable(std::string_view name, const Variables& variables);

/// Lets each `@target` of a table point to it, once all are known. BadLine: to none, to more than one value, or in a
/// circle.
void resolve_references(Mapping& mapping);

}  // namespace aquila
