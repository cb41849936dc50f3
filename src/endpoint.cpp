#include "aquila_fetch/endpoint.hpp"

#include "aquila_fetch/config_keys.hpp"
#include "aquila_fetch/diagnosis.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/log.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace aquila {
namespace {

constexpr std::string_view tenant_info = "/_edge/tenant_info";

/// Worth trying the other door: the credential was not accepted here, or there is nothing here. A missing scope or a
/// CAPTCHA would be no better there, and asking again could lock the account.
bool may_fit_elsewhere(const Response& response) noexcept {
    return (response.status == 401 || response.status == 403 || response.status == 404) &&
           response.header("X-Failure-Category") != "FAILURE_CLIENT_SCOPE_CHECK" &&
           response.header("X-Authentication-Denied-Reason").empty();
}

/// The organisation's codes (atlassian-api section 4.6).
constexpr std::string_view no_such_organization = "ADMIN-404-2";

/// Nothing but the cursor and a limit was sent: a cursor that is not known, not known any more (ADMIN-400-1), or too
/// long. By time it goes on in any case.
bool refuses_cursor(const Response& response) noexcept {
    constexpr int statuses[] = {400, 404, 410, 414, 431};
    return std::find(std::begin(statuses), std::end(statuses), response.status) != std::end(statuses) &&
           response.body.find(no_such_organization) == std::string::npos;
}

/// The record tells of a search by this account: by its name, or by the user its link names.
bool is_search_of(const Record& record, std::string_view account) {
    if (record.searcher.empty() || account.empty()) {
        return false;
    }
    const auto author = nlohmann::json::parse(record.searcher, nullptr, false);
    if (!author.is_object()) {
        return false;
    }
    const auto text = [&author](const char* member) {
        const auto found = author.find(member);
        return found != author.end() && found->is_string() ? found->get<std::string>() : std::string{};
    };
    return text("name") == account || text("uri").ends_with("name=" + percent_encode(account));
}

}  // namespace

bool is_cloud_id(std::string_view text) noexcept {
    return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
    });
}

std::string look_up_cloud_id(Transport& transport, const std::string& site) {
    Request request;
    request.url = site + std::string{tenant_info};
    const Response response = transport.send(request);
    const std::string hint =
        fmt::format("check `site`, for example https://your-domain.atlassian.net, or set `cloud_id` instead (see {}{})",
                    site, tenant_info);
    if (response.error != TransportError::none || response.status == 429 || response.status >= 500) {
        throw diagnose(response, Asked{"the site", "", "", "none", false, printable_url(request.url)});
    }
    const auto json = nlohmann::json::parse(response.body, nullptr, false);
    if (response.status == 200 && json.is_object() && json.contains("cloudId") && json["cloudId"].is_string()) {
        auto cloud_id = json["cloudId"].get<std::string>();
        if (is_cloud_id(cloud_id)) {
            return cloud_id;
        }
    }
    throw Failure{Exit::protocol,
                  fmt::format("no cloud id at {} (status {})", printable_url(request.url), response.status), hint};
}

Endpoint::Endpoint(const Source& source, const SourceConfig& config, Authorizer& authorizer, Transport& transport,
                   const State& state)
    : source_{source},
      auth_{name_of(config.effective_auth())},
      authorizer_{authorizer},
      transport_{transport},
      filters_{source.filters != nullptr ? source.filters(config) : ""},
      account_{config.email},
      drop_own_{config.own_searches == OwnSearches::drop},
      site_{config.site},
      organization_id_{config.organization_id} {
    if (source.realm == Realm::cloud) {
        cloud_id_ = config.cloud_id;
        if (cloud_id_.empty()) {
            cloud_id_ = authorizer.cloud_id();  // before what is remembered: a login may have chosen another site since
        }
        if (cloud_id_.empty() && state.site == site_) {
            cloud_id_ = state.cloud_id;
        }
        if (cloud_id_.empty()) {
            cloud_id_ = look_up_cloud_id(transport_, site_);
            log::info(fmt::format("the cloud id of {} is {}", site_, cloud_id_));
        }
    }
    doors_ = doors(source, config, cloud_id_, state);
}

std::vector<Endpoint::Door> Endpoint::doors(const Source& source, const SourceConfig& config,
                                            const std::string& cloud_id, const State& state) {
    if (source.realm == Realm::server) {
        return {{false, fmt::format("{}{}", config.site, source.path)}};
    }
    const auto& id = source.realm == Realm::cloud ? cloud_id : config.organization_id;
    std::vector<Door> doors{{true, fmt::format("{}{}{}{}", config.api_url, source.gateway, id, source.path)}};
    if (source.realm == Realm::cloud && config.cloud_id.empty() && !config.is_granted()) {
        doors.push_back({false, fmt::format("{}{}", config.site, source.path)});
        if (state.door == "site" && state.site == config.site) {
            std::swap(doors[0], doors[1]);
        }
    }
    return doors;
}

std::string Endpoint::identity() const {
    const auto& id = source_.realm == Realm::cloud          ? cloud_id_
                     : source_.realm == Realm::organization ? organization_id_
                                                            : site_;
    return fmt::format("{} {}", source_.name, id);
}

void Endpoint::remember(State& state) const {
    state.identity = identity();
    state.site = site_;
    state.cloud_id = cloud_id_;
    if (source_.realm == Realm::cloud) {
        state.door = doors_.front().gateway ? "gateway" : "site";
    } else {
        state.door = source_.path;
    }
}

Diagnosis Endpoint::failure(const Door& door, const Response& response) const {
    Asked asked{source_.title, source_.scopes, source_.permission, auth_, door.gateway, printable_url(door.url)};
    asked.by_site = !site_.empty();
    return diagnose(response, asked);
}

