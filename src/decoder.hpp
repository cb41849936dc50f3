// Why: what zlib and zstd do is used in one place, and looks alike to whoever packs or unpacks.
// Must not know: files.
#pragma once

#include "aquila_fetch/packing.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace aquila {

/// Of the text of one frame: no slice is ever so large.
inline constexpr std::size_t largest_frame = std::size_t{1} << 30U;

/// Unpacks frame by frame.
class Decoder {
  public:
    enum class Step { within, whole, damaged };

    Decoder() = default;
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;
    virtual ~Decoder() = default;
    /// Takes from `in` and fills `out` from its start, `put` bytes of it, but not beyond the end of a frame.
    virtual Step decode(std::string_view& in, std::span<char> out, std::size_t& put) = 0;
};

/// Of gzip or zstd.
[[nodiscard]] std::unique_ptr<Decoder> make_decoder(Packing packing);

/// What a frame begins with; empty for none.
[[nodiscard]] std::string_view magic_of(Packing packing) noexcept;

}  // namespace aquila
