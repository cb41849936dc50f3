// Why: where a product is reached (the gateway with a cloud id, or the site itself), which of the two doors a
// credential opens, and the way from a query to a page. Must not know: retry, disk, the loop.
#pragma once

#include "aquila_fetch/authorizer.hpp"
#include "aquila_fetch/checkpoint.hpp"
#include "aquila_fetch/config.hpp"
#include "aquila_fetch/diagnosis.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/http.hpp"
#include "aquila_fetch/source.hpp"

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

namespace aquila {

/// Fit to stand in a URL, and short.
[[nodiscard]] bool is_cloud_id(std::string_view text) noexcept;

/// The cloud id of a site, from `SITE/_edge/tenant_info`, without a credential (atlassian-api section 7).
/// Failure 76 or 69.
[[nodiscard]] std::string look_up_cloud_id(Transport& transport, const std::string& site);

/// Something beside the records: what the API lets be read or set.
struct Errand {
    std::string method = "GET";
    std::string_view path;  ///< in the place of the records' path
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string body{};
    std::string_view scopes{};  ///< what the token needs for it; empty: the same as for the records
};

class Endpoint {
  public:
    /// Uses the `cloud_id` of the configuration; else the one chosen at login; else the one in `state` if it was found
    /// for the same `site`; else looks it up. With a `site` both doors are possible, the gateway first, or the one that
    /// opened last time; tokens of OAuth and of service accounts open the gateway only (atlassian-api section 1).
    Endpoint(const Source& source, const SourceConfig& config, Authorizer& authorizer, Transport& transport,
             const State& state);

    /// Which log this is; a checkpoint of another one must not be gone on with.
    [[nodiscard]] std::string identity() const;
    /// Notes cloud id and door, to be kept with the next checkpoint.
    void remember(State& state) const;

    /// Asks for one record, to see whether this API is there at all: false on a 404. Failure as diagnosed.
    [[nodiscard]] bool is_there();

    /// One page, with what the configuration leaves out marked and taken away. A door that refuses the credential is
    /// left for the other one once, unless the answer says that this would not help. Failure as diagnosed; StaleCursor.
    /// For several threads at once, as soon as one page was fetched: it settles the door.
    [[nodiscard]] Page fetch(const Query& query);

    /// The body of the answer. nullopt: there is no such thing (404). Failure as diagnosed.
    [[nodiscard]] std::optional<std::string> ask(const Errand& errand);

    /// Of the door in use, for messages.
    [[nodiscard]] std::string address() const { return printable_url(doors_.front().url); }

  private:
    struct Door {
        bool gateway;
        std::string url;
    };

    [[nodiscard]] static std::vector<Door> doors(const Source& source, const SourceConfig& config,
                                                 const std::string& cloud_id, const State& state);
    [[nodiscard]] std::string url(const Door& door, const Query& query) const;
    /// The user name of a token's account, where the server does not tell it in its headers. Empty: it is not known.
    [[nodiscard]] std::string look_up_account();
    /// Counts the records of our own searches, and takes them out where they are not wanted.
    void note_own_searches(Page& page, const Response& response);
    /// Sends with the credential, and once more with a renewed one where the first was refused.
    [[nodiscard]] Response get(const std::string& url);
    [[nodiscard]] Diagnosis failure(const Door& door, const Response& response) const;

    const Source& source_;
    std::string auth_;
    Authorizer& authorizer_;
    Transport& transport_;
    std::string filters_;
    std::mutex account_mutex_;  ///< over these two
    std::string account_;       ///< the name we are known by, where it is known
    bool asked_account_ = false;
    bool drop_own_ = false;
    std::string site_;
    std::string organization_id_;
    std::string cloud_id_;
    std::vector<Door> doors_;           ///< the one in use first
    std::atomic<bool> opened_ = false;  ///< a door did: from then on it stays the one in use
    std::string probe_;                 ///< what is_there() asked for,
    std::optional<Response> probed_;    ///< and the answer, which need not be asked for again
};

}  // namespace aquila
