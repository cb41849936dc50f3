#include "aquila_fetch/sink.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/fingerprint.hpp"
#include "aquila_fetch/lock.hpp"
#include "aquila_fetch/log.hpp"
#include "aquila_fetch/packed.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace aquila {
namespace {

constexpr auto what_rotation_does =
    "nothing is lost: the next run looks for the lines in the files beside it, and writes what is not there";

[[noreturn]] void fail_output(Exit code, const std::filesystem::path& path, std::string_view what, std::string hint) {
    throw Failure{code, fmt::format("output {}: {}", path.string(), what), std::move(hint)};
}

[[noreturn]] void fail_errno(const std::filesystem::path& path, std::string_view doing, int error) {
    const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
    fail_output(Exit::io, path, fmt::format("{}: {}", doing, describe_errno(error)),
                full ? "make room; the next run finishes what was begun, nothing is lost or doubled"
                     : "nothing is lost: the next run goes on from the last checkpoint once the output can be written");
}

struct stat status_of(int descriptor, const std::filesystem::path& path) {
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) {
        fail_errno(path, "cannot be looked at", errno);
    }
    return status;
}

}  // namespace

std::string_view name_problem(const std::filesystem::path& path, Packing packing) {
    const auto ending = path.extension();
    const bool fits = ending == ".gz" ? packing == Packing::gzip : ending == ".zst" ? packing == Packing::zstd : true;
    return fits ? std::string_view{} : "has a name that stands for a file packed otherwise";
}

std::uint64_t fingerprint_before(int descriptor, std::uint64_t offset) {
    std::string bytes(std::min(offset, fingerprinted_bytes), '\0');
    std::size_t have = 0;
    while (have < bytes.size()) {
        const auto got = ::pread(descriptor, bytes.data() + have, bytes.size() - have,
                                 static_cast<off_t>(offset - bytes.size() + have));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            throw Failure{Exit::io, fmt::format("the output cannot be read: {}", describe_errno(errno)),
                          "the program needs to read the end of the file it appends to"};
        }
        if (got == 0) {
            break;  // shorter than it was: the fingerprint will not fit, which is the right answer
        }
        have += static_cast<std::size_t>(got);
    }
    return fingerprint({bytes.data(), have});
}

FileSink::FileSink(std::filesystem::path path, Packing packing) : path_{std::move(path)}, packing_{packing} {
    if (!path_.has_filename()) {
        fail_output(Exit::cannot_create, path_, "is not the name of a file",
                    "set `output` to a file, for example flattened.json");
    }
    if (const auto problem = name_problem(path_, packing_); !problem.empty()) {
        fail_output(Exit::cannot_create, path_, problem,
                    "let the name of `output` end in .gz or .zst only with the `compress` it stands for");
    }
    open();
}

void FileSink::open() {
    if (path_.has_parent_path()) {
        make_directories(path_.parent_path());
    }
    const bool existed = ::access(path_.c_str(), F_OK) == 0;
    Fd file = open_or_make(path_, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, output_file_mode);
    if (!file) {
        const int error = errno;
        if (error == ELOOP) {
            fail_output(Exit::cannot_create, path_, "is a symbolic link",
                        "set `output` to the file itself: a link in a shared folder could point the records anywhere");
        }
        if (error == ENXIO || error == EISDIR) {
            fail_output(Exit::cannot_create, path_, "is not a regular file",
                        "set `output` to a file that may be appended to");
        }
        fail_output(
            existed ? Exit::io : Exit::cannot_create, path_,
            fmt::format("cannot be {}: {}", existed ? "opened" : "made", describe_errno(error)),
            error == EROFS
                ? fmt::format("the file system is read-only, or the systemd unit does not allow this path: `systemctl "
                              "edit aquila-fetch@.service`, and there [Service] and ReadWritePaths={}",
                              path_.parent_path().native())
                : "the user this runs as needs write access to the file and its folder");
    }
    const auto status = status_of(file.get(), path_);
    if (!S_ISREG(status.st_mode)) {
        fail_output(Exit::cannot_create, path_, "is not a regular file",
                    "set `output` to a file that may be appended to");
    }
    if (status.st_uid != ::geteuid()) {
        fail_output(
            Exit::cannot_create, path_,
            fmt::format("belongs to uid {}, and this runs as uid {}", status.st_uid, ::geteuid()),
            "run as the user the file belongs to, give it to the user this runs as, or set `output` to another file");
    }
    // The name must survive a power cut before anything is said to be in the file; who made it may not have come to
    // this.
    sync_directory(path_.has_parent_path() ? path_.parent_path() : ".");
    if (!Lock::lock_descriptor(file.get())) {
        fail_output(
            Exit::busy, path_, "another process holds its lock",
            "another source or another aquila-fetch writes to this file; give each source an output of its own");
    }
    check_content(file);
    file_ = std::move(file);
    settled_ = packing_ == Packing::none;  // of plain lines, place() looks at the last byte each time
}

