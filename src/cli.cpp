#include "aquila_fetch/cli.hpp"

#include "aquila_fetch/error.hpp"
#include "command_table.hpp"

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

namespace aquila {
namespace {

constexpr std::size_t column_width = 26;
constexpr const char* description =
    "Collects new Atlassian audit records of one source once, appends them as NDJSON, and exits.";

constexpr const char* footer = R"(Examples:
  aquila-fetch                                  the only source of the configuration
  aquila-fetch --product jira                   the section whose product is jira
  aquila-fetch --source jira-eu --since 180d    older history too; only what is not collected yet
  aquila-fetch --product confluence --dry-run   show the records, write nothing
  aquila-fetch verify --source jira --since 7d  is anything missing or doubled?
  aquila-fetch check --source jira              is everything set up? what to do if not
  aquila-fetch status                           last run, how far it came, how far behind
  aquila-fetch sources                          products it knows, sections of the configuration

aquila-fetch COMMAND --help tells the options, examples and exit codes of one command.

The configuration is --config, else $AQUILA_FETCH_CONFIG, $XDG_CONFIG_HOME/aquila-fetch/aquila-fetch.ini,
/etc/aquila-fetch/aquila-fetch.ini. Exit codes: 0 done, 64 command line, 65 checkpoint damaged, 66 file
missing, 69 network, 73/74 disk, 75 already running, 76 unexpected answer, 77 refused, 78 configuration.)";

template <typename Names>
CLI::IsMember member_of(const Names& names) {
    std::vector<std::string> keys;
    keys.reserve(names.size());
    for (const auto& [name, value] : names) {
        keys.emplace_back(name);
    }
    return CLI::IsMember{keys};
}

template <typename Value, std::size_t Size>
std::optional<Value> lookup(const std::array<std::pair<std::string_view, Value>, Size>& names,
                            std::string_view wanted) {
    const auto found = std::find_if(names.begin(), names.end(), [=](const auto& name) { return name.first == wanted; });
    return found == names.end() ? std::nullopt : std::optional{found->second};
}

/// Of one command: what it is for, its own options, examples, exit codes.
std::string help_of(const CommandRow& row, const CLI::App& app, const CLI::App& command) {
    std::vector<const CLI::Option*> options;
    for (const CLI::Option* option : app.get_options()) {
        if (fmt::format(" {} ", row.options).find(fmt::format(" {} ", option->get_name())) != std::string::npos) {
            options.push_back(option);
        }
    }
    CLI::Formatter formatter;
    formatter.column_width(column_width);
    const auto positional = command.get_options([](const CLI::Option* option) { return option->get_positional(); });
    const auto* const arguments = positional.empty() ? "" : " [NAME=VALUE...]";
    return fmt::format("{}\nUsage: aquila-fetch {} [OPTIONS]{}\n{}\n{}\n\n{}\n", row.summary, row.name, arguments,
                       formatter.make_group("Options", false, options),
                       "The other options (--log-level, -q, -v and more): aquila-fetch --help", row.more);
}

std::string help(const CLI::App& app, const std::vector<CLI::App*>& commands) {
    for (std::size_t i = 0; i < commands.size(); ++i) {
        if (commands[i]->parsed()) {
            return help_of(command_table[i], app, *commands[i]);
        }
    }
    return app.help();
}

/// Beside an option that is none may stand a secret, which is not repeated.
std::string not_expected(const std::vector<std::string>& words) {
    std::string named;
    const bool options = std::ranges::any_of(words, [](const auto& word) { return word.starts_with('-'); });
    for (const auto& word : words) {
        if (!options || word.starts_with("--")) {
            named += (named.empty() ? "" : " ") + word.substr(0, options ? word.find('=') : std::string::npos);
        } else if (word.starts_with('-')) {
            named += (named.empty() ? "" : " ") + word.substr(0, 2);
        }
    }
    return fmt::format("not expected: {}", named);
}

}  // namespace

Parsed parse_arguments(int argc, const char* const* argv) {
    Parsed parsed;
    Arguments& arguments = parsed.arguments;
    std::string level;
    std::string format;
    bool quiet = false;
    bool verbose = false;

    CLI::App app{description, "aquila-fetch"};
    app.footer(footer);
    app.set_version_flag("--version", "aquila-fetch " AQUILA_FETCH_VERSION);
    app.get_formatter()->column_width(column_width);
    app.fallthrough();
    app.require_subcommand(0, 1);
    app.add_option("-c,--config", arguments.config, "the INI file")->type_name("FILE");
    auto* source = app.add_option("--source", arguments.source, "the section to collect")->type_name("NAME");
    app.add_option("--product", arguments.product, "the section with this product")
        ->type_name("NAME")
        ->excludes(source);
    app.add_option("--since", arguments.since, "read history from here: a date, an ISO 8601 time, a span")
        ->type_name("T");
    app.add_option("--until", arguments.until, "read no further than this")->type_name("T");
    app.add_flag("--dry-run", arguments.dry_run, "records to standard output; output and state stay untouched");
    app.add_option("--output", arguments.output, "another output file")->type_name("PATH");
    app.add_option("--log-level", level, "debug, info, warning, error, off")
        ->check(member_of(log::level_names))
        ->type_name("LEVEL");
    app.add_option("--log-format", format, "text or json")->check(member_of(log::format_names))->type_name("FORMAT");
    app.add_flag("-q,--quiet", quiet, "errors only");
    app.add_flag("-v,--verbose", verbose, "debug messages too");
    app.add_flag("--json", arguments.json, "sites, check, status, verify, settings, sources: as JSON");
    app.add_option("--site", arguments.site, "login: the site, where the login reaches several")->type_name("URL");
    app.add_flag("--no-browser", arguments.no_browser, "login: start no browser, the address is opened elsewhere");
    app.add_flag("--yes", arguments.yes, "settings: change them without asking");
    std::vector<CLI::App*> commands;
    commands.reserve(command_table.size());
    for (const CommandRow& row : command_table) {
        commands.push_back(app.add_subcommand(row.name, row.summary));
    }
    app.get_subcommand("settings")
        ->add_option("NAME=VALUE", arguments.assignments, "coverage.security=full retention=10y retention-file=100");

    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        parsed.print = help(app, commands);
    } catch (const CLI::CallForAllHelp&) {
        parsed.print = help(app, commands);
    } catch (const CLI::CallForVersion&) {
        parsed.print = "aquila-fetch " AQUILA_FETCH_VERSION "\n";
    } catch (const CLI::ExtrasError&) {
        throw Failure{Exit::usage, not_expected(app.remaining(true)),
                      "aquila-fetch --help lists the commands and options"};
    } catch (const CLI::ParseError& error) {
        throw Failure{Exit::usage, error.what(), "aquila-fetch --help lists the commands and options"};
    }
    for (const CLI::Option* option : app.get_options()) {
        // A variable that a script forgot to set must not count as an option that was left out.
        if (option->count() > 0 && option->results().front().empty()) {
            throw Failure{Exit::usage, option->get_name() + " has no value", "aquila-fetch --help tells what it takes"};
        }
    }
    for (std::size_t i = 0; i < commands.size(); ++i) {
        arguments.command = commands[i]->parsed() ? command_table[i].command : arguments.command;
    }
    arguments.log_level = quiet ? std::optional{log::Level::error} : lookup(log::level_names, level);
    if (verbose) {
        arguments.log_level = log::Level::debug;
    }
    arguments.log_format = lookup(log::format_names, format);
    return parsed;
}

}  // namespace aquila
