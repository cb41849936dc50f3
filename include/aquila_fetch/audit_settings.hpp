// Why: what a product audits and how long it keeps it can be read and set through its API; here is which settings there
// are, what they may be set to, and how their JSON reads. Pure: the command line's words in, bodies of requests out.
// Must not know: HTTP, who asks.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace aquila {

/// As the command line spells it: `coverage.security` and `full`.
struct Setting {
    std::string name;
    std::string value;
    friend bool operator==(const Setting&, const Setting&) = default;
};

struct SettingChange {
    std::string name;
    std::string from;
    std::string to;
    friend bool operator==(const SettingChange&, const SettingChange&) = default;
};

/// One resource that holds settings, read and written as a whole (atlassian-api sections 3.4, 5.2).
struct SettingsResource {
    std::string_view product;  ///< as in `product =`
    std::string_view name;     ///< `coverage`, of which each area is a setting, or the one setting it holds
    std::string_view path;     ///< in the place of the records' path
    std::string_view scopes;   ///< what a token needs to change it; empty: what it needs to read
    /// Settings in the order of the answer. Failure 76: not the JSON that the API promises.
    std::vector<Setting> (*read)(std::string_view body);
    /// The body of a PUT.
    std::string (*write)(std::span<const Setting> settings);
};

/// Those of a product; none for a product that has nothing to set.
[[nodiscard]] std::span<const SettingsResource> settings_of(std::string_view product) noexcept;

/// What the words of the command line ask for, in the spelling that `read` gives; `coverage=LEVEL` stands for all
/// areas, and of several for one setting the last counts. Failure 64: the product has nothing to set, no NAME=VALUE, a
/// name or a value that is not there; the hint lists the right ones.
[[nodiscard]] std::vector<Setting> read_assignments(std::string_view product, std::span<const std::string> words);

/// What would be different, in the order of `now`. Failure 64: `now` does not hold a setting that is wanted.
[[nodiscard]] std::vector<SettingChange> changes(std::span<const Setting> now, std::span<const Setting> wanted);

/// Whether a setting belongs to a resource.
[[nodiscard]] bool belongs(std::string_view setting, const SettingsResource& resource) noexcept;

}  // namespace aquila
