#include "curl_ending.hpp"

#include "aquila_fetch/error.hpp"

#include <algorithm>
#include <iterator>

#include <curl/curl.h>
#include <fmt/core.h>

namespace aquila {
namespace {

struct EndingRow {
    CURLcode code;
    TransportError error;
    std::string_view text;  ///< {said} only where libcurl's words cannot hold a proxy's password
};

constexpr std::string_view tls_failed = "TLS with {host} failed: {said}";
constexpr std::string_view ended_early = "the connection to {host} ended before the answer was whole: {said}";
constexpr std::string_view too_large = "the answer of {host} is larger than {cap} bytes";

constexpr EndingRow endings[] = {
    {CURLE_COULDNT_RESOLVE_HOST, TransportError::resolve, "no address found for the name {host}"},
    {CURLE_COULDNT_RESOLVE_PROXY, TransportError::resolve,
     "no address found for the proxy's name, on the way to {host}"},
    {CURLE_COULDNT_CONNECT, TransportError::connect, "cannot connect to {host}: {reason}"},
    {CURLE_PROXY, TransportError::proxy, "the proxy refused the way to {host}: {said}"},
    {CURLE_PEER_FAILED_VERIFICATION, TransportError::tls, tls_failed},
    {CURLE_SSL_CONNECT_ERROR, TransportError::tls, tls_failed},
    {CURLE_SSL_CERTPROBLEM, TransportError::tls, tls_failed},
    {CURLE_SSL_CIPHER, TransportError::tls, tls_failed},
    {CURLE_SSL_CACERT_BADFILE, TransportError::tls, tls_failed},
    {CURLE_SSL_ISSUER_ERROR, TransportError::tls, tls_failed},
    {CURLE_SSL_CLIENTCERT, TransportError::tls, tls_failed},
    {CURLE_PARTIAL_FILE, TransportError::cut, ended_early},
    {CURLE_GOT_NOTHING, TransportError::cut, ended_early},
    {CURLE_RECV_ERROR, TransportError::cut, ended_early},
    {CURLE_SEND_ERROR, TransportError::cut, ended_early},
    {CURLE_HTTP2, TransportError::cut, ended_early},
    {CURLE_HTTP2_STREAM, TransportError::cut, ended_early},
    {CURLE_BAD_CONTENT_ENCODING, TransportError::cut, "the answer of {host} cannot be unpacked: {said}"},
    {CURLE_FILESIZE_EXCEEDED, TransportError::too_large, too_large},
    {CURLE_WRITE_ERROR, TransportError::too_large, too_large},  // our own callback refused
};
constexpr EndingRow connect_timeout{CURLE_OPERATION_TIMEDOUT, TransportError::timeout,
                                    "no connection to {host} within {connect_timeout}"};
constexpr EndingRow request_timeout{CURLE_OPERATION_TIMEDOUT, TransportError::timeout,
                                    "{host} gave no whole answer within {request_timeout}"};
constexpr EndingRow proxy_refused{CURLE_OK, TransportError::proxy,
                                  "the proxy refused the way to {host}: it answered {proxy_status}"};
constexpr EndingRow proxy_in_trouble{CURLE_OK, TransportError::connect,
                                     "the proxy found no way to {host}: it answered {proxy_status}"};
constexpr EndingRow hung_up{CURLE_SSL_CONNECT_ERROR, TransportError::cut, tls_failed};
constexpr EndingRow unforeseen_ending{CURLE_OK, TransportError::other, "no answer from {host}: {generic}"};

/// A server or balancer that hangs up within the handshake is in trouble, not misconfigured.
bool in_trouble(std::string_view said) noexcept {
    constexpr std::string_view signs[] = {"SSL_ERROR_SYSCALL", "reset by peer", "unexpected eof"};
    return std::ranges::any_of(signs, [&](std::string_view sign) { return contains_ignoring_case(said, sign); });
}

const EndingRow& find_row(const CurlEnding& ending) noexcept {
    if (ending.code == CURLE_OPERATION_TIMEDOUT) {
        return ending.connected ? request_timeout : connect_timeout;
    }
    if (ending.proxy_status >= 300) {
        return ending.proxy_status >= 500 ? proxy_in_trouble : proxy_refused;
    }
    if (ending.code == CURLE_SSL_CONNECT_ERROR && in_trouble(ending.said)) {
        return hung_up;
    }
    const EndingRow* found =
        std::ranges::find_if(endings, [&](const EndingRow& row) { return row.code == ending.code; });
    return found == std::end(endings) ? unforeseen_ending : *found;
}

}  // namespace

Response explain(const CurlEnding& ending) {
    const EndingRow& row = find_row(ending);
    const char* generic = curl_easy_strerror(static_cast<CURLcode>(ending.code));
    Response response;
    response.error = row.error;
    response.error_text = fmt::format(
        fmt::runtime(row.text), fmt::arg("host", ending.host), fmt::arg("generic", generic),
        fmt::arg("said", printable_text(ending.said.empty() ? generic : ending.said)),
        fmt::arg("reason",
                 ending.system_error != 0 ? describe_errno(static_cast<int>(ending.system_error)) : "no connection"),
        fmt::arg("connect_timeout", describe_span(std::min(ending.connect_timeout, ending.request_timeout))),
        fmt::arg("request_timeout", describe_span(ending.request_timeout)),
        fmt::arg("proxy_status", ending.proxy_status), fmt::arg("cap", ending.body_cap));
    return response;
}

}  // namespace aquila
