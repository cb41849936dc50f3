// Organisation events, GET /admin/v1/orgs/{id}/events-stream: oldest first by the time of processing, so that what is
// processed late still comes after what was read; its cursor outlives the run. Where the stream is not there, the older
// list /events: newest first by the time of the event, ten requests a minute (atlassian-api section 4).
#include "aquila_fetch/http.hpp"
#include "aquila_fetch/json_page.hpp"
#include "aquila_fetch/source.hpp"

#include <fmt/core.h>

namespace aquila {
namespace {

constexpr PageShape shape{
    .records = "data",
    .id = "id",
    .time = "time",
    .limit = "",
    .offset = "",
    .inside = "attributes",
    .rules = "processedAt",
    .paging = "meta",
    .next = "next",
};

/// With a cursor, which holds the window and the order, nothing else is sent.
std::string query(const Query& query) {
    auto text = fmt::format("?limit={}", query.limit);
    if (!query.cursor.empty()) {
        return text + "&cursor=" + percent_encode(query.cursor);
    }
    if (query.window) {
        text += fmt::format("&from={}", format_epoch_millis(query.window->from));
        if (query.window->to != open_end) {
            text += fmt::format("&to={}", format_epoch_millis(query.window->to));
        }
    }
    return text;
}

/// The stream's newest page has to be asked for; the list begins with it.
std::string stream_query(const Query& asked) {
    return query(asked) + (asked.cursor.empty() && !asked.window ? "&sortOrder=desc" : "");
}

Page parse(std::string body, const Query& /*query*/) {
    return slice_page(std::move(body), shape);
}

constexpr Source row() {
    return {
        .name = "organization",
        .title = "Organisation",
        .summary = "",
        .realm = Realm::organization,
        .gateway = "/admin/v1/orgs/",
        .path = "",
        .scopes = "read:events:admin",
        .permission = "the role of an organisation admin",
        .records = shape.records,
        .page_size = 500,
        .has_ids = true,
        .query = query,
        .parse = parse,
    };
}

constexpr Source events() {
    auto source = row();
    source.summary = "Organisation events, where there is no stream of them (/events)";
    source.path = "/events";
    source.paging = Paging::newest;
    source.per_minute = 10;
    return source;
}

constinit const Source events_source = events();

constexpr Source stream() {
    auto source = row();
    source.summary = "Organisation events (/admin/v1/orgs/ID/events-stream)";
    source.path = "/events-stream";
    source.paging = Paging::oldest;
    source.stream = true;
    source.query = stream_query;
    source.per_minute = 50;
    source.alternative = &events_source;
    return source;
}

}  // namespace

extern constinit const Source organization_source = stream();

}  // namespace aquila
