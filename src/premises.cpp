#include "aquila_fetch/premises.hpp"

#include "aquila_fetch/credentials.hpp"
#include "aquila_fetch/file.hpp"
#include "aquila_fetch/lock.hpp"
#include "aquila_fetch/owner.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace aquila {
namespace {

namespace fs = std::filesystem;

/// As the effective user; 0 or the errno that says why not.
int refused_access(const fs::path& path, int mode) noexcept {
    return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0 ? 0 : errno;
}

/// The nearest folder above that is there: what is missing would be made in it.
fs::path nearest_folder(const fs::path& path) {
    fs::path folder = fs::absolute(path).lexically_normal();
    std::error_code error;
    while (folder.has_relative_path() && !fs::exists(folder, error)) {
        folder = folder.parent_path();
    }
    return folder;
}

std::string user() {
    return fmt::format("the user this runs as (uid {})", ::geteuid());
}

/// That something can be made in `folder`, or below what of it is there.
Finding check_folder(std::string_view item, const fs::path& folder) {
    const auto there = nearest_folder(folder);
    std::error_code error;
    if (!fs::is_directory(there, error)) {
        return bad(item, Exit::cannot_create, fmt::format("{} is no directory", there.native()),
                   "check the path in the configuration");
    }
    if (const int why = refused_access(there, W_OK | X_OK); why != 0) {
        return bad(item, Exit::cannot_create,
                   fmt::format("nothing can be made in {}: {}", there.native(), describe_errno(why)),
                   why == EROFS ? "the file system is read-only, or the systemd unit does not allow this path "
                                  "(ReadWritePaths=)"
                                : fmt::format("{} needs to write there: chown or chmod it, or run check as the "
                                              "collector's user",
                                              user()));
    }
    return good(item, there == fs::absolute(folder).lexically_normal()
                          ? fmt::format("{} can be written", folder.native())
                          : fmt::format("{} will be made in {}", folder.native(), there.native()));
}

struct Room {
    std::uint64_t available;
    std::uint64_t capacity;
};
std::optional<Room> room_of(const fs::path& path) {
    struct statvfs status {};
    if (::statvfs(nearest_folder(path).c_str(), &status) != 0) {
        return std::nullopt;
    }
    return Room{std::uint64_t{status.f_bavail} * status.f_frsize, std::uint64_t{status.f_blocks} * status.f_frsize};
}

/// One that begins with the name stands for the mode too.
std::string with_mode(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? fmt::format("{} ({:04o})", path, status.st_mode & 07777U) : path;
}

bool holds(const fs::path& file, std::string_view words) {
    constexpr std::size_t largest = std::size_t{1} << 20U;
    try {
        const auto text = read_file(file, largest);
        return text && text->find(words) != std::string::npos;
    } catch (const Failure&) {
        return false;
    }
}

/// A file of `folder` that starts the program; empty: none.
fs::path cron_file(const fs::path& root) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{root / "etc/cron.d", error}) {
        if (holds(entry.path(), "aquila-fetch")) {
            return entry.path();
        }
    }
    return holds(root / "etc/crontab", "aquila-fetch") ? root / "etc/crontab" : fs::path{};
}

}  // namespace

Finding check_secret(const SourceConfig& source, const Environment& environment) {
    constexpr std::string_view item = "secret";
    const bool granted = source.is_granted();
    const auto& file = granted ? source.client_secret_file : source.token_file;
    const Secret& in_ini = granted ? source.client_secret : source.token;
    const std::string what = granted ? "client secret" : "token";
    try {
        static_cast<void>(granted ? find_client_secret(source, environment) : find_token(source, environment));
    } catch (const Failure& failure) {
        return bad(item, failure);
    }
    if (!file.empty()) {
        return good(item, fmt::format("the {} is in {}", what, with_mode(file)));
    }
    const auto shipped = shipped_secret(source, granted ? "client_secret" : "token");
    if (struct stat status{}; ::stat(shipped.c_str(), &status) == 0 && (status.st_mode & 077U) != 0) {
        return warning(item, fmt::format("{}, which others may read", with_mode(shipped)),
                       fmt::format("chmod 600 {}", shipped.native()));
    }
    return good(item, fmt::format("the {} comes from {}", what,
                                  !in_ini.empty() ? "the configuration, which nobody else can read"
                                                  : "the environment (a systemd credential or a variable)"));
}

