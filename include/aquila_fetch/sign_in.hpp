// Why: the wait between the URL that a person opens and the code that comes back, by the browser or pasted.
// Must not know: the token endpoint, files.
#pragma once

#include "aquila_fetch/callback.hpp"
#include "aquila_fetch/clock.hpp"
#include "aquila_fetch/line_input.hpp"
#include "aquila_fetch/secret.hpp"

#include <string>

namespace aquila {

struct SignIn {
    std::string state;
    Callback* callback = nullptr;  ///< none: the redirect leads elsewhere, or its port is taken
    LineInput& input;
    Clock& clock;
    Span limit{};  ///< how long a person may take
};

/// The authorisation code. What belongs to another login is told and does not end the wait.
/// Failure 77 the consent was refused, 69 nothing came in time, or nothing can come any more. Throws Interrupted.
[[nodiscard]] Secret await_code(const SignIn& sign_in);

/// The next line, nullopt when there is none in time. Throws Interrupted.
[[nodiscard]] std::optional<Secret> await_line(LineInput& input, Clock& clock, Span limit);

}  // namespace aquila
