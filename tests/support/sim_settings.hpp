// Why: every behaviour of the simulator that a test may want otherwise, in one value: given at the start in C++ or on
// the command line, changed at run time with JSON. Must not know: HTTP.
#pragma once

#include "support/sim_log.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace aquila::sim {

/// Where a credential opens: scoped tokens at the gateway, classic ones on the site.
enum class TokenKind { any, scoped, classic };

struct Credential {
    std::string email;  ///< empty: a bearer token
    std::string token;
    TokenKind kind = TokenKind::any;
    bool scopes_ok = true;
    bool write_ok = true;              ///< the scope to change settings
    std::optional<Product> product{};  ///< unset: every product

    [[nodiscard]] bool covers(Product which) const noexcept { return !product || *product == which; }
};

enum class RetryStyle { seconds, date, reset_iso, reset_iso_no_seconds, none };

struct RateLimit {
    double requests_per_second = 0;  ///< 0: no limit
    double burst = 1;
    RetryStyle retry_after = RetryStyle::seconds;
    std::string reason = "jira-burst-based";
};

/// Records that arrive between two page requests.
struct InsertWhilePaging {
    std::optional<Product> product;  ///< unset: none
    std::int64_t every = 1;          ///< before every so-manieth request, the first one excepted
    std::int64_t count = 1;
    std::int64_t times = std::numeric_limits<std::int64_t>::max();
    std::string created = "now";  ///< or "-5m", an ISO time, epoch milliseconds
};

struct OauthClient {
    std::string id = "sim-client";
    std::string secret = "sim-secret";
    std::string redirect_uri = "http://localhost:8910/callback";
    std::string scope = "read:audit-log:jira read:user:jira read:audit-log:confluence offline_access";
    std::int64_t access_seconds = 3600;
    std::int64_t leeway_seconds = 600;
    bool deny_consent = false;
    bool resources_twice = false;  ///< accessible-resources names the site once per product
};

struct SimSettings {
    std::uint16_t port = 0;
    std::string cloud_id = "1324a887-45db-1bf4-1e99-ef0ff456d421";
    std::string organization_id = "0f5a3c1e-7d2b-4c8a-9e61-5b0d4a7c9e10";
    std::string site;  ///< what links and realms name; empty: the simulator's own URL
    std::vector<Credential> credentials{{.email = "admin@example.com", .token = "sim-token"},
                                        {.email = {}, .token = "sim-bearer"}};
    std::int64_t latency_ms = 0;
    std::int64_t page_cap = 0;  ///< the largest page the server gives, echoed; 0: the product's own
    RateLimit rate;
    bool gzip = true;
    bool chunked = false;
    bool pretty = false;  ///< line ends and blanks between records
    std::int64_t clock_offset_s = 0;
    bool ignore_from = false;
    bool free_plan = false;
    bool no_permission = false;
    InsertWhilePaging insert_while_paging;

    bool next_with_dates = false;           ///< Confluence: `next` repeats startDate and endDate
    std::string last_page = "cursor";       ///< organisation: "cursor" goes on for ever, "null" ends with an empty page
    std::string filter_on = "processedAt";  ///< organisation: or "time"
    std::int64_t cursor_epoch = 1;          ///< organisation: a change makes older cursors stale
    std::string context_path;               ///< Data Center: "/jira"
    bool object_cursor = false;             ///< Data Center: nextPageCursor is {"cursor": ...}
    bool self_noise = true;                 ///< Data Center: reading the log writes to it
    bool basic_disabled = false;            ///< Data Center
    bool login_redirect = false;            ///< Data Center: a refused credential is sent to the login page
    std::int64_t captcha_after = 0;         ///< Data Center: that many failures lock the account; 0: never
    OauthClient oauth;
};

/// Changes what the object names; unknown keys and wrong types throw std::invalid_argument.
void apply_settings(SimSettings& settings, const nlohmann::json& changes);

}  // namespace aquila::sim
