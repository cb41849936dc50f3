// Why: clock, libcurl and retry as the section wants them, for whoever talks to a server, put together once.
// Must not know: products, credentials, what is asked for.
#pragma once

#include "aquila_fetch/clock.hpp"
#include "aquila_fetch/config.hpp"
#include "aquila_fetch/curl_transport.hpp"
#include "aquila_fetch/retry.hpp"

namespace aquila {

/// Whom a wire leads to. A client certificate and a cap on requests are for Atlassian alone.
enum class Peer { atlassian, bucket };

class Wire {
  public:
    /// Failure 78 as CurlTransport.
    explicit Wire(const SourceConfig& config, Peer peer = Peer::atlassian);

    [[nodiscard]] Clock& clock() noexcept { return clock_; }
    [[nodiscard]] Transport& transport() noexcept { return transport_; }
    [[nodiscard]] RetryCounts counts() const { return transport_.counts(); }

    /// From now on that many requests a minute.
    void limit(std::optional<int> requests_per_minute) { transport_.limit(requests_per_minute); }

  private:
    SystemClock clock_;
    CurlTransport curl_;
    RetryingTransport transport_;
};

}  // namespace aquila
