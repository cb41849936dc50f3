// The benchmark's server, far faster than any client: pages lie in memory, and go out by one writev. HTTP/1.1 on
// 127.0.0.1, a thread for each connection; no credentials, no faults, no compression: for those there is
// atlassian_sim, whose records these are.
//   server PORT_FILE jira|confluence RECORDS SPAN [LATENCY_MS]      SPAN: how far back they reach, as in 20d
#include "prepared_pages.hpp"
#include "support/sim_http.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace {

using namespace aquila::sim;
using aquila::bench::PreparedPages;

PreparedPages::Asked read_query(const HttpRequest& request) {
    const auto number = [&](std::string_view cloud, std::string_view wiki, std::int64_t otherwise) {
        const auto text = request.parameter(cloud).value_or(request.parameter(wiki).value_or(""));
        const auto time = parse_integer(text) ? std::nullopt : parse_iso(text);
        return time ? time->millis : parse_integer(text).value_or(otherwise);
    };
    const PreparedPages::Asked all;
    return {number("offset", "start", all.offset), number("limit", "limit", all.limit),
            number("from", "startDate", all.from), number("to", "endDate", all.to)};
}

bool send_all(int socket, std::array<std::string_view, 4> parts) {
    std::array<iovec, 4> rest{};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        rest[i] = {const_cast<char*>(parts[i].data()), parts[i].size()};  // NOLINT: iovec is for reading, too
    }
    for (auto* part = rest.begin(); part != rest.end();) {
        auto sent = ::writev(socket, part, static_cast<int>(rest.end() - part));
        if (sent <= 0) {
            return false;
        }
        for (; part != rest.end() && static_cast<std::size_t>(sent) >= part->iov_len; ++part) {
            sent -= static_cast<ssize_t>(part->iov_len);
        }
        if (part != rest.end()) {
            part->iov_base = static_cast<char*>(part->iov_base) + sent;
            part->iov_len -= static_cast<std::size_t>(sent);
        }
    }
    return true;
}

void serve(int socket, const PreparedPages& log, std::chrono::milliseconds latency) {
    std::string heads;
    std::array<char, 4096> block{};
    for (ssize_t got = 0; (got = ::read(socket, block.data(), block.size())) > 0;) {
        heads.append(block.data(), static_cast<std::size_t>(got));
        const auto end = heads.find("\r\n\r\n");
        if (end == std::string::npos) {
            continue;
        }
        const auto request = parse_head(std::string_view{heads}.substr(0, end));
        heads.erase(0, end + 4);
        if (!request) {
            break;
        }
        std::this_thread::sleep_for(latency);
        const auto page = log.page(read_query(*request));
        const auto head =
            fmt::format("HTTP/1.1 200 OK\r\nDate: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                        format_http_date(system_now()), page.size());
        if (!send_all(socket, {head, page.before, page.records, page.after})) {
            break;
        }
    }
    ::close(socket);
}

}  // namespace

int main(int argc, char** argv) {
    const auto product = argc > 4 ? product_of(argv[2]) : std::nullopt;
    const auto records = argc > 4 ? parse_integer(argv[3]) : std::nullopt;
    const auto span = argc > 4 ? parse_span(argv[4]) : std::nullopt;
    if (!product || !records || *records < 1 || !span) {
        std::fputs("usage: server PORT_FILE jira|confluence RECORDS SPAN [LATENCY_MS]\n", stderr);
        return 64;
    }
    std::signal(SIGPIPE, SIG_IGN);  // a client that goes ends its own thread
    const std::chrono::milliseconds latency{argc > 5 ? std::atoi(argv[5]) : 0};
    const PreparedPages log{*product, *records, system_now() - *span, *span};
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener, 64) != 0 ||
        ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        std::perror("server");
        return 69;
    }
    std::ofstream{argv[1]} << ntohs(address.sin_port) << '\n';
    while (true) {
        const int socket = ::accept(listener, nullptr, nullptr);
        if (socket < 0) {
            continue;
        }
        const int on = 1;
        ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        std::thread{serve, socket, std::cref(log), latency}.detach();
    }
}
