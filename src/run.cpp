#include "aquila_fetch/run.hpp"

#include "aquila_fetch/commands.hpp"
#include "aquila_fetch/log.hpp"
#include "aquila_fetch/source_list.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace aquila {
namespace {

constexpr std::array<std::pair<Command, void (*)(const Job&)>, 2> commands{{
    {Command::collect, collect_command},
    {Command::verify, verify_command},
}};

}  // namespace

void run(const Arguments& arguments, const Environment& environment) {
    log::configure({arguments.log_level.value_or(log::Level::info), arguments.log_format.value_or(log::Format::text)});
    if (arguments.command == Command::sources) {
        print(list_sources(arguments.config, environment, arguments.json));
        return;
    }
    Config config;
    const Job job = make_job(arguments, environment, config);
    const auto* const command =
        std::find_if(commands.begin(), commands.end(), [&](const auto& row) { return row.first == arguments.command; });
    command->second(job);
}

}  // namespace aquila
