// Why: argv becomes one value; CLI11 is used in cli.cpp alone.
// Must not know: files, network, what the commands do.
#pragma once

#include "aquila_fetch/log.hpp"

#include <optional>
#include <string>
#include <vector>

namespace aquila {

enum class Command { collect, login, sites, check, status, verify, settings, sources };

struct Arguments {
    Command command = Command::collect;
    std::string config;
    std::string source;
    std::string product;
    std::string since;
    std::string until;
    std::string output;
    bool dry_run = false;
    bool json = false;
    std::string site;
    bool no_browser = false;
    bool yes = false;                      ///< settings: do not ask
    std::vector<std::string> assignments;  ///< settings: NAME=VALUE
    std::optional<log::Level> log_level;
    std::optional<log::Format> log_format;
};

/// What to do, or, for --help and --version, the text to print and nothing more to do.
struct Parsed {
    Arguments arguments;
    std::optional<std::string> print;
};

/// Failure 64 with a hint for anything that is not understood.
[[nodiscard]] Parsed parse_arguments(int argc, const char* const* argv);

}  // namespace aquila
