// Why: a log of any length that is not kept: what a year leaves behind is counted with millions of records.
// Must not know: network, disk.
#pragma once

#include "aquila_fetch/source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace aquila::bench {

inline constexpr Instant beginning{std::chrono::seconds{1'775'001'600}};

/// As many records as one asks for, `step` apart, without keeping them.
class PreparedLog {
  public:
    PreparedLog(std::string_view product, std::int64_t records, Span step)
        : source{*find_source(product)}, records_{records}, step_{step} {}

    [[nodiscard]] Instant time_of(std::int64_t record) const { return beginning + step_ * record; }

    [[nodiscard]] Page fetch(const Query& query) const {
        // Newest first, both ends of the window included.
        const auto index = [this](Instant time) { return (time - beginning) / step_; };
        const bool windowed = query.window.has_value();
        const auto oldest = windowed ? std::max<std::int64_t>(0, index(query.window->from - Span{1}) + 1) : 0;
        const auto newest = std::min(records_ - 1, windowed ? index(query.window->to) : records_);
        const auto first = newest - query.offset;
        const auto last = std::max(oldest, first - query.limit + 1);
        const bool jira = source.has_ids;
        std::string body;
        body.reserve(static_cast<std::size_t>(std::max<std::int64_t>(first - last + 1, 0)) * 700 + 4096);
        body = jira ? fmt::format(R"({{"offset":{},"limit":{},"total":{},"records":[)", query.offset, query.limit,
                                  records_)
                    : R"({"results":[)";
        for (auto record = first; record >= last; --record) {
            add(body, record, jira);
            body += record > last ? "," : "";
        }
        body += jira ? std::string{"]}"}
                     : fmt::format(R"(],"start":{},"limit":{},"size":{},"_links":{{}}}})", query.offset, query.limit,
                                   std::max<std::int64_t>(first - last + 1, 0));
        Page page = source.parse(std::move(body), query);
        page.served = time_of(records_) + std::chrono::hours{1};
        return page;
    }

    const Source& source;

  private:
    void add(std::string& body, std::int64_t record, bool jira) const {
        if (jira) {
            fmt::format_to(std::back_inserter(body), R"({{"id":{},"summary":"User added to group",)", 10'000 + record);
            body += jira_middle;
            body += format_instant(time_of(record));
            body.pop_back();
            body += R"(+0000"})";
        } else {
            body += confluence_begin;
            fmt::format_to(std::back_inserter(body), R"("creationDate":{},"summary":"Page restriction removed {}"}})",
                           time_of(record).time_since_epoch().count(), record);
        }
    }

    static constexpr std::string_view jira_middle =
        R"("remoteAddress":"203.0.113.54","authorKey":"ug:8f1c2b7e-0d43-4a1a-9b1e-2f6f0c7d9a10","authorAccountId":"712020:5e1f0c9a-77d1-4f3b-8a55-b1c0e9d2a4f6","category":"group management","eventSource":"","description":"","objectItem":{"name":"site-admins","typeName":"GROUP","parentId":"10000","parentName":"com.atlassian.crowd.directory.IdentityPlatformRemoteDirectory"},"changedValues":[{"fieldName":"Users","changedFrom":"mlindqvist","changedTo":"mlindqvist, zangstrom"}],"associatedItems":[{"id":"ug:3a9d","name":"zangstrom","typeName":"USER","parentId":"10000","parentName":"com.atlassian.crowd.directory.IdentityPlatformRemoteDirectory"}],"created":")";
    static constexpr std::string_view confluence_begin =
        R"({"author":{"type":"user","displayName":"M. Lindqvist","operations":null,"username":"","userKey":"8a7f808a7e","accountId":"712020:5e1f0c9a-77d1-4f3b-8a55-b1c0e9d2a4f6","accountType":"atlassian","externalCollaborator":false,"isExternalCollaborator":false,"publicName":"Unknown user"},"remoteAddress":"203.0.113.54","description":"","category":"Pages","sysAdmin":false,"superAdmin":false,"affectedObject":{"name":"Runbook","objectType":"Page"},"changedValues":[{"name":"Restriction","oldValue":"view","hiddenOldValue":"","newValue":"","hiddenNewValue":""}],"associatedObjects":[{"name":"Operations","objectType":"Space"}],)";

    std::int64_t records_;
    Span step_;
};

}  // namespace aquila::bench
