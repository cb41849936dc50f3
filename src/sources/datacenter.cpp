// Data Center (Jira and Confluence), GET /rest/auditing/1.0/events: newest first, chained by a cursor made of time and
// number; no ids; every look into the log is an event of the log. Where it is not there, what older servers have:
// Jira's /rest/api/2/auditing/record and Confluence's /rest/api/audit (atlassian-api section 5).
#include "aquila_fetch/config.hpp"
#include "aquila_fetch/http.hpp"
#include "aquila_fetch/json_page.hpp"
#include "aquila_fetch/source.hpp"

#include <fmt/core.h>

namespace aquila {
namespace {

constexpr PageShape shape{
    .records = "entities",
    .id = "",
    .time = "timestamp",
    .limit = "",
    .offset = "",
    .paging = "pagingInfo",
    .next = "nextPageCursor",
    .last = "lastPage",
    .kind = "type",
    .action = "actionI18nKey",
    .search = "atlassian.audit.event.action.audit.search",
    .author = "author",
};
/// The same records as in the cloud, written as they are.
constexpr PageShape jira_shape{
    .records = "records",
    .id = "id",
    .time = "created",
    .limit = "limit",
    .offset = "",
};
constexpr PageShape confluence_shape{
    .records = "results",
    .id = "",
    .time = "creationDate",
    .limit = "limit",
    .offset = "",
    .links = true,
};

std::string iso_window(const Query& query) {
    return query.window ? fmt::format("&from={}&to={}", percent_encode(format_instant(query.window->from)),
                                      percent_encode(format_instant(query.window->to)))
                        : "";
}

/// The cursor does not hold the window: it is sent with every page.
std::string query(const Query& query) {
    auto text = fmt::format("?limit={}", query.limit) + iso_window(query);
    return query.cursor.empty() ? text : text + "&pageCursor=" + percent_encode(query.cursor);
}

std::string jira_query(const Query& query) {
    return fmt::format("?offset={}&limit={}", query.offset, query.limit) + iso_window(query);
}

std::string confluence_query(const Query& query) {
    auto text = fmt::format("?start={}&limit={}", query.offset, query.limit);
    if (query.window) {
        text += fmt::format("&startDate={}&endDate={}", format_epoch_millis(query.window->from),
                            format_epoch_millis(query.window->to));
    }
    return text;
}

template <const PageShape& Shape>
Page parse(std::string body, const Query& /*query*/) {
    return slice_page(std::move(body), Shape);
}

std::string filters(const SourceConfig& config) {
    struct Filter {
        std::string_view name;
        std::string SourceConfig::*value;
    };
    constexpr Filter texts[] = {
        {"categories", &SourceConfig::categories}, {"actions", &SourceConfig::actions},
        {"userIds", &SourceConfig::users},         {"affectedObject", &SourceConfig::affected_objects},
        {"search", &SourceConfig::search},
    };
    std::string text;
    for (const auto& [name, value] : texts) {
        if (!(config.*value).empty()) {
            text += fmt::format("&{}={}", name, percent_encode(config.*value));
        }
    }
    return config.scan_limit ? text + fmt::format("&scanLimit={}", *config.scan_limit) : text;
}

constexpr Source row() {
    return {
        .name = "datacenter",
        .title = "Data Center",
        .summary = "",
        .realm = Realm::server,
        .gateway = "",
        .path = "",
        .scopes = "",
        .permission =
            "the global permission to administer the system (Jira System Administrator, Confluence "
            "administrator, or auditor)",
        .records = {},
        .page_size = 1000,
        .has_ids = false,
        .query = query,
        .parse = nullptr,
    };
}

constexpr Source confluence_server() {
    auto source = row();
    source.title = "Confluence Server";
    source.summary = "Confluence before Data Center's audit log (/rest/api/audit)";
    source.path = "/rest/api/audit";
    source.records = confluence_shape.records;
    source.query = confluence_query;
    source.parse = parse<confluence_shape>;
    return source;
}

constinit const Source confluence_server_source = confluence_server();

constexpr Source jira_server() {
    auto source = row();
    source.title = "Jira Server";
    source.summary = "Jira before 8.8 (/rest/api/2/auditing/record)";
    source.path = "/rest/api/2/auditing/record";
    source.records = jira_shape.records;
    source.has_ids = true;
    source.query = jira_query;
    source.parse = parse<jira_shape>;
    source.alternative = &confluence_server_source;
    return source;
}

constinit const Source jira_server_source = jira_server();

constexpr Source auditing() {
    auto source = row();
    source.summary = "Jira and Confluence Data Center audit events (/rest/auditing/1.0/events)";
    source.path = "/rest/auditing/1.0/events";
    source.records = shape.records;
    source.paging = Paging::newest;
    source.parse = parse<shape>;
    source.filters = filters;
    source.alternative = &jira_server_source;
    return source;
}

}  // namespace

extern constinit const Source datacenter_source = auditing();

}  // namespace aquila
