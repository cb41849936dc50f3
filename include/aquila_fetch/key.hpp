// Why: what makes two records the same one: the API's id with its time, or, where there is no id, the SHA-256 of the
// record's bytes (equal twins are then told apart by counting them).
// Must not know: where keys are kept. OpenSSL's digest is used in key.cpp alone.
#pragma once

#include "aquila_fetch/time.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace aquila {

/// Stands for the time of a record that has none that can be read; it belongs to every window, and its key is kept for
/// good.
inline constexpr Instant undated = Instant::max();

struct Key {
    Instant time;
    std::array<std::uint8_t, 16> digest{};

    friend auto operator<=>(const Key&, const Key&) = default;
};

/// An integer id, big-endian in the last eight bytes, so that keys of one millisecond sort by id.
[[nodiscard]] Key key_of_id(Instant time, std::int64_t id) noexcept;
/// The first 16 bytes of SHA-256.
[[nodiscard]] Key key_of_bytes(Instant time, std::string_view bytes);

/// All of it, 64 hexadecimal digits.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);

}  // namespace aquila
