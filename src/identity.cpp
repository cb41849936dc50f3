#include "aquila_fetch/identity.hpp"

#include "aquila_fetch/error.hpp"

#include <fmt/core.h>

namespace aquila {

void check_identity(const State& state, const std::string& identity, const SourceConfig& config,
                    const std::filesystem::path& checkpoint) {
    const bool begun = !state.covered.empty() || state.records > 0 || state.announced || state.resumption;
    if (begun && !state.identity.empty() && state.identity != identity) {
        throw Failure{
            Exit::config,
            fmt::format(R"([{}] collects "{}" now, and its checkpoint {} belongs to "{}")", config.name, identity,
                        checkpoint.string(), state.identity),
            "give the new site a section of its own (name, output and state are then its own too), or move the "
            "checkpoint away to begin anew"};
    }
}

}  // namespace aquila
