#include "support/sim_doors.hpp"

#include <algorithm>
#include <array>

namespace aquila::sim {
namespace {

constexpr std::string_view not_authenticated = "Client must be authenticated to access this resource.";
constexpr std::string_view confluence_refusal =
    R"({"statusCode":403,"message":"com.atlassian.confluence.mvc.rest.common.exception.StacklessResponseStatusException: 403 FORBIDDEN \"Request rejected because caller cannot access Confluence\""})";

bool has_scope(std::string_view scopes, Product product) {
    static constexpr std::array<std::string_view, 2> jira{"read:audit-log:jira", "manage:jira-configuration"};
    static constexpr std::array<std::string_view, 1> confluence{"read:audit-log:confluence"};
    const auto has = [scopes](std::string_view scope) { return scopes.find(scope) != std::string_view::npos; };
    return product == Product::jira         ? std::ranges::any_of(jira, has)
           : product == Product::confluence ? std::ranges::any_of(confluence, has)
                                            : false;
}

HttpAnswer scope_mismatch() {
    auto answer = json_answer(401, R"({"code":401,"message":"Unauthorized; scope does not match"})");
    answer.headers.emplace_back("X-Failure-Category", "FAILURE_CLIENT_SCOPE_CHECK");
    return answer;
}

/// The bare line, labelled with whatever the client accepts.
HttpAnswer unauthenticated(const SimState& state, const HttpRequest& request, bool failed) {
    const auto accept = request.header("Accept");
    HttpAnswer answer;
    answer.status = 401;
    answer.body = not_authenticated;
    answer.headers.emplace_back("Content-Type", accept.find("json") != std::string_view::npos ? "application/json"
                                                : accept.find("html") != std::string_view::npos
                                                    ? "text/html;charset=UTF-8"
                                                    : "text/plain");
    answer.headers.emplace_back("WWW-Authenticate", realm(state, ""));
    if (failed) answer.headers.emplace_back("X-Seraph-LoginReason", "AUTHENTICATED_FAILED");
    return answer;
}

bool looks_like_jwt(std::string_view token) {
    return token.starts_with("eyJ") && std::ranges::count(token, '.') == 2;
}

}  // namespace

std::string realm(const SimState& state, std::string_view path) {
    return "OAuth realm=\"" + url_encode(state.site() + std::string(path)) + '"';
}

Presented read_authorization(const HttpRequest& request) {
    Presented shown;
    const auto value = request.header("Authorization");
    const auto blank = value.find(' ');
    shown.scheme = value.substr(0, blank);
    if (blank == std::string_view::npos) return shown;
    shown.secret = value.substr(blank + 1);
    if (!same_name(shown.scheme, "Basic")) return shown;
    const auto pair = decode_base64(shown.secret);
    const auto colon = pair ? pair->find(':') : std::string::npos;
    if (colon == std::string::npos) {
        shown.well_formed = false;
        return shown;
    }
    shown.email = pair->substr(0, colon);
    shown.secret = pair->substr(colon + 1);
    shown.well_formed = !shown.email.empty() && !shown.secret.empty() && shown.secret.find(':') == std::string::npos;
    return shown;
}

const Credential* find_credential(const SimState& state, const Presented& shown, Product product) {
    const bool basic = same_name(shown.scheme, "Basic");
    if (!basic && !same_name(shown.scheme, "Bearer")) return nullptr;
    const auto& all = state.settings.credentials;
    const auto found = std::ranges::find_if(all, [&](const Credential& known) {
        return known.covers(product) && known.token == shown.secret && known.email == shown.email &&
               known.email.empty() != basic;
    });
    return found == all.end() ? nullptr : &*found;
}

const OauthGrant* find_issued(const SimState& state, const Presented& shown) {
    if (!same_name(shown.scheme, "Bearer")) return nullptr;
    const auto issued = state.oauth.access.find(shown.secret);
    return issued == state.oauth.access.end() || issued->second.expires <= state.now() ? nullptr : &issued->second;
}

std::optional<HttpAnswer> refuse_at_gateway(const SimState& state, const HttpRequest& request, Product product) {
    const auto unauthorized = [] { return json_answer(401, R"({"code":401,"message":"Unauthorized"})"); };
    const auto shown = read_authorization(request);
    if (const auto* const issued = find_issued(state, shown)) {
        return has_scope(issued->scope, product) ? std::nullopt : std::optional(scope_mismatch());
    }
    const auto* const known = find_credential(state, shown, product);
    if (known == nullptr || known->kind == TokenKind::classic) return unauthorized();
    const bool suffices = known->scopes_ok && (request.method == "GET" || known->write_ok);
    return suffices ? std::nullopt : std::optional(scope_mismatch());
}

std::optional<HttpAnswer> refuse_at_jira_site(const SimState& state, const HttpRequest& request) {
    const auto shown = read_authorization(request);
    if (same_name(shown.scheme, "Bearer")) {
        if (looks_like_jwt(shown.secret)) return unauthenticated(state, request, false);
        return json_answer(403, R"({"error": "Failed to parse Connect Session Auth Token"})");
    }
    const auto* const known = find_credential(state, shown, Product::jira);
    if (known == nullptr || known->kind == TokenKind::scoped)
        return unauthenticated(state, request, !shown.scheme.empty());
    return std::nullopt;
}

std::optional<HttpAnswer> refuse_at_confluence_site(const SimState& state, const HttpRequest& request) {
    const auto shown = read_authorization(request);
    if (same_name(shown.scheme, "Basic") && !shown.well_formed) {
        auto answer = html_answer(401, "HTTP Status 401 - Unauthorized");
        answer.headers.emplace_back("WWW-Authenticate", realm(state, "/wiki"));
        return answer;
    }
    const auto* const known =
        same_name(shown.scheme, "Basic") ? find_credential(state, shown, Product::confluence) : nullptr;
    if (known != nullptr && known->kind != TokenKind::scoped) return std::nullopt;

    const auto belongs = [&](const Credential& other) { return !other.email.empty() && other.token == shown.secret; };
    if (same_name(shown.scheme, "Basic") && std::ranges::any_of(state.settings.credentials, belongs)) {
        auto answer = json_answer(401, R"({"code":401,"message":"Unauthorized"})");
        answer.headers.emplace_back("X-Failure-Category", "FAILURE_CLIENT_AUTH_MISMATCH");
        return answer;
    }
    return json_answer(403, std::string(confluence_refusal));
}

std::optional<HttpAnswer> refuse_by_permission(const SimState& state, Product product) {
    if (product == Product::jira) {
        const auto refusal = [](std::string_view text) {
            return json_answer(403, R"({"errorMessages":[")" + std::string(text) + R"("],"errors":{}})",
                               "application/json;charset=UTF-8");
        };
        if (state.settings.free_plan) {
            return refusal(
                "Audit logs aren't available for this site as all of its Jira Cloud products are on Free plans.");
        }
        if (state.settings.no_permission) return refusal("You are not authorized to view the audit log.");
    } else if (product == Product::confluence) {
        if (state.settings.free_plan) {
            return json_answer(
                403,
                R"({"statusCode":403,"message":"Cannot make this request because you are on Free edition. Please upgrade to standard or premium."})");
        }
        if (state.settings.no_permission) {
            return json_answer(403, R"({"message":"Current user not permitted to use Confluence","statusCode":403})");
        }
    }
    return std::nullopt;
}

}  // namespace aquila::sim
