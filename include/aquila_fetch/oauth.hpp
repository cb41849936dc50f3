// Why: the token endpoint is spoken to in one place, where secrets go in and tokens come out, and where its refusals
// are told apart: a dead grant wants a new login, a wrong secret another line in the INI.
// Must not know: products, files, when a token is needed.
#pragma once

#include "aquila_fetch/config.hpp"
#include "aquila_fetch/http.hpp"
#include "aquila_fetch/secret.hpp"

#include <optional>
#include <string>

namespace aquila {

/// Who asks, and where.
struct OauthClient {
    std::string id;
    Secret secret;
    std::string auth_url;  ///< without a trailing slash
};

[[nodiscard]] OauthClient oauth_client(const SourceConfig& source, Secret secret);

/// What the token endpoint gives.
struct Grant {
    Secret access_token;
    Secret refresh_token;  ///< empty: none came with it
    Span lifetime{};       ///< of the access token: from a minute to a day; an hour where the server does not tell
    std::string scopes;    ///< as granted, blanks between; empty: as asked for
};

// Each sends `auth_url`/oauth/token as a form (RFC 6749; atlassian-api section 6.2), and throws Failure:
// 77 the client or its secret is refused, or what it asks for; 76 an answer that is none; 69 network, 429, 5xx after
// the transport's own tries. No secret is in any message, and what is sent and received is wiped.

/// For the code that came with the redirect to exactly this `redirect_uri`.
[[nodiscard]] Grant exchange_code(Transport& transport, const OauthClient& client, const Secret& code,
                                  const std::string& redirect_uri);

/// A new access token and the next refresh token, which retires the one that is sent; that one still works for ten
/// minutes, so that a lost answer may be asked for again. nullopt: the grant is dead, only a new login helps.
[[nodiscard]] std::optional<Grant> refresh_grant(Transport& transport, const OauthClient& client,
                                                 const Secret& refresh_token);

/// A service account's token; there is no refresh token (atlassian-api section 6.5).
[[nodiscard]] Grant request_token(Transport& transport, const OauthClient& client);

/// A token as it may stand in a header: visible ASCII, at most 16 KiB.
[[nodiscard]] bool is_token(std::string_view text) noexcept;

}  // namespace aquila
