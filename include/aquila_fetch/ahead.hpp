// Why: a catch-up waits for the server most of its time, so that several slices are read side by side, each as one
// alone would be, and handed on in order. Must not know: what is done with them, HTTP, disk.
#pragma once

#include "aquila_fetch/slice.hpp"

#include <condition_variable>
#include <exception>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace aquila {

/// Memory: what `readers` slices hold, and one more; they are smaller than a single one would be. Those that came while
/// others were used are used together.
class Ahead {
  public:
    /// `fetch` is called by up to `limits.readers` threads at once. The arguments outlive this.
    Ahead(const Source& source, const Fetch& fetch, const SliceLimits& limits);
    Ahead(const Ahead&) = delete;
    Ahead& operator=(const Ahead&) = delete;
    /// What is still being read is given up.
    ~Ahead();

    /// Reads a window in slices, of about `span` at first. `use` is called by this thread, oldest slice first. Throws
    /// what `use` throws, or, once nothing is left to use before it, what the oldest slice that could not be read
    /// threw.
    void read(Window window, Span span, const UseSlices& use);
    /// How long its slices are, where those of one reader alone are `span`.
    [[nodiscard]] static Span shared(Span span) noexcept;

  private:
    /// What is known of a stretch.
    enum class Told {
        nothing,
        length,     ///< it was tried, and the server's answer told how long its slices are to be
        all_fits,   ///< likewise: into one slice
        rest_fits,  ///< likewise: what is cut off behind its first slice fits into one
    };
    /// A stretch of the window; all of them together, in order, are what is left of it.
    struct Piece {
        Window window;
        Span span{};  ///< while nobody has begun it: how long its slices are to be
        Told told = Told::nothing;
        bool begun = false;
        std::optional<Slice> slice{};
        std::exception_ptr error{};
    };
    using Pieces = std::list<Piece>;
    using Lock = std::unique_lock<std::mutex>;

    [[nodiscard]] static SliceLimits shared(SliceLimits limits);
    void hire();
    void work();
    /// False: there is nothing to begin now.
    bool read_one(Lock& lock);
    void hand_on(Lock& lock, const UseSlices& use);
    [[nodiscard]] Pieces::iterator next();
    void settle(Pieces::iterator piece, std::optional<Slice> slice);

    const Source& source_;
    const Fetch& fetch_;
    const SliceLimits limits_;

    std::mutex mutex_;                 ///< over all that follows; a slice that is there is its user's
    std::condition_variable begin_;    ///< something can be begun, or all is over
    std::condition_variable arrived_;  ///< a slice is there, or an error
    Pieces pieces_;
    std::size_t in_use_ = 0;     ///< slices that are pieces no more
    std::exception_ptr broken_;  ///< a reader could not go on, for no slice's sake
    bool over_ = false;
    bool alone_ = false;  ///< there are no threads to be had
    std::vector<std::thread> readers_;
};

}  // namespace aquila
