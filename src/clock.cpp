#include "aquila_fetch/clock.hpp"

#include "aquila_fetch/stop.hpp"

#include <algorithm>
#include <limits>

#include <poll.h>

namespace aquila {

Instant SystemClock::now() const {
    return std::chrono::floor<Span>(std::chrono::system_clock::now());
}

Span SystemClock::elapsed() const {
    return std::chrono::floor<Span>(std::chrono::steady_clock::now().time_since_epoch());
}

void SystemClock::sleep(Span span) {
    stop::check();
    const Span started = elapsed();
    // Both ends are cut to whole milliseconds, so one more must pass: never less than was asked for.
    for (Span passed{}; span > Span::zero() && passed <= span; passed = elapsed() - started) {
        // In slices, so that poll's int does not overflow.
        constexpr Span::rep longest = std::numeric_limits<int>::max();
        const auto slice = std::clamp<Span::rep>((span - passed).count(), 1, longest);
        pollfd wake{.fd = stop::descriptor(), .events = POLLIN, .revents = 0};
        ::poll(&wake, 1, static_cast<int>(slice));
        stop::check();
    }
}

}  // namespace aquila
