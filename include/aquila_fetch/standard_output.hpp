// Why: `output = -` hands the records to another program. What that one has taken is not known here, so they are
// written at least once: the checkpoint follows each slice, and never goes ahead of what the pipe has taken.
// Must not know: what a line means.
#pragma once

#include "aquila_fetch/sink.hpp"

namespace aquila {

class StandardOutput final : public Sink {
  public:
    explicit StandardOutput(Packing packing = Packing::none) : packing_{packing} {}

    [[nodiscard]] Tail find(const Announcement& announced) override;
    [[nodiscard]] std::optional<Berth> ready(const Lines& lines) override;
    /// Failure 74: the reader is gone, or a disk is full. Throws Interrupted while the reader makes it wait.
    bool append(std::string_view lines) override;
    void finish(const Place& torn, std::size_t size, std::string_view rest) override;
    void cut(const Place& torn, std::size_t size) override;

  private:
    Packing packing_;
};

}  // namespace aquila
