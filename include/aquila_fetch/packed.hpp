// Why: rotated output files may be packed with gzip or zstd; what is in them is read as if they were not.
// Must not know: lines, records. zlib and zstd are used in packed.cpp alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace aquila {

inline constexpr const char* packed_endings[] = {".gz", ".zst"};

/// Reads a file from its start, unpacking it by its name's ending; one with another ending is read as it is.
class PackedReader {
  public:
    /// Failure 74.
    explicit PackedReader(const std::filesystem::path& path);
    PackedReader(PackedReader&&) noexcept;
    PackedReader& operator=(PackedReader&&) noexcept;
    ~PackedReader();

    /// Fills `buffer` from its start; fewer bytes than asked for only at the end, where it gives 0.
    /// Failure 74: unreadable, or packed text that is damaged or cut short.
    [[nodiscard]] std::size_t read(std::span<char> buffer);

    /// From the start, passes over `count` bytes, without reading them where the file is not packed. False: there are
    /// not so many.
    [[nodiscard]] bool skip(std::uint64_t count);

    struct Stream;

  private:
    std::unique_ptr<Stream> stream_;
};

/// True for a name that PackedReader would unpack.
[[nodiscard]] bool is_packed(const std::filesystem::path& path);

}  // namespace aquila
