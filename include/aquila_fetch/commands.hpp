// Why: one function for each command of the command line, each in a file of its own (src/commands).
// Must not know: each other.
#pragma once

#include "aquila_fetch/job.hpp"

namespace aquila {

/// Collects the source once (the command without a name).
void collect_command(const Job& job);
/// Looks at everything a run needs, of all sources where none is chosen, and changes nothing. Failure with the code of
/// the worst finding.
void check_command(const Arguments& arguments, const Environment& environment);
/// Shows or changes what the product audits and how long it keeps it. Failure 64 for what cannot be set.
void settings_command(const Job& job);
/// What the state tells, of all sources where none is chosen. Failure 65, 74 after the answer: something in it cannot
/// be read.
void status_command(const Arguments& arguments, const Environment& environment);
/// The products, and the sections of the configuration, if there is one.
void sources_command(const Arguments& arguments, const Environment& environment);
/// Compares a window with what was written. Failure 1 when something is missing, doubled or unexpected.
void verify_command(const Job& job);
/// Signs in with OAuth 2.0 (3LO) and stores the tokens, at one time or never: a run beside it is not disturbed.
/// Failure 69, 77, and as the store.
void login_command(const Job& job);
/// Lists the sites the credential reaches.
void sites_command(const Job& job);

}  // namespace aquila
