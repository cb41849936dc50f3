// The doors of the admin API (organisation keys only) and of a Data Center (PAT, user name and password, CAPTCHA).
#include "support/sim_doors.hpp"

#include <nlohmann/json.hpp>

namespace aquila::sim {
namespace {

HttpAnswer login_page(const SimState& state, int status, std::string_view title) {
    auto answer = html_answer(status, title);
    answer.headers.emplace_back("WWW-Authenticate", realm(state, state.settings.context_path));
    return answer;
}

HttpAnswer captcha(const SimState& state) {
    auto answer = login_page(state, 403, "Forbidden (403)");
    answer.headers.emplace_back("X-Seraph-LoginReason", "AUTHENTICATION_DENIED");
    answer.headers.emplace_back("X-Authentication-Denied-Reason", "CAPTCHA_CHALLENGE; login-url=" + state.site() +
                                                                      state.settings.context_path + "/login.jsp");
    return answer;
}

}  // namespace

HttpAnswer admin_error(int status, std::string_view code, std::string_view title) {
    const nlohmann::ordered_json error{{"id", "6f0a5c9e-2d41-4b7a-a1a5-3a1f0c9d7e42"},
                                       {"status", std::to_string(status)},
                                       {"code", code},
                                       {"title", title},
                                       {"detail", title}};
    return json_answer(status, nlohmann::ordered_json{{"errors", {error}}}.dump());
}

HttpAnswer datacenter_error(const SimState& state, int status, std::string_view key, std::string_view message) {
    const nlohmann::ordered_json error{{"errors", {{{"key", key}, {"message", message}}}},
                                       {"message", message},
                                       {"status", status},
                                       {"timestamp", format_iso(state.now(), 3, "Z")}};
    return json_answer(status, nlohmann::ordered_json::array({error}).dump());
}

std::optional<HttpAnswer> refuse_at_organization(const SimState& state, const HttpRequest& request) {
    const auto shown = read_authorization(request);
    const auto* const known =
        same_name(shown.scheme, "Bearer") ? find_credential(state, shown, Product::organization) : nullptr;
    if (known == nullptr) return json_answer(401, R"({"code":401,"message":"Unauthorized"})");
    if (!known->scopes_ok) {
        auto answer = json_answer(401, R"({"code":401,"message":"Unauthorized; scope does not match"})");
        answer.headers.emplace_back("X-Failure-Category", "FAILURE_CLIENT_SCOPE_CHECK");
        return answer;
    }
    if (state.settings.no_permission) return admin_error(403, "ADMIN-403-3", "Not allowed to manage the organization");
    return std::nullopt;
}

std::optional<HttpAnswer> refuse_at_datacenter(SimState& state, const HttpRequest& request) {
    const auto& settings = state.settings;
    auto& failures = state.datacenter.failures;
    const auto shown = read_authorization(request);
    const bool basic = same_name(shown.scheme, "Basic");
    if (basic && settings.basic_disabled) {
        return json_answer(403, "Basic Authentication has been disabled on this instance", "text/plain;charset=UTF-8");
    }
    if (basic && settings.captcha_after > 0 && failures >= settings.captcha_after) return captcha(state);
    if (const auto* const issued = find_issued(state, shown); issued != nullptr && issued->scope == "datacenter") {
        return std::nullopt;
    }
    if (find_credential(state, shown, Product::datacenter) != nullptr) {
        failures = 0;
        if (!settings.no_permission) return std::nullopt;
        return datacenter_error(state, 403, "forbidden", "You do not have permission to view the audit log");
    }
    if (basic) ++failures;
    if (settings.login_redirect) {
        auto answer = html_answer(302, "Found");
        answer.headers.emplace_back(
            "Location", state.site() + settings.context_path + "/login.jsp?os_destination=" + url_encode(request.path));
        return answer;
    }
    if (shown.scheme.empty()) {
        return json_answer(401,
                           R"({"message":"Client must be authenticated to access this resource.","status-code":401})");
    }
    auto answer = login_page(state, 401, "Basic Authentication Failure - Reason : AUTHENTICATED_FAILED");
    answer.headers.emplace_back("X-Seraph-LoginReason", "AUTHENTICATED_FAILED");
    return answer;
}

}  // namespace aquila::sim
