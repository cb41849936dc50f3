#include "aquila_fetch/lock.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/owner.hpp"

#include <fmt/core.h>

#include <cerrno>
#include <ctime>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace aquila {
namespace {

/// 0: locked. EWOULDBLOCK: somebody else has it. Anything else: an error.
[[nodiscard]] int try_lock(int descriptor, int kind = LOCK_EX) noexcept {
    while (::flock(descriptor, kind | LOCK_NB) != 0) {
        if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

/// As try_lock, but not put off by somebody who only looks (is_held).
[[nodiscard]] int try_lock_patiently(int descriptor) noexcept {
    constexpr timespec moment{0, 5'000'000};
    int result = try_lock(descriptor);
    for (int tries = 0; result == EWOULDBLOCK && tries < 3; ++tries) {
        ::nanosleep(&moment, nullptr);
        result = try_lock(descriptor);
    }
    return result;
}

std::string whose_folder(const std::filesystem::path& path) {
    const auto folder = std::filesystem::absolute(path).parent_path();
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0 || status.st_uid == ::geteuid()) {
        return {};
    }
    const auto here = user_name(::geteuid());
    return fmt::format("{0} is {1}'s, and this runs as {2}: run it as {1}, or `chown -R {2}: {0}`", folder.native(),
                       user_name(status.st_uid), here);
}

}  // namespace

std::optional<Lock> Lock::acquire(const std::filesystem::path& path) {
    // O_NONBLOCK and fstat: what somebody else put there instead of a file neither holds us up nor serves as a lock.
    Fd file = open_or_make(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, state_file_mode);
    if (!file) {
        const int error = errno;
        const auto reason = error == ELOOP ? "it is a symbolic link" : describe_errno(error);
        throw Failure{Exit::cannot_create, fmt::format("cannot make the lock {}: {}", path.native(), reason),
                      error == EACCES ? whose_folder(path) : ""};
    }
    struct stat status {};
    if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
        throw Failure{Exit::cannot_create, fmt::format("cannot make the lock {}: not a regular file", path.native())};
    }
    const int result = try_lock_patiently(file.get());
    if (result == EWOULDBLOCK) {
        return std::nullopt;
    }
    if (result != 0) {
        throw Failure{Exit::io, fmt::format("cannot lock {}: {}", path.native(), describe_errno(result))};
    }
    return Lock{std::move(file)};
}

std::optional<bool> Lock::is_held(const std::filesystem::path& path) noexcept {
    const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)};
    if (!file) {
        return errno == ENOENT || errno == ENOTDIR ? std::optional{false} : std::nullopt;
    }
    const int result = try_lock(file.get(), LOCK_SH);
    return result == 0 || result == EWOULDBLOCK ? std::optional{result != 0} : std::nullopt;
}

bool Lock::lock_descriptor(int descriptor) {
    const int result = try_lock(descriptor);
    if (result != 0 && result != EWOULDBLOCK) {
        throw Failure{Exit::io, "cannot lock the output file: " + describe_errno(result)};
    }
    return result == 0;
}

}  // namespace aquila
