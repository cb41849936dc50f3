// Why: an access token lives an hour and is renewed while runs come and go; whatever stops one of them, and however
// many there are at once, the grant survives.
// Must not know: products, what is asked for.
#pragma once

#include "aquila_fetch/authorizer.hpp"
#include "aquila_fetch/clock.hpp"
#include "aquila_fetch/oauth.hpp"
#include "aquila_fetch/token_store.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace aquila {

struct Granting {
    std::string source;  ///< the section, for hints
    OauthClient client;
    std::filesystem::path state;  ///< state_dir/NAME
    std::string site;             ///< the section's, where it decides what is collected; else empty
    Span patience{};              ///< how long another process may take to renew
};

/// The tokens that `login` stored. Renewed under the store's lock when they expire within a minute, or when they are
/// refused; the next refresh token is durable before the new access token is used. A refresh token that was refused is
/// never sent again. Stored in a dry run too: the server has rotated, and what is not kept is lost.
/// Failure 77 no login, or a dead one; 65, 74, 78 as the store.
[[nodiscard]] std::unique_ptr<Authorizer> oauth_authorizer(Granting granting, Clock& clock);

/// A service account's token, kept for its life in the same store.
[[nodiscard]] std::unique_ptr<Authorizer> service_account_authorizer(Granting granting, Clock& clock);

/// A grant as it is stored: `before` with the new tokens.
[[nodiscard]] Tokens with_grant(Tokens before, Grant grant, Instant now);

}  // namespace aquila
