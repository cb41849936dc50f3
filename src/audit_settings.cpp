#include "aquila_fetch/audit_settings.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/http.hpp"
#include "aquila_fetch/nearest.hpp"
#include "aquila_fetch/number.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace aquila {
namespace {

using nlohmann::ordered_json;
using namespace std::string_view_literals;

constexpr std::array areas{"global-config-and-administration"sv,
                           "user-management"sv,
                           "permissions"sv,
                           "local-config-and-administration"sv,
                           "security"sv,
                           "end-user-activity"sv,
                           "ecosystem"sv};
constexpr std::array levels{"off"sv, "base"sv, "advanced"sv, "full"sv};

ordered_json parse(std::string_view body) {
    auto value = ordered_json::parse(body, nullptr, false);
    if (!value.is_object()) {
        throw Failure{Exit::protocol, "the settings are not what the API promises: " + printable_text(body),
                      "check `site`: something else may answer in the API's place"};
    }
    return value;
}

/// Reads with `read`, whose JSON exceptions become the same failure.
template <auto Read>
std::vector<Setting> reading(std::string_view body) {
    const auto value = parse(body);
    try {
        return Read(value);
    } catch (const ordered_json::exception&) {
        throw Failure{Exit::protocol, "the settings are not what the API promises: " + printable_text(body),
                      "check `site`, and that this version of the product has these settings"};
    }
}

// --- periods: `10y`, `6m`, `1y6m`, `2w`, `90d` ----------------------------------------------------------------------

struct PeriodUnit {
    char letter;
    std::string_view datacenter;  ///< its key there; empty: not there
    std::string_view confluence;
    int days;  ///< about
};
constexpr std::array<PeriodUnit, 4> period_units{{
    {'y', "years", "YEARS", 365},
    {'m', "months", "MONTHS", 30},
    {'w', "", "WEEKS", 7},
    {'d', "days", "DAYS", 1},
}};
using Period = std::array<int, period_units.size()>;

/// Each unit once at most, the larger first; nothing else, and not nothing at all.
std::optional<Period> parse_period(std::string_view text) {
    Period period{};
    constexpr int most = 100'000;
    std::size_t next = 0;
    int total = 0;
    while (!text.empty()) {
        int count = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        const auto* const unit =
            std::find_if(period_units.begin() + static_cast<std::ptrdiff_t>(next), period_units.end(),
                         [text](const PeriodUnit& each) { return !text.empty() && each.letter == text.front(); });
        if (error != std::errc{} || count < 0 || count > most || unit == period_units.end()) {
            return std::nullopt;
        }
        period.at(static_cast<std::size_t>(unit - period_units.begin())) = count;
        next = static_cast<std::size_t>(unit - period_units.begin()) + 1;
        total += count > 0 ? 1 : 0;
        text.remove_prefix(1);
    }
    return total > 0 ? std::optional{period} : std::nullopt;
}

std::string period_text(const Period& period) {
    std::string text;
    for (std::size_t i = 0; i < period_units.size(); ++i) {
        text += period.at(i) > 0 ? fmt::format("{}{}", period.at(i), period_units.at(i).letter) : "";
    }
    return text.empty() ? "0d" : text;
}

// --- Data Center ----------------------------------------------------------------------------------------------------

std::vector<Setting> read_coverage(const ordered_json& value) {
    std::vector<Setting> settings;
    for (const auto& [area, level] : value.at("levelByArea").items()) {
        settings.push_back({"coverage." + area, level.get<std::string>()});
    }
    return settings;
}

std::string write_coverage(std::span<const Setting> settings) {
    auto value = ordered_json::object();
    for (const Setting& setting : settings) {
        value[setting.name.substr("coverage."sv.size())] = setting.value;
    }
    return ordered_json{{"levelByArea", std::move(value)}}.dump();
}

std::vector<Setting> read_period(const ordered_json& value) {
    const auto& said = value.at("period");
    Period period{};
    for (std::size_t i = 0; i < period_units.size(); ++i) {
        period.at(i) = period_units.at(i).datacenter.empty() ? 0 : said.value(period_units.at(i).datacenter, 0);
    }
    return {{"retention", period_text(period)}};
}

std::string write_period(std::span<const Setting> settings) {
    const auto period = parse_period(settings.front().value).value_or(Period{});
    auto value = ordered_json::object();
    for (std::size_t i = 0; i < period_units.size(); ++i) {
        if (!period_units.at(i).datacenter.empty()) {
            value[std::string{period_units.at(i).datacenter}] = period.at(i);
        }
    }
    return ordered_json{{"period", std::move(value)}}.dump();
}

std::vector<Setting> read_files(const ordered_json& value) {
    return {{"retention-file", std::to_string(value.at("maxFileCount").get<std::int64_t>())}};
}

std::string write_files(std::span<const Setting> settings) {
    return fmt::format(R"({{"maxFileCount":{}}})", settings.front().value);
}

// --- Confluence -----------------------------------------------------------------------------------------------------

std::vector<Setting> read_number(const ordered_json& value) {
    const auto number = value.at("number").get<std::int64_t>();
    const auto name = value.at("units").get<std::string>();
    const auto* const unit = std::find_if(period_units.begin(), period_units.end(),
                                          [&](const PeriodUnit& u) { return u.confluence == name; });
    return {{"retention", unit == period_units.end() ? fmt::format("{} {}", number, printable_text(name, 20))
                                                     : fmt::format("{}{}", number, unit->letter)}};
}

std::string write_number(std::span<const Setting> settings) {
    const auto period = parse_period(settings.front().value).value_or(Period{});
    const auto* const set = std::find_if(period.begin(), period.end(), [](int count) { return count > 0; });
    const auto i = static_cast<std::size_t>(set - period.begin());
    return ordered_json{{"number", period.at(i)}, {"units", period_units.at(i).confluence}}.dump();
}

// --- the table ------------------------------------------------------------------------------------------------------

constexpr std::array<SettingsResource, 4> resource_rows{{
    {"confluence", "retention", "/wiki/rest/api/audit/retention", "write:audit-log:confluence", reading<read_number>,
     write_number},
    {"datacenter", "coverage", "/rest/auditing/1.0/configuration/coverage", "", reading<read_coverage>, write_coverage},
    {"datacenter", "retention", "/rest/auditing/1.0/configuration/retention", "", reading<read_period>, write_period},
    {"datacenter", "retention-file", "/rest/auditing/1.0/configuration/retention/file", "", reading<read_files>,
     write_files},
}};

[[noreturn]] void refuse_words(std::string what, std::string hint) {
    throw Failure{Exit::usage, std::move(what), std::move(hint)};
}

// --- what may be set ------------------------------------------------------------------------------------------------

void read_coverage_words(std::string_view name, std::string_view level, std::vector<Setting>& wanted) {
    const auto area = name.substr(std::min(name.size(), "coverage."sv.size()));
    if (name != "coverage" && std::ranges::find(areas, area) == areas.end()) {
        refuse_words(fmt::format("there is no area '{}'{}", printable_text(area, 60), suggestion(area, areas)),
                     fmt::format("areas are {}; `coverage=LEVEL` sets all of them", list_names(areas)));
    }
    if (std::ranges::find(levels, level) == levels.end()) {
        refuse_words(
            fmt::format("{}: there is no level '{}'{}", name, printable_text(level, 60), suggestion(level, levels)),
            fmt::format("levels are {}", list_names(levels)));
    }
    for (const auto each : areas) {
        if (name == "coverage" || each == area) {
            wanted.push_back({fmt::format("coverage.{}", each), std::string{level}});
        }
    }
}

std::string read_retention_word(std::string_view product, std::string_view text) {
    const auto period = parse_period(text);
    const bool cloud = product == "confluence";
    const std::string hint = cloud
                                 ? "give a number and one unit: y (years), m (months), w (weeks), d (days), as in 6m; "
                                   "Confluence Cloud keeps a year at most"
                                 : "give numbers and units: y (years), m (months), d (days), as in 10y or 1y6m";
    if (!period) {
        refuse_words(fmt::format("retention: '{}' is no period", printable_text(text, 60)), hint);
    }
    int days = 0;
    std::ptrdiff_t used = 0;
    for (std::size_t i = 0; i < period_units.size(); ++i) {
        days += std::min(period->at(i), 10'000) * period_units.at(i).days;
        used += period->at(i) > 0 ? 1 : 0;
        if (!cloud && period->at(i) > 0 && period_units.at(i).datacenter.empty()) {
            refuse_words(fmt::format("retention: Data Center does not count in '{}'", period_units.at(i).letter), hint);
        }
    }
    if (cloud && (used > 1 || days > 366)) {
        refuse_words(fmt::format("retention: Confluence Cloud cannot keep '{}'", printable_text(text, 60)), hint);
    }
    return period_text(*period);
}

std::string read_files_word(std::string_view text) {
    const auto count = to_integer<int>(text).value_or(0);
    if (count < 1) {
        refuse_words(fmt::format("retention-file: '{}' is no number of files", printable_text(text, 60)),
                     "give how many files the server keeps, as in retention-file=100");
    }
    return std::to_string(count);
}

}  // namespace

std::span<const SettingsResource> settings_of(std::string_view product) noexcept {
    const auto of_it = [product](const SettingsResource& each) { return each.product == product; };
    const auto* const first = std::find_if(resource_rows.begin(), resource_rows.end(), of_it);
    return {first, std::find_if_not(first, resource_rows.end(), of_it)};
}

bool belongs(std::string_view setting, const SettingsResource& resource) noexcept {
    return setting.substr(0, setting.find('.')) == resource.name;
}

std::vector<Setting> read_assignments(std::string_view product, std::span<const std::string> words) {
    std::vector<std::string_view> names;
    for (const SettingsResource& resource : settings_of(product)) {
        names.push_back(resource.name);
    }
    if (names.empty()) {
        refuse_words(fmt::format("{} has no audit settings to be shown or set", product),
                     "Data Center has coverage, retention and retention-file, Confluence Cloud has retention");
    }
    std::vector<Setting> wanted;
    for (const std::string& word : words) {
        const auto equals = word.find('=');
        const auto name = std::string_view{word}.substr(0, equals);
        const auto value = equals == std::string::npos ? ""sv : std::string_view{word}.substr(equals + 1);
        const auto known = std::ranges::find(names, name.substr(0, name.find('.'))) != names.end();
        if (equals == std::string::npos || !known ||
            (name.find('.') != std::string_view::npos && !name.starts_with("coverage."))) {
            refuse_words(
                fmt::format("'{}' sets nothing{}", printable_text(word, 60), suggestion(name, names)),
                fmt::format("settings of {} are {}; give NAME=VALUE{}", product, list_names(names),
                            names.size() > 1 ? ", as in coverage.security=full retention=10y retention-file=100"
                                             : ", as in retention=6m"));
        }
        if (name.starts_with("coverage")) {
            read_coverage_words(name, value, wanted);
        } else {
            wanted.push_back({std::string{name},
                              name == "retention" ? read_retention_word(product, value) : read_files_word(value)});
        }
    }
    std::vector<Setting> last;
    for (auto& setting : wanted) {
        std::erase_if(last, [&](const Setting& other) { return other.name == setting.name; });
        last.push_back(std::move(setting));
    }
    return last;
}

std::vector<SettingChange> changes(std::span<const Setting> now, std::span<const Setting> wanted) {
    for (const Setting& setting : wanted) {
        if (std::ranges::find(now, setting.name, &Setting::name) == now.end()) {
            refuse_words(
                fmt::format("this server has no setting {}", setting.name),
                "aquila-fetch settings shows those it has; others came with later versions or with other products");
        }
    }
    std::vector<SettingChange> all;
    for (const Setting& setting : now) {
        const auto found = std::ranges::find(wanted, setting.name, &Setting::name);
        if (found != wanted.end() && found->value != setting.value) {
            all.push_back({setting.name, setting.value, found->value});
        }
    }
    return all;
}

}  // namespace aquila
