// Why: `aquila-fetch sources`: which products there are, and what the configuration makes of them.
// Must not know: network, state.
#pragma once

#include "aquila_fetch/config_file.hpp"

#include <string>

namespace aquila {

/// A table for people, or JSON {"products":[…],"sources":[…]}. Without a configuration file the products alone are
/// listed, unless `config` names one. Failure 66, 78.
[[nodiscard]] std::string list_sources(const std::string& config, const Environment& environment, bool as_json);

}  // namespace aquila