void FileSink::settle() {
    if (std::exchange(settled_, true)) {
        return;
    }
    const auto size = static_cast<std::uint64_t>(status_of(file_.get(), path_).st_size);
    const auto end = size > 0 ? end_of_frames(path_, packing_) : FrameEnd{};
    if (end.whole == size || !has_its_name()) {
        return;
    }
    if (end.damaged || !may_begin_as(end.rest, packing_)) {
        fail_output(Exit::config, path_,
                    fmt::format("what is behind its first {} bytes is no packed line of ours", end.whole),
                    "rename the file, as rotation does: what was written behind that could not be read");
    }
    log::warning(
        fmt::format("output {}: its last {} bytes are a frame that was cut short, and that nobody can have read; it "
                    "was taken back",
                    path_.string(), size - end.whole));
    if (::ftruncate(file_.get(), static_cast<off_t>(end.whole)) != 0 || ::fdatasync(file_.get()) != 0) {
        fail_errno(path_, "the torn end cannot be taken back", errno);
    }
}

void FileSink::check_content(const Fd& file) const {
    std::array<char, telling_bytes> bytes{};
    const auto got = ::pread(file.get(), bytes.data(), bytes.size(), 0);
    if (got < 0) {
        fail_errno(path_, "cannot be read", errno);
    }
    if (!may_begin_as({bytes.data(), static_cast<std::size_t>(got)}, packing_)) {
        fail_output(Exit::config, path_, "holds lines that are packed otherwise than `compress` says",
                    "rename the file, as rotation does, or set another `output`: a mixture could not be read");
    }
}

bool FileSink::has_its_name() const {
    struct stat named {};
    const auto status = status_of(file_.get(), path_);
    return ::lstat(path_.c_str(), &named) == 0 && named.st_ino == status.st_ino && named.st_dev == status.st_dev;
}

Place FileSink::place() {
    if (!has_its_name()) {
        open();
    }
    settle();
    auto status = status_of(file_.get(), path_);
    if (status.st_size > 0 && packing_ == Packing::none) {
        char last = '\n';
        if (::pread(file_.get(), &last, 1, status.st_size - 1) == 1 && last != '\n') {
            log::warning(
                fmt::format("output {}: its last line had no end, and is not ours; it was ended", path_.string()));
            write("\n");
            status = status_of(file_.get(), path_);
        }
    }
    const auto offset = static_cast<std::uint64_t>(status.st_size);
    return {std::filesystem::absolute(path_).string(), status.st_dev, status.st_ino, offset,
            fingerprint_before(file_.get(), offset),   packing_};
}

Tail FileSink::find(const Announcement& announced) {
    return find_tail(announced, std::filesystem::absolute(path_));
}

std::optional<Berth> FileSink::ready(const Lines& lines) {
    auto where = place();
    if (packing_ == Packing::none) {
        return Berth{std::move(where), std::string{lines.bytes.substr(0, head_size)}};
    }
    packed_ = pack(lines.bytes, packing_);
    return Berth{std::move(where), packed_.substr(0, head_size)};
}

bool FileSink::append(std::string_view lines) {
    if (!has_its_name()) {
        return false;
    }
    write(packing_ == Packing::none ? lines : packed_);
    return true;
}

void FileSink::write(std::string_view lines) {
    std::size_t written = 0;
    if (const int error = write_fully(file_.get(), lines, written); error != 0) {
        fail_errno(path_, fmt::format("cannot be written ({} of {} bytes were)", written, lines.size()), error);
    }
    // What is renamed from here on holds the lines. What was renamed before may have been packed to what was its end
    // then, and be removed with the lines in it; by the next run that is done, and it sees what became of them.
    const bool named = has_its_name();
    if (::fdatasync(file_.get()) != 0) {
        fail_errno(path_, "cannot be made durable", errno);
    }
    if (!named) {
        fail_output(Exit::io, path_, "was renamed or removed while lines were written to it", what_rotation_does);
    }
}

void FileSink::check(const Place& torn, std::size_t size) const {
    const auto status = status_of(file_.get(), path_);
    if (status.st_dev != torn.device || status.st_ino != torn.inode || status.st_nlink == 0 ||
        static_cast<std::uint64_t>(status.st_size) != torn.offset + size) {
        fail_output(Exit::io, path_, "was rotated while its torn last line was to be put right", what_rotation_does);
    }
}

void FileSink::finish(const Place& torn, std::size_t size, std::string_view rest) {
    check(torn, size);
    write(rest);
}

void FileSink::cut(const Place& torn, std::size_t size) {
    check(torn, size);
    if (::ftruncate(file_.get(), static_cast<off_t>(torn.offset)) != 0 || ::fdatasync(file_.get()) != 0) {
        fail_errno(path_, "the torn last line cannot be taken back", errno);
    }
}

}  // namespace aquila
