// Why: what a command is called, what it takes, how it is used and how it ends, in one place: the parser and the help
// of each command are made from it. Must not know: CLI11, how a command works.
#pragma once

#include "aquila_fetch/cli.hpp"

#include <array>
#include <string_view>

namespace aquila {

struct CommandRow {
    Command command;
    const char* name;
    const char* summary;
    std::string_view options;  ///< those of the program's options that matter to it
    std::string_view more;     ///< examples and exit codes
};

inline constexpr std::array command_table{
    CommandRow{
        Command::login, "login", "sign in with OAuth 2.0 in a browser, and store the tokens",
        "--config --source --product --site --no-browser",
        R"(Once for a section with auth = oauth, with the account of the runs; they renew the tokens by themselves.

Examples:
  aquila-fetch login --source jira
  aquila-fetch login --source jira --site https://your-domain.atlassian.net --no-browser

Exit codes: 0 signed in, 64 several sites: choose one, 66 client secret missing, 69 network, 73/74 the tokens
cannot be stored, 75 a run is at work, 76 unexpected answer, 77 refused, 78 configuration.)"},
    CommandRow{Command::sites, "sites", "the sites the credential reaches, with their cloud ids",
               "--config --source --product --json",
               R"(Examples:
  aquila-fetch sites --source jira

Exit codes: 0 listed, 66 file missing, 69 network, 76 unexpected answer, 77 refused, 78 configuration.)"},
    CommandRow{Command::check, "check", "credential, permission, output, state: is all set up? changes nothing",
               "--config --source --product --json",
               R"(Of all sources where none is chosen. Run it with the account and the secret of the runs.

Examples:
  aquila-fetch check --source jira
  aquila-fetch check --json

Exit codes: 0 all is well, else that of the worst finding: 78 configuration, 66 file missing, 65 checkpoint
damaged, 77 refused, 76 unexpected answer, 73/74 disk, 69 network, 75 already running, 1 anything else.)"},
    CommandRow{Command::status, "status", "last run, how far it came, how far behind; without network",
               "--config --source --product --json",
               R"(Of all sources where none is chosen, from the state alone, also while a run is at work.

Examples:
  aquila-fetch status
  aquila-fetch status --source jira --json

Exit codes: 0 shown, whatever the result of the last run was, 65 checkpoint damaged, 66 file missing,
74 the state cannot be read, 78 configuration.)"},
    CommandRow{
        Command::verify, "verify", "compare a window with what was written: missing, duplicated, unexpected",
        "--config --source --product --since --until --output --json",
        R"(Without --since it compares as much as a first run reads (initial_lookback, 24h), up to where the last run
came. Only what was collected is compared, and it says so where more was asked for. logrotate, as packaged,
keeps 7 files: records of a longer window are missing because their files were deleted.

Examples:
  aquila-fetch verify --source jira
  aquila-fetch verify --source jira --since 7d
  aquila-fetch verify --source jira --since 2026-05-01 --until 2026-05-02 --json

Exit codes: 0 every record is there once, 1 something is missing, doubled, unexpected or damaged, 64 nothing of
the window was collected, 65 checkpoint damaged, 66 file missing, 69 network, 74 a file cannot be read,
75 a run is at work, 76 unexpected answer, 77 refused, 78 configuration.)"},
    CommandRow{
        Command::settings, "settings", "show or set audit coverage and retention",
        "--config --source --product --yes --json",
        R"(Data Center: coverage.AREA=off|base|advanced|full, coverage= for all areas, retention=10y, retention-file=100.
Confluence Cloud: retention=6m, a year at most. What would change is shown first, and asked about.

Examples:
  aquila-fetch settings --source jira-internal
  aquila-fetch settings --source jira-internal coverage=full --yes

Exit codes: 0 shown or set, 64 the product has no such setting, or nobody is there to be asked, 66 file missing,
69 network, 76 unexpected answer, 77 refused, 78 configuration.)"},
    CommandRow{Command::sources, "sources", "the products it knows, and the sections of the INI", "--config --json",
               R"(Examples:
  aquila-fetch sources
  aquila-fetch sources --config /etc/aquila-fetch/aquila-fetch.ini --json

Exit codes: 0 listed, 66 file missing, 78 configuration.)"},
};

}  // namespace aquila
