// One address stands for the gateway, the sites and the Data Center at once, as their paths do not collide.
#include "support/sim_doors.hpp"
#include "support/sim_state.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace aquila::sim {
namespace {

HttpAnswer spring_not_found(const SimState& state, std::string_view path) {
    return json_answer(404, nlohmann::ordered_json{{"timestamp", format_iso(state.now(), 3, "+00:00")},
                                                   {"status", 404},
                                                   {"error", "Not Found"},
                                                   {"message", "No message available"},
                                                   {"path", path}}
                                .dump());
}

HttpAnswer not_found(std::string_view path) {
    if (!path.starts_with("/rest/")) return html_answer(404, "Oops, you&#39;ve found a dead link.");
    return json_answer(404,
                       nlohmann::ordered_json{{"type", "about:blank"},
                                              {"title", "Not Found"},
                                              {"status", 404},
                                              {"detail", "No static resource."},
                                              {"instance", path}}
                           .dump(),
                       "application/problem+json;charset=UTF-8");
}

constexpr std::string_view organization_path = "/admin/v1/orgs/";

bool is_jira_audit(std::string_view path) {
    return path == "/rest/api/3/auditing/record" || path == "/rest/api/2/auditing/record";
}

/// New and late records arrive between two page requests.
void arrive(SimState& state, Product product) {
    auto& insert = state.settings.insert_while_paging;
    const auto served = state.pages_served.at(static_cast<std::size_t>(product))++;
    if (insert.product != product || insert.every <= 0 || insert.times <= 0 || served == 0 ||
        served % insert.every != 0) {
        return;
    }
    --insert.times;
    const auto time = parse_moment(insert.created, state.now());
    for (std::int64_t i = 0; time && i < insert.count; ++i) store_generated(state, product, *time);
}

using Refusal = std::optional<HttpAnswer>;
using Page = HttpAnswer (*)(SimState&, const HttpRequest&);

/// Rate, then credential, then permission, then the page; configuration takes other methods than GET.
HttpAnswer enter(SimState& state, const HttpRequest& request, Product product, const Refusal& at_door, Page page,
                 bool configuration = false) {
    Fields headers;
    auto answer = [&] {
        if (auto refusal = refuse_by_rate(state, product, headers)) return *std::move(refusal);
        if (at_door) return *at_door;
        if (auto refusal = refuse_by_permission(state, product)) return *std::move(refusal);
        if (configuration) return page(state, request);
        if (request.method != "GET") return json_answer(405, R"({"code":405,"message":"Method Not Allowed"})");
        arrive(state, product);
        return page(state, request);
    }();
    answer.headers.insert(answer.headers.end(), headers.begin(), headers.end());
    return answer;
}

HttpAnswer route_gateway(SimState& state, const HttpRequest& request) {
    auto rest = std::string_view(request.path).substr(std::string_view("/ex/").size());
    const auto name = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    const auto cloud_id = rest.substr(0, rest.find('/'));
    rest.remove_prefix(cloud_id.size());
    const auto product = product_of(name);
    if (product != Product::jira && product != Product::confluence) return spring_not_found(state, request.path);
    if (cloud_id != state.settings.cloud_id) return json_answer(404, R"({"code":404,"message":"Not Found"})");
    const auto at_door = refuse_at_gateway(state, request, *product);
    if (product == Product::jira && is_jira_audit(rest)) return enter(state, request, *product, at_door, answer_jira);
    if (product == Product::confluence && rest == "/wiki/rest/api/audit") {
        return enter(state, request, *product, at_door, answer_confluence);
    }
    if (product == Product::confluence && rest == "/wiki/rest/api/audit/retention") {
        return enter(state, request, *product, at_door, answer_confluence_retention, true);
    }
    return at_door ? *at_door : not_found(rest);
}

HttpAnswer route_organization(SimState& state, const HttpRequest& request) {
    return enter(state, request, Product::organization, refuse_at_organization(state, request),
                 [](SimState& known, const HttpRequest& asked) {
                     const auto rest = std::string_view(asked.path).substr(organization_path.size());
                     return answer_organization(known, asked, rest);
                 });
}

/// `rest` is what follows /rest/auditing/1.0.
HttpAnswer route_datacenter(SimState& state, const HttpRequest& request, std::string_view rest) {
    const auto at_door = refuse_at_datacenter(state, request);
    if (rest == "/events") return enter(state, request, Product::datacenter, at_door, answer_datacenter_events);
    if (rest.starts_with("/configuration/")) {
        return enter(state, request, Product::datacenter, at_door, answer_datacenter_configuration, true);
    }
    return at_door ? *at_door : not_found(request.path);
}

}  // namespace

HttpAnswer json_answer(int status, std::string body, std::string content_type) {
    HttpAnswer answer;
    answer.status = status;
    answer.headers.emplace_back("Content-Type", std::move(content_type));
    answer.body = std::move(body);
    return answer;
}

HttpAnswer html_answer(int status, std::string_view title) {
    return json_answer(
        status,
        fmt::format(
            "<!doctype html>\n<html lang=\"en\"><head><title>{0}</title></head><body><h1>{0}</h1></body></html>\n",
            title),
        "text/html;charset=UTF-8");
}

HttpAnswer route(SimState& state, const HttpRequest& request) {
    const std::string_view path = request.path;
    if (path == "/_edge/tenant_info") {
        return json_answer(200, nlohmann::json{{"cloudId", state.settings.cloud_id}}.dump());
    }
    if (path.starts_with("/ex/")) return route_gateway(state, request);
    if (is_jira_audit(path)) {
        return enter(state, request, Product::jira, refuse_at_jira_site(state, request), answer_jira);
    }
    if (path == "/wiki/rest/api/audit") {
        return enter(state, request, Product::confluence, refuse_at_confluence_site(state, request), answer_confluence);
    }
    if (path == "/wiki/rest/api/audit/retention") {
        return enter(state, request, Product::confluence, refuse_at_confluence_site(state, request),
                     answer_confluence_retention, true);
    }
    if (path == "/rest/api/3/serverInfo") return answer_jira_account(state, request, false);
    if (path == "/rest/api/3/myself") return answer_jira_account(state, request, true);
    if (path == "/authorize") return answer_authorize(state, request);
    if (path == "/oauth/token") return answer_token(state, request);
    if (path == "/oauth/token/accessible-resources") return answer_resources(state, request);
    if (path.starts_with(organization_path)) return route_organization(state, request);
    const auto& context = state.settings.context_path;
    if (path == context + "/rest/oauth2/latest/token") return answer_datacenter_token(state, request);
    if (const auto auditing = context + "/rest/auditing/1.0"; path.starts_with(auditing)) {
        return route_datacenter(state, request, path.substr(auditing.size()));
    }
    if (path.find("/rest/auditing/1.0") != std::string_view::npos && state.settings.login_redirect) {
        auto answer = html_answer(302, "Found");
        answer.headers.emplace_back("Location", state.site() + context + "/login.jsp");
        return answer;
    }
    // What a client reaches that resolves Confluence's next link against the gateway.
    if (path.starts_with("/rest/api/audit")) return spring_not_found(state, path);
    return not_found(path);
}

}  // namespace aquila::sim
