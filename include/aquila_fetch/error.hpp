// Why: "this run cannot go on" is one exception, caught once in main, so that every ending has an exit code,
// a sentence that says what happened and a hint that says what to do.
// Must not know: anything else of this program.
#pragma once

#include <exception>
#include <string>
#include <utility>

namespace aquila {

/// The program's exit codes, after sysexits.h. README.md, "Exit codes", is the text for users.
enum class Exit : int {
    ok = 0,
    found = 1,           ///< check or verify found something that has no code of its own
    usage = 64,          ///< command line
    data = 65,           ///< checkpoint damaged or from a newer version
    no_input = 66,       ///< configuration or secret file missing
    unavailable = 69,    ///< network, TLS, 429, 5xx, time budget: what was read is safe
    software = 70,       ///< a bug
    cannot_create = 73,  ///< output or state cannot be created
    io = 74,             ///< output or state cannot be written or read
    busy = 75,           ///< another run holds the lock
    protocol = 76,       ///< the answer is not what the API promises
    refused = 77,        ///< credential, scope, permission, plan
    config = 78,         ///< configuration invalid
};

/// The run cannot go on. `what()` and `hint()` are printed as the `error:` and `hint:` lines: lower case,
/// one sentence each (several lines are allowed and each gets its own prefix), never a secret.
class Failure : public std::exception {
  public:
    Failure(Exit code, std::string what, std::string hint = {})
        : code_{code}, what_{std::move(what)}, hint_{std::move(hint)} {}

    [[nodiscard]] Exit code() const noexcept { return code_; }
    [[nodiscard]] const char* what() const noexcept override { return what_.c_str(); }
    [[nodiscard]] const std::string& hint() const noexcept { return hint_; }

  private:
    Exit code_;
    std::string what_;
    std::string hint_;
};

/// SIGTERM or SIGINT arrived while something was waiting or transferring. Not an error: what is whole has been
/// committed, and main ends the process by the same signal.
class Interrupted : public std::exception {
  public:
    explicit Interrupted(int signal) : signal_{signal} {}
    [[nodiscard]] int signal() const noexcept { return signal_; }
    [[nodiscard]] const char* what() const noexcept override { return "interrupted by a signal"; }

  private:
    int signal_;
};

/// The system's text for an errno value, beginning in lower case: "no space left on device".
[[nodiscard]] std::string describe_errno(int error_number);

}  // namespace aquila
