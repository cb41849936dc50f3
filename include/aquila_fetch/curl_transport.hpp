// Why: libcurl for the run: connections kept and shared, HTTP/2 where offered, gzip, TLS verified, size and time
// limits. Must not know: retry, products. curl is used in src/curl_*.cpp alone.
#pragma once

#include "aquila_fetch/http.hpp"

#include <memory>
#include <string>

namespace aquila {

struct CurlOptions {
    Span connect_timeout = std::chrono::seconds{10};
    Span request_timeout = std::chrono::seconds{60};
    std::string proxy;    ///< [scheme://][user:password@]host[:port]; empty: https_proxy, no_proxy and so on
    std::string ca_file;  ///< trusted instead of the system's; empty: $CURL_CA_BUNDLE, $SSL_CERT_FILE, the system's
    std::string client_cert_file;  ///< PEM
    std::string client_key_file;   ///< empty: the key stands in client_cert_file
    std::string user_agent;        ///< aquila-fetch/VERSION
    std::size_t body_cap = aquila::body_cap;
};

/// For several threads at once: they share its connections, where HTTP/2 is offered one.
class CurlTransport final : public Transport {
  public:
    /// Failure 78 when ca_file, client_cert_file or client_key_file cannot be read, or proxy is no address.
    explicit CurlTransport(const CurlOptions& options);
    ~CurlTransport() override;

    [[nodiscard]] Response send(const Request& request) override;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace aquila
