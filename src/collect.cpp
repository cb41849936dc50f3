#include "aquila_fetch/collect.hpp"

#include "batch.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/log.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <utility>

namespace aquila {
namespace {

/// The server's Date has whole seconds: its clock is less than that ahead of what it says.
constexpr Span date_resolution{999};
/// Even with `lookback = 0s` a record may become visible a little later than its time says.
constexpr Span least_lookback = std::chrono::seconds{10};
/// An interrupted slice was small enough once; late records may have come to it, not many times as much.
constexpr std::size_t resumed_slice_factor = 4;
/// The window of an announcement for a page of a stream, which is found again by its cursor.
constexpr Window of_stream{};
/// Pages of a stream in a row that hold nothing new and do not get younger: the server does not move on.
constexpr int most_fruitless = 50;
/// About how much longer a mapped line is than its record, which it holds, too.
constexpr std::size_t mapped_size_factor = 3;

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
        auto windows = plan(state_, wish);
        const bool follows = collecting_.source.stream && !wish.until;
        if (follows) {
            windows = state_.pending;
        }
        if (state_.watermark != watermark || state_.pending != pending) {
            save();  // what was asked for is completed by later runs, whatever stops this one
        }
        const Instant end = wish.until.value_or(wish.now);
        range_ = {windows.empty() ? *state_.watermark : windows.front().from, {}, end, 0};
        for (const Window& window : windows) {
            read(window);
        }
        if (follows) {
            read_again();
            follow();
        }
    }

    /// A cursor never comes back to what was put behind it later. So, whenever half of the lookback has passed, what
    /// was read is read again by time, as far back as it may have been late when that was done last.
    void read_again() {
        const auto& last = state_.reread;
        if (!last || collecting_.wish.now - *last >= collecting_.wish.lookback / 2 || *last > *state_.watermark) {
            read({state_.settled, *state_.watermark});
            state_.reread.reset();  // settled may follow the watermark, until the end of the stream is reached
        }
    }

    /// Goes on behind the page read last, to the end of the stream. Each page is committed with the cursor behind it.
    void follow() {
        std::optional<Instant> began;  // the server's time: what came after it is left to the next run
        int fruitless = 0;
        for (bool ended = false; !ended;) {
            collecting_.check_stop();
            auto slice = next_page();
            if (!slice) {
                continue;  // the cursor is refused: the stream is entered by time
            }
            const Page& page = slice->pages.front();
            const auto [oldest, newest] = ends_of(page);
            began = began ? began : std::optional{horizon(*slice)};
            const auto written = tally_.written;
            const auto next = page.next.empty() ? state_.cursor : page.next;
            ended = page.records.empty() || next == state_.cursor;
            const bool again = !next.empty() && next == state_.cursor && !page.records.empty();
            const bool is_later = !page.records.empty() && oldest >= *began;
            write(of_stream, {&*slice, 1});
            shorten_resumption(of_stream);
            state_.cursor = next;
            if (state_.entered && newest >= *state_.entered) {
                state_.entered.reset();  // not before its page is written: a stopped run fetches that again
            }
            // Of what the cursor will show once more or for the first time, nothing that is known may be forgotten.
            state_.held = again ? oldest : ended ? Instant::max() : newest;
            fruitless = tally_.written == written && newest <= *state_.watermark && !ended ? fruitless + 1 : 0;
            advance_stream(*slice, ended ? horizon(*slice) : is_later ? *began : newest);
            save_at_once();
            tell(*state_.watermark);
            ended = ended || is_later;
            if (fruitless >= most_fruitless) {
                throw Failure{
                    Exit::protocol,
                    fmt::format("endless paging: {} pages of events that are known, each with a new cursor", fruitless),
                    "the stream does not move on; what was new is written, and the next run goes on"};
            }
        }
        state_.reread = state_.reread.value_or(*state_.watermark);
        save();
    }

    /// nullopt: the cursor was refused, and is forgotten.
    std::optional<Slice> next_page() {
        Slice slice;
        const Window since{state_.settled, open_end};
        if (state_.cursor.empty()) {
            state_.entered = state_.settled;
        }
        try {
            slice.pages.push_back(collecting_.fetch({since, 0, collecting_.limits.page_size, state_.cursor}));
        } catch (const StaleCursor& stale) {
            log::warning(
                fmt::format("the server does not know the cursor of the last run any more; going on by time, "
                            "from {}: what is in the output already is told by its id",
                            format_instant(state_.settled)));
            state_.cursor.clear();
            return std::nullopt;
        }
        const Page& page = slice.pages.front();
        slice.served = page.served;
        slice.total = page.total;
        check_dated(page);
        std::set<Key> seen;
        for (const Record& record : page.records) {
            // A server that ignores where it should begin shows what is in the output, or was not asked for.
            const bool early = state_.entered && record.key.time < *state_.entered;
            slice.before += early ? 1 : 0;
            if (!early && seen.insert(record.key).second) {
                slice.lines.push_back({&record, &page});
            }
        }
        return slice;
    }

