// Why: which keys a product and a way to authorise need, and which do not go together, told before the first request.
// Must not know: INI text, lines.
#pragma once

#include "aquila_fetch/config.hpp"

#include <string>
#include <vector>

namespace aquila {

/// What is missing or does not go together in one source, each to follow the section's name ("needs …"). A product
/// without rules of its own has no problems.
[[nodiscard]] std::vector<std::string> config_problems(const SourceConfig& source);

}  // namespace aquila
