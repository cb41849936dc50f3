// Why: however many requests are in flight, a server is asked no faster than it bears: one value for the whole source
// decides when the next request may leave. Time is given, so that an hour of it can be tried in a moment.
// Must not know: threads, HTTP, the clock.
#pragma once

#include "aquila_fetch/time.hpp"

#include <cstdint>
#include <deque>
#include <limits>
#include <optional>

namespace aquila {

/// Without a refusal there is no limit but that of requests_per_minute. A refusal halts the whole source until the
/// moment the server named. From then on requests leave one after the other, a little slower than they were accepted
/// between the last two refusals, and that is raised again, the faster the longer none is refused.
class Pacing {
  public:
    explicit Pacing(std::optional<int> per_minute = std::nullopt) { limit(per_minute); }

    /// From now on that many requests in any sixty seconds.
    void limit(std::optional<int> per_minute);

    /// Zero: the next request leaves now, and is in flight until it returns. Else how long to wait before asking again;
    /// nullopt: until another one has returned.
    [[nodiscard]] std::optional<Span> leave(Span now);

    /// One has returned, whatever the answer was.
    void returned() noexcept { --in_flight_; }
    /// It was accepted; `remaining`: how many more the server will accept at once, where it tells.
    void accepted(Span now, std::optional<int> remaining);
    /// One that left at `left` was refused: nothing leaves before `until`.
    void refused(Span left, Span now, Span until);

    /// Accepted requests a second, as found out; nullopt: no limit was met.
    [[nodiscard]] std::optional<double> rate() const noexcept { return rate_; }
    /// A limit was met, and since the last refusal a good many requests were accepted.
    [[nodiscard]] bool is_found() const noexcept;

  private:
    [[nodiscard]] bool is_full() const noexcept;
    void begin_to_measure(Span now);

    std::size_t per_minute_ = 0;  ///< 0: no cap
    std::deque<Span> sent_;       ///< when the requests of the last minute were, as far as the cap needs them
    int in_flight_ = 0;

    Span not_before_ = Span::min();
    std::optional<double> rate_;
    double raise_ = 0;         ///< what an accepted request adds to it
    Span next_ = Span::min();  ///< by the rate
    double at_once_ = std::numeric_limits<double>::infinity();
    std::optional<Span> since_;   ///< the last refusal, or the beginning
    std::uint64_t accepted_ = 0;  ///< since then
    bool measured_ = false;       ///< since_ was a refusal
};

}  // namespace aquila
