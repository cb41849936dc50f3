#include "support/sim_server.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <optional>
#include <system_error>

namespace aquila::sim {
namespace {

constexpr std::size_t head_limit = std::size_t{256} << 10U;

bool send_all(int socket, std::string_view bytes, int flags = 0) {
    while (!bytes.empty()) {
        const auto sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | flags);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

/// The head waits for the body: two small packets would be answered late.
bool send_both(int socket, std::string_view head, std::string_view body) {
    return body.empty() ? send_all(socket, head) : send_all(socket, head, MSG_MORE) && send_all(socket, body);
}

bool send_stream(int socket, const HttpAnswer& answer) {
    std::string chunk;
    bool more = true;
    while (more) {
        chunk.clear();
        more = answer.stream(chunk);
        if (chunk.empty()) continue;
        if (!send_both(socket, fmt::format("{:x}\r\n", chunk.size()), chunk) || !send_all(socket, "\r\n")) return false;
    }
    return send_all(socket, "0\r\n\r\n");
}

bool receive(int socket, std::string& buffer) {
    std::array<char, 16384> block{};
    while (true) {
        const auto count = ::recv(socket, block.data(), block.size(), 0);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        buffer.append(block.data(), static_cast<std::size_t>(count));
        return true;
    }
}

void set_reset_on_close(int socket) {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

std::optional<std::size_t> read_length(std::string_view text) {
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional(length) : std::nullopt;
}

}  // namespace

HttpServer::HttpServer(std::uint16_t port, Handler handler) : handler_(std::move(handler)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (listener_ < 0 || ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_, 128) != 0 || ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        const int error = errno;
        if (listener_ >= 0) ::close(listener_);
        throw std::system_error(error, std::generic_category(), "cannot listen on 127.0.0.1");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
}

HttpServer::~HttpServer() {
    stop();
}

void HttpServer::stop() {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) return;
        stopping_ = true;
        ::shutdown(listener_, SHUT_RDWR);
        for (auto& connection : open_) {
            if (!connection.done) ::shutdown(connection.socket, SHUT_RDWR);
        }
    }
    wake_.notify_all();
    acceptor_.join();
    reap(true);
    ::close(listener_);
}

void HttpServer::accept_all() {
    while (true) {
        const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        reap(false);
        const std::lock_guard lock(mutex_);
        if (stopping_) {
            if (socket >= 0) ::close(socket);
            return;
        }
        if (socket < 0) continue;
        const int on = 1;
        ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        ++accepted_;
        auto& connection = open_.emplace_back();
        connection.socket = socket;
        connection.thread = std::thread([this, &connection] { serve(connection); });
    }
}

void HttpServer::reap(bool all) {
    std::list<Connection> finished;
    {
        const std::lock_guard lock(mutex_);
        for (auto next = open_.begin(); next != open_.end();) {
            const auto current = next++;
            if (all || current->done) finished.splice(finished.end(), open_, current);
        }
    }
    for (auto& connection : finished) connection.thread.join();
}

void HttpServer::serve(Connection& connection) {
    std::string buffer;
    while (exchange(connection.socket, buffer)) {
    }
    const std::lock_guard lock(mutex_);
    ::close(connection.socket);
    connection.done = true;
}

bool HttpServer::exchange(int socket, std::string& buffer) {
    auto end = buffer.find("\r\n\r\n");
    while (end == std::string::npos) {
        if (buffer.size() > head_limit || !receive(socket, buffer)) return false;
        end = buffer.find("\r\n\r\n");
    }
    auto request = parse_head(std::string_view(buffer).substr(0, end));
    buffer.erase(0, end + 4);
    if (!request) {
        send_all(socket, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        return false;
    }
    if (const auto length = read_length(request->header("Content-Length")); length && *length > 0) {
        if (same_name(request->header("Expect"), "100-continue") && buffer.size() < *length) {
            send_all(socket, "HTTP/1.1 100 Continue\r\n\r\n");
        }
        while (buffer.size() < *length) {
            if (!receive(socket, buffer)) return false;
        }
        request->body = buffer.substr(0, *length);
        buffer.erase(0, *length);
    }
    return deliver(socket, *request, handler_(*request)) && request->keep_alive;
}

bool HttpServer::deliver(int socket, const HttpRequest& request, HttpAnswer answer) {
    const auto delivery = answer.delivery;
    if (delivery.delay_ms > 0 && !pause(delivery.delay_ms)) return false;
    if (delivery.hang) {
        std::string ignored;
        while (receive(socket, ignored)) ignored.clear();
        return false;
    }
    if (delivery.gzip && !answer.stream && answer.body.size() > 512 &&
        request.header("Accept-Encoding").find("gzip") != std::string_view::npos) {
        answer.body = gzip(answer.body);
        answer.headers.emplace_back("Content-Encoding", "gzip");
        answer.headers.emplace_back("Vary", "Accept-Encoding");
    }
    if (!request.keep_alive) answer.headers.emplace_back("Connection", "close");
    const bool chunked = delivery.chunked || answer.stream;
    std::string head;
    if (chunked) {
        answer.headers.emplace_back("Transfer-Encoding", "chunked");
    } else if (answer.status != 204 && answer.status != 304) {
        const auto length = static_cast<std::int64_t>(answer.body.size()) + delivery.length_error.value_or(0);
        answer.headers.emplace_back("Content-Length", std::to_string(std::max<std::int64_t>(length, 0)));
    }
    head = format_head(answer);
    if (request.method == "HEAD") answer.body.clear();

    if (delivery.reset) {
        send_all(socket, (head + answer.body).substr(0, static_cast<std::size_t>(*delivery.reset)));
        if (*delivery.reset > 0) pause(20);  // lets the client read what came before the reset
        set_reset_on_close(socket);
        return false;
    }
    if (answer.stream) return send_all(socket, head) && send_stream(socket, answer) && !delivery.close;

    std::string_view body = answer.body;
    const bool cut = delivery.truncate && *delivery.truncate < static_cast<std::int64_t>(body.size());
    if (cut) body = body.substr(0, static_cast<std::size_t>(*delivery.truncate));
    std::string framed;
    if (chunked) {
        framed = fmt::format("{:x}\r\n{}", answer.body.size(), body);
        if (answer.body.empty())
            framed = "0\r\n\r\n";
        else if (!cut)
            framed += "\r\n0\r\n\r\n";
        body = framed;
    }
    const bool sent = delivery.bytes_per_second > 0
                          ? send_all(socket, head) && send_body(socket, body, delivery.bytes_per_second)
                          : send_both(socket, head, body);
    return sent && !cut && !delivery.close && delivery.length_error.value_or(0) == 0;
}

bool HttpServer::send_body(int socket, std::string_view body, std::int64_t bytes_per_second) {
    constexpr std::int64_t steps_per_second = 20;
    const auto step = static_cast<std::size_t>(std::max<std::int64_t>(1, bytes_per_second / steps_per_second));
    const auto wait = std::max<std::int64_t>(1, 1000 * static_cast<std::int64_t>(step) / bytes_per_second);
    while (!body.empty()) {
        if (!send_all(socket, body.substr(0, step)) || !pause(wait)) return false;
        body.remove_prefix(std::min(step, body.size()));
    }
    return true;
}

bool HttpServer::pause(std::int64_t milliseconds) {
    std::unique_lock lock(mutex_);
    return !wake_.wait_for(lock, std::chrono::milliseconds(milliseconds), [this] { return stopping_; });
}

}  // namespace aquila::sim
