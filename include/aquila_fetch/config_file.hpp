// Why: finding the INI file, refusing one with secrets that others can read, and choosing the source of this run.
// Must not know: network, products beyond their names.
#pragma once

#include "aquila_fetch/config.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace aquila {

/// Looks up an environment variable; nullopt when it is unset or empty. Tests pass their own.
using Environment = std::function<std::optional<std::string>(const char* name)>;
[[nodiscard]] Environment process_environment();

/// `given` (from --config), else $AQUILA_FETCH_CONFIG, $XDG_CONFIG_HOME/aquila-fetch/aquila-fetch.ini (if there; with
/// XDG_CONFIG_HOME unset, $HOME/.config), /etc/aquila-fetch/aquila-fetch.ini. The one named explicitly must exist.
/// Failure 66 that lists where it looked.
[[nodiscard]] std::filesystem::path find_config(const std::string& given, const Environment& environment);

/// Reads and parses. Failure 66 missing, 74 unreadable, 78 invalid, or holding a secret while others can read it.
[[nodiscard]] Config load_config(const std::filesystem::path& path, std::span<const std::string_view> products);

/// The section of this run: by name, by product, or the only one. Failure 64 that lists what there is.
[[nodiscard]] const SourceConfig& choose_source(const Config& config, const std::string& source,
                                                const std::string& product);

/// The sections that match, all of them where neither is given. Failure 64 when there is none, that lists what there
/// is.
[[nodiscard]] std::vector<const SourceConfig*> choose_sources(const Config& config, const std::string& source,
                                                              const std::string& product);

/// `state_dir`/NAME, where state_dir is the INI's, else $STATE_DIRECTORY, else /var/lib/aquila-fetch.
[[nodiscard]] std::filesystem::path state_directory(const SourceConfig& source, const Environment& environment);

}  // namespace aquila
