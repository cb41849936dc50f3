// Confluence Cloud, GET /wiki/rest/api/audit: newest first, paged by start, times in epoch milliseconds. Records have
// no id, so equal ones are told apart by counting. `_links.next` is only a sign that more follows: its target leaves
// the gateway, and may have lost the dates.
#include "aquila_fetch/json_page.hpp"
#include "aquila_fetch/source.hpp"

#include <fmt/core.h>

namespace aquila {
namespace {

constexpr PageShape shape{
    .records = "results",
    .id = "",
    .time = "creationDate",
    .limit = "limit",
    .offset = "",
    .links = true,
};

std::string query(const Query& query) {
    auto text = fmt::format("?start={}&limit={}", query.offset, query.limit);
    if (query.window) {
        text += fmt::format("&startDate={}&endDate={}", format_epoch_millis(query.window->from),
                            format_epoch_millis(query.window->to));
    }
    return text;
}

Page parse(std::string body, const Query& /*query*/) {
    return slice_page(std::move(body), shape);
}

}  // namespace

extern constinit const Source confluence_source{
    .name = "confluence",
    .title = "Confluence",
    .summary = "Confluence Cloud audit records (/wiki/rest/api/audit)",
    .gateway = "/ex/confluence/",
    .path = "/wiki/rest/api/audit",
    .scopes = "read:audit-log:confluence",
    .permission = "the global permission \"Confluence Administrator\"",
    .oauth_scopes = "read:audit-log:confluence",
    .records = shape.records,
    .page_size = 1000,
    .has_ids = false,
    .query = query,
    .parse = parse,
};

}  // namespace aquila
