// Why: the collecting loop's own state and steps, in three files of one thing each: collect.cpp reads windows,
// follow.cpp a stream, commit.cpp writes. Must not know: everything concrete, as collect.hpp.
#pragma once

#include "batch.hpp"

#include "aquila_fetch/collect.hpp"

#include <optional>
#include <span>
#include <string>

namespace aquila {

/// Even with `lookback = 0s` a record may become visible a little later than its time says.
inline constexpr Span least_lookback = std::chrono::seconds{10};

class Loop {
  public:
    Loop(const Collecting& collecting, State& state, Sink& sink, const std::string& torn)
        : collecting_{collecting}, state_{state}, sink_{sink}, torn_bytes_{torn} {}

    Tally run();

  private:
    // collect.cpp
    void run_windows();
    /// Completes the window that a stopped run wrote in part, beginning with the line it cut short.
    void resume();
    void read(const Window& window);
    /// Moves on what is known for certain, as far as both clocks allow.
    void advance(const Slice& slice);
    void forget_what_is_settled();
    /// What both clocks have passed.
    [[nodiscard]] Instant horizon(const Slice& slice) const;
    void tell(Instant at);
    void note(const Slice& slice);
    /// The run ends early: the slices before this moment need not be found in the output again.
    void keep_what_is_whole() noexcept;
    void save();

    // follow.cpp
    /// A cursor never comes back to what was put behind it later. So, whenever half of the lookback has passed, what
    /// was read is read again by time, as far back as it may have been late when that was done last.
    void read_again();
    /// Goes on behind the page read last, to the end of the stream. Each page is committed with the cursor behind it.
    void follow();
    /// nullopt: the cursor was refused, and is forgotten.
    std::optional<Slice> next_page();
    /// `to`: how far the stream was read.
    void advance_stream(const Slice& slice, Instant to);

    // commit.cpp
    /// The heart: announce, append, checkpoint. The checkpoint of one commit is saved together with the announcement of
    /// the next; what a crash leaves between them is found in the output.
    void commit(std::span<Slice> slices);
    void write(const Window& window, std::span<Slice> slices);
    void announce(const Window& window, const Batch& batch);
    void append(const Window& window, const Batch& batch);
    /// Where what is written cannot be looked for later, the less is written twice after a crash.
    void save_at_once();
    /// What is left is to be written.
    void drop_known(std::span<Slice> slices) const;
    /// With a torn line at the end of the file, its record comes first, spelt as it was, or the torn bytes are dropped.
    /// The pages go as their lines are taken: the text of both at once would be most of the program's memory.
    Batch make_batch(std::span<Slice> slices);
    /// What a stopped run wrote of this window goes over into the ledger, whether or not the server showed it again.
    void shorten_resumption(const Window& window);
    void drop_torn_line();

    const Collecting& collecting_;
    State& state_;
    Sink& sink_;
    const std::string& torn_bytes_;
    Instant began_at_;
    bool finishing_ = false;
    bool written_unseen_ = false;  ///< lines went where nobody can look for them later
    bool unsaved_ = false;
    Advance range_;
    Tally tally_;
};

}  // namespace aquila
