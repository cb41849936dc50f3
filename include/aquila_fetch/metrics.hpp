// Why: whoever watches machines with Prometheus sees each source: when it ran well last, how far behind it is, and when
// it is healthy but empty. A file for node_exporter's textfile collector, as the program itself does not stay.
// Must not know: where the figures come from.
#pragma once

#include "aquila_fetch/checkpoint.hpp"
#include "aquila_fetch/last_run.hpp"
#include "aquila_fetch/retry.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace aquila {

struct Metrics {
    std::string source;
    std::string product;
    std::string format;
    LastRun run;
    RetryCounts counts;
    std::uint64_t repaired = 0;
    std::uint64_t late = 0;
    std::optional<State> state;  ///< as saved; nullopt: there is none, or it cannot be read
    std::optional<Instant> token_expires;
    std::optional<RetryCounts> bucket{};  ///< of requests to the bucket of an output
};

/// Prometheus text format 0.0.4; every series is labelled with its source, so that files of several sources can lie in
/// one folder.
[[nodiscard]] std::string to_text(const Metrics& metrics);

/// Swaps the file in, 0644. That it cannot be written is logged as a warning: a run does not fail for it.
void save(const Metrics& metrics, const std::filesystem::path& file);

}  // namespace aquila
