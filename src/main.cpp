// argv to exit code. Everything else is in run.cpp, and from there in collect.cpp.
#include "aquila_fetch/cli.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/log.hpp"
#include "aquila_fetch/run.hpp"
#include "aquila_fetch/stop.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace {

/// A core file would hold the secrets.
void forbid_core_files() {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    ::prctl(PR_SET_DUMPABLE, 0);
#endif
}

/// Page after page needs buffers of the same size: kept by the process instead of being given back and cleared anew by
/// the kernel each time, which costs more than reading the page. And what one thread has read, another one writes and
/// frees: they share one heap.
void keep_memory() {
    constexpr int large = 64 << 20;
    ::mallopt(M_MMAP_THRESHOLD, large);
    ::mallopt(M_TRIM_THRESHOLD, large);
    ::mallopt(M_ARENA_MAX, 1);
}

/// A log line is one line: several mistakes are several lines, each with its prefix.
void for_each_line(std::string_view text, void (*use)(std::string_view)) {
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        use(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

/// For the few errors that bring no hint of their own.
std::string_view default_hint(aquila::Exit code) {
    using aquila::Exit;
    constexpr std::pair<Exit, std::string_view> hints[] = {
        {Exit::usage, "aquila-fetch --help lists the commands and options"},
        {Exit::no_input, "check the path, and that the user this runs as can see it"},
        {Exit::config, "the README lists the keys and their values, under \"Configure\""},
        {Exit::cannot_create, "check the path and its permissions; no link and no special file may stand there"},
        {Exit::io, "check the file, its permissions and the disk; the next run goes on from the last checkpoint"},
    };
    const auto* const found =
        std::find_if(std::begin(hints), std::end(hints), [=](const auto& h) { return h.first == code; });
    return found != std::end(hints) ? found->second : "nothing was lost; the next run goes on from the last checkpoint";
}

int report(const aquila::Failure& failure) {
    for_each_line(failure.what(), aquila::log::error);
    for_each_line(failure.hint().empty() ? default_hint(failure.code()) : failure.hint(), aquila::log::hint);
    return static_cast<int>(failure.code());
}

/// A descriptor that was closed would be given to the next file that is opened, and what is printed would go into that.
/// Standard output stays one that cannot be written.
void hold_standard_descriptors() {
    constexpr std::pair<int, int> flags[] = {
        {STDIN_FILENO, O_RDONLY}, {STDOUT_FILENO, O_RDONLY}, {STDERR_FILENO, O_WRONLY}};
    for (const auto& [descriptor, mode] : flags) {
        if (::fcntl(descriptor, F_GETFD) < 0) {
            [[maybe_unused]] const int held = ::open("/dev/null", mode);  // the lowest that is free: this one
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    using namespace aquila;
    hold_standard_descriptors();
    forbid_core_files();
    keep_memory();
    stop::install();
    try {
        const Parsed parsed = parse_arguments(argc, argv);
        if (parsed.print) {
            std::fputs(parsed.print->c_str(), stdout);
            return 0;
        }
        run(parsed.arguments, process_environment());
        return 0;
    } catch (const Failure& failure) {
        return report(failure);
    } catch (const Interrupted& interrupted) {
        log::info("stopped by a signal; what was whole is written, the next run goes on from there");
        stop::die_by(interrupted.signal());
    } catch (const std::exception& error) {
        return report({Exit::software, std::string{"unexpected: "} + error.what(), "this is a bug; please report it"});
    }
}
