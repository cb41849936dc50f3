// Why: what all products of one simulator share, behind one lock; the files of the products are functions over it.
// Must not know: sockets.
#pragma once

#include "support/sim_faults.hpp"
#include "support/sim_http.hpp"
#include "support/sim_log.hpp"
#include "support/sim_settings.hpp"

#include <nlohmann/json_fwd.hpp>

#include <array>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace aquila::sim {

/// What a test sees of a request. Never the secret.
struct SeenRequest {
    Millis time = 0;  ///< of the machine, not of the simulated clock
    std::string method;
    std::string path;   ///< as sent
    std::string query;  ///< as sent
    std::vector<std::string> header_names;
    std::string authorization;  ///< the scheme; empty: none
    std::string user_agent;
    int status = 0;
    std::string fault;  ///< the kind of fault that hit it; empty: none
    std::string note;   ///< why it was refused, the grant type, ...
};

struct TokenBucket {
    double tokens = -1;  ///< below 0: full
    Millis filled = 0;
};

struct OauthGrant {
    std::string scope;
    Millis expires = 0;  ///< access tokens: their end. Refresh tokens: the end of the leeway, 0 while they are current
};

struct OauthState {
    std::map<std::string, std::string, std::less<>> codes;  ///< code -> scope
    std::map<std::string, OauthGrant, std::less<>> access;
    std::map<std::string, OauthGrant, std::less<>> refresh;
    std::string current_refresh;
    std::int64_t issued = 0;
    bool revoked = false;  ///< every refresh token is refused as expired or revoked
};

struct DatacenterState {
    std::map<std::string, std::string, std::less<>> coverage{{"global-config-and-administration", "base"},
                                                             {"user-management", "base"},
                                                             {"permissions", "base"},
                                                             {"local-config-and-administration", "base"},
                                                             {"security", "base"},
                                                             {"end-user-activity", "base"},
                                                             {"ecosystem", "base"}};
    std::map<std::string, std::uint64_t, std::less<>> retention{{"years", 3}, {"months", 0}, {"days", 0}};
    std::int64_t retention_files = 100;
    std::set<std::string, std::less<>> denylist;
    std::int64_t failures = 0;
};

struct SimState {
    std::mutex mutex;  ///< guards everything below
    SimSettings settings;
    std::string url;  ///< http://127.0.0.1:PORT
    std::array<RecordLog, product_count> logs;
    FaultScript faults;
    std::vector<SeenRequest> requests;
    TokenBucket bucket;
    std::array<std::int64_t, product_count> pages_served{};
    std::string confluence_retention = R"({"number":1,"units":"YEARS"})";
    DatacenterState datacenter;
    OauthState oauth;
    std::string note;  ///< said about the request that is being answered
    std::function<std::uint64_t()> connections;
    bool stop_requested = false;

    [[nodiscard]] RecordLog& log(Product product) { return logs.at(static_cast<std::size_t>(product)); }
    [[nodiscard]] Millis now() const { return system_now() + settings.clock_offset_s * second; }
    [[nodiscard]] const std::string& site() const noexcept { return settings.site.empty() ? url : settings.site; }
};

[[nodiscard]] HttpAnswer json_answer(int status, std::string body, std::string content_type = "application/json");
[[nodiscard]] HttpAnswer html_answer(int status, std::string_view title);

/// The product APIs. Called with the lock held.
[[nodiscard]] HttpAnswer answer_jira(SimState& state, const HttpRequest& request);
[[nodiscard]] HttpAnswer answer_confluence(SimState& state, const HttpRequest& request);
/// Other routes of a Jira site: serverInfo (200 whatever the credential) and myself.
[[nodiscard]] HttpAnswer answer_jira_account(SimState& state, const HttpRequest& request, bool who);
[[nodiscard]] HttpAnswer answer_confluence_retention(SimState& state, const HttpRequest& request);

/// The organisation's events: `rest` is the path after /admin/v1/orgs/.
[[nodiscard]] HttpAnswer answer_organization(SimState& state, const HttpRequest& request, std::string_view rest);
[[nodiscard]] HttpAnswer answer_datacenter_events(SimState& state, const HttpRequest& request);
/// coverage, retention, retention/file, denylist.
[[nodiscard]] HttpAnswer answer_datacenter_configuration(SimState& state, const HttpRequest& request);

/// The OAuth endpoints. A grant made by hand: its tokens as the token endpoint gives them.
[[nodiscard]] HttpAnswer answer_authorize(SimState& state, const HttpRequest& request);
[[nodiscard]] HttpAnswer answer_token(SimState& state, const HttpRequest& request);
[[nodiscard]] HttpAnswer answer_datacenter_token(SimState& state, const HttpRequest& request);
[[nodiscard]] HttpAnswer answer_resources(SimState& state, const HttpRequest& request);
[[nodiscard]] nlohmann::ordered_json issue_grant(SimState& state, const std::string& scope, bool with_refresh);

/// Stores one raw record; false when it names no time.
bool store(SimState& state, Product product, std::string_view record);
/// Stores NDJSON and returns the number of records; throws std::invalid_argument and stores nothing.
std::size_t store_lines(SimState& state, Product product, std::string_view lines);
/// One generated record at that time.
void store_generated(SimState& state, Product product, Millis time);

/// Finds the product a request is for, refuses it or lets the product answer. Called with the lock held.
[[nodiscard]] HttpAnswer route(SimState& state, const HttpRequest& request);
/// The control endpoints below /_sim/. Takes the lock itself.
[[nodiscard]] HttpAnswer control(SimState& state, const HttpRequest& request);
/// What `GET /_sim/requests` tells of one.
[[nodiscard]] nlohmann::json describe(const SeenRequest& seen);

}  // namespace aquila::sim
