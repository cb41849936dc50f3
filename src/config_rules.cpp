#include "aquila_fetch/config_rules.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace aquila {
namespace {

// What a product needs.
// ------------------------------------------------------------------------------------------------

constexpr unsigned bit(Auth auth) {
    return 1U << static_cast<unsigned>(auth);
}

struct ProductRule {
    std::string_view product;
    std::string SourceConfig::*needs = nullptr;  ///< nullptr: a Cloud product, which site or cloud_id names
    std::string_view needed;
    unsigned auths = 0;
    std::string_view auth_advice;
};

constexpr unsigned cloud_auths =
    bit(Auth::basic) | bit(Auth::bearer) | bit(Auth::oauth) | bit(Auth::client_credentials);
constexpr std::array<ProductRule, 4> product_rules{{
    {.product = "jira", .needs = nullptr, .needed = {}, .auths = cloud_auths, .auth_advice = {}},
    {.product = "confluence", .needs = nullptr, .needed = {}, .auths = cloud_auths, .auth_advice = {}},
    {.product = "organization",
     .needs = &SourceConfig::organization_id,
     .needed = "'organization_id', the id in https://admin.atlassian.com/o/ID",
     .auths = bit(Auth::bearer),
     .auth_advice = "an organisation is read with its API key: auth = bearer"},
    {.product = "datacenter",
     .needs = &SourceConfig::site,
     .needed = "'site', the base URL",
     .auths = bit(Auth::basic) | bit(Auth::bearer),
     .auth_advice =
         "Data Center is read with a personal access token (auth = bearer) or a user's password (auth = basic)"},
}};

}  // namespace

std::vector<std::string> config_problems(const SourceConfig& source) {
    std::vector<std::string> problems;
    const Auth auth = source.effective_auth();

    const auto rule = std::ranges::find(product_rules, source.product, &ProductRule::product);
    if (rule != product_rules.end()) {
        if ((rule->auths & bit(auth)) == 0) {
            problems.push_back(
                fmt::format("{}{}", rule->auth_advice, source.auth ? "" : " (basic is assumed where 'email' is set)"));
        }
        if (rule->needs != nullptr && (source.*(rule->needs)).empty()) {
            problems.push_back(fmt::format("needs {}", rule->needed));
        }
        if (rule->needs == nullptr && source.cloud_id.empty() && source.site.empty() && auth != Auth::oauth) {
            problems.emplace_back("needs 'cloud_id' or 'site'");
        }
        if (rule->needs == nullptr && source.site.ends_with("/wiki")) {
            problems.emplace_back("'site' must end before /wiki");
        }
    }
    const bool filtered =
        !(source.categories + source.actions + source.users + source.affected_objects + source.search).empty() ||
        source.scan_limit || source.own_searches != OwnSearches::keep;
    if (filtered && source.product != "datacenter") {
        problems.emplace_back(
            "'categories', 'actions', 'users', 'affected_objects', 'search', 'scan_limit' and 'own_searches' are for "
            "Data Center; here everything is collected");
    }
    if (auth == Auth::basic && source.email.empty()) {
        problems.emplace_back("needs 'email' for auth = basic");
    }
    if (source.is_granted() && source.client_id.empty()) {
        problems.emplace_back("needs 'client_id' for auth = oauth and client_credentials");
    }
    if (!source.client_key_file.empty() && source.client_cert_file.empty()) {
        problems.emplace_back("needs 'client_cert_file' for its 'client_key_file'");
    }
    return problems;
}

}  // namespace aquila
