#include "aquila_fetch/ledger.hpp"

#include <algorithm>

namespace aquila {
namespace {

constexpr std::size_t packed_key_size = 24;
constexpr std::size_t packed_entry_size = packed_key_size + 4;

/// Big-endian, into room that is there; gives what is behind it.
template <typename Integer>
char* put_integer(char* at, Integer value) {
    for (std::size_t i = sizeof(Integer); i > 0; --i, value >>= 8U) {
        at[i - 1] = static_cast<char>(value & 0xffU);
    }
    return at + sizeof(Integer);
}

template <typename Integer>
Integer take_integer(std::string_view& bytes) {
    Integer value = 0;
    for (std::size_t i = 0; i < sizeof(Integer); ++i) {
        value = static_cast<Integer>(value << 8U) | static_cast<unsigned char>(bytes[i]);
    }
    bytes.remove_prefix(sizeof(Integer));
    return value;
}

char* put_key(char* at, const Key& key) {
    at = put_integer(at, static_cast<std::uint64_t>(key.time.time_since_epoch().count()));
    return std::copy(key.digest.begin(), key.digest.end(), at);
}

Key take_key(std::string_view& bytes) {
    Key key;
    key.time = Instant{Span{static_cast<std::int64_t>(take_integer<std::uint64_t>(bytes))}};
    std::copy_n(bytes.begin(), key.digest.size(), key.digest.begin());
    bytes.remove_prefix(key.digest.size());
    return key;
}

}  // namespace

void Ledger::add(std::span<const Key> keys) {
    const auto less = [](const Entry& a, const Entry& b) { return a.key < b.key; };
    const auto before = static_cast<std::ptrdiff_t>(entries_.size());
    for (const Key& key : keys) {
        entries_.push_back({key, 1});
    }
    const auto middle = entries_.begin() + before;
    if (!std::is_sorted(middle, entries_.end(), less)) {  // as they are when collecting
        std::sort(middle, entries_.end(), less);
    }
    if (before > 0 && middle != entries_.end() && !less(*(middle - 1), *middle)) {
        std::inplace_merge(entries_.begin(), middle, entries_.end(), less);
    }
    // Equal neighbours become one entry.
    auto kept = entries_.begin();
    for (auto next = entries_.begin(); next != entries_.end(); ++next) {
        if (kept != next && kept->key == next->key) {
            kept->count += next->count;
        } else if (kept != next) {
            *++kept = *next;
        }
    }
    if (!entries_.empty()) {
        entries_.erase(kept + 1, entries_.end());
    }
}

std::uint32_t Ledger::count(const Key& key) const noexcept {
    const auto found = std::lower_bound(entries_.begin(), entries_.end(), key,
                                        [](const Entry& entry, const Key& wanted) { return entry.key < wanted; });
    return found != entries_.end() && found->key == key ? found->count : 0;
}

void Ledger::prune(Instant time) {
    const auto first = std::lower_bound(entries_.begin(), entries_.end(), time,
                                        [](const Entry& entry, Instant bound) { return entry.key.time < bound; });
    entries_.erase(entries_.begin(), first);
}

std::string Ledger::pack() const {
    std::string bytes(entries_.size() * packed_entry_size, '\0');
    char* at = bytes.data();
    for (const Entry& entry : entries_) {
        at = put_integer(put_key(at, entry.key), entry.count);
    }
    return bytes;
}

std::optional<Ledger> Ledger::unpack(std::string_view packed) {
    if (packed.size() % packed_entry_size != 0) {
        return std::nullopt;
    }
    Ledger ledger;
    ledger.entries_.reserve(packed.size() / packed_entry_size);
    while (!packed.empty()) {
        Entry entry;
        entry.key = take_key(packed);
        entry.count = take_integer<std::uint32_t>(packed);
        const bool ascending = ledger.entries_.empty() || ledger.entries_.back().key < entry.key;
        if (entry.count == 0 || !ascending) {
            return std::nullopt;
        }
        ledger.entries_.push_back(entry);
    }
    return ledger;
}

std::string pack_keys(std::span<const Key> keys) {
    std::string bytes(keys.size() * packed_key_size, '\0');
    char* at = bytes.data();
    for (const Key& key : keys) {
        at = put_key(at, key);
    }
    return bytes;
}

std::optional<std::vector<Key>> unpack_keys(std::string_view packed) {
    if (packed.size() % packed_key_size != 0) {
        return std::nullopt;
    }
    std::vector<Key> keys;
    keys.reserve(packed.size() / packed_key_size);
    while (!packed.empty()) {
        keys.push_back(take_key(packed));
    }
    return keys;
}

std::string pack_numbers(std::span<const std::uint64_t> numbers) {
    std::string bytes(numbers.size() * sizeof(std::uint64_t), '\0');
    char* at = bytes.data();
    for (const auto number : numbers) {
        at = put_integer(at, number);
    }
    return bytes;
}

std::optional<std::vector<std::uint64_t>> unpack_numbers(std::string_view packed) {
    if (packed.size() % sizeof(std::uint64_t) != 0) {
        return std::nullopt;
    }
    std::vector<std::uint64_t> numbers;
    numbers.reserve(packed.size() / sizeof(std::uint64_t));
    while (!packed.empty()) {
        numbers.push_back(take_integer<std::uint64_t>(packed));
    }
    return numbers;
}

}  // namespace aquila
