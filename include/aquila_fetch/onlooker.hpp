// Why: who only looks must not renew a login: the server would retire the refresh token, and the next one had to be
// kept. So what is stored is used as long as it lasts.
// Must not know: products, what is asked for.
#pragma once

#include "aquila_fetch/authorizer.hpp"
#include "aquila_fetch/clock.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace aquila {

struct Onlooker {
    std::unique_ptr<Authorizer> authorizer;
    std::string missing;  ///< why it has no credential to send; empty: it has one
};

/// As make_authorizer, but nothing is stored or renewed: an OAuth login whose hour is over has no credential, a service
/// account's token is got anew and forgotten. Failure as make_authorizer; 77 when the login is dead.
[[nodiscard]] Onlooker make_onlooker(const SourceConfig& source, const Environment& environment,
                                     const std::filesystem::path& state, const Clock& clock);

}  // namespace aquila
