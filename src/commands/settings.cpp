// What the product audits and how long it keeps it: shown, or changed after a look at what would be different.
#include "aquila_fetch/audit_settings.hpp"
#include "aquila_fetch/authorizer.hpp"
#include "aquila_fetch/checkpoint.hpp"
#include "aquila_fetch/commands.hpp"
#include "aquila_fetch/line_input.hpp"
#include "aquila_fetch/log.hpp"
#include "aquila_fetch/reach.hpp"
#include "aquila_fetch/stop.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>

#include <poll.h>
#include <unistd.h>

namespace aquila {
namespace {

using nlohmann::ordered_json;

/// What one resource holds; empty where the server has no such thing.
std::vector<Setting> read_settings(Endpoint& endpoint, const SettingsResource& resource) {
    const auto body = endpoint.ask({.path = resource.path});
    return body ? resource.read(*body) : std::vector<Setting>{};
}

std::vector<Setting> read_settings(Endpoint& endpoint, std::string_view product) {
    std::vector<Setting> all;
    for (const SettingsResource& resource : settings_of(product)) {
        std::ranges::move(read_settings(endpoint, resource), std::back_inserter(all));
    }
    return all;
}

/// The whole resource, as it is but for the changes.
void write_settings(Endpoint& endpoint, const SettingsResource& resource, std::span<const SettingChange> changed) {
    auto settings = read_settings(endpoint, resource);
    bool differs = false;
    for (Setting& setting : settings) {
        const auto change = std::ranges::find(changed, setting.name, &SettingChange::name);
        if (change != changed.end()) {
            setting.value = change->to;
            differs = true;
        }
    }
    if (!differs) {
        return;
    }
    static_cast<void>(
        endpoint.ask({.method = "PUT",
                      .path = resource.path,
                      .headers = {{"Content-Type", "application/json"}, {"X-Atlassian-Token", "no-check"}},
                      .body = resource.write(settings),
                      .scopes = resource.scopes}));
}

ordered_json settings_json(std::span<const Setting> settings) {
    auto object = ordered_json::object();
    for (const auto& [name, value] : settings) {
        object[name] = value;
    }
    return object;
}

ordered_json settings_json(std::span<const SettingChange> changed) {
    auto list = ordered_json::array();
    for (const auto& [name, from, to] : changed) {
        list.push_back({{"name", name}, {"from", from}, {"to", to}});
    }
    return list;
}

std::string settings_text(std::span<const Setting> settings) {
    std::string text;
    for (const auto& [name, value] : settings) {
        text += fmt::format("{:<42} {}\n", name, value);
    }
    return text.empty() ? "this server has no audit settings\n" : text;
}

std::string settings_text(std::span<const SettingChange> changed) {
    std::string text;
    for (const auto& [name, from, to] : changed) {
        text += fmt::format("{:<42} {} -> {}\n", name, from, to);
    }
    return text;
}

/// One line from the terminal; a stop ends the wait.
bool is_agreed() {
    std::fputs("Change this? [y/N] ", stderr);
    LineInput input{STDIN_FILENO};
    auto line = input.take_line();
    while (!line && !input.ended()) {
        std::array<pollfd, 2> ready{pollfd{input.descriptor(), POLLIN, 0}, pollfd{stop::descriptor(), POLLIN, 0}};
        ::poll(ready.data(), ready.size(), -1);
        stop::check();
        if (ready[0].revents != 0) {
            input.receive();
        }
        line = input.take_line();
    }
    const std::string_view answer = line ? line->reveal() : std::string_view{};
    return answer == "y" || answer == "Y" || answer == "yes";
}

/// Shrinking what is kept, or audited, cannot be taken back: somebody has to mean it.
bool may_change(const Arguments& arguments) {
    if (arguments.yes) {
        return true;
    }
    if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDERR_FILENO) != 1) {
        throw Failure{Exit::usage, "nothing was changed: nobody is there to be asked",
                      "add --yes to change what is shown above"};
    }
    return is_agreed();
}

}  // namespace

void settings_command(const Job& job) {
    const auto& arguments = job.arguments;
    const auto wanted = read_assignments(job.product.name, arguments.assignments);
    const auto authorizer = make_authorizer(job.source, job.environment, job.state);
    const State state = Checkpoint{job.state}.load().value_or(State{});
    Reach reach{job.product, job.source, *authorizer, state};
    Endpoint& endpoint = reach.endpoint();

    const auto now = read_settings(endpoint, job.product.name);
    const ordered_json head{{"source", job.source.name}, {"product", job.product.name}};
    const auto answer = [&](const ordered_json& more) {
        auto value = head;
        value.update(more);
        print(value.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n");
    };
    if (wanted.empty()) {
        arguments.json ? answer({{"settings", settings_json(now)}}) : print(settings_text(now));
        return;
    }
    const auto changed = changes(now, wanted);
    if (!arguments.json) {
        print(changed.empty() ? "nothing to change: all is as asked for\n" : settings_text(changed));
    }
    const bool agreed = !changed.empty() && may_change(arguments);
    if (agreed) {
        for (const SettingsResource& resource : settings_of(job.product.name)) {
            write_settings(endpoint, resource, changed);
        }
        const auto left = changes(read_settings(endpoint, job.product.name), wanted);
        if (!left.empty()) {
            throw Failure{Exit::protocol,
                          fmt::format("the server took the changes, and shows {} = {} all the same", left.front().name,
                                      left.front().from),
                          "look at the audit settings in the product's administration: its licence may not allow this"};
        }
        log::info(fmt::format("{} of {} changed", changed.size() == 1 ? "one setting" : "settings", job.source.name));
    } else if (!changed.empty()) {
        log::info("nothing was changed");
    }
    if (arguments.json) {
        answer({{"changes", settings_json(changed)}, {"changed", agreed}});
    }
}

}  // namespace aquila
