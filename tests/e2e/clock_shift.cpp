// Why: a test must be able to set the clock of the program under test, as NTP or a person would, and of nothing else.
// Loaded by LD_PRELOAD; $AQUILA_FETCH_CLOCK_SHIFT is seconds. Timers and waits go by the other clocks, which stay.
#include <cstdlib>

#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>

extern "C" {

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, timespec* time) noexcept {
    using Function = int (*)(clockid_t, timespec*);
    static const auto real = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "clock_gettime"));
    static const char* const shift = std::getenv("AQUILA_FETCH_CLOCK_SHIFT");
    const int result = real(clock, time);
    if (result == 0 && clock == CLOCK_REALTIME && shift != nullptr) {
        time->tv_sec += std::atol(shift);
    }
    return result;
}

/// Libraries read the same clock by it.
__attribute__((visibility("default"))) time_t time(time_t* result) noexcept {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    if (result != nullptr) {
        *result = now.tv_sec;
    }
    return now.tv_sec;
}

}  // extern "C"
