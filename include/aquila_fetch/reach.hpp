// Why: what every command that reads a source's log needs, put together once: the wire, the doors, the limits.
// Must not know: what is asked for, disk.
#pragma once

#include "aquila_fetch/authorizer.hpp"
#include "aquila_fetch/endpoint.hpp"
#include "aquila_fetch/slice.hpp"
#include "aquila_fetch/wire.hpp"

namespace aquila {

class Reach {
  public:
    /// May look up the cloud id (see Endpoint). Failure 69, 76, 78.
    Reach(const Source& source, const SourceConfig& config, Authorizer& authorizer, const State& state);

    [[nodiscard]] Endpoint& endpoint() noexcept { return endpoint_; }
    [[nodiscard]] const RetryCounts& counts() const noexcept { return wire_.counts(); }
    [[nodiscard]] const SliceLimits& limits() const noexcept { return limits_; }

  private:
    Wire wire_;
    Endpoint endpoint_;
    SliceLimits limits_;
};

}  // namespace aquila
