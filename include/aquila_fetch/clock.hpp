// Why: nothing in the tests sleeps or depends on the hour, and every wait of the program ends at once on SIGTERM.
// Must not know: who waits, or for what.
#pragma once

#include "aquila_fetch/time.hpp"

namespace aquila {

class Clock {
  public:
    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    virtual ~Clock() = default;

    /// Wall clock. May jump; only for windows and for people.
    [[nodiscard]] virtual Instant now() const = 0;
    /// Time since some fixed point, never going back; for budgets and rates.
    [[nodiscard]] virtual Span elapsed() const = 0;
    /// Waits. Throws Interrupted as soon as a stop was requested.
    virtual void sleep(Span span) = 0;
};

/// CLOCK_REALTIME and CLOCK_MONOTONIC; sleeps on the stop descriptor (stop.hpp).
class SystemClock final : public Clock {
  public:
    [[nodiscard]] Instant now() const override;
    [[nodiscard]] Span elapsed() const override;
    void sleep(Span span) override;
};

}  // namespace aquila
