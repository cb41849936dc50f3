// Why: a credential is sent to what the configuration names; a URL that could mean another host, or that would carry
// the credential in the clear, is refused before anything is sent.
// Must not know: configuration, curl.
#pragma once

#include <string_view>

namespace aquila {

/// What is wrong with a base URL, to follow its name in a message ("must …"); empty: nothing. Never shows the URL,
/// which may hold a password. Refused: everything but http and https, a user part, query, fragment, characters that
/// parsers disagree about, and plain http to a host that is not loopback (127.0.0.0/8, ::1, localhost).
[[nodiscard]] std::string_view url_problem(std::string_view url) noexcept;

/// True when there is none.
[[nodiscard]] bool is_permitted_url(std::string_view url) noexcept;

}  // namespace aquila
