// Why: some credentials are one header for ever, others last an hour and are renewed while a run goes on; whoever sends
// requests asks here for the header of the next one.
// Must not know: products, what is asked for, the loop.
#pragma once

#include "aquila_fetch/config_file.hpp"
#include "aquila_fetch/http.hpp"
#include "aquila_fetch/secret.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace aquila {

/// For several threads at once: one of them renews, the others wait for it.
class Authorizer {
  public:
    Authorizer() = default;
    Authorizer(const Authorizer&) = delete;
    Authorizer& operator=(const Authorizer&) = delete;
    Authorizer(Authorizer&&) = delete;
    Authorizer& operator=(Authorizer&&) = delete;
    virtual ~Authorizer() = default;

    /// The value of the Authorization header for the next request. Renews what is about to expire, through `transport`.
    /// Failure 77 when the grant is dead, 69 when the token server cannot be reached.
    [[nodiscard]] virtual Secret value(Transport& transport) = 0;
    /// `value` was refused by `answer`: true when there is another one now, so that the request is worth sending again.
    [[nodiscard]] virtual bool renew(Transport& transport, const Response& answer, const Secret& value) = 0;
    /// The site that was chosen at login; empty where the credential names none.
    [[nodiscard]] virtual std::string cloud_id() const { return {}; }
};

/// Sends with the credential, and once more with a renewed one where the first was refused.
[[nodiscard]] Response send_authorized(Request request, Authorizer& authorizer, Transport& transport);

/// One header for the whole run.
[[nodiscard]] std::unique_ptr<Authorizer> fixed_authorizer(Secret value);

/// For the section's `auth`. Reads the secret at once (Failure 66, 74, 78 as find_token); `state` is its state
/// directory, where tokens live (Failure 77 where a login is missing; see granted.hpp).
[[nodiscard]] std::unique_ptr<Authorizer> make_authorizer(const SourceConfig& source, const Environment& environment,
                                                          const std::filesystem::path& state);

}  // namespace aquila
