#include "aquila_fetch/collect.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/fingerprint.hpp"
#include "aquila_fetch/log.hpp"
#include "aquila_fetch/tail.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

namespace aquila {
namespace {

/// The server's Date has whole seconds: its clock is less than that ahead of what it says.
constexpr Span date_resolution{999};
/// Even with `lookback = 0s` a record may become visible a little later than its time says.
constexpr Span least_lookback = std::chrono::seconds{10};
/// An interrupted slice was small enough once; late records may have come to it, not many times as much.
constexpr std::size_t resumed_slice_factor = 4;

/// Lines about to be written, and what the announcement says of them.
struct Batch {
    std::string bytes;
    std::vector<Key> keys;
    std::vector<std::uint64_t> lines;
    std::vector<std::pair<std::uint64_t, std::string>> suffixes;
    std::uint64_t repaired = 0;

    void add(const Record& record, const std::string& suffix) {
        const auto begin = bytes.size();
        append_line(bytes, record.body, suffix);
        lines.push_back(fingerprint(std::string_view{bytes}.substr(begin)));
        keys.push_back(record.key);
        if (suffixes.empty() || suffixes.back().second != suffix) {
            suffixes.emplace_back(0, suffix);
        }
        ++suffixes.back().first;
        repaired += record.repaired ? 1 : 0;
    }
};

std::string suffix_of(const Announcement& announced, std::size_t line) {
    for (const auto& [count, suffix] : announced.suffixes) {
        if (line < count) {
            return suffix;
        }
        line -= count;
    }
    return {};
}

/// Tells which lines of a slice are in the output already, counting equal ones.
class Known {
  public:
    Known(const Ledger& ledger, const Ledger& resumed) : ledger_{ledger}, resumed_{resumed} {}

    [[nodiscard]] bool take(const Key& key) {
        const auto written = ledger_.count(key) + resumed_.count(key);
        return written > 0 && used_[key]++ < written;
    }

  private:
    const Ledger& ledger_;
    const Ledger& resumed_;
    std::map<Key, std::uint32_t> used_;
};

class Loop {
  public:
    Loop(const Collecting& collecting, State& state, Sink& sink, const std::string& torn)
        : collecting_{collecting}, state_{state}, sink_{sink}, torn_bytes_{torn} {}

    Tally run() {
        began_at_ = state_.watermark.value_or(Instant::min());
        try {
            run_windows();
        } catch (...) {
            keep_what_is_whole();
            throw;
        }
        return tally_;
    }

  private:
    void run_windows() {
        if (state_.resumption) {
            resume();
        }
        Wish wish = collecting_.wish;
        if (!state_.watermark) {
            // Where reading begins is kept for good: a clock that is ahead must not put it too late, or into the
            // future.
            const auto served = collecting_.fetch({std::nullopt, 0, 1}).served;
            wish.now = served ? std::min(wish.now, *served + date_resolution) : wish.now;
        }
        const auto watermark = state_.watermark;
        const auto pending = state_.pending;
        const auto windows = plan(state_, wish);
        if (state_.watermark != watermark || state_.pending != pending) {
            save();  // what was asked for is completed by later runs, whatever stops this one
        }
        for (const Window& window : windows) {
            read(window);
        }
    }

    /// Completes the window that a stopped run wrote in part, beginning with the line it cut short.
    void resume() {
        const Window window = state_.resumption->window;
        auto limits = collecting_.limits;
        limits.pages *= resumed_slice_factor;
        limits.bytes *= resumed_slice_factor;
        const Slice slice = read_slice(collecting_.source, collecting_.fetch, window, limits);
        if (slice.smaller) {
            drop_torn_line();
            read(window);
        } else {
            commit(window, slice);
        }
        if (unsaved_) {
            save();
        }
    }

    void read(const Window& window) {
        read_slices(collecting_.source, collecting_.fetch, window, collecting_.limits, collecting_.check_stop,
                    [this](const Window& piece, const Slice& slice) { commit(piece, slice); });
        if (unsaved_) {
            save();
        }
    }