std::string Endpoint::url(const Door& door, const Query& query) const {
    return door.url + source_.query(query) + filters_;
}

bool Endpoint::is_there() {
    const auto& door = doors_.front();
    probe_ = url(door, {std::nullopt, 0, 1, {}});
    probed_ = get(probe_);
    const Response& response = *probed_;
    const bool knows_better = response.body.find(no_such_organization) != std::string::npos;
    if (response.error == TransportError::none && response.status == 404 && !knows_better) {
        return false;
    }
    if (!is_answer(response)) {
        throw failure(door, response);
    }
    return true;
}

Response Endpoint::get(const std::string& url) {
    Request request;
    request.url = url;
    return send_authorized(std::move(request), authorizer_, transport_);
}

std::string Endpoint::look_up_account() {
    struct Way {
        const char* path;
        const char* member;
    };
    constexpr Way ways[] = {{"/rest/api/2/myself", "name"}, {"/rest/api/user/current", "username"}};
    if (asked_account_) {
        return {};
    }
    asked_account_ = true;
    for (const auto& [path, member] : ways) {
        const Response response = get(site_ + path);
        const auto json = is_answer(response) ? nlohmann::json::parse(response.body, nullptr, false) : nlohmann::json{};
        if (json.is_object() && json.contains(member) && json[member].is_string()) {
            return json[member].get<std::string>();
        }
    }
    log::warning(
        "own_searches = drop: which searches are ours is not known, as the server does not tell whose token this is; "
        "they are kept. Set `email` to the account's user name (and `auth = bearer`)");
    return {};
}

void Endpoint::note_own_searches(Page& page, const Response& response) {
    const std::lock_guard lock{account_mutex_};
    // Jira and Confluence tell in every answer who was logged in.
    if (const auto name = response.header("X-AUSERNAME"); !name.empty() && name != "anonymous") {
        account_ = name;
    }
    const bool searched = std::any_of(page.records.begin(), page.records.end(),
                                      [](const Record& record) { return !record.searcher.empty(); });
    if (searched && drop_own_ && account_.empty()) {
        account_ = look_up_account();
    }
    const auto is_own = [this](const Record& record) { return is_search_of(record, account_); };
    page.own = static_cast<std::size_t>(std::count_if(page.records.begin(), page.records.end(), is_own));
    if (drop_own_) {
        page.dropped = page.own;
        std::erase_if(page.records, is_own);
    }
}

Page Endpoint::fetch(const Query& query) {
    const auto asked = url(doors_.front(), query);
    Response response = probed_ && probe_ == asked ? *std::exchange(probed_, std::nullopt) : get(asked);
    if (!opened_ && doors_.size() > 1 && !is_answer(response) && may_fit_elsewhere(response)) {
        Response other = get(url(doors_[1], query));
        if (other.error != TransportError::none || other.status == 429 || other.status >= 500) {
            throw failure(doors_[1], other);  // not a refusal: whether this door would open is not known
        }
        if (!is_answer(other)) {
            const Diagnosis first = failure(doors_[0], response);
            throw Diagnosis{Failure{first.code(), first.what(),
                                    fmt::format("{}\n{} was tried as well, and gave status {}", first.hint(),
                                                printable_url(doors_[1].url), other.status)},
                            first.aspect(), first.served()};
        }
        log::info(fmt::format("{} opens, {} does not; remembered", printable_url(doors_[1].url),
                              printable_url(doors_[0].url)));
        std::swap(doors_[0], doors_[1]);
        response = std::move(other);
    }
    if (!is_answer(response)) {
        const Diagnosis refused = failure(doors_.front(), response);
        if (source_.stream && !query.cursor.empty() && refuses_cursor(response)) {
            throw StaleCursor{refused.code(), refused.what(), refused.hint()};
        }
        throw refused;
    }
    opened_ = true;
    const auto served = response.date();
    const auto waited = response.waited;
    Page page = source_.parse(std::move(response.body), query);
    note_own_searches(page, response);
    if (!page.recognised) {
        // Taken for an empty page, it would move the watermark past records that nobody has seen.
        throw Failure{Exit::protocol,
                      fmt::format("{}: the answer of {} is JSON, but not what the API promises: {}", source_.title,
                                  printable_url(doors_.front().url), printable_text(*page.text)),
                      "check `site` or `api_url`, and `proxy`: something else may answer in the API's place"};
    }
    page.served = served;
    page.waited = waited;
    return page;
}

std::optional<std::string> Endpoint::ask(const Errand& errand) {
    const auto ask_at = [&](const Door& door) {
        Request request;
        request.method = errand.method;
        request.url = fmt::format("{}{}", door.url.substr(0, door.url.size() - source_.path.size()), errand.path);
        request.headers = errand.headers;
        request.body = errand.body;
        auto url = request.url;
        return std::pair{std::move(url), send_authorized(std::move(request), authorizer_, transport_)};
    };
    const auto is_done = [](const Response& response) {
        return is_answer(response) || (response.error == TransportError::none && response.status == 204);
    };
    auto [url, response] = ask_at(doors_.front());
    if (!opened_ && doors_.size() > 1 && !is_done(response) && may_fit_elsewhere(response)) {
        if (auto [other_url, other] = ask_at(doors_[1]); is_done(other)) {
            std::swap(doors_[0], doors_[1]);
            response = std::move(other);
        }
    }
    if (response.error == TransportError::none && response.status == 404) {
        return std::nullopt;
    }
    if (!is_done(response)) {
        throw diagnose(response, Asked{source_.title, errand.scopes.empty() ? source_.scopes : errand.scopes,
                                       source_.permission, auth_, doors_.front().gateway, printable_url(url)});
    }
    opened_ = true;
    return std::move(response.body);
}

}  // namespace aquila
