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

/// Throws Interrupted when a stop was requested, or what this thread does was given up (signal 0).
void check();

/// While it lasts, giving up waits: what this thread asks for changes something at the server, and the answer is
/// needed. A signal interrupts it all the same. Throws Interrupted when the run is being given up.
class Needed {
  public:
    Needed();
    Needed(const Needed&) = delete;
    Needed& operator=(const Needed&) = delete;
    ~Needed();
};

/// While it lasts, threads that wait for something are interrupted: the run goes another way, and joins them. The
/// thread that made it must wait for nothing else meanwhile.
class GivingUp {
  public:
    GivingUp() noexcept;
    GivingUp(const GivingUp&) = delete;
    GivingUp& operator=(const GivingUp&) = delete;
    ~GivingUp();
};

/// Gives the signal back its default action and raises it, so that the parent sees the run ended by it.
[[noreturn]] void die_by(int signal);

}  // namespace aquila::stop
