// Why: the one table of INI keys: name, how its value is read, where it goes. A new key is one row.
// Must not know: sections, defaults, which keys a product needs.
#pragma once

#include "aquila_fetch/config.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace aquila {

struct ConfigKey {
    std::string_view name;
    /// Reads the value into its member. What is wrong with it, to follow the key's name ("must …"), else empty; the
    /// value itself is never shown: people paste tokens behind the wrong key.
    std::string (*set)(SourceConfig& source, std::string_view value) = nullptr;
    /// Back to what it is when nobody sets it.
    void (*reset)(SourceConfig& source) = nullptr;
    bool secret = false;
    const std::string SourceConfig::*written = nullptr;  ///< a file that belongs to one source alone
    int group = 0;  ///< not 0: the same is said in another way by the other keys of that group
};

[[nodiscard]] std::span<const ConfigKey> config_table() noexcept;
/// As `auth =` spells it.
[[nodiscard]] std::string_view name_of(Auth auth) noexcept;
/// As `format =` spells it.
[[nodiscard]] std::string_view name_of(Format format) noexcept;
/// Its place in the table.
[[nodiscard]] std::optional<std::size_t> find_config_key(std::string_view name) noexcept;

}  // namespace aquila
