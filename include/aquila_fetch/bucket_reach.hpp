// Why: what every command that reaches for the bucket of an output needs, put together once, on a wire of its own:
// neither side's credential ever travels on the other's.
// Must not know: what is put there.
#pragma once

#include "aquila_fetch/bucket.hpp"
#include "aquila_fetch/object_store.hpp"
#include "aquila_fetch/wire.hpp"

#include <string>

namespace aquila {

class BucketReach {
  public:
    /// Failure 66, 74, 78: no usable credential or address. Nothing is asked of anybody yet.
    BucketReach(const SourceConfig& config, const std::string& output, const Environment& environment);

    [[nodiscard]] const BucketName& name() const noexcept { return name_; }
    [[nodiscard]] ObjectStore& store() noexcept { return store_; }
    [[nodiscard]] RetryCounts counts() const { return wire_.counts(); }

  private:
    BucketName name_;
    Wire wire_;
    ObjectStore store_;
};

}  // namespace aquila
