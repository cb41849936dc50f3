// Why: the rest of the program talks HTTP in values; an HTTP failure is data. The interface exists so that tests can
// answer by hand.
// Must not know: curl, retry, products.
#pragma once

#include "aquila_fetch/secret.hpp"
#include "aquila_fetch/time.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aquila {

/// What a request to a service of AWS's kind is signed with (SigV4, service s3), instead of an Authorization.
struct AwsSigning {
    std::string region;
    std::string access_key_id;
    Secret secret_key;
    Secret session_token;  ///< empty: none
};

struct Request {
    std::string method = "GET";
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers;  ///< besides Accept, User-Agent, Authorization
    Secret authorization;  ///< the Authorization header's value; empty: none is sent
    std::string body;
    std::optional<AwsSigning> signing{};
};

/// What went wrong below HTTP.
enum class TransportError {
    none,
    resolve,    ///< the host name has no address
    connect,    ///< refused, unreachable
    proxy,      ///< the proxy refused or could not be reached
    tls,        ///< certificate or protocol: another try does not help
    timeout,    ///< connect_timeout or request_timeout passed
    cut,        ///< the connection ended before the answer was whole
    too_large,  ///< the body is larger than the cap: another try does not help
    other,
};

struct Response {
    int status = 0;                                            ///< 0 when `error` is set
    std::vector<std::pair<std::string, std::string>> headers;  ///< names as sent; see header()
    std::string body;  ///< decoded (gzip); capacity exceeds the size by `body_padding` at least
    TransportError error = TransportError::none;
    std::string error_text;        ///< one line for people, without secrets
    std::optional<Span> waited{};  ///< from the request's end to the answer's beginning, where that is known

    /// The last header of that name (any case), empty when there is none.
    [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
    /// The server's Date, if it sent a readable one.
    [[nodiscard]] std::optional<Instant> date() const noexcept;
};

/// simdjson reads that far beyond the end of a document.
inline constexpr std::size_t body_padding = 64;
inline constexpr std::size_t body_cap = std::size_t{64} << 20U;

class Transport {
  public:
    Transport() = default;
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;
    virtual ~Transport() = default;

    /// Sends once and waits. Never follows a redirect. Throws Interrupted when a stop was requested.
    [[nodiscard]] virtual Response send(const Request& request) = 0;
};

/// Percent-encodes every byte outside A-Z a-z 0-9 - . _ ~ (RFC 3986).
[[nodiscard]] std::string percent_encode(std::string_view text);

/// scheme://host[:port] of a URL, lower case, a default port (80, 443) left out; empty when it is none.
[[nodiscard]] std::string origin_of(std::string_view url);

/// The URL without user part, query and fragment, for messages.
[[nodiscard]] std::string printable_url(std::string_view url);

/// Foreign text made fit for a message: one line of valid UTF-8, at most `limit` bytes, control and direction
/// characters taken out, and what looks like a credential (`Basic …`, `Bearer …`, a long opaque word) replaced by
/// [redacted].
[[nodiscard]] std::string printable_text(std::string_view text, std::size_t limit = 200);

/// Equal but for the case of ASCII letters, as header names and host names are compared.
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept;
/// True when `text` holds `part`, the case of ASCII letters aside.
[[nodiscard]] bool contains_ignoring_case(std::string_view text, std::string_view part) noexcept;

}  // namespace aquila
