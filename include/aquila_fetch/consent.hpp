// Why: what a person is asked in the browser, and what comes back with the redirect (RFC 6749 section 4.1;
// atlassian-api section 6.1). Must not know: sockets, terminals, the token endpoint.
#pragma once

#include "aquila_fetch/config.hpp"
#include "aquila_fetch/secret.hpp"
#include "aquila_fetch/source.hpp"

#include <string>
#include <string_view>

namespace aquila {

/// What `login` asks for: `scopes`, else the product's, and offline_access, without which a login lasts an hour.
[[nodiscard]] std::string consent_scopes(const SourceConfig& config, const Source& product);

/// 256 bits that nobody can guess, as hexadecimal text. Failure 70 when the system gives none.
[[nodiscard]] std::string make_state();

/// Where the browser is sent.
[[nodiscard]] std::string consent_url(const SourceConfig& config, std::string_view scopes, std::string_view state);

/// What a redirect says.
struct Consent {
    enum class Kind {
        code,     ///< granted
        refused,  ///< an error, for this very login
        foreign,  ///< of another login, made up, or nothing of the kind
    };
    Kind kind = Kind::foreign;
    Secret code;
    std::string error;  ///< "access_denied: the person said no", fit for a message
};

/// From the query of a redirect (without `?`). Without the right state, compared in constant time, it is foreign.
[[nodiscard]] Consent read_redirect(std::string_view query, std::string_view state);

/// From what a person pasted: the redirect's whole URL, or the code alone.
[[nodiscard]] Consent read_pasted(std::string_view text, std::string_view state);

}  // namespace aquila
