// Why: the INI text becomes values, and every mistake in it is reported at once, with file and line and the nearest
// valid name. One table holds the keys (config_keys.cpp); README and man page are checked against it.
// Must not know: environment, network, files (the caller reads the text; see load_config in config_file.hpp).
#pragma once

#include "aquila_fetch/log.hpp"
#include "aquila_fetch/nearest.hpp"
#include "aquila_fetch/packing.hpp"
#include "aquila_fetch/secret.hpp"
#include "aquila_fetch/time.hpp"
#include "aquila_fetch/url.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace aquila {

enum class Auth { basic, bearer, oauth, client_credentials };
enum class Format { flattened, ecs, ocsf };
enum class OutputMode { append, replace };
/// What becomes of the records that our own reading of a Data Center's log writes into it.
enum class OwnSearches { keep, drop };

/// One section of the INI with the defaults laid under it. Empty text or nullopt: not set. Of keys that say the same in
/// two ways (token_file and token, client_secret_file and client_secret, site and cloud_id) the defaults' do not apply
/// where the section has one of its own.
struct SourceConfig {
    std::string name;
    std::string product;
    std::string cloud_id;
    std::string site;  ///< scheme://host[:port][/context], without a trailing slash
    std::string organization_id;
    std::optional<Auth> auth;
    std::string email;
    std::string token_file;
    Secret token;
    std::string client_id;
    std::string client_secret_file;
    Secret client_secret;
    std::string redirect_uri = "http://localhost:8910/callback";
    std::string scopes;
    std::string categories;  ///< Data Center's filters, as its API takes them (atlassian-api section 5.1)
    std::string actions;
    std::string users;
    std::string affected_objects;
    std::string search;
    std::optional<int> scan_limit;
    OwnSearches own_searches = OwnSearches::keep;
    std::string output;  ///< empty: /var/log/aquila-fetch/NAME/flattened.json
    Format format = Format::flattened;
    OutputMode output_mode = OutputMode::append;
    std::optional<Packing> compress;
    std::string s3_endpoint;  ///< without a trailing slash
    std::string s3_region;
    std::string s3_access_key_id;
    std::string s3_secret_key_file;
    Secret s3_secret_key;
    std::string state_dir;
    std::string lock_file;
    Span initial_lookback = std::chrono::hours{24};
    Span lookback = std::chrono::hours{1};
    std::optional<int> page_size;
    std::optional<int> concurrency;
    std::optional<int> requests_per_minute;
    Span connect_timeout = std::chrono::seconds{10};
    Span request_timeout = std::chrono::seconds{60};
    Span retry_budget = std::chrono::minutes{5};
    std::string proxy;
    std::string ca_file;
    std::string client_cert_file;
    std::string client_key_file;
    std::string api_url = "https://api.atlassian.com";
    std::string auth_url = "https://auth.atlassian.com";
    std::string metrics_file;
    std::optional<log::Level> log_level;
    std::optional<log::Format> log_format;

    std::size_t line = 0;  ///< of the section's header, for later messages

    [[nodiscard]] Auth effective_auth() const noexcept;  ///< `auth`, else basic where `email` is set, else bearer
    [[nodiscard]] bool is_granted() const noexcept;      ///< oauth or client_credentials: tokens that are renewed
    [[nodiscard]] std::string effective_output() const;
    /// `compress`; where it is not set, zstd for an output in a bucket, and none for every other.
    [[nodiscard]] Packing packing_of(std::string_view output_used) const noexcept;
};

struct Config {
    std::string file;  ///< its name, for messages
    std::vector<SourceConfig> sources;
    bool holds_secrets =
        false;  ///< a `token`, `client_secret` or proxy password stands in it: its file must be private
};

/// Reads INI text (see README, "Configuration"). `products` are the valid product names.
/// Failure 78 whose text lists every mistake as `FILE:LINE: what`, one per line, with a suggestion where a name is
/// near.
[[nodiscard]] Config parse_config(std::string_view text, std::string_view file_name,
                                  std::span<const std::string_view> products);

/// The names of all INI keys, in the order of the table.
[[nodiscard]] std::vector<std::string_view> config_keys();

}  // namespace aquila