    /// The heart: announce, append, checkpoint. The checkpoint of one slice is saved together with the announcement of
    /// the next; what a crash leaves between them is found in the output.
    void commit(const Window& window, const Slice& slice) {
        note(slice);
        const Batch batch = make_batch(slice, fresh_lines(slice));
        if (!batch.keys.empty()) {
            announce(window, batch);
            if (finishing_) {
                const auto rest = std::string_view{batch.bytes}.substr(torn_bytes_.size());
                sink_.finish(state_.announced->place, torn_bytes_.size(), rest);
            } else {
                sink_.append(batch.bytes);
            }
            state_.announced.reset();
            state_.records += batch.keys.size();
            state_.last_written = collecting_.wish.now;
        }
        state_.ledger.add(batch.keys);
        shorten_resumption(window);
        advance(window, slice);
        tally_.written += batch.keys.size();
        tally_.repaired += batch.repaired;
        tally_.late += static_cast<std::uint64_t>(std::count_if(
            batch.keys.begin(), batch.keys.end(), [this](const Key& key) { return key.time < began_at_; }));
    }

    [[nodiscard]] std::vector<const Slice::Line*> fresh_lines(const Slice& slice) const {
        Ledger resumed;
        if (state_.resumption) {
            resumed.add(state_.resumption->written);
        }
        Known known{state_.ledger, resumed};
        std::vector<const Slice::Line*> fresh;
        for (const auto& line : slice.lines) {
            if (!known.take(line.record->key)) {
                fresh.push_back(&line);
            }
        }
        return fresh;
    }

    /// With a torn line at the end of the file, its record comes first, spelt as it was, or the torn bytes are dropped.
    Batch make_batch(const Slice& slice, const std::vector<const Slice::Line*>& fresh) {
        Batch batch;
        std::size_t size = 0;
        for (const Page& page : slice.pages) {
            size += page.text->size() + page.records.size() * (page.suffix.size() + 2);
        }
        batch.bytes.reserve(fresh.empty() ? 0 : size);
        const Slice::Line* first = nullptr;
        finishing_ = false;
        if (state_.resumption && state_.resumption->torn) {
            const Torn& torn = *state_.resumption->torn;
            const auto found = std::find_if(fresh.begin(), fresh.end(),
                                            [&](const auto* line) { return line->record->key == torn.key; });
            if (found != fresh.end()) {
                batch.add(*(*found)->record, torn.suffix);
                finishing_ = batch.bytes.starts_with(torn_bytes_);
                first = *found;
            }
            if (!finishing_) {
                batch = {};
                first = nullptr;
                drop_torn_line();
            }
        }
        for (const auto* line : fresh) {
            if (line != first) {
                batch.add(*line->record, line->page->suffix);
            }
        }
        return batch;
    }

    void announce(const Window& window, const Batch& batch) {
        state_.announced = Announcement{window,         finishing_ ? state_.resumption->torn->place : sink_.place(),
                                        batch.keys,     batch.lines,
                                        batch.suffixes, batch.bytes.substr(0, head_size)};
        save();
    }

    /// What a stopped run wrote of this window goes over into the ledger, whether or not the server showed it again.
    void shorten_resumption(const Window& window) {
        if (!state_.resumption) {
            return;
        }
        auto& [rest, written, torn] = *state_.resumption;
        torn.reset();
        rest.from = std::max(rest.from, window.to);
        const auto done = std::partition(written.begin(), written.end(), [&rest = rest](const Key& key) {
            return !rest.empty() && key.time >= rest.from;
        });
        state_.ledger.add({done, written.end()});
        written.erase(done, written.end());
        if (rest.empty()) {
            state_.resumption.reset();
        }
    }

    void drop_torn_line() {
        if (state_.resumption && state_.resumption->torn) {
            sink_.cut(state_.resumption->torn->place, torn_bytes_.size());
            state_.resumption->torn.reset();
        }
    }

