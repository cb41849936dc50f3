// The control endpoints below /_sim/: what shell scripts and tests in other processes use instead of the C++ class.
#include "support/sim_generator.hpp"
#include "support/sim_state.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <stdexcept>

namespace aquila::sim {
namespace {

using nlohmann::json;

Product product_parameter(const HttpRequest& request) {
    const auto product = product_of(request.parameter("product").value_or(""));
    if (!product) throw std::invalid_argument("product: jira, confluence, organization or datacenter is wanted");
    return *product;
}

/// A moment as text or epoch milliseconds.
Millis read_moment(const json& order, const char* name, const char* otherwise, Millis now) {
    const auto value = order.value(name, json(otherwise));
    if (value.is_number_integer()) return value.get<Millis>();
    const auto moment = parse_moment(value.get<std::string>(), now);
    if (!moment) throw std::invalid_argument(std::string(name) + ": no moment '" + value.get<std::string>() + "'");
    return *moment;
}

HttpAnswer generate_records(SimState& state, const HttpRequest& request) {
    const auto body = json::parse(request.body);
    const auto product = product_of(body.at("product").get<std::string>());
    if (!product) throw std::invalid_argument("product: jira, confluence, organization or datacenter is wanted");
    GenerateOrder order;
    order.product = *product;
    order.count = body.at("count").get<std::int64_t>();
    order.from = read_moment(body, "from", "-1d", state.now());
    order.to = read_moment(body, "to", "now", state.now());
    order.seed = body.value("seed", order.seed);
    order.twins = body.value("twins", order.twins);
    order.same_ms = body.value("same_ms", order.same_ms);
    order.lone_surrogates = body.value("lone_surrogates", order.lone_surrogates);
    generate(state.log(*product), order);
    return json_answer(200, json{{"added", order.count}, {"total", state.log(*product).size()}}.dump());
}

/// NDJSON, oldest first, in pieces: the log may hold a million records.
HttpAnswer list_records(SimState& state, const HttpRequest& request) {
    constexpr std::size_t piece = std::size_t{1} << 20U;
    const auto product = product_parameter(request);
    HttpAnswer answer;
    answer.headers.emplace_back("Content-Type", "application/x-ndjson");
    answer.stream = [&state, product, next = std::size_t{0}](std::string& chunk) mutable {
        const std::lock_guard lock(state.mutex);
        const auto& entries = state.log(product).entries();
        while (next < entries.size() && chunk.size() < piece) {
            chunk.append(entries[next++].text).append("\n");
        }
        return next < entries.size();
    };
    return answer;
}

HttpAnswer add_faults(SimState& state, const HttpRequest& request) {
    const auto body = json::parse(request.body);
    std::vector<Fault> faults;
    if (body.is_array()) {
        for (const auto& item : body) faults.push_back(read_fault(item));
    } else {
        faults.push_back(read_fault(body));
    }
    for (auto& fault : faults) state.faults.add(std::move(fault));
    return json_answer(200, json{{"faults", state.faults.left()}}.dump());
}

HttpAnswer list_requests(const SimState& state) {
    auto list = json::array();
    for (const auto& seen : state.requests) list.push_back(describe(seen));
    return json_answer(200, list.dump(-1, ' ', false, json::error_handler_t::replace));
}

HttpAnswer tell_stats(const SimState& state) {
    json stats{{"connections", state.connections ? state.connections() : 0},
               {"requests", state.requests.size()},
               {"faults", state.faults.left()}};
    for (int index = 0; index < product_count; ++index) {
        const auto& log = state.logs.at(static_cast<std::size_t>(index));
        json& entry = stats["logs"][std::string(name_of(static_cast<Product>(index)))];
        entry["records"] = log.size();
        if (log.size() == 0) continue;
        entry["oldest"] = format_iso(log.entries().front().time, 3, "Z");
        entry["newest"] = format_iso(log.entries().back().time, 3, "Z");
    }
    return json_answer(200, stats.dump());
}

/// Starts a test with a grant, ends one, or lets its access tokens expire.
HttpAnswer change_oauth(SimState& state, const HttpRequest& request) {
    const auto body = json::parse(request.body);
    if (body.contains("revoke")) state.oauth.revoked = body["revoke"].get<bool>();
    if (body.value("expire_access", false)) state.oauth.access.clear();
    if (!body.contains("issue")) return json_answer(200, "{}");
    const auto scope = body["issue"].value("scope", state.settings.oauth.scope);
    return json_answer(200, issue_grant(state, scope, scope.find("offline_access") != std::string::npos).dump());
}

HttpAnswer tell_oauth(const SimState& state) {
    return json_answer(200, json{{"refresh_token", state.oauth.current_refresh},
                                 {"issued", state.oauth.issued},
                                 {"access_tokens", state.oauth.access.size()},
                                 {"revoked", state.oauth.revoked}}
                                .dump());
}

HttpAnswer done() {
    return json_answer(200, "{}");
}

using Action = std::function<HttpAnswer(SimState&, const HttpRequest&)>;

const std::map<std::string, Action, std::less<>>& actions() {
    static const std::map<std::string, Action, std::less<>> table{
        {"GET /_sim/records", list_records},
        {"POST /_sim/records",
         [](SimState& state, const HttpRequest& request) {
             return json_answer(200,
                                json{{"added", store_lines(state, product_parameter(request), request.body)}}.dump());
         }},
        {"DELETE /_sim/records",
         [](SimState& state, const HttpRequest& request) {
             state.log(product_parameter(request)).clear();
             return done();
         }},
        {"POST /_sim/generate", generate_records},
        {"POST /_sim/faults", add_faults},
        {"DELETE /_sim/faults",
         [](SimState& state, const HttpRequest&) {
             state.faults.clear();
             return done();
         }},
        {"POST /_sim/settings",
         [](SimState& state, const HttpRequest& request) {
             auto changed = state.settings;
             apply_settings(changed, json::parse(request.body));
             state.settings = std::move(changed);
             state.bucket = {};
             state.pages_served = {};
             return done();
         }},
        {"GET /_sim/requests", [](SimState& state, const HttpRequest&) { return list_requests(state); }},
        {"DELETE /_sim/requests",
         [](SimState& state, const HttpRequest&) {
             state.requests.clear();
             return done();
         }},
        {"POST /_sim/oauth", change_oauth},
        {"GET /_sim/oauth", [](SimState& state, const HttpRequest&) { return tell_oauth(state); }},
        {"GET /_sim/stats", [](SimState& state, const HttpRequest&) { return tell_stats(state); }},
        {"POST /_sim/stop",
         [](SimState& state, const HttpRequest&) {
             state.stop_requested = true;
             auto answer = done();
             answer.delivery.close = true;
             return answer;
         }},
    };
    return table;
}

}  // namespace

json describe(const SeenRequest& seen) {
    return {{"time", format_iso(seen.time, 3, "Z")},
            {"time_ms", seen.time},
            {"method", seen.method},
            {"path", seen.path},
            {"query", seen.query},
            {"headers", seen.header_names},
            {"authorization", seen.authorization},
            {"user_agent", seen.user_agent},
            {"status", seen.status},
            {"fault", seen.fault},
            {"note", seen.note}};
}

HttpAnswer control(SimState& state, const HttpRequest& request) {
    const auto action = actions().find(request.method + ' ' + request.path);
    if (action == actions().end()) return json_answer(404, R"({"error":"no such control endpoint"})");
    const std::lock_guard lock(state.mutex);
    try {
        return action->second(state, request);
    } catch (const std::exception& error) {
        return json_answer(400, json{{"error", error.what()}}.dump(-1, ' ', false, json::error_handler_t::replace));
    }
}

}  // namespace aquila::sim
