// Why: lines a person types or pastes, while something else is waited for as well; they may be secret.
// Must not know: what is typed.
#pragma once

#include "aquila_fetch/secret.hpp"

#include <optional>
#include <string>

namespace aquila {

class LineInput {
  public:
    /// Does not own the descriptor. One that belongs to a terminal whose foreground is another's counts as ended.
    explicit LineInput(int descriptor);
    LineInput(const LineInput&) = delete;
    LineInput& operator=(const LineInput&) = delete;
    ~LineInput() { wipe(received_); }

    /// For poll(2); -1 once it has ended.
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
    [[nodiscard]] bool ended() const noexcept { return descriptor_ < 0; }
    /// Somebody sits there.
    [[nodiscard]] bool is_terminal() const noexcept { return terminal_; }

    /// Reads once; to be called when poll(2) says so.
    void receive();
    /// The next whole line (at the end of the input a last one without a line feed too); nullopt: not yet.
    [[nodiscard]] std::optional<Secret> take_line();

  private:
    int descriptor_;
    bool terminal_;
    std::string received_;
};

}  // namespace aquila
