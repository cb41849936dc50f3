// Why: libcurl ends a transfer with one of a hundred codes; what matters here is which of nine things went wrong, in
// one line without secrets. Pure, so that it can be tested row by row.
// Must not know: handles, options, how the transfer was run.
#pragma once

#include "aquila_fetch/http.hpp"

#include <string>
#include <string_view>

namespace aquila {

/// What is known when libcurl gave up.
struct CurlEnding {
    int code = 0;            ///< CURLcode
    std::string_view said;   ///< its error buffer, perhaps empty
    long system_error = 0;   ///< errno, if it was one
    long proxy_status = 0;   ///< what a proxy answered to CONNECT
    bool connected = false;  ///< the request could be sent
    std::string host;        ///< whom we asked, for people
    Span connect_timeout{};
    Span request_timeout{};
    std::size_t body_cap = 0;
};

/// The Response for a transfer that failed: `error` and `error_text` set, `status` 0.
[[nodiscard]] Response explain(const CurlEnding& ending);

}  // namespace aquila
