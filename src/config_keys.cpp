#include "aquila_fetch/config_keys.hpp"

#include "aquila_fetch/config_values.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <utility>

namespace aquila {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::pair<std::string_view, Auth>, 4> auth_names{{
    {"basic", Auth::basic},
    {"bearer", Auth::bearer},
    {"oauth", Auth::oauth},
    {"client_credentials", Auth::client_credentials},
}};
constexpr std::array<std::pair<std::string_view, Format>, 3> format_names{{
    {"flattened", Format::flattened},
    {"ecs", Format::ecs},
    {"ocsf", Format::ocsf},
}};
constexpr std::array<std::pair<std::string_view, OutputMode>, 2> output_mode_names{{
    {"append", OutputMode::append},
    {"replace", OutputMode::replace},
}};

constexpr std::array<std::pair<std::string_view, Packing>, 3> packing_names{{
    {"none", Packing::none},
    {"gzip", Packing::gzip},
    {"zstd", Packing::zstd},
}};
constexpr std::array<std::pair<std::string_view, OwnSearches>, 2> own_searches_names{{
    {"keep", OwnSearches::keep},
    {"drop", OwnSearches::drop},
}};

template <auto Member, auto Reader>
constexpr ConfigKey row(std::string_view name) {
    ConfigKey key;
    key.name = name;
    key.set = [](SourceConfig& source, std::string_view value) {
        std::string problem;
        if (auto result = Reader(value, problem)) {
            source.*Member = *std::move(result);
        }
        return problem;
    };
    key.reset = [](SourceConfig& source) { source.*Member = SourceConfig{}.*Member; };
    return key;
}

/// One of several ways to say the same.
constexpr ConfigKey one_of(int group, ConfigKey key) {
    key.group = group;
    return key;
}

constexpr ConfigKey hidden(ConfigKey key) {
    key.secret = true;
    return key;
}

template <auto Member, auto Reader>
constexpr ConfigKey written(std::string_view name) {
    auto key = row<Member, Reader>(name);
    key.written = Member;
    return key;
}

constexpr auto rep = [](auto span) { return Span{span}.count(); };
constexpr auto century = rep(24h * 36500);  // keeps `now - span` far from overflow
constexpr auto one_day = rep(24h);
constexpr auto one_month = rep(24h * 30);
constexpr int unlimited = std::numeric_limits<int>::max();

using S = SourceConfig;
enum Group { none, place, token, client_secret, bucket_secret };

constexpr std::array key_table{
    row<&S::product, read::word>("product"),
    one_of(place, row<&S::cloud_id, read::id>("cloud_id")),
    one_of(place, row<&S::site, read::base_url>("site")),
    row<&S::organization_id, read::id>("organization_id"),
    row<&S::auth, read::choice<auth_names>>("auth"),
    row<&S::email, read::user>("email"),
    one_of(token, row<&S::token_file, read::file>("token_file")),
    one_of(token, hidden(row<&S::token, read::secret>("token"))),
    row<&S::client_id, read::word>("client_id"),
    one_of(client_secret, row<&S::client_secret_file, read::file>("client_secret_file")),
    one_of(client_secret, hidden(row<&S::client_secret, read::secret>("client_secret"))),
    row<&S::redirect_uri, read::url>("redirect_uri"),
    row<&S::scopes, read::scopes>("scopes"),
    row<&S::categories, read::plain>("categories"),
    row<&S::actions, read::plain>("actions"),
    row<&S::users, read::plain>("users"),
    row<&S::affected_objects, read::plain>("affected_objects"),
    row<&S::search, read::plain>("search"),
    row<&S::scan_limit, read::number<1, unlimited>>("scan_limit"),
    row<&S::own_searches, read::choice<own_searches_names>>("own_searches"),
    written<&S::output, read::output>("output"),
    row<&S::format, read::choice<format_names>>("format"),
    row<&S::output_mode, read::choice<output_mode_names>>("output_mode"),
    row<&S::compress, read::choice<packing_names>>("compress"),
    row<&S::s3_endpoint, read::base_url>("s3_endpoint"),
    row<&S::s3_region, read::region>("s3_region"),
    row<&S::s3_access_key_id, read::word>("s3_access_key_id"),
    one_of(bucket_secret, row<&S::s3_secret_key_file, read::file>("s3_secret_key_file")),
    one_of(bucket_secret, hidden(row<&S::s3_secret_key, read::secret>("s3_secret_key"))),
    row<&S::state_dir, read::directory>("state_dir"),
    written<&S::lock_file, read::file>("lock_file"),
    row<&S::initial_lookback, read::span<0, century>>("initial_lookback"),
    row<&S::lookback, read::span<0, century>>("lookback"),
    row<&S::page_size, read::number<1, unlimited>>("page_size"),
    row<&S::concurrency, read::number<1, 64>>("concurrency"),
    row<&S::requests_per_minute, read::number<1, unlimited>>("requests_per_minute"),
    row<&S::connect_timeout, read::span<1, one_day>>("connect_timeout"),
    row<&S::request_timeout, read::span<1, one_day>>("request_timeout"),
    row<&S::retry_budget, read::span<0, one_month>>("retry_budget"),
    row<&S::proxy, read::proxy>("proxy"),
    row<&S::ca_file, read::file>("ca_file"),
    row<&S::client_cert_file, read::file>("client_cert_file"),
    row<&S::client_key_file, read::file>("client_key_file"),
    row<&S::api_url, read::base_url>("api_url"),
    row<&S::auth_url, read::base_url>("auth_url"),
    written<&S::metrics_file, read::metrics_file>("metrics_file"),
    row<&S::log_level, read::choice<log::level_names>>("log_level"),
    row<&S::log_format, read::choice<log::format_names>>("log_format"),
};

}  // namespace

std::span<const ConfigKey> config_table() noexcept {
    return key_table;
}

std::optional<std::size_t> find_config_key(std::string_view name) noexcept {
    const auto found = std::ranges::find(key_table, name, &ConfigKey::name);
    return found == key_table.end() ? std::nullopt : std::optional{static_cast<std::size_t>(found - key_table.begin())};
}

std::string_view name_of(Auth auth) noexcept {
    return std::ranges::find(auth_names, auth, &std::pair<std::string_view, Auth>::second)->first;
}

std::string_view name_of(Format format) noexcept {
    return std::ranges::find(format_names, format, &std::pair<std::string_view, Format>::second)->first;
}

std::vector<std::string_view> config_keys() {
    std::vector<std::string_view> names;
    std::ranges::transform(key_table, std::back_inserter(names), &ConfigKey::name);
    return names;
}

}  // namespace aquila
