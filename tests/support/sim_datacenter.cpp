// Data Center's audit events, with their traps: two shapes of the cursor, links to a configured base URL, errors in an
// array, and a log that grows because it is read.
#include "support/sim_doors.hpp"
#include "support/sim_state.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>

namespace aquila::sim {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view search_action = "atlassian.audit.event.action.audit.search";
constexpr std::int64_t largest_datacenter_page = 100'000;

struct DatacenterQuery {
    std::int64_t offset = 0;
    std::int64_t limit = 200;
    Millis from = std::numeric_limits<Millis>::min();
    Millis to = std::numeric_limits<Millis>::max();
    std::optional<std::pair<Millis, std::int64_t>> cursor;
    std::optional<HttpAnswer> refusal;
};

std::optional<std::pair<Millis, std::int64_t>> read_datacenter_cursor(std::string_view text) {
    const auto comma = text.find(',');
    const auto time = parse_integer(text.substr(0, comma));
    const auto sequence = comma == std::string_view::npos ? std::nullopt : parse_integer(text.substr(comma + 1));
    return time && sequence ? std::optional(std::pair(*time, *sequence)) : std::nullopt;
}

DatacenterQuery read_datacenter_query(const SimState& state, const HttpRequest& request) {
    DatacenterQuery query;
    const auto refuse = [&](std::string_view name) {
        query.refusal = datacenter_error(state, 400, name, fmt::format("{} is not valid", name));
    };
    const auto read_number = [&](const char* name, std::int64_t& target, std::int64_t least, std::int64_t most) {
        const auto text = request.parameter(name);
        if (!text) return;
        const auto number = parse_integer(*text);
        if (!number || *number < least || *number > most) return refuse(name);
        target = *number;
    };
    const auto read_time = [&](const char* name, Millis& target) {
        const auto text = request.parameter(name);
        if (!text) return;
        const auto time = parse_iso(*text);
        if (!time || !time->has_zone) return refuse(name);
        target = time->millis;
    };
    read_number("offset", query.offset, 0, std::numeric_limits<std::int32_t>::max());
    read_number("limit", query.limit, 1, largest_datacenter_page);
    read_time("from", query.from);
    read_time("to", query.to);
    if (const auto text = request.parameter("pageCursor")) {
        query.cursor = read_datacenter_cursor(*text);
        if (!query.cursor) refuse("pageCursor");
    }
    if (state.settings.page_cap > 0) query.limit = std::min(query.limit, state.settings.page_cap);
    if (state.settings.ignore_from) query.from = std::numeric_limits<Millis>::min();
    return query;
}

/// Reading the log is an event, too.
void record_search(SimState& state, const HttpRequest& request, std::size_t found) {
    if (!state.settings.self_noise || state.datacenter.denylist.contains(search_action)) return;
    const auto shown = read_authorization(request);
    const auto name = shown.email.empty() ? "audit-exporter" : shown.email;
    const auto now = state.now();
    const auto attribute = [](const char* title, const char* key, const std::string& value) {
        return ordered_json{
            {"name", title}, {"nameI18nKey", std::string("atlassian.audit.event.attribute.") + key}, {"value", value}};
    };
    const ordered_json event{{"timestamp", format_iso(now, 3, "Z")},
                             {"author", {{"name", name}, {"type", "ApplicationUser"}, {"id", "10499"}}},
                             {"type",
                              {{"categoryI18nKey", "atlassian.audit.event.category.audit"},
                               {"category", "Auditing"},
                               {"actionI18nKey", search_action},
                               {"action", "Audit Log search performed"}}},
                             {"affectedObjects", ordered_json::array()},
                             {"changedValues", ordered_json::array()},
                             {"source", "127.0.0.1"},
                             {"system", state.site()},
                             {"node", "n1"},
                             {"method", "REST"},
                             {"extraAttributes",
                              {attribute("ID Range", "id", ""), attribute("Query", "query", ""),
                               attribute("Results returned", "results", std::to_string(found)),
                               attribute("Timestamp Range", "timestamp", "")}}};
    state.log(Product::datacenter).add({.time = now, .event_time = now, .sequence = 0, .text = event.dump()});
}

ordered_json paging_info(const SimState& state, const DatacenterQuery& query, std::size_t size,
                         const LogEntry* next_after) {
    if (next_after == nullptr) return {{"lastPage", true}, {"size", size}};
    const auto cursor = fmt::format("{},{}", next_after->time, next_after->sequence);
    ordered_json info{{"lastPage", false}, {"size", size}, {"nextPageOffset", 0}, {"nextPageCursor", cursor}};
    if (state.settings.object_cursor) info["nextPageCursor"] = ordered_json{{"cursor", cursor}};
    info["nextPageLink"] = fmt::format("{}{}/rest/auditing/1.0/events?offset=0&limit={}&pageCursor={}", state.site(),
                                       state.settings.context_path, query.limit, cursor);
    return info;
}

/// The object that a PUT sends under `name`; nullptr when it sends none.
const nlohmann::json* part_of(const nlohmann::json& body, const char* name) {
    return body.is_object() && body.contains(name) && body[name].is_object() ? &body[name] : nullptr;
}

bool set_coverage(DatacenterState& state, const nlohmann::json& body) {
    const auto* const wanted = part_of(body, "levelByArea");
    if (wanted == nullptr) return false;
    for (const auto& [area, level] : wanted->items()) {
        const bool known = level == "base" || level == "advanced" || level == "full" || level == "off";
        if (!known || !state.coverage.contains(area)) return false;
    }
    for (const auto& [area, level] : wanted->items()) state.coverage[area] = level.get<std::string>();
    return true;
}

bool set_retention(DatacenterState& state, const nlohmann::json& body) {
    const auto* const wanted = part_of(body, "period");
    if (wanted == nullptr) return false;
    for (const auto& [unit, count] : wanted->items()) {
        if (!state.retention.contains(unit) || !count.is_number_unsigned()) return false;
    }
    for (const auto& [unit, count] : wanted->items()) state.retention[unit] = count.get<std::uint64_t>();
    return true;
}

bool set_retention_files(DatacenterState& state, const nlohmann::json& body) {
    if (!body.is_object() || !body.value("maxFileCount", nlohmann::json()).is_number_unsigned()) return false;
    state.retention_files = body["maxFileCount"].get<std::int64_t>();
    return true;
}

bool set_denylist(DatacenterState& state, const nlohmann::json& body) {
    if (!body.is_object() || !body.value("actions", nlohmann::json()).is_array()) return false;
    state.denylist.clear();
    for (const auto& action : body["actions"]) {
        if (action.is_string()) state.denylist.insert(action.get<std::string>());
    }
    return true;
}

struct Configuration {
    std::string_view name;
    ordered_json (*get)(const DatacenterState&);
    bool (*set)(DatacenterState&, const nlohmann::json&);
};

constexpr std::array<Configuration, 4> configurations{{
    {"coverage",
     [](const DatacenterState& s) {
         return ordered_json{{"levelByArea", s.coverage}};
     },
     set_coverage},
    {"retention",
     [](const DatacenterState& s) {
         return ordered_json{{"period", s.retention}};
     },
     set_retention},
    {"retention/file",
     [](const DatacenterState& s) {
         return ordered_json{{"maxFileCount", s.retention_files}};
     },
     set_retention_files},
    {"denylist",
     [](const DatacenterState& s) {
         return ordered_json{{"actions", s.denylist}};
     },
     set_denylist},
}};

}  // namespace

