// Why: the wiring of one run, in the order the README tells it: configuration, secret, lock, checkpoint, output, what a
// stopped run left, the server, the loop, the summary.
// Must not know: JSON, curl, fsync.
#pragma once

#include "aquila_fetch/cli.hpp"
#include "aquila_fetch/config_file.hpp"

namespace aquila {

/// Carries out a command. Prints to standard output what belongs there. Throws Failure or Interrupted.
void run(const Arguments& arguments, const Environment& environment);

}  // namespace aquila
