// Why: `output = -` hands the records to another program. What that one does with them is not known here, so they are
// written at least once: the checkpoint follows each slice, and never goes ahead of what the reader has read.
// Must not know: what a line means.
#pragma once

#include "aquila_fetch/file.hpp"
#include "aquila_fetch/sink.hpp"

#include <functional>

#include <sys/types.h>
#include <unistd.h>

namespace aquila {

/// What the state keeps of a pipe: whether its last line may have no end.
struct LineMark {
    bool* within = nullptr;
    std::function<void()> save{};  ///< durable when it returns
};

/// Lines of up to PIPE_BUF (4,096) bytes reach a pipe whole or not at all, whoever else writes into it, and however
/// this process ends. A longer one may be cut short; that is marked before it is begun, and whoever finds the mark ends
/// that line first.
class StandardOutput final : public Sink {
  public:
    /// For a dry run: nothing relies on what is read, so nothing is waited for.
    StandardOutput() : StandardOutput{Packing::none, {}} {}
    /// Failure 75: it is a file or a named FIFO, and another process holds its lock.
    StandardOutput(Packing packing, LineMark mark, int descriptor = STDOUT_FILENO);
    ~StandardOutput() override;

    [[nodiscard]] Tail find(const Announcement& announced) override;
    [[nodiscard]] std::optional<Berth> ready(const Lines& lines) override;
    /// Returns when the reader has read all of it: a pipe is empty, a socket's peer has acknowledged; a file is
    /// durable. Failure 74: the reader is gone, or a disk is full. Throws Interrupted while the reader makes it wait.
    bool append(std::string_view lines) override;
    void finish(const Place& torn, std::size_t size, std::string_view rest) override;
    void cut(const Place& torn, std::size_t size) override;

  private:
    enum class Kind { pipe, socket, file, other };

    void open_anew();
    void lock();
    [[nodiscard]] bool begins_within_line() const;
    [[nodiscard]] bool may_be_cut_short(std::string_view lines) const;
    [[nodiscard]] bool keeps_mark() const;
    void mark_within_line();
    void settle_mark(bool ends_early) noexcept;
    [[nodiscard]] int target() const;
    void write(std::string_view bytes);
    [[nodiscard]] ssize_t put(std::string_view bytes) const;
    [[nodiscard]] short look(short events, int patience) const;
    [[nodiscard]] int unread() const;
    void wait_until_read() const;

    Packing packing_;
    LineMark mark_;
    int descriptor_;
    Kind kind_ = Kind::other;
    Fd own_;                    ///< the same pipe or file, opened anew: what is set on it, others do not see
    bool shares_lock_ = false;  ///< the lock lies on the inherited descriptor
    bool within_ = false;       ///< the last byte written was not the end of a line
    bool marked_ = false;       ///< so says the saved state
};

}  // namespace aquila
