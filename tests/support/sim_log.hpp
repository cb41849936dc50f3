// Why: a benchmark and a run over 1,000,000 records lean on the simulator, so records are prepared texts in time order
// and a page is a concatenation of some of them.
// Must not know: HTTP, what is in a record (save where its time stands).
#pragma once

#include "support/sim_time.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aquila::sim {

enum class Product { jira, confluence, organization, datacenter };
inline constexpr int product_count = 4;

[[nodiscard]] std::optional<Product> product_of(std::string_view name) noexcept;
[[nodiscard]] std::string_view name_of(Product product) noexcept;

struct LogEntry {
    Millis time = 0;            ///< the API sorts and filters by it
    Millis event_time = 0;      ///< organisation: when it happened; `time` is when it was processed
    std::int64_t sequence = 0;  ///< order of arrival, from 1
    std::string_view text;
};

/// The time a raw record names. The text is searched, not parsed: tests store records that no parser takes.
[[nodiscard]] std::optional<LogEntry> read_times(Product product, std::string_view record);

/// The id of a raw Jira record, 0 when it has none.
[[nodiscard]] std::int64_t read_id(std::string_view record);

/// Oldest first; equal times in order of arrival.
class RecordLog {
  public:
    /// Returns the entry's sequence number. Adding in order is cheap, adding a late record moves what follows.
    std::int64_t add(LogEntry entry);
    /// Many at once: append in any order, then settle.
    std::int64_t append(LogEntry entry);
    void settle();
    void reserve(std::size_t more) { entries_.reserve(entries_.size() + more); }
    void clear();

    [[nodiscard]] const std::vector<LogEntry>& entries() const noexcept { return entries_; }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    /// The first position with a time of at least `time`.
    [[nodiscard]] std::size_t lower(Millis time) const;
    /// The first position that comes after (time, sequence), the first that does not come before it.
    [[nodiscard]] std::size_t after(Millis time, std::int64_t sequence) const;
    [[nodiscard]] std::size_t before(Millis time, std::int64_t sequence) const;
    /// The positions [first, second) of the entries from `from` to `to`, both inclusive.
    [[nodiscard]] std::pair<std::size_t, std::size_t> window(Millis from, Millis to) const;

    std::int64_t next_id = 10'000;  ///< Jira's record ids

  private:
    std::string_view keep(std::string_view text);

    std::vector<LogEntry> entries_;
    std::deque<std::string> blocks_;
    std::int64_t sequence_ = 0;
};

}  // namespace aquila::sim
