// Why: a checkpoint belongs to one log; a section that was pointed at another one must not go on with it.
// Must not know: how the identity is found.
#pragma once

#include "aquila_fetch/checkpoint.hpp"
#include "aquila_fetch/config.hpp"

#include <filesystem>
#include <string>

namespace aquila {

/// Failure 78 when `state`, read from `checkpoint`, has begun with another log than `identity`.
void check_identity(const State& state, const std::string& identity, const SourceConfig& config,
                    const std::filesystem::path& checkpoint);

}  // namespace aquila
