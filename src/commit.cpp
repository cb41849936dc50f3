#include "loop.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace aquila {
namespace {

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

const Slice::Line* line_of(std::span<const Slice> slices, const Key& key) noexcept {
    for (const Slice& slice : slices) {
        const auto found = std::ranges::find_if(slice.lines, [&](const auto& line) { return line.record->key == key; });
        if (found != slice.lines.end()) {
            return &*found;
        }
    }
    return nullptr;
}

}  // namespace

void Loop::commit(std::span<Slice> slices) {
    const Window window{slices.front().window.from, slices.back().window.to};
    write(window, slices);
    shorten_resumption(window);
    for (const Slice& slice : slices) {
        advance(slice);
    }
    save_at_once();
    tell(window.to);
}

void Loop::save_at_once() {
    if (written_unseen_) {
        save();
    }
}

void Loop::write(const Window& window, std::span<Slice> slices) {
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
    tally_.late += static_cast<std::uint64_t>(
        std::count_if(batch.keys.begin(), batch.keys.end(), [this](const Key& key) { return key.time < began_at_; }));
}

void Loop::append(const Window& window, const Batch& batch) {
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

void Loop::drop_known(std::span<Slice> slices) const {
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

Batch Loop::make_batch(std::span<Slice> slices) {
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

void Loop::announce(const Window& window, const Batch& batch) {
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

void Loop::shorten_resumption(const Window& window) {
    if (!state_.resumption) {
        return;
    }
    auto& [rest, written, torn] = *state_.resumption;
    torn.reset();
    rest.from = std::max(rest.from, window.to);
    const auto done = std::partition(written.begin(), written.end(),
                                     [&rest = rest](const Key& key) { return !rest.empty() && key.time >= rest.from; });
    state_.ledger.add({done, written.end()});
    written.erase(done, written.end());
    if (rest.empty()) {
        state_.resumption.reset();
    }
}

void Loop::drop_torn_line() {
    if (state_.resumption && state_.resumption->torn) {
        sink_.cut(state_.resumption->torn->place, torn_bytes_.size());
        state_.resumption->torn.reset();
    }
}

}  // namespace aquila
