#include "aquila_fetch/commands.hpp"
#include "aquila_fetch/source_list.hpp"

namespace aquila {

void sources_command(const Arguments& arguments, const Environment& environment) {
    print(list_sources(arguments.config, environment, arguments.json));
}

}  // namespace aquila
