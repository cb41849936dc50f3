// Why: from the command line to the command: one table (see commands.hpp; the collecting one is
// src/commands/collect.cpp). Must not know: JSON, curl, fsync.
#pragma once

#include "aquila_fetch/cli.hpp"
#include "aquila_fetch/config_file.hpp"

namespace aquila {

/// Carries out a command. Prints to standard output what belongs there. Throws Failure or Interrupted.
void run(const Arguments& arguments, const Environment& environment);

}  // namespace aquila
