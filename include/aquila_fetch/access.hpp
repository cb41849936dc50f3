// Why: the other half of what keeps a collector from working lies with the server: whether it is reached, whether it
// takes the credential, and what that may do. One record is asked for, and the answer is told apart item by item.
// Must not know: how a credential is found, disk, how findings are shown.
#pragma once

#include "aquila_fetch/authorizer.hpp"
#include "aquila_fetch/checkpoint.hpp"
#include "aquila_fetch/config.hpp"
#include "aquila_fetch/diagnosis.hpp"
#include "aquila_fetch/finding.hpp"
#include "aquila_fetch/source.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aquila {

struct Access {
    std::vector<Finding> findings;  ///< network, clock, address, credential, scope, permission, plan, coverage, record
    std::string identity;           ///< which log it is; empty: not found out
};

/// Asks for the newest record. `missing` tells why there is no credential, and what needs one is skipped; empty: there
/// is one. With a `cloud_id` that does not open, the other way in is tried, where the site is known.
[[nodiscard]] Access check_access(const Source& source, const SourceConfig& config, Authorizer& authorizer,
                                  const State& state, const std::string& missing);

/// The items that one refusal tells about: those before its aspect are good, those behind it were not tried. Pure.
[[nodiscard]] std::vector<Finding> judge_refusal(const Source& source, const Diagnosis& refusal);

/// Our clock against the server's; nullopt: it did not tell. Pure.
[[nodiscard]] Finding judge_clock(std::optional<Instant> served, Instant now);

/// Which of the product's areas are audited, from the JSON of its coverage; nullopt: it does not tell. Pure.
[[nodiscard]] Finding judge_coverage(const std::optional<std::string>& body);

}  // namespace aquila
