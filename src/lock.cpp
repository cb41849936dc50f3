#include "aquila_fetch/lock.hpp"

#include "aquila_fetch/error.hpp"

#include <fmt/core.h>

#include <cerrno>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace aquila {
namespace {

/// 0: locked. EWOULDBLOCK: somebody else has it. Anything else: an error.
[[nodiscard]] int try_lock(int descriptor) noexcept {
    while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

}  // namespace

std::optional<Lock> Lock::acquire(const std::filesystem::path& path) {
    // O_NONBLOCK and fstat: what somebody else put there instead of a file neither holds us up nor serves as a lock.
    Fd file = open_or_make(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, state_file_mode);
    if (!file) {
        const auto reason = errno == ELOOP ? "it is a symbolic link" : describe_errno(errno);
        throw Failure{Exit::cannot_create, fmt::format("cannot make the lock {}: {}", path.native(), reason)};
    }
    struct stat status {};
    if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
        throw Failure{Exit::cannot_create, fmt::format("cannot make the lock {}: not a regular file", path.native())};
    }
    const int result = try_lock(file.get());
    if (result == EWOULDBLOCK) {
        return std::nullopt;
    }
    if (result != 0) {
        throw Failure{Exit::io, fmt::format("cannot lock {}: {}", path.native(), describe_errno(result))};
    }
    return Lock{std::move(file)};
}

bool Lock::lock_descriptor(int descriptor) {
    const int result = try_lock(descriptor);
    if (result != 0 && result != EWOULDBLOCK) {
        throw Failure{Exit::io, "cannot lock the output file: " + describe_errno(result)};
    }
    return result == 0;
}

}  // namespace aquila
