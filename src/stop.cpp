#include "aquila_fetch/stop.hpp"

#include "aquila_fetch/error.hpp"

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <mutex>

#include <fcntl.h>
#include <unistd.h>

namespace aquila::stop {
namespace {

// A handler may touch nothing but lock-free atomics and write(2).
std::atomic<int> first_signal{0};
std::atomic<int> read_end{-1};
std::atomic<int> write_end{-1};
std::atomic<bool> given_up{false};
struct {
    std::mutex mutex;
    std::condition_variable over;
    int count = 0;
} needs;
static_assert(std::atomic<int>::is_always_lock_free);

extern "C" void remember(int signal) {
    const int saved = errno;
    int none = 0;
    if (first_signal.compare_exchange_strong(none, signal)) {
        const char byte = 0;
        // One byte fits; it is never read, so the other end stays readable.
        [[maybe_unused]] const auto written = ::write(write_end, &byte, 1);
    }
    errno = saved;
}

void handle(int signal, void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    ::sigaction(signal, &action, nullptr);
}

}  // namespace

void install() {
    if (read_end < 0) {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
            throw Failure{Exit::software, "cannot make a pipe: " + describe_errno(errno)};
        }
        read_end = ends[0];
        write_end = ends[1];
    }
    handle(SIGTERM, remember);
    handle(SIGINT, remember);
    handle(SIGPIPE, SIG_IGN);
    handle(SIGXFSZ, SIG_IGN);
}

int requested() noexcept {
    return first_signal;
}

int descriptor() noexcept {
    return read_end;
}

void check() {
    if (const int signal = requested(); signal != 0) {
        throw Interrupted{signal};
    }
    if (given_up) {
        throw Interrupted{0};
    }
}

Needed::Needed() {
    const std::lock_guard lock{needs.mutex};
    check();
    ++needs.count;
}

Needed::~Needed() {
    const std::lock_guard lock{needs.mutex};
    --needs.count;
    needs.over.notify_all();
}

GivingUp::GivingUp() noexcept {
    {
        std::unique_lock lock{needs.mutex};
        needs.over.wait(lock, [] { return needs.count == 0; });
        given_up = true;
    }
    const char byte = 0;
    [[maybe_unused]] const auto written = ::write(write_end, &byte, 1);
}

GivingUp::~GivingUp() {
    char byte = 0;
    [[maybe_unused]] const auto taken = ::read(read_end, &byte, 1);  // a signal's byte, if there is one, stays
    given_up = false;
}

void die_by(int signal) {
    handle(signal, SIG_DFL);
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, signal);
    ::pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
    ::raise(signal);
    ::_exit(128 + signal);  // a signal whose default is not to end the process
}

}  // namespace aquila::stop
