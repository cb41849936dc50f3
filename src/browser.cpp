#include "aquila_fetch/browser.hpp"

#include <algorithm>
#include <csignal>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

namespace aquila {
namespace {

/// What a child may see: neither secrets nor where they are.
std::vector<char*> public_environment() {
    constexpr std::string_view kept_back[] = {"AQUILA_FETCH_", "CREDENTIALS_DIRECTORY="};
    std::vector<char*> list;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        if (std::ranges::none_of(kept_back, [=](std::string_view name) { return text.starts_with(name); })) {
            list.push_back(*entry);
        }
    }
    list.push_back(nullptr);
    return list;
}

/// The settings of a process that goes its own way: no terminal, default signals, silence.
struct Detached {
    posix_spawn_file_actions_t files{};
    posix_spawnattr_t attributes{};

    Detached() {
        ::posix_spawn_file_actions_init(&files);
        for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
            ::posix_spawn_file_actions_addopen(&files, descriptor, "/dev/null", O_RDWR, 0);
        }
        ::posix_spawnattr_init(&attributes);
        sigset_t signals;
        ::sigemptyset(&signals);
        for (const int signal : {SIGPIPE, SIGXFSZ, SIGINT, SIGTERM}) {
            ::sigaddset(&signals, signal);
        }
        ::posix_spawnattr_setsigdefault(&attributes, &signals);
        ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF);
    }
    Detached(const Detached&) = delete;
    Detached& operator=(const Detached&) = delete;
    ~Detached() {
        ::posix_spawn_file_actions_destroy(&files);
        ::posix_spawnattr_destroy(&attributes);
    }
};

}  // namespace

bool open_browser(const std::string& url, const Environment& environment) {
    auto program = environment("BROWSER").value_or("");
    program.erase(std::min(program.find(':'), program.size()));
    const bool display = environment("DISPLAY") || environment("WAYLAND_DISPLAY");
    if (program.empty() && display && ::geteuid() != 0) {
        program = "xdg-open";
    }
    if (program.empty()) {
        return false;
    }
    auto address = url;
    char* const arguments[] = {program.data(), address.data(), nullptr};
    const Detached detached;
    pid_t child = 0;
    return ::posix_spawnp(&child, program.c_str(), &detached.files, &detached.attributes, arguments,
                          public_environment().data()) == 0;
}

}  // namespace aquila
