// Why: what is wrong with files and proxy is said before anything is fetched, by the names the user gave them.
// Must not know: libcurl.
#pragma once

#include "aquila_fetch/curl_transport.hpp"

#include <string>

namespace aquila {

/// The options with what the environment adds, once they are found to be usable. Failure 78 else.
[[nodiscard]] CurlOptions settle(CurlOptions options);

/// host[:port] of a proxy, for messages (its URL may hold a password); empty when this is no address of a proxy.
[[nodiscard]] std::string proxy_name(const std::string& proxy);

}  // namespace aquila
