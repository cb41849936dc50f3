#include "aquila_fetch/stop.hpp"

#include "aquila_fetch/clock.hpp"
#include "aquila_fetch/error.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <thread>

namespace aquila::stop_test {

using namespace std::chrono_literals;

bool readable(int descriptor) {
    pollfd entry{.fd = descriptor, .events = POLLIN, .revents = 0};
    return ::poll(&entry, 1, 0) == 1;
}

// What signals do is for the whole process: each test looks at it in one of its own.
struct Child {
    int failed = 0;
    void expect(bool condition, int line) {
        if (!condition && failed == 0) {
            failed = line;
        }
    }
    [[noreturn]] void done() const { std::_Exit(failed == 0 ? 0 : 1 + failed % 250); }
};
#define CHILD_EXPECT(condition) child.expect((condition), __LINE__)

class StopDeathTest : public testing::Test {
  protected:
    StopDeathTest() { testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};

TEST_F(StopDeathTest, NothingIsRequestedAtFirst) {
    EXPECT_EXIT(
        {
            Child child;
            CHILD_EXPECT(stop::descriptor() == -1);
            stop::check();
            stop::install();
            CHILD_EXPECT(stop::descriptor() >= 0);
            CHILD_EXPECT((::fcntl(stop::descriptor(), F_GETFD) & FD_CLOEXEC) != 0);
            CHILD_EXPECT(stop::requested() == 0);
            CHILD_EXPECT(!readable(stop::descriptor()));
            stop::check();
            child.done();
        },
        testing::ExitedWithCode(0), "");
}

TEST_F(StopDeathTest, TheFirstSignalIsRemembered) {
    EXPECT_EXIT(
        {
            Child child;
            stop::install();
            errno = 42;
            ::raise(SIGINT);
            CHILD_EXPECT(errno == 42);
            ::raise(SIGTERM);
            stop::install();
            CHILD_EXPECT(stop::requested() == SIGINT);
            CHILD_EXPECT(readable(stop::descriptor()));
            CHILD_EXPECT(readable(stop::descriptor()));
            try {
                stop::check();
                CHILD_EXPECT(false);
            } catch (const Interrupted& interrupted) {
                CHILD_EXPECT(interrupted.signal() == SIGINT);
            }
            child.done();
        },
        testing::ExitedWithCode(0), "");
}

TEST_F(StopDeathTest, BrokenPipesAndFileSizeLimitsAreErrorsNotSignals) {
    EXPECT_EXIT(
        {
            Child child;
            stop::install();
            ::raise(SIGPIPE);
            ::raise(SIGXFSZ);
            CHILD_EXPECT(stop::requested() == 0);
            child.done();
        },
        testing::ExitedWithCode(0), "");
}

TEST_F(StopDeathTest, TheProcessDiesByTheSignalItWasSent) {
    EXPECT_EXIT(
        {
            stop::install();
            ::raise(SIGTERM);
            stop::die_by(stop::requested());
        },
        testing::KilledBySignal(SIGTERM), "");
    EXPECT_EXIT(
        {
            stop::install();
            sigset_t all;
            sigfillset(&all);
            ::sigprocmask(SIG_BLOCK, &all, nullptr);
            stop::die_by(SIGINT);
        },
        testing::KilledBySignal(SIGINT), "");
}

[[noreturn]] void sleep_and_be_stopped() {
    Child child;
    ::alarm(60);  // where it is not
    stop::install();
    SystemClock clock;
    const auto interrupted_by = [&clock](Span span) {
        try {
            clock.sleep(span);
        } catch (const Interrupted& interrupted) {
            return interrupted.signal();
        }
        return 0;
    };
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGTERM;
    timer_t timer{};
    ::timer_create(CLOCK_MONOTONIC, &event, &timer);
    const itimerspec soon{{0, 0}, {0, 1'000'000}};
    ::timer_settime(timer, 0, &soon, nullptr);
    CHILD_EXPECT(interrupted_by(Span::max()) == SIGTERM);
    CHILD_EXPECT(interrupted_by(Span::max()) == SIGTERM);
    CHILD_EXPECT(interrupted_by(0ms) == SIGTERM);
    child.done();
}

TEST_F(StopDeathTest, ASleepEndsAtOnce) {
    EXPECT_EXIT(sleep_and_be_stopped(), testing::ExitedWithCode(0), "");
}

[[noreturn]] void sleep_and_be_given_up() {
    Child child;
    ::alarm(60);  // where it is not
    stop::install();
    const auto sleep_long = [](int& signal) {
        try {
            SystemClock{}.sleep(1h);
        } catch (const Interrupted& interrupted) {
            signal = interrupted.signal();
        }
    };
    for (const bool asked : {false, true}) {
        int signal = -1;
        std::thread sleeper{sleep_long, std::ref(signal)};
        if (asked) {
            ::raise(SIGTERM);
        }
        {
            const stop::GivingUp giving_up;
            sleeper.join();
        }
        CHILD_EXPECT(signal == (asked ? SIGTERM : 0));
        CHILD_EXPECT(readable(stop::descriptor()) == asked);
    }
    child.done();
}

TEST_F(StopDeathTest, WhatIsGivenUpEndsAtOnceAndNothingElse) {
    EXPECT_EXIT(sleep_and_be_given_up(), testing::ExitedWithCode(0), "");
}

TEST(SystemClocks, TellTheTime) {
    const SystemClock clock;
    const auto before = std::chrono::floor<Span>(std::chrono::system_clock::now());
    const auto now = clock.now();
    EXPECT_GE(now, before);
    EXPECT_LE(now, std::chrono::system_clock::now());
    const auto elapsed = clock.elapsed();
    EXPECT_GE(clock.elapsed(), elapsed);
}

TEST(SystemClocks, SleepNoShorterThanAsked) {
    SystemClock clock;
    const auto started = std::chrono::steady_clock::now();
    clock.sleep(3ms);
    EXPECT_GE(std::chrono::steady_clock::now() - started, 3ms);
    clock.sleep(0ms);
    clock.sleep(-5h);
    clock.sleep(Span::min());
    EXPECT_LT(std::chrono::steady_clock::now() - started, 60s);
}

}  // namespace aquila::stop_test
