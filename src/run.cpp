#include "aquila_fetch/run.hpp"

#include "aquila_fetch/commands.hpp"
#include "aquila_fetch/log.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace aquila {
namespace {

/// Those of one source.
constexpr std::array<std::pair<Command, void (*)(const Job&)>, 5> of_a_source{{
    {Command::collect, collect_command},
    {Command::login, login_command},
    {Command::sites, sites_command},
    {Command::verify, verify_command},
    {Command::settings, settings_command},
}};

/// Those that look at the configuration themselves: it may be missing, or several sources are meant.
constexpr std::array<std::pair<Command, void (*)(const Arguments&, const Environment&)>, 3> of_all{{
    {Command::sources, sources_command},
    {Command::check, check_command},
    {Command::status, status_command},
}};

template <typename Table>
auto find_command(const Table& table, Command command) {
    return std::find_if(table.begin(), table.end(), [=](const auto& row) { return row.first == command; });
}

}  // namespace

void run(const Arguments& arguments, const Environment& environment) {
    log::configure({arguments.log_level.value_or(log::Level::info), arguments.log_format.value_or(log::Format::text)});
    if (const auto* const command = find_command(of_all, arguments.command); command != of_all.end()) {
        command->second(arguments, environment);
        return;
    }
    Config config;
    const Job job = make_job(arguments, environment, config);
    find_command(of_a_source, arguments.command)->second(job);
}

}  // namespace aquila
