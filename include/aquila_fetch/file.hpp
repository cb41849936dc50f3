// Why: descriptors that close themselves, and the one way a file is replaced: temp file, fsync, rename, fsync of the
// directory, so that a reader or a crash sees the old content or the new, never a mixture.
// Must not know: what is in the files.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <sys/types.h>

namespace aquila {

/// Owns one file descriptor.
class Fd {
  public:
    Fd() = default;
    explicit Fd(int descriptor) noexcept : descriptor_{descriptor} {}
    Fd(Fd&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}
    Fd& operator=(Fd&& other) noexcept;
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd();

    [[nodiscard]] int get() const noexcept { return descriptor_; }
    explicit operator bool() const noexcept { return descriptor_ >= 0; }
    void reset() noexcept;

  private:
    int descriptor_ = -1;
};

inline constexpr mode_t state_file_mode = 0600;
inline constexpr mode_t output_file_mode = 0640;
inline constexpr mode_t directory_mode = 0750;

/// Opens, or makes with exactly `mode` whatever the umask; one that is there keeps its mode. `flags` as for open(2),
/// without O_CREAT; O_CLOEXEC is added. Empty with errno set when it cannot be done.
[[nodiscard]] Fd open_or_make(const std::filesystem::path& path, int flags, mode_t mode) noexcept;

/// Makes the directory and its missing parents (0750) and fsyncs the parent of each it made, so that a power cut cannot
/// take them back. Failure 73 naming the component that could not be made (or is no directory).
void make_directories(const std::filesystem::path& directory);

/// fsync of a directory, so that names made or replaced in it last. Failure 74.
void sync_directory(const std::filesystem::path& directory);

/// The whole file; nullopt when it does not exist. Failure 74 when it cannot be read, is no regular file, or is larger
/// than `cap` bytes.
[[nodiscard]] std::optional<std::string> read_file(const std::filesystem::path& path, std::size_t cap);

/// Writes everything, going on after short writes and EINTR. Returns 0 or the errno that stopped it; `written` tells
/// how many bytes are in the file by then.
[[nodiscard]] int write_fully(int descriptor, std::string_view bytes, std::size_t& written) noexcept;

/// Replaces `path` as a whole. What is not committed is removed by the destructor and was never visible.
/// The temp file lies beside the target (`.NAME.tmp`), is opened without following links, and an old one left by a
/// crash is overwritten; the caller holds the lock that keeps others away.
class AtomicFile {
  public:
    AtomicFile(std::filesystem::path path, mode_t mode);
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;
    ~AtomicFile();

    void write(std::string_view bytes);
    /// fsync, rename, fsync of the directory. Failure 74 (73 when the temp file could not be made).
    void commit();
    /// The rename alone, for what may be lost with the power. Failure 74.
    void swap_in();

  private:
    std::filesystem::path path_;
    std::filesystem::path temporary_;
    Fd file_;
    bool committed_ = false;
};

}  // namespace aquila
