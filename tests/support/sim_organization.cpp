// Organisation events: the stream (oldest first by the time of processing, with a cursor that may never end) and the
// older list (newest first by the time of the event).
#include "support/sim_doors.hpp"
#include "support/sim_state.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <tuple>

namespace aquila::sim {
namespace {

using nlohmann::ordered_json;

/// Where a page ended. Its text holds '+', '/' and '=', so that a client that does not encode it is found out.
struct Cursor {
    bool descending = false;
    Millis time = 0;
    std::int64_t sequence = 0;
};

std::string write_cursor(const SimState& state, const Cursor& cursor) {
    return encode_base64(fmt::format("\xfb\xef\xff{}:{}:{}:{}", state.settings.cursor_epoch,
                                     cursor.descending ? 'd' : 'a', cursor.time, cursor.sequence));
}

std::optional<Cursor> read_organization_cursor(const SimState& state, std::string_view text) {
    const auto plain = decode_base64(text);
    if (!plain || !plain->starts_with("\xfb\xef\xff")) return std::nullopt;
    std::vector<std::string_view> parts;
    for (auto rest = std::string_view(*plain).substr(3);; rest.remove_prefix(rest.find(':') + 1)) {
        parts.push_back(rest.substr(0, rest.find(':')));
        if (rest.find(':') == std::string_view::npos) break;
    }
    if (parts.size() != 4 || parts[0] != std::to_string(state.settings.cursor_epoch)) return std::nullopt;
    const auto time = parse_integer(parts[2]);
    const auto sequence = parse_integer(parts[3]);
    if (!time || !sequence) return std::nullopt;
    return Cursor{.descending = parts[1] == "d", .time = *time, .sequence = *sequence};
}

struct OrganizationQuery {
    std::int64_t limit = 0;
    Millis from = std::numeric_limits<Millis>::min();
    Millis to = std::numeric_limits<Millis>::max();
    std::optional<Cursor> cursor;
    std::optional<HttpAnswer> refusal;
};

OrganizationQuery read_organization_query(const SimState& state, const HttpRequest& request,
                                          std::int64_t default_limit) {
    OrganizationQuery query;
    for (const auto& [name, bound] : {std::pair("from", &query.from), std::pair("to", &query.to)}) {
        const auto text = request.parameter(name);
        if (!text) continue;
        const auto time = parse_integer(*text);
        if (!time) query.refusal = admin_error(400, "ADMIN-400-3", "Invalid time or date");
        *bound = time.value_or(0);
    }
    const auto limit = parse_integer(request.parameter("limit").value_or(std::to_string(default_limit)));
    if (!limit || *limit < 1) query.refusal = admin_error(400, "ADMIN-400-4", "Invalid limit");
    constexpr std::int64_t largest_organization_page = 500;
    query.limit = std::min(limit.value_or(1), largest_organization_page);
    if (state.settings.page_cap > 0) query.limit = std::min(query.limit, state.settings.page_cap);
    if (const auto text = request.parameter("cursor")) {
        query.cursor = read_organization_cursor(state, *text);
        if (!query.cursor) query.refusal = admin_error(400, "ADMIN-400-1", "Invalid page cursor");
    }
    if (state.settings.ignore_from) query.from = std::numeric_limits<Millis>::min();
    return query;
}

HttpAnswer write_page(const SimState& state, const HttpRequest& request, const std::vector<const LogEntry*>& page,
                      const std::optional<std::string>& next, std::size_t total) {
    std::string body = R"({"data":[)";
    for (const auto* const entry : page) {
        if (entry != page.front()) body += state.settings.pretty ? ",\n    " : ",";
        body += entry->text;
    }
    ordered_json meta{{"next", nullptr},        {"page_size", page.size()}, {"prev", nullptr}, {"attributes", nullptr},
                      {"start_index", nullptr}, {"end_index", nullptr},     {"total", total}};
    ordered_json links = ordered_json::object();
    if (next) {
        meta["next"] = *next;
        links["self"] = state.url + request.target;
        links["next"] = state.url + request.path + "?cursor=" + url_encode(*next);
    }
    body += fmt::format(R"(],"meta":{},"links":{}}})", meta.dump(), links.dump());
    return json_answer(200, std::move(body));
}

HttpAnswer answer_stream(SimState& state, const HttpRequest& request) {
    constexpr std::int64_t default_limit = 200;
    auto query = read_organization_query(state, request, default_limit);
    if (query.refusal) return *std::move(query.refusal);
    auto& log = state.log(Product::organization);
    const auto& entries = log.entries();
    const bool descending = query.cursor ? query.cursor->descending : request.parameter("sortOrder") == "desc";
    const bool by_time = state.settings.filter_on == "time";
    auto [first, last] =
        by_time ? std::pair<std::size_t, std::size_t>{0, log.size()} : log.window(query.from, query.to);
    if (query.cursor && descending) last = std::min(last, log.before(query.cursor->time, query.cursor->sequence));
    if (query.cursor && !descending) first = std::max(first, log.after(query.cursor->time, query.cursor->sequence));

    std::vector<const LogEntry*> page;
    while (first < last && static_cast<std::int64_t>(page.size()) < query.limit) {
        const auto& entry = entries[descending ? --last : first++];
        if (!by_time || (entry.event_time >= query.from && entry.event_time <= query.to)) page.push_back(&entry);
    }
    std::optional<std::string> next;
    if (!page.empty()) {
        next = write_cursor(state,
                            {.descending = descending, .time = page.back()->time, .sequence = page.back()->sequence});
    } else if (state.settings.last_page == "cursor") {
        // The cursor that was sent comes back: with it one goes on when there is more.
        next = request.parameter("cursor").value_or(
            write_cursor(state, {.descending = descending, .time = std::max<Millis>(query.from, 0), .sequence = 0}));
    }
    return write_page(state, request, page, next, log.size());
}

HttpAnswer answer_list(SimState& state, const HttpRequest& request) {
    constexpr std::int64_t default_limit = 30;
    auto query = read_organization_query(state, request, default_limit);
    if (query.refusal) return *std::move(query.refusal);
    const auto place = [](const LogEntry* entry) { return std::tuple(entry->event_time, entry->sequence); };
    std::vector<const LogEntry*> page;
    for (const auto& entry : state.log(Product::organization).entries()) {
        const bool before = !query.cursor || place(&entry) < std::tuple(query.cursor->time, query.cursor->sequence);
        if (before && entry.event_time >= query.from && entry.event_time <= query.to) page.push_back(&entry);
    }
    std::ranges::sort(page, std::ranges::greater{}, place);
    std::optional<std::string> next;
    if (static_cast<std::int64_t>(page.size()) > query.limit) {
        page.resize(static_cast<std::size_t>(query.limit));
        next = write_cursor(state,
                            {.descending = true, .time = page.back()->event_time, .sequence = page.back()->sequence});
    }
    return write_page(state, request, page, next, state.log(Product::organization).size());
}

}  // namespace

HttpAnswer answer_organization(SimState& state, const HttpRequest& request, std::string_view rest) {
    const auto id = rest.substr(0, rest.find('/'));
    rest.remove_prefix(id.size());
    if (id != state.settings.organization_id) return admin_error(404, "ADMIN-404-2", "Organization not found");
    if (rest == "/events-stream") return answer_stream(state, request);
    if (rest == "/events") return answer_list(state, request);
    if (rest == "/event-actions") {
        return json_answer(
            200,
            R"({"data":[{"id":"API_TOKEN_CREATED","type":"eventActions","attributes":{"displayName":"API token created","groupDisplayName":"API tokens"}}],"links":null,"meta":null})");
    }
    constexpr std::string_view one = "/events/";
    if (!rest.starts_with(one)) return admin_error(404, "ADMIN-404-4", "Not found");
    const auto wanted = fmt::format(R"("id":"{}")", rest.substr(one.size()));
    const auto& entries = state.log(Product::organization).entries();
    const auto found = std::ranges::find_if(
        entries, [&](const LogEntry& e) { return e.text.substr(0, 200).find(wanted) != std::string_view::npos; });
    if (found == entries.end()) return admin_error(404, "ADMIN-404-4", "Event not found");
    return json_answer(200, fmt::format(R"({{"data":{}}})", found->text));
}

}  // namespace aquila::sim
