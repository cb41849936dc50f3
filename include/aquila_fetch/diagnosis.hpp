// Why: a run that cannot go on says which of credential, scope, permission, plan, address, server it was, and what to
// do; told from the answer alone, so that it can be tested row by row.
// Must not know: transport, configuration files.
#pragma once

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/http.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace aquila {

/// What a message needs to know besides the answer.
struct Asked {
    std::string_view product;     ///< "Jira", "Confluence", for people
    std::string_view scopes;      ///< the scopes a token needs: "read:audit-log:jira and read:user:jira"
    std::string_view permission;  ///< "the global permission Administer Jira"
    std::string_view auth;        ///< "basic", "bearer" and so on: as `auth =` in the INI
    bool gateway = false;         ///< api.atlassian.com/ex/…, else the site itself
    std::string url;              ///< printable: no query, no user part
    std::string_view address = "`site` or `api_url`";  ///< the keys that name the server
    bool by_site = false;                              ///< the site itself will be tried, too
};

/// True when the answer says, whatever its status, that the login failed or is denied (X-Seraph-LoginReason,
/// X-Authentication-Denied-Reason). Another try cannot help, and may lock the account.
[[nodiscard]] bool is_login_failure(const Response& response) noexcept;

/// True when the token is good, and lacks a scope: another token of the same grant would not have it either.
[[nodiscard]] bool is_scope_mismatch(const Response& response) noexcept;

/// True when the body is a page for people: a login page, a proxy's or a balancer's error.
[[nodiscard]] bool is_html(const Response& response) noexcept;

/// True when the answer is a 200 that can be handed to a parser: no failed login in the headers, no HTML.
[[nodiscard]] bool is_answer(const Response& response) noexcept;

/// What an answer is about, from the outside in: each can only be judged when those before it are in order.
enum class Aspect { network, server, address, credential, scope, permission, plan };

/// A failure that was read from an answer.
class Diagnosis : public Failure {
  public:
    Diagnosis(Failure failure, Aspect aspect, std::optional<Instant> served)
        : Failure{std::move(failure)}, aspect_{aspect}, served_{served} {}

    [[nodiscard]] Aspect aspect() const noexcept { return aspect_; }
    /// The answer's Date.
    [[nodiscard]] std::optional<Instant> served() const noexcept { return served_; }

  private:
    Aspect aspect_;
    std::optional<Instant> served_;
};

/// The Failure for an answer that is none: network and TLS, proxy, 408, 429, 5xx → 69; 401, 403, login redirects,
/// X-Seraph-LoginReason, CAPTCHA → 77; HTML on 200, other redirects, 400, 404, 410 and the rest → 76. Server text
/// appears shortened to one line of at most 200 bytes, without control characters and credentials.
[[nodiscard]] Diagnosis diagnose(const Response& response, const Asked& asked);

/// The text a server gave for an error, from any of the envelopes (errorMessages, errors, detail, message, a bare
/// line), shortened as above (printable_text); empty for HTML. Written in server_message.cpp.
[[nodiscard]] std::string server_message(const Response& response);

}  // namespace aquila
