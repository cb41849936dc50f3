// Why: what every command that talks to a source's server needs, put together once: clock, libcurl, retry, the doors.
// Must not know: what is asked for, disk.
#pragma once

#include "aquila_fetch/authorizer.hpp"
#include "aquila_fetch/clock.hpp"
#include "aquila_fetch/curl_transport.hpp"
#include "aquila_fetch/endpoint.hpp"
#include "aquila_fetch/retry.hpp"
#include "aquila_fetch/slice.hpp"

namespace aquila {

class Reach {
  public:
    /// May look up the cloud id (see Endpoint). Failure 69, 76, 78.
    Reach(const Source& source, const SourceConfig& config, Authorizer& authorizer, const State& state);

    [[nodiscard]] Endpoint& endpoint() noexcept { return endpoint_; }
    [[nodiscard]] const RetryCounts& counts() const noexcept { return transport_.counts(); }
    [[nodiscard]] const SliceLimits& limits() const noexcept { return limits_; }

  private:
    SystemClock clock_;
    CurlTransport curl_;
    RetryingTransport transport_;
    Endpoint endpoint_;
    SliceLimits limits_;
};

}  // namespace aquila
