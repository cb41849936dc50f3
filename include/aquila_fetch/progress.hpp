// Why: a person who reads a year of history back wants to see that it moves, and how long it will take.
// Must not know: terminals; what is read.
#pragma once

#include "aquila_fetch/clock.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace aquila {

/// How far a run has come.
struct Advance {
    Instant from;  ///< where it began
    Instant at;    ///< everything before this is read
    Instant to;    ///< where it will end
    std::uint64_t records = 0;
};

/// "12,400 records, read to 2026-04-12 16:00 (62 %), 3,100/s, 4s left"
[[nodiscard]] std::string describe(const Advance& advance, Span elapsed);

/// Shows it through `show`, but not before a second has passed, and then a few times a second at most; takes the line
/// away when it goes.
class Progress {
  public:
    Progress(const Clock& clock, std::function<void(std::string_view)> show);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress();

    void update(const Advance& advance);

  private:
    const Clock& clock_;
    std::function<void(std::string_view)> show_;
    Span began_;
    Span shown_;
};

}  // namespace aquila
