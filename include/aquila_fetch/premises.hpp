// Why: half of what keeps a collector from working lies on its own machine: the secret, folders, room, a lock, the
// checkpoint, the timer. They are looked at here, without network, and nothing is made or changed.
// Must not know: products, HTTP, how findings are shown.
#pragma once

#include "aquila_fetch/config_file.hpp"
#include "aquila_fetch/finding.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace aquila {

/// Where the secret is, and that nobody else can read it; also a client secret, where `auth` needs one.
[[nodiscard]] Finding check_secret(const SourceConfig& source, const Environment& environment);

/// That lines can be appended to the file, or that it and its folders can be made; as the user this runs as.
[[nodiscard]] Finding check_output(const std::filesystem::path& output, bool replaced);

/// That the folder and what it will hold can be written, likewise.
[[nodiscard]] Finding check_state(const std::filesystem::path& state, const std::string& source);

/// That metrics can be put there. At most a warning: no run fails because of them.
[[nodiscard]] Finding check_metrics(const std::filesystem::path& file);

/// Room on a disk. Pure. Too little for a page: bad; for a busy day: a warning.
[[nodiscard]] Finding judge_space(std::string_view item, std::uint64_t available, std::uint64_t capacity);
/// The same for the file systems of output and state, which may be one.
[[nodiscard]] Finding check_space(const std::filesystem::path& output, const std::filesystem::path& state);

[[nodiscard]] Finding check_lock(const std::filesystem::path& lock);

/// That a systemd timer, or cron, starts the source. `root` is "/", but in tests.
[[nodiscard]] Finding check_timer(const std::string& source, const std::filesystem::path& root);

}  // namespace aquila
