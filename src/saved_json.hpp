// Why: the checkpoint and the store of tokens are saved alike: JSON with a version and a checksum, read as hostile
// input. Must not know what is saved. The JSON library is in this header; only the .cpp of what is saved may include
// it.
#pragma once

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/fingerprint.hpp"
#include "aquila_fetch/time.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace aquila::saved {

/// Anything in the file that is not as it was written.
struct Damaged {
    std::string what;
};

/// Over the bytes as they stand in the file.
inline std::string checksum(std::string_view text) {
    return fmt::format("{:016x}", fingerprint(text));
}

/// get() alone would make something of a fraction, and anything of what is too large.
template <std::integral Number>
Number whole(const nlohmann::json& value) {
    const bool fits = std::is_signed_v<Number> ? value.is_number_integer() : value.is_number_unsigned();
    if (!fits || (value.is_number_unsigned() && !std::in_range<Number>(value.get<std::uint64_t>()))) {
        throw Damaged{"a number that is none of ours"};
    }
    return value.get<Number>();
}

inline nlohmann::json put(Instant instant) {
    return instant.time_since_epoch().count();
}
inline Instant instant_of(const nlohmann::json& value) {
    return Instant{Span{whole<std::int64_t>(value)}};
}
inline std::optional<Instant> optional_instant(const nlohmann::json& value) {
    return value.is_null() ? std::nullopt : std::optional{instant_of(value)};
}

/// A Failure for a later program's file, Damaged for no version at all. `what` names the file with its verb: "the
/// tokens in /x are".
inline void expect_version(const nlohmann::json& value, int known, std::string_view what) {
    const nlohmann::json& version = value.at("version");
    if (version.is_number() && version > known) {
        throw Failure{Exit::data,
                      fmt::format("{} of version {}, and this program knows {}", what, version.dump(), known),
                      "install the aquila-fetch that wrote it, or a newer one; it was left as it is"};
    }
    if (!version.is_number_integer() || version != known) {
        throw Damaged{"there never was such a version"};
    }
}

}  // namespace aquila::saved
