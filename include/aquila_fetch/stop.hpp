// Why: SIGTERM and SIGINT must end a run within a second or two wherever it waits, without losing what is whole.
// Must not know: what is being stopped.
#pragma once

namespace aquila::stop {

/// Handles SIGTERM and SIGINT by remembering the first one and making `descriptor()` readable; ignores SIGPIPE and
/// SIGXFSZ (a write then fails with EPIPE or EFBIG and is reported as what it is).
void install();

/// The signal that asked to stop, 0 when none did.
[[nodiscard]] int requested() noexcept;

/// Becomes and stays readable once a stop was requested; for poll(). -1 before install().
[[nodiscard]] int descriptor() noexcept;

/// Throws Interrupted when a stop was requested.
void check();

/// Gives the signal back its default action and raises it, so that the parent sees the run ended by it.
[[noreturn]] void die_by(int signal);

}  // namespace aquila::stop
