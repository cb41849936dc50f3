// Jira Cloud, GET /rest/api/3/auditing/record: newest first, paged by offset, `total` is the whole log's size whatever
// the window. A date without a zone is an empty 200 at the gateway, so dates always carry a Z.
#include "aquila_fetch/http.hpp"
#include "aquila_fetch/json_page.hpp"
#include "aquila_fetch/source.hpp"

#include <fmt/core.h>

namespace aquila {
namespace {

constexpr PageShape shape{
    .records = "records",
    .id = "id",
    .time = "created",
    .limit = "limit",
    .offset = "offset",
};

std::string query(const Query& query) {
    auto text = fmt::format("?offset={}&limit={}", query.offset, query.limit);
    if (query.window) {
        text += fmt::format("&from={}&to={}", percent_encode(format_instant(query.window->from)),
                            percent_encode(format_instant(query.window->to)));
    }
    return text;
}

Page parse(std::string body, const Query& /*query*/) {
    return slice_page(std::move(body), shape);
}

}  // namespace

extern constinit const Source jira_source{
    .name = "jira",
    .title = "Jira",
    .summary = "Jira Cloud audit records (/rest/api/3/auditing/record)",
    .gateway = "/ex/jira/",
    .path = "/rest/api/3/auditing/record",
    .scopes = "manage:jira-configuration, or read:audit-log:jira with read:user:jira",
    .permission = "the global permission \"Administer Jira\"",
    .oauth_scopes = "read:audit-log:jira read:user:jira",
    .records = shape.records,
    .page_size = 1000,
    .has_ids = true,
    .query = query,
    .parse = parse,
};

}  // namespace aquila
