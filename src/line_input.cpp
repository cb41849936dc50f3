#include "aquila_fetch/line_input.hpp"

#include <array>
#include <cerrno>

#include <string.h>  // explicit_bzero is no part of <cstring>
#include <unistd.h>

namespace aquila {
namespace {

constexpr std::size_t longest = std::size_t{64} << 10U;

/// A process in the background that reads from its terminal is stopped.
bool is_in_background(int descriptor) noexcept {
    const pid_t foreground = ::tcgetpgrp(descriptor);
    return foreground >= 0 && foreground != ::getpgrp();
}

}  // namespace

LineInput::LineInput(int descriptor) : descriptor_{descriptor}, terminal_{::isatty(descriptor) == 1} {
    if (terminal_ && is_in_background(descriptor)) {
        descriptor_ = -1;
        terminal_ = false;
    }
    received_.reserve(longest);  // does not move, so that no copy stays behind
}

void LineInput::receive() {
    std::array<char, 4096> block{};
    const auto got = ::read(descriptor_, block.data(), block.size());
    if (got > 0 && received_.size() + static_cast<std::size_t>(got) <= longest) {
        received_.append(block.data(), static_cast<std::size_t>(got));
    } else if (got > 0) {
        wipe(received_);  // this is no line
        descriptor_ = -1;
    } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
        descriptor_ = -1;
    }
    ::explicit_bzero(block.data(), block.size());
}

std::optional<Secret> LineInput::take_line() {
    const auto end = received_.find('\n');
    if (end == std::string::npos && (descriptor_ >= 0 || received_.empty())) {
        return std::nullopt;
    }
    Secret line{std::string_view{received_}.substr(0, end)};
    received_.erase(0, end == std::string::npos ? end : end + 1);
    return line;
}

}  // namespace aquila
