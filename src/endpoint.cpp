#include "aquila_fetch/endpoint.hpp"

#include "aquila_fetch/diagnosis.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/log.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace aquila {
namespace {

constexpr std::string_view tenant_info = "/_edge/tenant_info";

/// As `auth =` spells them.
constexpr std::string_view name_of(Auth auth) noexcept {
    constexpr std::string_view names[] = {"basic", "bearer", "oauth", "client_credentials"};
    return names[static_cast<std::size_t>(auth)];
}

/// Worth trying the other door: the credential was not accepted here, or there is nothing here. A missing scope or a
/// CAPTCHA would be no better there, and asking again could lock the account.
bool may_fit_elsewhere(const Response& response) noexcept {
    return (response.status == 401 || response.status == 403 || response.status == 404) &&
           response.header("X-Failure-Category") != "FAILURE_CLIENT_SCOPE_CHECK" &&
           response.header("X-Authentication-Denied-Reason").empty();
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
      site_{config.site} {
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
    doors_.push_back({true, fmt::format("{}{}{}{}", config.api_url, source.gateway, cloud_id_, source.path)});
    if (config.cloud_id.empty() && !config.is_granted()) {
        doors_.push_back({false, fmt::format("{}{}", site_, source.path)});
        if (state.door == "site" && state.site == site_) {
            std::swap(doors_[0], doors_[1]);
        }
    }
}

std::string Endpoint::identity() const {
    return fmt::format("{} {}", source_.name, cloud_id_);
}

void Endpoint::remember(State& state) const {
    state.identity = identity();
    state.site = site_;
    state.cloud_id = cloud_id_;
    state.door = doors_.front().gateway ? "gateway" : "site";
}

Failure Endpoint::failure(const Door& door, const Response& response) const {
    return diagnose(response, Asked{source_.title, source_.scopes, source_.permission, auth_, door.gateway,
                                    printable_url(door.url)});
}

Response Endpoint::send(const std::string& url) {
    Request request;
    request.url = url;
    return send_authorized(std::move(request), authorizer_, transport_);
}

Page Endpoint::fetch(const Query& query) {
    Response response = send(doors_.front().url + source_.query(query));
    if (!opened_ && doors_.size() > 1 && !is_answer(response) && may_fit_elsewhere(response)) {
        Response other = send(doors_[1].url + source_.query(query));
        if (other.error != TransportError::none || other.status == 429 || other.status >= 500) {
            throw failure(doors_[1], other);  // not a refusal: whether this door would open is not known
        }
        if (!is_answer(other)) {
            const Failure first = failure(doors_[0], response);
            throw Failure{first.code(), first.what(),
                          fmt::format("{}\n{} was tried as well, and gave status {}", first.hint(),
                                      printable_url(doors_[1].url), other.status)};
        }
        log::info(fmt::format("{} opens, {} does not; remembered", printable_url(doors_[1].url),
                              printable_url(doors_[0].url)));
        std::swap(doors_[0], doors_[1]);
        response = std::move(other);
    }
    if (!is_answer(response)) {
        throw failure(doors_.front(), response);
    }
    opened_ = true;
    const auto served = response.date();
    Page page = source_.parse(std::move(response.body), query);
    if (!page.recognised) {
        // Taken for an empty page, it would move the watermark past records that nobody has seen.
        throw Failure{Exit::protocol,
                      fmt::format("{}: the answer of {} is JSON, but not what the API promises: {}", source_.title,
                                  printable_url(doors_.front().url), printable_text(*page.text)),
                      "check `site` or `api_url`, and `proxy`: something else may answer in the API's place"};
    }
    page.served = served;
    return page;
}

}  // namespace aquila
