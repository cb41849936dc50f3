// Why: one libcurl handle for the run: keep-alive, HTTP/2 where offered, gzip, TLS verified, size and time limits.
// Must not know: retry, products. curl is used in curl_transport.cpp alone.
#pragma once

#include "aquila_fetch/http.hpp"

#include <memory>
#include <string>

namespace aquila {

struct CurlOptions {
    Span connect_timeout = std::chrono::seconds{10};
    Span request_timeout = std::chrono::seconds{60};
    std::string proxy;             ///< empty: curl's environment variables
    std::string ca_file;           ///< empty: the system's
    std::string client_cert_file;
    std::string client_key_file;
    std::string user_agent;        ///< aquila-fetch/VERSION
    std::size_t body_cap = aquila::body_cap;
};

class CurlTransport final : public Transport {
  public:
    /// Failure 78 when ca_file or client_cert_file cannot be read.
    explicit CurlTransport(const CurlOptions& options);
    ~CurlTransport() override;

    [[nodiscard]] Response send(const Request& request) override;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace aquila