    /// The oldest and the newest time; of a page without times the newest instant and the oldest one.
    static std::pair<Instant, Instant> ends_of(const Page& page) {
        std::pair ends{Instant::max(), Instant::min()};
        for (const Record& record : page.records) {
            if (record.key.time != undated) {
                ends = {std::min(ends.first, record.key.time), std::max(ends.second, record.key.time)};
            }
        }
        return ends;
    }

    /// `to`: how far the stream was read.
    void advance_stream(const Slice& slice, Instant to) {
        const Instant limit = horizon(slice);
        const Window read{*state_.watermark, std::min(to, std::max(limit, *state_.watermark))};
        if (!read.empty()) {
            cover(state_.covered, read);
            uncover(state_.pending, read);
            state_.watermark = read.to;
        }
        const Instant known = std::min(*state_.watermark, state_.reread.value_or(*state_.watermark));
        state_.settled = std::max(state_.settled, known - std::max(collecting_.wish.lookback, least_lookback));
        forget_what_is_settled();
        unsaved_ = true;
    }

    void forget_what_is_settled() {
        state_.ledger.prune(std::min(state_.settled, state_.held.value_or(Instant::max())));
    }

    /// Completes the window that a stopped run wrote in part, beginning with the line it cut short.
    void resume() {
        const Window window = state_.resumption->window;
        if (window.empty()) {
            return;  // a page of a stream: follow() meets it again
        }
        range_ = {window.from, window.from, window.to, 0};
        auto limits = collecting_.limits;
        limits.pages *= resumed_slice_factor;
        limits.bytes *= resumed_slice_factor;
        Slice slice = read_slice(collecting_.source, collecting_.fetch, window, limits);
        if (slice.smaller) {
            drop_torn_line();
            read(window);
        } else {
            commit({&slice, 1});
        }
        if (unsaved_) {
            save();
        }
    }

    void read(const Window& window) {
        read_slices(collecting_.source, collecting_.fetch, window, collecting_.limits, collecting_.check_stop,
                    [this](std::span<Slice> slices) { commit(slices); });
        if (unsaved_) {
            save();
        }
    }

    /// The heart: announce, append, checkpoint. The checkpoint of one commit is saved together with the announcement of
    /// the next; what a crash leaves between them is found in the output.
    void commit(std::span<Slice> slices) {
        const Window window{slices.front().window.from, slices.back().window.to};
        write(window, slices);
        shorten_resumption(window);
        for (const Slice& slice : slices) {
            advance(slice);
        }
        save_at_once();
        tell(window.to);
    }

    /// Where what is written cannot be looked for later, the less is written twice after a crash.
    void save_at_once() {
        if (written_unseen_) {
            save();
        }
    }

    void write(const Window& window, std::span<Slice> slices) {
        for (const Slice& slice : slices) {
            note(slice);
        }
        drop_known(slices);
        const Batch batch = make_batch(slices);
        written_unseen_ = false;
        if (!batch.keys.empty()) {
            announce(window, batch);
            if (finishing_) {
                const auto rest = std::string_view{batch.bytes}.substr(torn_bytes_.size());
                sink_.finish(state_.announced->place, torn_bytes_.size(), rest);
            } else {
                append(window, batch);
            }
            state_.announced.reset();
            state_.records += batch.keys.size();
            const Instant now = collecting_.wish.now;
            state_.longest_pause = std::max(state_.longest_pause, now - state_.last_written.value_or(now));
            state_.last_written = now;
        }
        state_.ledger.add(batch.keys);
        tally_.written += batch.keys.size();
        tally_.repaired += batch.repaired;
        tally_.late += static_cast<std::uint64_t>(std::count_if(
            batch.keys.begin(), batch.keys.end(), [this](const Key& key) { return key.time < began_at_; }));
    }

    void append(const Window& window, const Batch& batch) {
        try {
            while (!sink_.append(batch.bytes)) {
                announce(window, batch);  // the output was turned since
            }
        } catch (const NothingAppended&) {
            // Whoever mends what was wrong (another bucket, say) is not bound to where nothing is.
            state_.announced.reset();
            unsaved_ = true;
            throw;
        }
    }

