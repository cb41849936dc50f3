#include "aquila_fetch/config_file.hpp"

#include "aquila_fetch/credentials.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/file.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <optional>

#include <unistd.h>

namespace aquila {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t config_cap = std::size_t{1} << 20U;

/// One that was named must be there; one that cannot be seen is left to the reading, which says why.
fs::path named(const std::string& name, std::string_view where) {
    std::error_code error;
    if (fs::status(name, error).type() == fs::file_type::not_found) {
        throw Failure{Exit::no_input, fmt::format("the configuration {} does not exist; {} names it", name, where)};
    }
    return name;
}

std::vector<std::string_view> names_of(const Config& config) {
    std::vector<std::string_view> names;
    for (const auto& source : config.sources) {
        names.emplace_back(source.name);
    }
    return names;
}

[[noreturn]] void usage(std::string what, std::string hint) {
    throw Failure{Exit::usage, std::move(what), std::move(hint)};
}

}  // namespace

Environment process_environment() {
    return [](const char* name) -> std::optional<std::string> {
        const char* const value = std::getenv(name);
        return value == nullptr || *value == '\0' ? std::nullopt : std::optional<std::string>{value};
    };
}

fs::path find_config(const std::string& given, const Environment& environment) {
    if (!given.empty()) {
        return named(given, "--config");
    }
    if (const auto variable = environment("AQUILA_FETCH_CONFIG")) {
        return named(*variable, "$AQUILA_FETCH_CONFIG");
    }
    constexpr auto below = "aquila-fetch/aquila-fetch.ini";
    std::vector<fs::path> places;
    const auto home = environment("HOME");
    // The XDG specification wants a path that is not absolute to be ignored.
    if (const auto xdg = environment("XDG_CONFIG_HOME"); xdg && fs::path{*xdg}.is_absolute()) {
        places.push_back(fs::path{*xdg} / below);
    } else if (home) {
        places.push_back(fs::path{*home} / ".config" / below);
    }
    places.push_back(fs::path{"/etc"} / below);

    std::string looked;
    for (const auto& place : places) {
        if (std::error_code error; fs::exists(place, error)) {
            return place;
        }
        looked += fmt::format("{}{}", looked.empty() ? "" : ", ", place.native());
    }
    constexpr auto example = "/usr/share/doc/aquila-fetch/examples/jira.ini";
    std::error_code error;
    throw Failure{Exit::no_input, fmt::format("no configuration found; looked for {}", looked),
                  fs::exists(example, error)
                      ? fmt::format("name one with --config FILE, or begin with an example: cp {} {}", example,
                                    places.back().native())
                      : "name one with --config FILE"};
}

Config load_config(const fs::path& path, std::span<const std::string_view> products) {
    std::optional<std::string> text;
    try {
        text = read_file(path, config_cap);
    } catch (const Failure& failure) {
        throw Failure{
            Exit::no_input, failure.what(),
            fmt::format("the configuration is a file of at most 1 MiB that this user (uid {}) may read", ::geteuid())};
    }
    if (!text) {
        throw Failure{Exit::no_input, fmt::format("the configuration {} does not exist", path.native())};
    }
    // The text may hold secrets, which the Config then has in wrappers of their own.
    struct Wipe {
        std::string& text;
        ~Wipe() { wipe(text); }
    } const at_the_end{*text};
    auto config = parse_config(*text, path.native(), products);
    if (config.holds_secrets && !is_private_file(path)) {
        throw Failure{Exit::config,
                      fmt::format("{} holds a secret and can be read or written by other users", path.native()),
                      fmt::format("chmod 600 {}, or move the secret to a file of its own", path.native())};
    }
    return config;
}

std::vector<const SourceConfig*> choose_sources(const Config& config, const std::string& source,
                                                const std::string& product) {
    std::vector<const SourceConfig*> matches;
    for (const auto& each : config.sources) {
        if ((source.empty() || each.name == source) && (product.empty() || each.product == product)) {
            matches.push_back(&each);
        }
    }
    if (!matches.empty()) {
        return matches;
    }
    const auto names = names_of(config);
    const auto wanted = fmt::format("{}{}", source.empty() ? "" : fmt::format(" '{}'", source),
                                    product.empty() ? "" : fmt::format(" of product '{}'", product));
    const bool unknown = std::ranges::find(names, source) == names.end();
    usage(fmt::format("{} has no source{}{}", config.file, wanted, unknown ? suggestion(source, names) : ""),
          fmt::format("it has {}", list_names(names)));
}

const SourceConfig& choose_source(const Config& config, const std::string& source, const std::string& product) {
    const auto matches = choose_sources(config, source, product);
    if (matches.size() > 1) {
        std::vector<std::string_view> names;
        std::ranges::transform(matches, std::back_inserter(names), &SourceConfig::name);
        usage(fmt::format("{} has several sources{}: {}", config.file, product.empty() ? "" : " of product " + product,
                          list_names(names)),
              "choose one with --source NAME");
    }
    return *matches.front();
}

fs::path state_directory(const SourceConfig& source, const Environment& environment) {
    if (!source.state_dir.empty()) {
        return fs::path{source.state_dir} / source.name;
    }
    // systemd joins several with colons; the first is the one its unit names for the state.
    const auto given = environment("STATE_DIRECTORY");
    return fs::path{given ? given->substr(0, given->find(':')) : "/var/lib/aquila-fetch"} / source.name;
}

}  // namespace aquila
