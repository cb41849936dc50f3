// The authorisation server: consent in one redirect, refresh tokens that rotate with a leeway, and the three ways in
// which a token is refused.
#include "support/sim_doors.hpp"
#include "support/sim_generator.hpp"
#include "support/sim_state.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace aquila::sim {
namespace {

using nlohmann::ordered_json;

HttpAnswer oauth_error(int status, std::string_view error, std::string_view description) {
    return json_answer(status, ordered_json{{"error", error}, {"error_description", description}}.dump());
}

/// Three parts like a JWT; never the same twice.
std::string new_token(SimState& state, std::string_view kind) {
    Dice dice(static_cast<std::uint64_t>(++state.oauth.issued) ^ static_cast<std::uint64_t>(system_now()));
    auto payload = encode_base64(fmt::format(R"({{"kind":"{}","n":{}}})", kind, state.oauth.issued));
    std::erase(payload, '=');
    return fmt::format("eyJhbGciOiJIUzI1NiJ9.{}.{:016x}{:016x}", payload, dice.next(), dice.next());
}

/// The body's fields, sent as JSON or as a form.
Fields read_fields(const HttpRequest& request) {
    if (!request.header("Content-Type").starts_with("application/json")) return parse_parameters(request.body);
    Fields fields;
    const auto body = nlohmann::json::parse(request.body, nullptr, false);
    if (!body.is_object()) return fields;
    for (const auto& [name, value] : body.items()) {
        if (value.is_string()) fields.emplace_back(name, value.get<std::string>());
    }
    return fields;
}

std::string field(const Fields& fields, std::string_view name) {
    const auto found = std::ranges::find_if(fields, [&](const auto& item) { return item.first == name; });
    return found == fields.end() ? std::string{} : found->second;
}

bool wants_refresh(std::string_view scope) {
    return scope.find("offline_access") != std::string_view::npos;
}

HttpAnswer exchange_code(SimState& state, const Fields& fields) {
    const auto code = state.oauth.codes.find(field(fields, "code"));
    if (code == state.oauth.codes.end() || field(fields, "redirect_uri") != state.settings.oauth.redirect_uri) {
        return oauth_error(403, "invalid_grant", "Invalid authorization code");
    }
    const auto scope = code->second;
    state.oauth.codes.erase(code);
    state.oauth.revoked = false;
    return json_answer(200, issue_grant(state, scope, wants_refresh(scope)).dump());
}

HttpAnswer refresh(SimState& state, const Fields& fields) {
    const auto known = state.oauth.refresh.find(field(fields, "refresh_token"));
    if (known == state.oauth.refresh.end() || (known->second.expires != 0 && known->second.expires <= state.now())) {
        return oauth_error(403, "unauthorized_client", "refresh_token is invalid");
    }
    if (state.oauth.revoked) return oauth_error(403, "invalid_grant", "Unknown or invalid refresh token.");
    if (known->second.expires == 0) known->second.expires = state.now() + state.settings.oauth.leeway_seconds * second;
    return json_answer(200, issue_grant(state, known->second.scope, true).dump());
}

}  // namespace

ordered_json issue_grant(SimState& state, const std::string& scope, bool with_refresh) {
    const auto seconds = state.settings.oauth.access_seconds;
    const auto access = new_token(state, "access");
    state.oauth.access[access] = {.scope = scope, .expires = state.now() + seconds * second};
    ordered_json answer{{"access_token", access}, {"expires_in", seconds}, {"scope", scope}, {"token_type", "Bearer"}};
    if (with_refresh) {
        state.oauth.current_refresh = new_token(state, "refresh");
        state.oauth.refresh[state.oauth.current_refresh] = {.scope = scope, .expires = 0};
        answer["refresh_token"] = state.oauth.current_refresh;
    }
    return answer;
}