    /// What is left is to be written.
    void drop_known(std::span<Slice> slices) const {
        Ledger resumed;
        if (state_.resumption) {
            resumed.add(state_.resumption->written);
        }
        for (Slice& slice : slices) {
            Known known{state_.ledger, resumed};
            std::erase_if(slice.lines, [&known](const Slice::Line& line) { return known.take(line.record->key); });
            std::vector<Key> everywhere;  // what has no time is in all of them
            for (const auto& line : slice.lines) {
                if (line.record->key.time == undated) {
                    everywhere.push_back(line.record->key);
                }
            }
            resumed.add(everywhere);
        }
    }

    /// With a torn line at the end of the file, its record comes first, spelt as it was, or the torn bytes are dropped.
    /// The pages go as their lines are taken: the text of both at once would be most of the program's memory.
    Batch make_batch(std::span<Slice> slices) {
        Batch batch;
        std::size_t size = 0;
        for (const Slice& slice : slices) {
            for (const auto& line : slice.lines) {
                size += line.record->body.size() + line.page->suffix.size() + 2;
            }
        }
        batch.bytes.reserve(size * (collecting_.format == nullptr ? 1 : mapped_size_factor));
        const Slice::Line* first = nullptr;
        finishing_ = false;
        if (state_.resumption && state_.resumption->torn) {
            const Torn& torn = *state_.resumption->torn;
            first = line_of(slices, torn.key);
            if (first != nullptr) {
                // It has no suffix where another format began it: a few bytes are the start of a line in both.
                batch.add(*first->record, torn.suffix.empty() ? first->page->suffix : torn.suffix, collecting_.format);
                finishing_ = batch.bytes.starts_with(torn_bytes_);
            }
            if (!finishing_) {
                batch = {};
                first = nullptr;
                drop_torn_line();
            }
        }
        for (Slice& slice : slices) {
            for (const auto& line : slice.lines) {
                if (&line != first) {
                    batch.add(*line.record, line.page->suffix, collecting_.format);
                }
            }
            slice.lines.clear();
            slice.pages.clear();
        }
        return batch;
    }

    [[nodiscard]] static const Slice::Line* line_of(std::span<const Slice> slices, const Key& key) noexcept {
        for (const Slice& slice : slices) {
            const auto found =
                std::ranges::find_if(slice.lines, [&](const auto& line) { return line.record->key == key; });
            if (found != slice.lines.end()) {
                return &*found;
            }
        }
        return nullptr;
    }

    void announce(const Window& window, const Batch& batch) {
        std::optional<Berth> berth;
        if (finishing_) {
            berth = Berth{state_.resumption->torn->place, batch.bytes.substr(0, head_size)};
        } else {
            berth = sink_.ready({batch.bytes, batch.keys, state_.records});
        }
        written_unseen_ = !berth;
        if (berth) {
            state_.announced = Announcement{window,      std::move(berth->place), batch.keys,
                                            batch.lines, batch.suffixes,          std::move(berth->head)};
            save();
        }
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
    void advance(const Slice& slice) {
        const Window& window = slice.window;
        const Instant limit = horizon(slice);
        const Window read{window.from, std::min(window.to, std::max(limit, *state_.watermark))};
        cover(state_.covered, read);
        uncover(state_.pending, read);
        if (window.from <= *state_.watermark) {
            // A stream that was read by time goes on by time: its cursor is behind that now.
            state_.cursor = read.to > *state_.watermark ? std::string{} : std::move(state_.cursor);
            state_.watermark = std::max(*state_.watermark, read.to);
        }
        // A resumed window may lie beyond the settled moment, and what is between them has to be read again first. Of a
        // stream that is followed, settled is moved by following it.
        if (window.from <= state_.settled && state_.cursor.empty()) {
            const Instant settled = limit - std::max(collecting_.wish.lookback, least_lookback);
            state_.settled = std::max(state_.settled, std::min(read.to, settled));
        }
        forget_what_is_settled();
        unsaved_ = true;
    }

    /// What both clocks have passed.
    [[nodiscard]] Instant horizon(const Slice& slice) const {
        return slice.served ? std::min(collecting_.wish.now, *slice.served + date_resolution) : collecting_.wish.now;
    }

    void tell(Instant at) {
        if (collecting_.progress) {
            range_.at = at;
            range_.records = tally_.written;
            collecting_.progress(range_);
        }
    }

    void note(const Slice& slice) {
        ++tally_.slices;
        tally_.before += slice.before;
        tally_.seen += slice.lines.size();
        for (const Page& page : slice.pages) {
            tally_.own += page.own;
            tally_.dropped += page.dropped;
        }
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
        if (!state_.announced) {
            sink_.committed();
        }
    }

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

}  // namespace

Tally collect(const Collecting& collecting, State& state, Sink& sink, const std::string& torn) {
    return Loop{collecting, state, sink, torn}.run();
}

}  // namespace aquila
