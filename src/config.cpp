#include "aquila_fetch/config.hpp"

#include "aquila_fetch/config_keys.hpp"
#include "aquila_fetch/config_rules.hpp"
#include "aquila_fetch/destination.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/ini.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

namespace aquila {
namespace {

constexpr std::string_view defaults_name = "defaults";

/// A section as it was read: the entry that set each key of the table, nullptr where it has none.
struct Draft {
    SourceConfig values{};
    std::vector<const IniEntry*> own{};
    bool broken = false;  ///< a value was refused: what else is missing would say little
};

/// The name of an unknown key, if it has the shape of one: else it may be a piece of a secret that was cut into lines.
std::string shown(std::string_view key) {
    const bool plain = key.size() <= 40 &&
                       std::ranges::all_of(key, [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || c == '-'; });
    return plain ? fmt::format(" '{}'", key) : std::string{};
}

/// `defaults` are laid under it, with what is wrong in them.
Draft read_section(const IniSection& section, const Draft& defaults, std::vector<Mistake>& mistakes) {
    const auto table = config_table();
    Draft draft{
        .values = defaults.values, .own = std::vector<const IniEntry*>(table.size()), .broken = defaults.broken};
    draft.values.name = section.name;
    draft.values.line = section.line;

    for (const auto& entry : section.entries) {
        const auto index = find_config_key(entry.key);
        if (!index) {
            mistakes.push_back(
                {entry.line, fmt::format("unknown key{}{}", shown(entry.key), suggestion(entry.key, config_keys()))});
        } else if (const auto* first = std::exchange(draft.own[*index], &entry); first != nullptr) {
            mistakes.push_back({entry.line, fmt::format("'{}' stands at line {} already", entry.key, first->line)});
        }
    }
    unsigned own_groups = 0;
    for (std::size_t i = 0; i < table.size(); ++i) {
        own_groups |= draft.own[i] != nullptr ? 1U << table[i].group : 0U;
    }
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (table[i].group != 0 && (own_groups & (1U << table[i].group)) != 0) {
            table[i].reset(draft.values);
        }
        if (const auto* entry = draft.own[i]; entry != nullptr) {
            const auto problem = entry->value.empty() ? "has no value" : table[i].set(draft.values, entry->value);
            if (!problem.empty()) {
                mistakes.push_back({entry->line, fmt::format("'{}' {}", entry->key, problem)});
                draft.broken = true;
            }
        }
    }
    return draft;
}

/// Two sources in one file would tear each other's lines apart, and each would take the other's for its own.
class WrittenFiles {
  public:
    void add(const Draft& draft, std::vector<Mistake>& mistakes) {
        const auto table = config_table();
        for (std::size_t i = 0; i < table.size(); ++i) {
            if (table[i].written == nullptr) {
                continue;
            }
            const bool output = table[i].written == &SourceConfig::output;
            const auto path = output ? draft.values.effective_output() : draft.values.*(table[i].written);
            if (path.empty() || (output && destination_of(path) != Destination::file)) {
                continue;
            }
            const auto line = draft.own[i] != nullptr ? draft.own[i]->line : draft.values.line;
            const auto user = fmt::format("[{}] '{}'", draft.values.name, table[i].name);
            const auto [first, is_new] = users_.emplace(std::filesystem::path{path}.lexically_normal(), user);
            if (!is_new) {
                mistakes.push_back(
                    {line, fmt::format("{} is the same file as {}: each source needs its own", user, first->second)});
            }
        }
    }

  private:
    std::map<std::filesystem::path, std::string> users_;
};

void check_product(Draft& draft, std::span<const std::string_view> products, std::vector<Mistake>& mistakes) {
    auto& product = draft.values.product;
    const auto* const own = draft.own[*find_config_key("product")];
    const bool named = own != nullptr || !product.empty();
    if (!named) {
        product = draft.values.name;
    }
    if (product.empty() || std::ranges::find(products, product) != products.end()) {
        return;  // empty: its value was refused already
    }
    mistakes.push_back(
        {own != nullptr ? own->line : draft.values.line,
         fmt::format("{} must be one of {}{}", named ? "'product'" : "'product' is left out, so the section's name",
                     list_names(products), suggestion(product, products))});
    draft.broken = true;
}

bool holds_secret(const IniEntry& entry) {
    const auto index = find_config_key(entry.key);
    return index &&
           (config_table()[*index].secret || (entry.key == "proxy" && entry.value.find('@') != std::string_view::npos));
}

[[noreturn]] void refuse_config(std::vector<Mistake> mistakes, std::string_view file_name) {
    constexpr std::size_t most = 50;
    std::ranges::stable_sort(mistakes, {}, &Mistake::line);
    std::string text;
    for (std::size_t i = 0; i < std::min(most, mistakes.size()); ++i) {
        const auto& [line, what] = mistakes[i];
        text +=
            fmt::format("{}{}{}: {}", i == 0 ? "" : "\n", file_name, line == 0 ? "" : fmt::format(":{}", line), what);
    }
    if (mistakes.size() > most) {
        text += fmt::format("\n{}: {} more", file_name, mistakes.size() - most);
    }
    throw Failure{Exit::config, text,
                  "nothing was fetched; the keys and their values are listed in the README, under \"Configure\""};
}

}  // namespace

Auth SourceConfig::effective_auth() const noexcept {
    return auth.value_or(email.empty() ? Auth::bearer : Auth::basic);
}

bool SourceConfig::is_granted() const noexcept {
    return auth == Auth::oauth || auth == Auth::client_credentials;
}

std::string SourceConfig::effective_output() const {
    return output.empty() ? fmt::format("/var/log/aquila-fetch/{}/flattened.json", name) : output;
}

Packing SourceConfig::packing_of(std::string_view output_used) const noexcept {
    return compress.value_or(destination_of(output_used) == Destination::bucket ? Packing::zstd : Packing::none);
}

Config parse_config(std::string_view text, std::string_view file_name, std::span<const std::string_view> products) {
    const auto is_secret = [](std::string_view key) {
        const auto index = find_config_key(key);
        return index && config_table()[*index].secret;
    };
    std::vector<Mistake> mistakes;
    const auto sections = read_ini(text, is_secret, mistakes);

    // The defaults may stand anywhere; they are read, and their mistakes told, once.
    Draft defaults;
    for (const auto& section : sections) {
        if (section.name == defaults_name) {
            defaults = read_section(section, {}, mistakes);
        }
    }
    Config config;
    config.file = file_name;
    WrittenFiles written;
    for (const auto& section : sections) {
        config.holds_secrets = config.holds_secrets || std::ranges::any_of(section.entries, holds_secret);
        if (section.name == defaults_name) {
            continue;
        }
        auto draft = read_section(section, defaults, mistakes);
        if (section.name.empty()) {
            continue;
        }
        check_product(draft, products, mistakes);
        if (!draft.broken) {
            for (const auto& problem : config_problems(draft.values)) {
                mistakes.push_back({section.line, fmt::format("[{}] {}", section.name, problem)});
            }
        }
        written.add(draft, mistakes);
        config.sources.push_back(std::move(draft.values));
    }
    if (config.sources.empty() && mistakes.empty()) {
        mistakes.push_back({0, "holds no source: add a section such as [jira]"});
    }
    if (!mistakes.empty()) {
        refuse_config(std::move(mistakes), file_name);
    }
    return config;
}

}  // namespace aquila
