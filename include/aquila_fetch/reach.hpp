// Why: what every command that reads a source's log needs, put together once: the wire, the doors, the limits.
// Must not know: what is asked for, disk.
#pragma once

#include "aquila_fetch/authorizer.hpp"
#include "aquila_fetch/endpoint.hpp"
#include "aquila_fetch/slice.hpp"
#include "aquila_fetch/wire.hpp"

#include <memory>

namespace aquila {

class Reach {
  public:
    /// May look up the cloud id (see Endpoint), and, the first time, which of the product's APIs is there. Failure 69,
    /// 76, 77.
    Reach(const Source& source, const SourceConfig& config, Authorizer& authorizer, const State& state);

    /// The row of the API that is there.
    [[nodiscard]] const Source& source() const noexcept { return *source_; }
    [[nodiscard]] Endpoint& endpoint() noexcept { return *endpoint_; }
    [[nodiscard]] RetryCounts counts() const { return wire_.counts(); }
    [[nodiscard]] const SliceLimits& limits() const noexcept { return limits_; }

  private:
    /// The configured cap on requests, else the one that is published for this API.
    void keep_to_limit(const SourceConfig& config);
    void find_row(const SourceConfig& config, Authorizer& authorizer, const State& state);

    Wire wire_;
    const Source* source_;
    std::unique_ptr<Endpoint> endpoint_;
    SliceLimits limits_;
};

}  // namespace aquila
