// Why: the collecting core is measured without a disk. Must not know: anything.
#pragma once

#include "aquila_fetch/sink.hpp"

namespace aquila::bench {

/// Counts what it is given.
class Void final : public Sink {
  public:
    [[nodiscard]] Tail find(const Announcement& /*announced*/) override { return {}; }
    [[nodiscard]] std::optional<Berth> ready(const Lines& /*lines*/) override { return Berth{}; }
    bool append(std::string_view lines) override {
        bytes += lines.size();
        return true;
    }
    void finish(const Place& /*torn*/, std::size_t /*size*/, std::string_view rest) override { bytes += rest.size(); }
    void cut(const Place& /*torn*/, std::size_t /*size*/) override {}

    std::size_t bytes = 0;
};

}  // namespace aquila::bench
