// Why: which credential opens which door (gateway, Jira site, Confluence site, organisation), and the different way
// each of them says no, is half of what a user meets. Must not know: records.
#pragma once

#include "support/sim_http.hpp"
#include "support/sim_state.hpp"

#include <optional>

namespace aquila::sim {

struct Presented {
    std::string scheme;  ///< "Basic", "Bearer"; empty: nothing
    std::string email;
    std::string secret;
    bool well_formed = true;  ///< Basic: base64 of two non-empty halves with one colon
};

[[nodiscard]] Presented read_authorization(const HttpRequest& request);
/// The configured credential that was presented, if any.
[[nodiscard]] const Credential* find_credential(const SimState& state, const Presented& shown, Product product);

/// An OAuth access token that the simulator issued and that has not expired.
[[nodiscard]] const OauthGrant* find_issued(const SimState& state, const Presented& shown);
/// `OAuth realm="..."` of a path on the site.
[[nodiscard]] std::string realm(const SimState& state, std::string_view path);
/// `{"errors": [...]}` as the admin API writes it.
[[nodiscard]] HttpAnswer admin_error(int status, std::string_view code, std::string_view title);
/// `[{"errors": [...], ...}]` as Data Center writes it.
[[nodiscard]] HttpAnswer datacenter_error(const SimState& state, int status, std::string_view key,
                                          std::string_view message);

/// The answer that turns the request away; nullopt: come in. Called with the lock held.
[[nodiscard]] std::optional<HttpAnswer> refuse_at_gateway(const SimState& state, const HttpRequest& request,
                                                          Product product);
[[nodiscard]] std::optional<HttpAnswer> refuse_at_jira_site(const SimState& state, const HttpRequest& request);
[[nodiscard]] std::optional<HttpAnswer> refuse_at_confluence_site(const SimState& state, const HttpRequest& request);
[[nodiscard]] std::optional<HttpAnswer> refuse_at_organization(const SimState& state, const HttpRequest& request);
/// Counts failures: too many of them bring the CAPTCHA.
[[nodiscard]] std::optional<HttpAnswer> refuse_at_datacenter(SimState& state, const HttpRequest& request);
/// Permission and plan, once the credential is good.
[[nodiscard]] std::optional<HttpAnswer> refuse_by_permission(const SimState& state, Product product);
/// The token bucket; also adds the X-RateLimit headers to `headers`.
[[nodiscard]] std::optional<HttpAnswer> refuse_by_rate(SimState& state, Product product, Fields& headers);

}  // namespace aquila::sim
