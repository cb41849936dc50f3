#include "aquila_fetch/callback.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/http.hpp"
#include "aquila_fetch/secret.hpp"
#include "aquila_fetch/url.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace aquila {
namespace {

constexpr std::size_t longest_request = std::size_t{32} << 10U;
constexpr std::size_t most_connections = 16;  // browsers open some in advance and say nothing on them

/// The address to listen at, for a family.
struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;
};

Address address_of(const Loopback& where, int family) {
    Address address;
    if (family == AF_INET) {
        sockaddr_in plain{};
        plain.sin_family = AF_INET;
        plain.sin_port = htons(where.port);
        const char* const host = where.host == "localhost" ? "127.0.0.1" : where.host.c_str();
        ::inet_pton(AF_INET, host, &plain.sin_addr);
        std::memcpy(&address.storage, &plain, sizeof plain);
        address.size = sizeof plain;
    } else {
        sockaddr_in6 plain{};
        plain.sin6_family = AF_INET6;
        plain.sin6_port = htons(where.port);
        plain.sin6_addr = in6addr_loopback;
        std::memcpy(&address.storage, &plain, sizeof plain);
        address.size = sizeof plain;
    }
    return address;
}

std::string page(std::string_view status, std::string_view text) {
    const auto body = fmt::format(
        "<!doctype html><html lang=en><meta charset=utf-8><title>aquila-fetch</title>"
        "<body style=\"font:1.1em sans-serif;margin:4em auto;max-width:34em\"><h1>aquila-fetch</h1><p>{}</p></body>"
        "</html>\n",
        text);
    // no-store and no-referrer: the address of this page holds the code.
    return fmt::format(
        "HTTP/1.1 {}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n"
        "Referrer-Policy: no-referrer\r\nContent-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n"
        "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n{}",
        status, body.size(), body);
}

std::string page(Callback::Reply reply) {
    switch (reply) {
        case Callback::Reply::granted:
            return page("200 OK", "Access was granted. Close this window: the terminal tells how it goes on.");
        case Callback::Reply::refused:
            return page("200 OK", "Access was not granted. Close this window: the terminal tells more.");
        case Callback::Reply::foreign:
            break;
    }
    return page("400 Bad Request", "This answer does not belong to the login that is under way.");
}

}  // namespace

std::optional<Loopback> loopback_of(std::string_view redirect_uri) {
    constexpr std::string_view scheme = "http://";
    const auto origin = origin_of(redirect_uri);
    if (!origin.starts_with(scheme) || !is_permitted_url(redirect_uri)) {
        return std::nullopt;  // plain http is permitted for loopback alone
    }
    Loopback where;
    where.host = origin.substr(scheme.size());
    if (const auto colon = where.host.rfind(':'); colon != std::string::npos && where.host.back() != ']') {
        std::from_chars(where.host.data() + colon + 1, where.host.data() + where.host.size(), where.port);
        where.host.erase(colon);
    }
    const auto slash = redirect_uri.find('/', scheme.size());
    where.path = slash == std::string_view::npos ? "/" : std::string{redirect_uri.substr(slash)};
    return where;
}

Callback::Callback(Loopback where) : where_{std::move(where)} {
    const bool bracketed = where_.host.starts_with('[');
    if (!bracketed) {
        listen(AF_INET);
    }
    if (bracketed || where_.host == "localhost") {
        listen(AF_INET6);
    }
    if (listeners_.empty()) {
        throw Failure{Exit::unavailable,
                      fmt::format("cannot listen at {}:{}: no such address here", where_.host, where_.port)};
    }
}

void Callback::listen(int family) {
    const Address address = address_of(where_, family);
    Fd socket{::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    const int one = 1;
    const auto set = [&](int level, int option) { ::setsockopt(socket.get(), level, option, &one, sizeof one); };
    set(SOL_SOCKET, SO_REUSEADDR);
    if (family == AF_INET6) {
        set(IPPROTO_IPV6, IPV6_V6ONLY);
    }
    if (!socket || ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0 ||
        ::listen(socket.get(), most_connections) != 0) {
        const int reason = errno;
        if (reason == EAFNOSUPPORT || reason == EADDRNOTAVAIL) {
            return;  // a machine without IPv6, or with nothing else
        }
        // One family alone would not do: whoever has the other might get the code.
        throw Failure{Exit::unavailable,
                      fmt::format("cannot listen at {}:{}: {}", where_.host, where_.port, describe_errno(reason)),
                      "end what listens there, or register another port with the app and name it in `redirect_uri`"};
    }
    listeners_.push_back(std::move(socket));
}

std::vector<pollfd> Callback::watched() const {
    std::vector<pollfd> list;
    for (const auto& listener : listeners_) {
        list.push_back({listener.get(), POLLIN, 0});
    }
    for (const auto& connection : connections_) {
        list.push_back({connection.socket.get(), POLLIN, 0});
    }
    return list;
}

void Callback::serve(const std::vector<pollfd>& ready, const Handler& handler) {
    const auto is_ready = [&ready](const Fd& socket) {
        return std::ranges::any_of(ready,
                                   [&](const pollfd& entry) { return entry.fd == socket.get() && entry.revents != 0; });
    };
    std::erase_if(connections_,
                  [&](Connection& connection) { return is_ready(connection.socket) && !read(connection, handler); });
    for (const auto& listener : listeners_) {
        if (is_ready(listener)) {
            accept(listener.get());
        }
    }
}

void Callback::accept(int listener) {
    if (Fd socket{::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)}) {
        if (connections_.size() == most_connections) {
            connections_.erase(connections_.begin());
        }
        connections_.push_back({std::move(socket), {}});
    }
}

bool Callback::read(Connection& connection, const Handler& handler) const {
    std::array<char, 4096> block{};
    const auto got = ::recv(connection.socket.get(), block.data(), block.size(), 0);
    if (got <= 0) {
        return got < 0 && (errno == EAGAIN || errno == EINTR);
    }
    connection.received.append(block.data(), static_cast<std::size_t>(got));
    ::explicit_bzero(block.data(), block.size());
    const std::string_view text = connection.received;
    const bool whole = text.find("\r\n\r\n") != std::string_view::npos;
    if (!whole && text.size() <= longest_request) {
        return true;
    }
    // GET /callback?code=… HTTP/1.1
    const auto line = text.substr(0, text.find("\r\n"));
    const auto target = line.substr(0, line.rfind(' '));
    std::string answer;
    if (!whole) {
        answer = page("431 Request Header Fields Too Large", "This request is too long.");
    } else if (!target.starts_with("GET ")) {
        answer = page("405 Method Not Allowed", "Nothing but GET is answered here.");
    } else if (const auto question = target.find('?'); target.substr(4, question - 4) != where_.path) {
        answer = page("404 Not Found", "There is nothing here.");
    } else {
        answer = page(handler(question == std::string_view::npos ? std::string_view{} : target.substr(question + 1)));
    }
    [[maybe_unused]] const auto sent =
        ::send(connection.socket.get(), answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::shutdown(connection.socket.get(), SHUT_WR);
    wipe(connection.received);
    return false;
}

}  // namespace aquila
