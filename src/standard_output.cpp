#include "aquila_fetch/standard_output.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/lock.hpp"
#include "aquila_fetch/packed.hpp"
#include "aquila_fetch/stop.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <utility>

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace aquila {
namespace {

/// A write of so much is atomic, and a pipe that has room has room for it.
constexpr std::size_t at_a_time = PIPE_BUF;
/// Between two looks at what the reader has left, in milliseconds; growing.
constexpr int least_patience = 1;
constexpr int most_patience = 50;

[[noreturn]] void fail_stream(int error) {
    throw Failure{Exit::io, fmt::format("standard output cannot be written: {}", describe_errno(error)),
                  error == EPIPE ? "whoever read it has ended; the next run begins with the records it may not have got"
                                 : "the next run begins with the records that may not have been written"};
}

/// Whole lines as far as they go out at once; of a line that is longer, a part.
std::size_t next_piece(std::string_view rest) {
    if (rest.size() <= at_a_time) {
        return rest.size();
    }
    const auto end = rest.rfind('\n', at_a_time - 1);
    return end == std::string_view::npos ? at_a_time : end + 1;
}

bool has_longer_line(std::string_view lines) {
    while (lines.size() > at_a_time) {
        const auto end = lines.rfind('\n', at_a_time - 1);
        if (end == std::string_view::npos) {
            return true;
        }
        lines.remove_prefix(end + 1);
    }
    return false;
}

bool has_a_name(int pipe) {
    struct statfs status {};
    return ::fstatfs(pipe, &status) == 0 && status.f_type != PIPEFS_MAGIC;
}

}  // namespace

StandardOutput::StandardOutput(Packing packing, LineMark mark, int descriptor)
    : packing_{packing}, mark_{std::move(mark)}, descriptor_{descriptor} {
    struct stat status {};
    if (::fstat(descriptor_, &status) == 0) {
        kind_ = S_ISFIFO(status.st_mode)   ? Kind::pipe
                : S_ISSOCK(status.st_mode) ? Kind::socket
                : S_ISREG(status.st_mode)  ? Kind::file
                                           : Kind::other;
    }
    marked_ = mark_.within != nullptr && *mark_.within;
    within_ = marked_;
    open_anew();
    lock();
}

StandardOutput::~StandardOutput() {
    if (shares_lock_) {
        ::flock(descriptor_, LOCK_UN);  // whoever else has the descriptor would hold it on
    }
}

/// The flags of the inherited descriptor are shared with whoever else has it, and are not ours to change. Where it may
/// not be opened anew (it was made by another user), it serves as it is.
void StandardOutput::open_anew() {
    if (kind_ == Kind::pipe || kind_ == Kind::file) {
        const auto path = fmt::format("/proc/self/fd/{}", descriptor_);
        const int how = kind_ == Kind::pipe ? O_WRONLY | O_NONBLOCK : O_RDONLY;
        own_ = Fd{::open(path.c_str(), how | O_CLOEXEC | O_NOCTTY)};
    }
}

void StandardOutput::lock() {
    if (kind_ != Kind::file && !(kind_ == Kind::pipe && has_a_name(descriptor_))) {
        return;
    }
    if (!Lock::lock_descriptor(own_ ? own_.get() : descriptor_)) {
        throw Failure{Exit::busy, "standard output: another process holds its lock",
                      "another source or another aquila-fetch writes to this file or FIFO; give each source an output "
                      "of its own"};
    }
    shares_lock_ = !own_;
}

Tail StandardOutput::find(const Announcement& announced) {
    return find_tail(announced, {});
}

std::optional<Berth> StandardOutput::ready(const Lines& /*lines*/) {
    return std::nullopt;
}

/// A file that can be read tells by itself; of anything else the mark does.
bool StandardOutput::begins_within_line() const {
    if (packing_ != Packing::none) {
        return false;
    }
    if (kind_ != Kind::file || !own_) {
        return within_;
    }
    const auto whence = (::fcntl(descriptor_, F_GETFL) & O_APPEND) != 0 ? SEEK_END : SEEK_CUR;
    const auto end = ::lseek(whence == SEEK_END ? own_.get() : descriptor_, 0, whence);
    char last = '\n';
    return end > 0 && ::pread(own_.get(), &last, 1, end - 1) == 1 && last != '\n';
}

bool StandardOutput::keeps_mark() const {
    return mark_.within != nullptr && packing_ == Packing::none;
}

bool StandardOutput::may_be_cut_short(std::string_view lines) const {
    switch (kind_) {
        case Kind::pipe:
            return has_longer_line(lines);
        case Kind::socket:
            return true;
        case Kind::file:
            return !own_;
        case Kind::other:
            return false;
    }
    return false;
}

void StandardOutput::mark_within_line() {
    if (keeps_mark() && !marked_) {
        *mark_.within = true;
        mark_.save();
        marked_ = true;
    }
}

int StandardOutput::target() const {
    return kind_ == Kind::pipe && own_ ? own_.get() : descriptor_;
}

/// What came up of `events` within that many milliseconds (-1: however long it takes), and whether the reader is gone.
/// A stop ends the waiting, and is for the caller to look for.
short StandardOutput::look(short events, int patience) const {
    std::array<pollfd, 2> ends{{{target(), events, 0}, {stop::descriptor(), POLLIN, 0}}};
    while (::poll(ends.data(), ends.size(), patience) < 0) {
        if (errno != EINTR) {
            fail_stream(errno);
        }
    }
    return ends[0].revents;
}

ssize_t StandardOutput::put(std::string_view bytes) const {
    if (kind_ == Kind::socket) {
        return ::send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    return ::write(target(), bytes.data(), bytes.size());
}

void StandardOutput::write(std::string_view bytes) {
    while (!bytes.empty()) {
        static_cast<void>(look(POLLOUT, -1));
        stop::check();  // a stop does not wait for a slow reader
        const auto got = put(bytes.substr(0, kind_ == Kind::file ? bytes.size() : next_piece(bytes)));
        if (got < 0 && errno != EINTR && errno != EAGAIN) {
            fail_stream(errno);
        }
        if (got > 0) {
            within_ = bytes[static_cast<std::size_t>(got) - 1] != '\n';
            bytes.remove_prefix(static_cast<std::size_t>(got));
        }
    }
}

/// Bytes that were written, and nobody has read yet; 0 where that is not told.
int StandardOutput::unread() const {
    int left = 0;
    const auto question = kind_ == Kind::socket ? SIOCOUTQ : FIONREAD;
    return ::ioctl(descriptor_, question, &left) == 0 ? left : 0;
}

void StandardOutput::wait_until_read() const {
    if (kind_ != Kind::pipe && kind_ != Kind::socket) {
        return;
    }
    for (int patience = least_patience;; patience = std::min(2 * patience, most_patience)) {
        const bool empty = unread() == 0;
        const auto come = look(0, empty ? 0 : patience);
        // What the peer of a socket leaves unread when it closes goes with it, and is told as an error.
        if (empty && !(kind_ == Kind::socket && (come & POLLERR) != 0)) {
            return;
        }
        if (empty || ((come & (POLLERR | POLLHUP)) != 0 && unread() > 0)) {
            fail_stream(EPIPE);
        }
        stop::check();
    }
}

/// After a slice the loop saves; where the run ends early, what was saved before is put right here.
void StandardOutput::settle_mark(bool ends_early) noexcept {
    if (!keeps_mark()) {
        return;
    }
    *mark_.within = within_;
    try {
        if (ends_early && marked_ && !within_) {
            mark_.save();
        }
    } catch (...) {
        return;  // an empty line too many does no harm; the first error is the one to tell
    }
    marked_ = within_;
}

bool StandardOutput::append(std::string_view lines) {
    std::string made;
    if (packing_ != Packing::none) {
        made = pack(lines, packing_);
    } else if (begins_within_line()) {
        made = "\n";
        made += lines;
    }
    const std::string_view bytes = made.empty() ? lines : made;
    if (may_be_cut_short(bytes)) {
        mark_within_line();
    }
    try {
        write(bytes);
        if (mark_.within != nullptr) {
            wait_until_read();
        }
        // Not every filesystem has something to make durable.
        if (kind_ == Kind::file && ::fdatasync(descriptor_) != 0 && errno != EINVAL && errno != ENOTSUP) {
            fail_stream(errno);
        }
    } catch (...) {
        settle_mark(true);
        throw;
    }
    settle_mark(false);
    return true;
}

void StandardOutput::finish(const Place& /*torn*/, std::size_t /*size*/, std::string_view rest) {
    append(rest);
}

void StandardOutput::cut(const Place& /*torn*/, std::size_t /*size*/) {}

}  // namespace aquila
