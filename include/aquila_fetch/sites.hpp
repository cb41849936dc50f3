// Why: which sites a login reaches, and which of them is meant.
// Must not know: the browser, files.
#pragma once

#include "aquila_fetch/authorizer.hpp"
#include "aquila_fetch/http.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aquila {

struct Site {
    std::string cloud_id;
    std::string name;
    std::string url;
    std::vector<std::string> scopes;

    /// Holds one of these scopes (blanks between).
    [[nodiscard]] bool has_any(std::string_view wanted) const;
    friend bool operator==(const Site&, const Site&) = default;
};

/// The sites of an OAuth login, from `api_url`/oauth/token/accessible-resources (atlassian-api section 6.3), by name.
/// The server names a site once for each product: here it is one, with all its scopes. Names and URLs are fit for a
/// message. Failure 77 refused, 76 no such list, 69.
[[nodiscard]] std::vector<Site> accessible_sites(Transport& transport, const std::string& api_url,
                                                 Authorizer& authorizer);

/// Those that are meant: by cloud id, by URL (case, path and a missing scheme aside) or by name; all where `wanted` is
/// empty. Where some of them have one of `scopes`, the others are left out.
[[nodiscard]] std::vector<Site> matching_sites(const std::vector<Site>& sites, std::string_view wanted,
                                               std::string_view scopes);

/// Two addresses of one host; case, path and a missing scheme aside.
[[nodiscard]] bool is_same_host(std::string_view a, std::string_view b);

/// For people: name, cloud id, URL and scopes in columns, a line each; `chosen` (a cloud id) is marked.
[[nodiscard]] std::string site_table(const std::vector<Site>& sites, std::string_view chosen = {});
/// For machines.
[[nodiscard]] std::string site_json(const std::vector<Site>& sites, std::string_view chosen = {});

}  // namespace aquila
