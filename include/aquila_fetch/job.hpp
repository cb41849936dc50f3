// Why: what every command starts from: the words of the command line, the chosen section, and where its output, state
// and lock are.
// Must not know: HTTP, what the commands do.
#pragma once

#include "aquila_fetch/cli.hpp"
#include "aquila_fetch/config_file.hpp"
#include "aquila_fetch/lock.hpp"
#include "aquila_fetch/plan.hpp"
#include "aquila_fetch/source.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace aquila {

struct Job {
    const Arguments& arguments;
    const Config& config;
    const SourceConfig& source;
    const Environment& environment;
    const Source& product;
    std::string output;           ///< --output, else the section's
    std::filesystem::path state;  ///< state_dir/NAME
};

/// Loads the configuration and chooses the section; sets up the log. Failure 64, 66, 74, 78.
/// `config` is where the configuration is put; the Job refers to it.
[[nodiscard]] Job make_job(const Arguments& arguments, const Environment& environment, Config& config);
/// For a section that was chosen already. Failure 78.
[[nodiscard]] Job make_job(const Arguments& arguments, const Environment& environment, const Config& config,
                           const SourceConfig& source);

/// The times of the command line and of the section. Failure 64.
[[nodiscard]] Wish make_wish(const Job& job);

/// Failure 75: another run holds it.
[[nodiscard]] Lock take_lock(const Job& job);

/// Where the lock of a section is: `lock_file`, else state_dir/NAME/lock.
[[nodiscard]] std::filesystem::path lock_path(const SourceConfig& source, const Environment& environment);

/// Of the table of sources, as `product =` spells them.
[[nodiscard]] std::vector<std::string_view> product_names();

/// To standard output, at once. Failure 74.
void print(std::string_view text);

}  // namespace aquila
