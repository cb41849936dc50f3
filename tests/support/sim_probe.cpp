#include "support/sim_probe.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>

namespace aquila::sim {
namespace {

using Clock = std::chrono::steady_clock;

int open_connection(std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        ::close(socket);
        throw std::runtime_error("cannot connect");
    }
    return socket;
}

/// Takes chunk framing off; false when the last chunk is missing.
bool unchunk(std::string_view framed, std::string& body) {
    while (true) {
        const auto end = framed.find("\r\n");
        if (end == std::string_view::npos) return false;
        const auto size =
            static_cast<std::size_t>(std::strtoull(std::string(framed.substr(0, end)).c_str(), nullptr, 16));
        framed.remove_prefix(end + 2);
        if (size == 0) return true;
        body.append(framed.substr(0, size));
        if (framed.size() < size + 2) return false;
        framed.remove_prefix(size + 2);
    }
}

}  // namespace

std::string_view Probe::header(std::string_view name) const noexcept {
    const auto found = std::ranges::find_if(headers, [&](const auto& field) { return same_name(field.first, name); });
    return found == headers.end() ? std::string_view{} : std::string_view{found->second};
}

std::string basic(std::string_view email, std::string_view token) {
    return "Basic " + encode_base64(fmt::format("{}:{}", email, token));
}

Probe probe(std::uint16_t port, const ProbeRequest& request, std::chrono::milliseconds patience) {
    const auto started = Clock::now();
    const int socket = open_connection(port);
    auto text = fmt::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n", request.method,
                            request.target, port);
    for (const auto& [name, value] : request.headers) text += fmt::format("{}: {}\r\n", name, value);
    if (!request.body.empty()) text += fmt::format("Content-Length: {}\r\n", request.body.size());
    text += "\r\n" + request.body;
    for (std::string_view rest = text; !rest.empty();) {
        const auto sent = ::send(socket, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent <= 0) break;
        rest.remove_prefix(static_cast<std::size_t>(sent));
    }

    Probe result;
    std::string received;
    std::array<char, 65536> block{};
    while (true) {
        const auto left = patience - std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started);
        pollfd wait{.fd = socket, .events = POLLIN, .revents = 0};
        if (left.count() <= 0 || ::poll(&wait, 1, static_cast<int>(left.count())) <= 0) break;
        const auto count = ::recv(socket, block.data(), block.size(), 0);
        result.reset = count < 0 && errno == ECONNRESET;
        if (count <= 0) break;
        received.append(block.data(), static_cast<std::size_t>(count));
    }
    ::close(socket);
    result.took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started);

    const auto end = received.find("\r\n\r\n");
    if (end == std::string::npos) return result;
    result.status = std::atoi(received.c_str() + std::string_view("HTTP/1.1 ").size());
    // The status line stands where a request has its own; only the headers are wanted.
    if (auto head = parse_head("GET / HTTP/1.1\r\n" +
                               received.substr(received.find("\r\n") + 2, end - received.find("\r\n") - 2))) {
        result.headers = std::move(head->headers);
    }
    const auto body = std::string_view(received).substr(end + 4);
    if (same_name(result.header("Transfer-Encoding"), "chunked")) {
        result.whole = unchunk(body, result.body);
    } else {
        result.body = body;
        result.whole = result.header("Content-Length") == std::to_string(body.size());
    }
    return result;
}

}  // namespace aquila::sim
