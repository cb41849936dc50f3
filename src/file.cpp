#include "aquila_fetch/file.hpp"

#include "aquila_fetch/error.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace aquila {
namespace {

namespace fs = std::filesystem;

std::string hint_for(int error_number) {
    constexpr std::array<std::pair<int, const char*>, 8> hints{{
        {EACCES, "the user this runs as ({}) needs access to it and to the folders above it"},
        {EPERM, "the user this runs as ({}) needs access to it and to the folders above it"},
        {EROFS, "the file system is mounted read-only, or the systemd unit does not allow this path (ReadWritePaths=)"},
        {ENOSPC, "make room on the disk; the next run goes on from the last checkpoint, nothing is lost or doubled"},
        {EDQUOT,
         "the disk quota is used up; the next run goes on from the last checkpoint, nothing is lost or doubled"},
        {ENOTDIR,
         "something that is no directory stands where a directory should be: check the path in the configuration"},
        {EEXIST,
         "something that is no directory stands where a directory should be: check the path in the configuration"},
        {ELOOP, "a symbolic link is in the way: give the real path"},
    }};
    const auto* const known =
        std::find_if(hints.begin(), hints.end(), [=](const auto& hint) { return hint.first == error_number; });
    const char* const text = known != hints.end() ? known->second : "check the disk, and the path in the configuration";
    return fmt::format(fmt::runtime(text), fmt::format("uid {}", ::geteuid()));
}

[[noreturn]] void fail(Exit code, std::string_view what, const fs::path& path, int error_number) {
    throw Failure{code, fmt::format("{} {}: {}", what, path.native(), describe_errno(error_number)),
                  hint_for(error_number)};
}

[[nodiscard]] fs::path parent_of(const fs::path& path) {
    const auto parent = path.parent_path();
    return parent.empty() ? fs::path{"."} : parent;
}

/// The umask has had its say when something was made; we want the mode we asked for. A file system without modes
/// (or an ACL that knows better) is left as it is: nothing is ever looser than `mode`.
void set_mode(int descriptor, mode_t mode) noexcept {
    struct stat status {};
    if (::fstat(descriptor, &status) == 0 && (status.st_mode & 0777U) != mode) {
        // A directory may have inherited the set-group-id bit, which says who owns what is made in it.
        [[maybe_unused]] const int result = ::fchmod(descriptor, mode | (status.st_mode & S_ISGID));
    }
}

void make_directory(const fs::path& directory) {
    if (::mkdir(directory.c_str(), directory_mode) != 0) {
        const int error_number = errno;
        if (struct stat status{};
            error_number == EEXIST && ::stat(directory.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
            return;  // somebody else made it at this moment
        }
        fail(Exit::cannot_create, "cannot make the directory", directory, error_number);
    }
    if (const Fd made{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)}) {
        set_mode(made.get(), directory_mode);
    }
    sync_directory(parent_of(directory));
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
    if (this != &other) {
        reset();
        descriptor_ = std::exchange(other.descriptor_, -1);
    }
    return *this;
}

Fd::~Fd() {
    reset();
}

void Fd::reset() noexcept {
    if (descriptor_ >= 0) {
        ::close(std::exchange(descriptor_, -1));
    }
}

Fd open_or_make(const fs::path& path, int flags, mode_t mode) noexcept {
    // Only the one who really made the file may set its mode: an administrator may have chosen another for an old one.
    for (int tries = 0; tries < 100; ++tries) {
        if (Fd there{::open(path.c_str(), flags | O_CLOEXEC)}; there || errno != ENOENT) {
            return there;
        }
        if (Fd made{::open(path.c_str(), flags | O_CLOEXEC | O_CREAT | O_EXCL, mode)}; made) {
            set_mode(made.get(), mode);
            return made;
        }
        if (errno != EEXIST) {
            break;
        }
    }
    return Fd{};
}

void make_directories(const fs::path& directory) {
    if (directory.empty()) {
        return;
    }
    if (!directory.has_filename() && directory.has_relative_path()) {  // a trailing slash
        make_directories(directory.parent_path());
        return;
    }
    struct stat status {};
    if (::stat(directory.c_str(), &status) == 0) {
        if (!S_ISDIR(status.st_mode)) {
            fail(Exit::cannot_create, "cannot make the directory", directory, ENOTDIR);
        }
        return;
    }
    if (errno != ENOENT && errno != ENOTDIR) {
        fail(Exit::cannot_create, "cannot make the directory", directory, errno);
    }
    make_directories(directory.parent_path());
    make_directory(directory);
}

void sync_directory(const fs::path& directory) {
    const Fd opened{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    // EINVAL: a file system that cannot sync directories keeps names by other means, or not at all.
    if (!opened || (::fsync(opened.get()) != 0 && errno != EINVAL)) {
        fail(Exit::io, "cannot sync the directory", directory, errno);
    }
}

std::optional<std::string> read_file(const fs::path& path, std::size_t cap) {
    // O_NONBLOCK: a FIFO must not hold us up before we see that it is one.
    const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (!file) {
        if (errno == ENOENT) {
            return std::nullopt;
        }
        fail(Exit::io, "cannot read", path, errno);
    }
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) {
        fail(Exit::io, "cannot read", path, errno);
    }
    if (!S_ISREG(status.st_mode)) {
        throw Failure{Exit::io, fmt::format("cannot read {}: not a regular file", path.native())};
    }

    // One byte more than there should be shows the end in the same read; what has no size (/proc) grows in steps.
    std::string content;
    const auto expected = static_cast<std::size_t>(std::max<off_t>(status.st_size, 0));
    std::size_t filled = 0;
    for (;;) {
        if (filled > cap || expected > cap) {
            throw Failure{Exit::io, fmt::format("cannot read {}: larger than {} bytes", path.native(), cap)};
        }
        if (filled == content.size()) {
            content.resize(std::max(expected + 1, filled * 2));
        }
        const auto got = ::read(file.get(), content.data() + filled, content.size() - filled);
        if (got == 0) {
            break;
        }
        if (got < 0 && errno != EINTR) {
            fail(Exit::io, "cannot read", path, errno);
        }
        filled += got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    content.resize(filled);
    return content;
}

int write_fully(int descriptor, std::string_view bytes, std::size_t& written) noexcept {
    written = 0;
    while (written < bytes.size()) {
        const auto count = ::write(descriptor, bytes.data() + written, bytes.size() - written);
        if (count < 0) {
            if (errno == EINTR) {
                continue;
            }
            return errno;
        }
        if (count == 0) {
            return EIO;  // no file does that; without this the loop would never end
        }
        written += static_cast<std::size_t>(count);
    }
    return 0;
}

AtomicFile::AtomicFile(fs::path path, mode_t mode)
    : path_{std::move(path)}, temporary_{parent_of(path_) / ("." + path_.filename().native() + ".tmp")} {
    // Whatever lies there (a crash's leftover, a planted link, a FIFO) goes; O_EXCL then makes a file of our own or
    // none.
    if (::unlink(temporary_.c_str()) != 0 && errno != ENOENT) {
        fail(Exit::cannot_create, "cannot make", temporary_, errno);
    }
    file_ = Fd{::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)};
    if (!file_) {
        fail(Exit::cannot_create, "cannot make", temporary_, errno);
    }
    set_mode(file_.get(), mode);
}

AtomicFile::~AtomicFile() {
    if (!committed_) {
        ::unlink(temporary_.c_str());
    }
}

void AtomicFile::write(std::string_view bytes) {
    std::size_t written = 0;
    if (const int error_number = write_fully(file_.get(), bytes, written); error_number != 0) {
        fail(Exit::io, "cannot write", path_, error_number);
    }
}

void AtomicFile::commit() {
    if (::fsync(file_.get()) != 0) {
        fail(Exit::io, "cannot write", path_, errno);
    }
    swap_in();
    sync_directory(parent_of(path_));
}

void AtomicFile::swap_in() {
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
        fail(Exit::io, "cannot write", path_, errno);
    }
    committed_ = true;
    file_.reset();
}

}  // namespace aquila