HttpAnswer answer_datacenter_events(SimState& state, const HttpRequest& request) {
    auto query = read_datacenter_query(state, request);
    if (query.refusal) return *std::move(query.refusal);
    auto& log = state.log(Product::datacenter);
    auto [first, last] = log.window(query.from, query.to);
    if (query.cursor) last = std::min(last, log.before(query.cursor->first, query.cursor->second));
    last -= std::min(last, static_cast<std::size_t>(query.offset));

    std::string body = R"({"entities":[)";
    std::size_t size = 0;
    while (last > first && size < static_cast<std::size_t>(query.limit)) {
        if (size++ > 0) body += state.settings.pretty ? ",\n    " : ",";
        body += log.entries()[--last].text;
    }
    const auto* const next_after = size > 0 && last > first ? &log.entries()[last] : nullptr;
    body += R"(],"pagingInfo":)" + paging_info(state, query, size, next_after).dump() + '}';
    record_search(state, request, size);
    return json_answer(200, std::move(body));
}

HttpAnswer answer_datacenter_configuration(SimState& state, const HttpRequest& request) {
    constexpr std::string_view folder = "/configuration/";
    const std::string_view path = request.path;
    const auto name = path.substr(path.find(folder) + folder.size());
    const auto* const found = std::ranges::find(configurations, name, &Configuration::name);
    if (found == configurations.end()) return datacenter_error(state, 404, "path", "Not found");
    if (request.method == "PUT") {
        const auto wanted = nlohmann::json::parse(request.body, nullptr, false);
        if (!found->set(state.datacenter, wanted)) return datacenter_error(state, 400, name, "The value is not valid");
    } else if (request.method != "GET") {
        return datacenter_error(state, 405, "method", "Method not allowed");
    }
    return json_answer(200, found->get(state.datacenter).dump());
}

}  // namespace aquila::sim