Finding check_output(const fs::path& output, bool replaced) {
    constexpr std::string_view item = "output";
    struct stat status {};
    const auto folder = output.has_parent_path() ? output.parent_path() : fs::path{"."};
    if (::lstat(output.c_str(), &status) != 0) {
        const int why = errno;
        if (why != ENOENT && why != ENOTDIR) {
            return bad(item, Exit::cannot_create,
                       fmt::format("{} cannot be looked at: {}", output.native(), describe_errno(why)),
                       fmt::format("{} needs access to its folder", user()));
        }
        return check_folder(item, folder);
    }
    if (!S_ISREG(status.st_mode)) {
        return bad(item, Exit::cannot_create, fmt::format("{} is no regular file", output.native()),
                   "no link and no special file may stand there: give the real path of a file");
    }
    if (replaced) {
        return check_folder(item, folder);
    }
    if (const int why = refused_access(output, W_OK); why != 0) {
        return bad(
            item, Exit::cannot_create, fmt::format("{} cannot be written: {}", output.native(), describe_errno(why)),
            fmt::format("{} needs to write it: chown or chmod it, or run check as the collector's user", user()));
    }
    return good(item, fmt::format("{} can be written, {} bytes so far", output.native(), status.st_size));
}

Finding check_state(const fs::path& state, const std::string& source) {
    try {
        refuse_foreign_folder(state, source);
    } catch (const Failure& failure) {
        return bad("state", failure);
    }
    return check_folder("state", state);
}

Finding check_metrics(const fs::path& file) {
    auto finding = check_folder("metrics", file.has_parent_path() ? file.parent_path() : fs::path{"."});
    return finding.mark == Mark::bad ? warning(finding.item, finding.text, finding.advice) : finding;
}

Finding judge_space(std::string_view item, std::uint64_t available, std::uint64_t capacity) {
    constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20U;
    const auto text = fmt::format("{} MiB free of {} MiB", available / mebibyte, capacity / mebibyte);
    if (available < 16 * mebibyte) {
        return bad(item, Exit::io, text, "make room: a run that cannot write ends with 74, and nothing is lost");
    }
    if (available < 1024 * mebibyte && available < capacity / 20) {
        return warning(item, text, "make room, or rotate and pack the output more often");
    }
    return good(item, text);
}

Finding check_space(const fs::path& output, const fs::path& state) {
    constexpr std::string_view item = "space";
    const auto of_output = room_of(output);
    const auto of_state = room_of(state);
    if (!of_output || !of_state) {
        return skipped(item, "the file system does not tell");
    }
    const auto& least = of_state->available < of_output->available ? *of_state : *of_output;
    return judge_space(item, least.available, least.capacity);
}

Finding check_lock(const fs::path& lock) {
    constexpr std::string_view item = "lock";
    const auto held = Lock::is_held(lock);
    if (!held) {
        return skipped(item, fmt::format("{} cannot be looked at by {}", lock.native(), user()));
    }
    return *held ? bad(item, Exit::busy, fmt::format("another run holds {}", lock.native()),
                       fmt::format("wait until it has ended; `ps -C aquila-fetch -o pid,args` shows it"))
                 : good(item, "free");
}

Finding check_timer(const std::string& source, const fs::path& root) {
    constexpr std::string_view item = "timer";
    const auto unit = fmt::format("aquila-fetch@{}.timer", source);
    constexpr std::array folders{"etc/systemd/system", "run/systemd/system", "usr/local/lib/systemd/system",
                                 "usr/lib/systemd/system", "lib/systemd/system"};
    for (const auto* const folder : folders) {
        std::error_code error;
        for (const auto& entry : fs::directory_iterator{root / folder, error}) {
            const bool wants = entry.path().extension() == ".wants" || entry.path().extension() == ".requires";
            if (wants && fs::is_symlink(fs::symlink_status(entry.path() / unit, error))) {
                return good(item, fmt::format("{} is enabled", unit));
            }
        }
    }
    if (const auto cron = cron_file(root); !cron.empty()) {
        return good(item, fmt::format("{} starts the program", cron.native()));
    }
    std::error_code error;
    if (!fs::is_directory(root / "run/systemd/system", error)) {
        return skipped(item, "no systemd here, and nothing in /etc/cron.d or /etc/crontab");
    }
    return warning(
        item, fmt::format("{} is not enabled", unit),
        fmt::format("systemctl enable --now {}; or have cron or another scheduler start aquila-fetch", unit));
}

}  // namespace aquila
