// Why: a line that says it is an OCSF event has to be one: this tells everything that the schema forbids.
// Must not know: Atlassian, how events are made.
#pragma once

#include "support/ocsf_table.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace aquila::ocsf {

/// What is wrong with an event, each as "path: what"; empty: it is valid. Below `unmapped` everything is allowed. More
/// severe than the schema in two things: the caption beside an enumeration's value has to be that value's, and what is
/// deprecated is refused.
[[nodiscard]] std::vector<std::string> violations(const Table& table, std::string_view event);

}  // namespace aquila::ocsf
