#include "aquila_fetch/standard_output.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/packed.hpp"
#include "aquila_fetch/stop.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include <poll.h>
#include <unistd.h>

namespace aquila {
namespace {

/// A pipe that has room has room for so much: a write of it does not wait.
constexpr std::size_t at_a_time = PIPE_BUF;

[[noreturn]] void fail(int error) {
    throw Failure{Exit::io, fmt::format("standard output cannot be written: {}", describe_errno(error)),
                  error == EPIPE ? "whoever read it has ended; the next run begins with the records it may not have got"
                                 : "the next run begins with the records that may not have been written"};
}

/// Until something can be written, or will never be. A stop does not wait for a slow reader.
void wait_for_room() {
    std::array<pollfd, 2> ends{{{STDOUT_FILENO, POLLOUT, 0}, {stop::descriptor(), POLLIN, 0}}};
    while (::poll(ends.data(), ends.size(), -1) < 0) {
        if (errno != EINTR) {
            fail(errno);
        }
    }
    stop::check();
}

}  // namespace

Tail StandardOutput::find(const Announcement& announced) {
    return find_tail(announced, {});
}

std::optional<Berth> StandardOutput::ready(const Lines& /*lines*/) {
    return std::nullopt;
}

bool StandardOutput::append(std::string_view lines) {
    const auto packed = packing_ == Packing::none ? std::string{} : pack(lines, packing_);
    for (auto rest = packing_ == Packing::none ? lines : std::string_view{packed}; !rest.empty();) {
        wait_for_room();
        const auto got = ::write(STDOUT_FILENO, rest.data(), std::min(rest.size(), at_a_time));
        if (got < 0 && errno != EINTR && errno != EAGAIN) {
            fail(errno);
        }
        rest.remove_prefix(got > 0 ? static_cast<std::size_t>(got) : 0);
    }
    // A pipe has nothing to make durable, and says so.
    if (::fdatasync(STDOUT_FILENO) != 0 && errno != EINVAL && errno != EROFS && errno != ENOTSUP) {
        fail(errno);
    }
    return true;
}

void StandardOutput::finish(const Place& /*torn*/, std::size_t /*size*/, std::string_view rest) {
    append(rest);
}

void StandardOutput::cut(const Place& /*torn*/, std::size_t /*size*/) {}

}  // namespace aquila