    /// Moves on what is known for certain, as far as both clocks allow.
    void advance(const Window& window, const Slice& slice) {
        const Instant horizon =
            slice.served ? std::min(collecting_.wish.now, *slice.served + date_resolution) : collecting_.wish.now;
        const Window read{window.from, std::min(window.to, std::max(horizon, *state_.watermark))};
        cover(state_.covered, read);
        uncover(state_.pending, read);
        if (window.from <= *state_.watermark) {
            state_.watermark = std::max(*state_.watermark, read.to);
        }
        // A resumed window may lie beyond the settled moment, and what is between them has to be read again first.
        if (window.from <= state_.settled) {
            const Instant settled = horizon - std::max(collecting_.wish.lookback, least_lookback);
            state_.settled = std::max(state_.settled, std::min(read.to, settled));
        }
        state_.ledger.prune(state_.settled);
        unsaved_ = true;
    }

    void note(const Slice& slice) {
        ++tally_.slices;
        tally_.before += slice.before;
        tally_.seen += slice.lines.size();
        if (slice.total) {
            tally_.total = slice.total;
        }
        if (!tally_.served) {
            tally_.served = slice.served;
        }
    }

    /// The run ends early: the slices before this moment need not be found in the output again.
    void keep_what_is_whole() noexcept {
        try {
            if (unsaved_) {
                save();
            }
        } catch (...) {
            // The announcement stands, and the next run goes by it; the first error is the one to tell.
            unsaved_ = true;
        }
    }

    void save() {
        collecting_.save(state_);
        unsaved_ = false;
    }

    const Collecting& collecting_;
    State& state_;
    Sink& sink_;
    const std::string& torn_bytes_;
    Instant began_at_;
    bool finishing_ = false;
    bool unsaved_ = false;
    Tally tally_;
};

}  // namespace

void append_line(std::string& lines, std::string_view body, std::string_view suffix) {
    if (suffix.empty()) {
        lines += body;
    } else {
        lines += body.substr(0, body.size() - 1);
        lines += body.size() > 2 ? "," : "";
        lines += suffix;
    }
    lines += '\n';
}

std::string recover(State& state, const std::filesystem::path& live, const std::function<void(const State&)>& save) {
    if (!state.announced && !(state.resumption && state.resumption->torn)) {
        return {};
    }
    const bool announced = state.announced.has_value();
    auto what = announced ? *state.announced
                          : Announcement{state.resumption->window,    state.resumption->torn->place, {}, {}, {},
                                         state.resumption->torn->head};
    auto tail = find_tail(what, live);
    auto resumption = state.resumption.value_or(Resumption{what.window, {}, std::nullopt});
    resumption.window = {std::min(resumption.window.from, what.window.from),
                         std::max(resumption.window.to, what.window.to)};
    std::size_t found = 0;
    for (std::size_t i = 0; i < what.keys.size(); ++i) {
        if (tail.written[i]) {
            resumption.written.push_back(what.keys[i]);
            ++found;
        }
    }
    if (announced) {
        const auto cut =
            static_cast<std::size_t>(std::find(tail.written.begin(), tail.written.end(), false) - tail.written.begin());
        resumption.torn.reset();
        if (tail.torn && cut < what.keys.size()) {
            resumption.torn =
                Torn{*tail.torn, what.keys[cut], suffix_of(what, cut), tail.torn_bytes.substr(0, head_size)};
        }
        log::info(
            fmt::format("the last run was stopped while it wrote: {} of {} lines are in the output{}, the rest follows",
                        found, what.keys.size(), resumption.torn ? ", one of them cut short" : ""));
    } else if (tail.torn) {
        resumption.torn->place = *tail.torn;
    } else {
        resumption.torn.reset();
    }
    if (!tail.recognised && what.place.offset > 0) {
        log::warning(
            fmt::format("output {} is gone, and no file beside it holds what was in it; what the last run wrote "
                        "there is written again",
                        what.place.path));
    }
    state.records += found;
    state.announced.reset();
    state.resumption = std::move(resumption);
    save(state);
    return std::move(tail.torn_bytes);
}

Tally collect(const Collecting& collecting, State& state, Sink& sink, const std::string& torn) {
    return Loop{collecting, state, sink, torn}.run();
}

}  // namespace aquila