HttpAnswer answer_authorize(SimState& state, const HttpRequest& request) {
    const auto& client = state.settings.oauth;
    const auto redirect = [](const std::string& location) {
        auto answer = html_answer(302, "Found");
        answer.headers.emplace_back("Location", location);
        return answer;
    };
    if (request.parameter("client_id") != client.id || request.parameter("redirect_uri") != client.redirect_uri ||
        request.parameter("response_type") != "code") {
        return redirect(state.site() + "/error?error=unauthorized_client&error_description=" +
                        url_encode("Callback URL mismatch. " + request.parameter("redirect_uri").value_or("") +
                                   " is not in the list of allowed callback URLs"));
    }
    const auto state_parameter = "&state=" + url_encode(request.parameter("state").value_or(""));
    const auto back = client.redirect_uri + (client.redirect_uri.find('?') == std::string::npos ? "?" : "&");
    if (client.deny_consent) {
        return redirect(back + "error=access_denied&error_description=" +
                        url_encode("User did not authorize the request") + state_parameter);
    }
    const auto code = new_token(state, "code");
    state.oauth.codes[code] = request.parameter("scope").value_or("");
    return redirect(back + "code=" + url_encode(code) + state_parameter);
}

HttpAnswer answer_token(SimState& state, const HttpRequest& request) {
    if (request.method != "POST") return oauth_error(405, "invalid_request", "Method Not Allowed");
    const auto fields = read_fields(request);
    const auto grant = field(fields, "grant_type");
    state.note = "grant_type=" + grant;
    const auto& client = state.settings.oauth;
    if (field(fields, "client_id") != client.id || field(fields, "client_secret") != client.secret) {
        return oauth_error(401, "access_denied", "Unauthorized");
    }
    if (grant == "authorization_code") return exchange_code(state, fields);
    if (grant == "refresh_token") return refresh(state, fields);
    if (grant == "client_credentials") return json_answer(200, issue_grant(state, client.scope, false).dump());
    return oauth_error(403, "unsupported_grant_type", "Unsupported grant type: " + grant);
}

HttpAnswer answer_datacenter_token(SimState& state, const HttpRequest& request) {
    const auto fields = parse_parameters(request.body);
    state.note = "grant_type=" + field(fields, "grant_type");
    const auto& client = state.settings.oauth;
    if (field(fields, "client_id") != client.id || field(fields, "client_secret") != client.secret) {
        return oauth_error(401, "invalid_client", "Client authentication failed");
    }
    if (field(fields, "grant_type") != "client_credentials") {
        return oauth_error(400, "unsupported_grant_type", "Only client_credentials is supported");
    }
    return json_answer(200, issue_grant(state, "datacenter", false).dump());
}

HttpAnswer answer_resources(SimState& state, const HttpRequest& request) {
    const auto shown = read_authorization(request);
    const auto* const issued = find_issued(state, shown);
    const bool known = same_name(shown.scheme, "Bearer") && find_credential(state, shown, Product::jira) != nullptr;
    if (issued == nullptr && !known) return json_answer(401, R"({"code":401,"message":"Unauthorized"})");

    auto jira = ordered_json::array();
    auto confluence = ordered_json::array();
    std::string_view rest =
        issued != nullptr ? std::string_view(issued->scope) : std::string_view(state.settings.oauth.scope);
    while (!rest.empty()) {
        const auto scope = rest.substr(0, rest.find(' '));
        rest.remove_prefix(std::min(rest.size(), scope.size() + 1));
        if (scope.empty() || scope == "offline_access") continue;
        (scope.find("confluence") != std::string_view::npos ? confluence : jira).push_back(scope);
    }
    auto list = ordered_json::array();
    const auto add = [&](const ordered_json& scopes) {
        if (scopes.empty()) return;
        list.push_back({{"id", state.settings.cloud_id},
                        {"name", "example"},
                        {"url", state.site()},
                        {"scopes", scopes},
                        {"avatarUrl", state.site() + "/avatar.png"}});
    };
    if (state.settings.oauth.resources_twice) {
        add(jira);
        add(confluence);
    } else {
        jira.insert(jira.end(), confluence.begin(), confluence.end());
        add(jira);
    }
    return json_answer(200, list.dump());
}

}  // namespace aquila::sim
