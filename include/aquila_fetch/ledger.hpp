// Why: late records are caught by reading the last stretch of time again; the ledger knows which of its records are in
// the output already, how often each, so that reading again writes nothing twice and loses no equal twin.
// Must not know: where it is stored, what a record looks like.
#pragma once

#include "aquila_fetch/key.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace aquila {

/// A multiset of keys, sorted by time. Memory: 32 bytes for each different key.
class Ledger {
  public:
    /// Adds each key once more. Cheap when the keys are newer than what is there, as they are when collecting.
    void add(std::span<const Key> keys);
    [[nodiscard]] std::uint32_t count(const Key& key) const noexcept;
    /// Forgets keys older than `time`.
    void prune(Instant time);

    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }

    /// Packed binary text, 28 bytes a key, and back; nullopt when `packed` is none.
    [[nodiscard]] std::string pack() const;
    [[nodiscard]] static std::optional<Ledger> unpack(std::string_view packed);

    friend bool operator==(const Ledger&, const Ledger&) = default;

  private:
    struct Entry {
        Key key;
        std::uint32_t count = 0;
        friend bool operator==(const Entry&, const Entry&) = default;
    };
    std::vector<Entry> entries_;
};

/// Keys in their order, 24 bytes each (the announcement's), and back.
[[nodiscard]] std::string pack_keys(std::span<const Key> keys);
[[nodiscard]] std::optional<std::vector<Key>> unpack_keys(std::string_view packed);
/// The same for plain numbers, 8 bytes each.
[[nodiscard]] std::string pack_numbers(std::span<const std::uint64_t> numbers);
[[nodiscard]] std::optional<std::vector<std::uint64_t>> unpack_numbers(std::string_view packed);

}  // namespace aquila
