// Why: outputs may be packed with gzip or zstd, by us as they are written or by whoever rotates them; what is in them
// is read as if they were not. Must not know: lines, records. zlib and zstd are used in decoder.cpp alone.
#pragma once

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/packing.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace aquila {

inline constexpr const char* packed_endings[] = {".gz", ".zst"};

/// One whole gzip member or zstd frame, that can stand behind others and alone.
[[nodiscard]] std::string pack(std::string_view text, Packing packing);

/// What the first bytes of a file tell.
[[nodiscard]] Packing packing_of_bytes(std::string_view first_bytes) noexcept;
/// A file that begins so may be a beginning of such a one, however short it is.
[[nodiscard]] bool may_begin_as(std::string_view first_bytes, Packing packing) noexcept;
inline constexpr std::size_t telling_bytes = 4;

/// Packed data that ends before it is whole: what could be unpacked was given before.
struct CutShort : Failure {
    using Failure::Failure;
};

/// Reads a file from its start, unpacking it as its first bytes tell: in layers, where a packed output was packed once
/// more. Under a name with an ending of the above, anything else is damaged.
class PackedReader {
  public:
    /// Down to the text. Failure 74.
    explicit PackedReader(const std::filesystem::path& path);
    /// Down to what was written into the file when it was an output packed so. Failure 74.
    PackedReader(const std::filesystem::path& path, Packing written);
    /// Of bytes that are at hand, down to the text.
    PackedReader(std::string bytes, std::string name);
    PackedReader(PackedReader&&) noexcept;
    PackedReader& operator=(PackedReader&&) noexcept;
    ~PackedReader();

    /// Fills `buffer` from its start; fewer bytes than asked for only at the end, where it gives 0.
    /// Failure 74: unreadable, or packed text that is damaged or cut short (CutShort).
    [[nodiscard]] std::size_t read(std::span<char> buffer);
    /// Fills the start of `buffer` with what is at hand, 0 bytes only at the end. Failure likewise, but not before all
    /// of the text that is whole was given.
    [[nodiscard]] std::size_t read_some(std::span<char> buffer);

    /// From the start, passes over `count` bytes, without reading them where nothing is unpacked. False: there are not
    /// so many.
    [[nodiscard]] bool skip(std::uint64_t count);

    /// What is read lies so in the file: nothing is unpacked.
    [[nodiscard]] bool is_as_it_lies() const noexcept { return layers_ == 0; }

    struct Stream;

  private:
    void unpack(std::size_t most);

    std::unique_ptr<Stream> stream_;
    std::size_t layers_ = 0;  ///< that are taken off
};

/// How a row of frames ends.
struct FrameEnd {
    std::uint64_t whole = 0;  ///< bytes of the whole frames
    std::string rest;         ///< the first bytes behind them, 64 at the most: of a frame that is cut short or damaged
    bool damaged = false;     ///< no more bytes could make those a frame
};

/// Gives the text of each whole frame (gzip: member), from where `reader` is. Failure 74: unreadable.
[[nodiscard]] FrameEnd for_each_frame(PackedReader& reader, Packing packing,
                                      const std::function<void(std::string_view text)>& use);

/// How the frames of a file end that was written so. Where its last frame is whole, the others are not read: no more
/// than a few of its last bytes are. Failure 74: unreadable.
[[nodiscard]] FrameEnd end_of_frames(const std::filesystem::path& path, Packing packing);

/// True for a name with one of those endings.
[[nodiscard]] bool is_packed(const std::filesystem::path& path);

}  // namespace aquila
