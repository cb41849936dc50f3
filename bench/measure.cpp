// measure COMMAND…: runs it and prints what it cost to standard error: wall and CPU milliseconds, peak memory in KiB.
// (`time` is not on a bare system, and does not tell memory.)
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char** argv) {
    if (argc < 2) {
        return 64;
    }
    const auto begin = std::chrono::steady_clock::now();
    const pid_t child = ::fork();
    if (child == 0) {
        ::execvp(argv[1], argv + 1);
        std::perror(argv[1]);
        std::_Exit(127);
    }
    int status = 0;
    rusage usage{};
    if (child < 0 || ::wait4(child, &status, 0, &usage) != child) {
        return 70;
    }
    const std::chrono::duration<double, std::milli> wall = std::chrono::steady_clock::now() - begin;
    const auto millis = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
    };
    std::fprintf(stderr, "wall_ms=%.1f user_ms=%.1f sys_ms=%.1f cpu_ms=%.1f peak_kib=%ld\n", wall.count(),
                 millis(usage.ru_utime), millis(usage.ru_stime), millis(usage.ru_utime) + millis(usage.ru_stime),
                 usage.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
