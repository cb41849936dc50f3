// Why: after a crash the program must recognise its own lines again, in the file, in a rotated one or in a copy.
// Not for secrets and not for telling records apart (key.hpp): XXH3 is quick, and both sides are our own text.
// Must not know: files.
#pragma once

#include <cstdint>
#include <string_view>

namespace aquila {

/// How many bytes before a place in a file are taken to recognise it.
inline constexpr std::uint64_t fingerprinted_bytes = 4096;

[[nodiscard]] std::uint64_t fingerprint(std::string_view bytes) noexcept;

}  // namespace aquila
