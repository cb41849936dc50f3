#include "aquila_fetch/sites.hpp"

#include "aquila_fetch/diagnosis.hpp"
#include "aquila_fetch/endpoint.hpp"
#include "aquila_fetch/error.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace aquila {
namespace {

using nlohmann::json;

constexpr std::string_view resources_path = "/oauth/token/accessible-resources";
constexpr std::size_t longest_list = std::size_t{4} << 20U;

/// Calls `use` with each word of a list with blanks between.
void for_each_word(std::string_view list, const auto& use) {
    while (!list.empty()) {
        const auto word = list.substr(0, list.find(' '));
        if (!word.empty()) {
            use(word);
        }
        list.remove_prefix(std::min(list.size(), word.size() + 1));
    }
}

std::string printable_at(const json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? printable_text(found->get_ref<const std::string&>())
                                                       : std::string{};
}

Site site_of(const json& entry) {
    const auto id = entry.find("id");
    Site site{id != entry.end() && id->is_string() ? id->get<std::string>() : "",
              printable_at(entry, "name"),
              printable_at(entry, "url"),
              {}};
    if (const auto scopes = entry.find("scopes"); scopes != entry.end() && scopes->is_array()) {
        for (const auto& scope : *scopes) {
            if (scope.is_string()) {
                site.scopes.push_back(printable_text(scope.get_ref<const std::string&>()));
            }
        }
    }
    return site;
}

void merge(std::vector<Site>& sites, Site site) {
    auto known = std::ranges::find(sites, site.cloud_id, &Site::cloud_id);
    if (known == sites.end()) {
        sites.push_back(std::move(site));
        return;
    }
    for (auto& scope : site.scopes) {
        if (std::ranges::find(known->scopes, scope) == known->scopes.end()) {
            known->scopes.push_back(std::move(scope));
        }
    }
}

/// host[:port] of a URL, or of what is a host alone.
std::string host_of(std::string_view url) {
    const std::string full =
        url.find("://") == std::string_view::npos ? fmt::format("https://{}", url) : std::string{url};
    const auto origin = origin_of(full);
    return origin.empty() ? std::string{} : origin.substr(origin.find("//") + 2);
}

bool is_meant(const Site& site, std::string_view wanted) {
    const auto host = host_of(wanted);
    return equals_ignoring_case(site.cloud_id, wanted) || equals_ignoring_case(site.name, wanted) ||
           (!host.empty() && host == host_of(site.url));
}

/// As wide as people see it, nearly: code points.
std::size_t width(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

}  // namespace

bool is_same_host(std::string_view a, std::string_view b) {
    return host_of(a) == host_of(b);
}

bool Site::has_any(std::string_view wanted) const {
    bool found = false;
    for_each_word(wanted,
                  [&](std::string_view scope) { found = found || std::ranges::find(scopes, scope) != scopes.end(); });
    return found;
}

std::vector<Site> accessible_sites(Transport& transport, const std::string& api_url, Authorizer& authorizer) {
    Request request;
    request.url = api_url + std::string{resources_path};
    const Response response = send_authorized(std::move(request), authorizer, transport);
    const auto address = printable_url(api_url + std::string{resources_path});
    const bool tells = response.error != TransportError::none || response.status == 401 || response.status == 403 ||
                       response.status == 407 || response.status == 408 || response.status == 429 ||
                       response.status >= 500;
    if (tells) {
        throw diagnose(response, Asked{"the list of sites", "", "", "oauth", true, address, "`api_url`"});
    }
    const auto list = is_answer(response) && response.body.size() <= longest_list
                          ? json::parse(response.body, nullptr, false)
                          : json{nullptr};
    std::vector<Site> sites;
    bool fine = list.is_array();
    for (std::size_t i = 0; fine && i < list.size(); ++i) {
        fine = list[i].is_object();
        if (auto site = fine ? site_of(list[i]) : Site{}; is_cloud_id(site.cloud_id)) {
            merge(sites, std::move(site));
        } else {
            fine = false;
        }
    }
    if (!fine) {
        throw Failure{Exit::protocol, fmt::format("{} gives no list of sites (status {})", address, response.status),
                      "something else may have answered in its place: check `api_url` and `proxy`"};
    }
    std::ranges::sort(sites, {}, &Site::name);
    return sites;
}

std::vector<Site> matching_sites(const std::vector<Site>& sites, std::string_view wanted, std::string_view scopes) {
    std::vector<Site> matching;
    std::ranges::copy_if(sites, std::back_inserter(matching),
                         [&](const Site& site) { return wanted.empty() || is_meant(site, wanted); });
    const auto lacks = [&](const Site& site) { return !site.has_any(scopes); };
    if (!std::ranges::all_of(matching, lacks)) {
        std::erase_if(matching, lacks);
    }
    return matching;
}

std::string site_table(const std::vector<Site>& sites, std::string_view chosen) {
    std::size_t name = 0;
    std::size_t id = 0;
    std::size_t url = 0;
    for (const auto& site : sites) {
        name = std::max(name, width(site.name));
        id = std::max(id, site.cloud_id.size());
        url = std::max(url, width(site.url));
    }
    std::string text;
    for (const auto& site : sites) {
        const auto pad = [](std::size_t wide, std::string_view column) {
            return std::string(wide - width(column), ' ');
        };
        auto line = fmt::format("{} {}{}  {}{}  {}{}  {}", site.cloud_id == chosen ? '*' : ' ', site.name,
                                pad(name, site.name), site.cloud_id, pad(id, site.cloud_id), site.url,
                                pad(url, site.url), fmt::join(site.scopes, " "));
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

std::string site_json(const std::vector<Site>& sites, std::string_view chosen) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& site : sites) {
        list.push_back({{"name", site.name},
                        {"cloud_id", site.cloud_id},
                        {"url", site.url},
                        {"scopes", site.scopes},
                        {"chosen", !chosen.empty() && site.cloud_id == chosen}});
    }
    return list.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace aquila
