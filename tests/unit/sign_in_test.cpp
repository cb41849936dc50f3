// The wait for the code: real sockets on loopback and a real pipe, no browser and no terminal.
#include "aquila_fetch/sign_in.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/log.hpp"
#include "support/caught.hpp"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <future>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace aquila::sign_in_test {

using namespace std::chrono_literals;
using test::failure_of;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(Loopback, IsReadFromTheRedirectUri) {
    const auto usual = loopback_of("http://localhost:8910/callback");
    ASSERT_TRUE(usual);
    EXPECT_EQ(usual->host, "localhost");
    EXPECT_EQ(usual->port, 8910);
    EXPECT_EQ(usual->path, "/callback");
    EXPECT_EQ(loopback_of("http://LOCALHOST")->path, "/");
    EXPECT_EQ(loopback_of("http://localhost")->port, 80);
    EXPECT_EQ(loopback_of("http://127.0.0.1:1/")->host, "127.0.0.1");
    EXPECT_EQ(loopback_of("http://[::1]:8910/a/b")->host, "[::1]");
    EXPECT_EQ(loopback_of("http://[::1]:8910/a/b")->port, 8910);
    for (const char* const elsewhere : {"https://localhost:8910/callback", "https://example.com/callback",
                                        "http://example.com/", "http://192.168.0.1/", "", "localhost:8910"}) {
        EXPECT_FALSE(loopback_of(elsewhere)) << elsewhere;
    }
}

/// A port that was free a moment ago.
std::uint16_t free_port() {
    const Fd socket{::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    socklen_t size = sizeof address;
    ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), size);
    ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin6_port);
}

std::array<int, 2> open_pipe() {
    std::array<int, 2> ends{-1, -1};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    return ends;
}

class SignInTest : public testing::Test {
  protected:
    SignInTest() { log::configure({log::Level::off, log::Format::text}); }
    ~SignInTest() override {
        hang_up();
        ::close(ends[0]);
        log::configure({});
    }

    void type(std::string_view text) const {
        EXPECT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    }
    void hang_up() {
        if (ends[1] >= 0) ::close(std::exchange(ends[1], -1));
    }
    [[nodiscard]] Fd dial(int family = AF_INET) const {
        Fd socket{::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        int result = -1;
        if (family == AF_INET) {
            sockaddr_in address{};
            address.sin_family = AF_INET;
            address.sin_port = htons(port);
            address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            result = ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
        } else {
            sockaddr_in6 address{};
            address.sin6_family = AF_INET6;
            address.sin6_port = htons(port);
            address.sin6_addr = in6addr_loopback;
            result = ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
        }
        return result == 0 ? std::move(socket) : Fd{};
    }
    static void say(const Fd& socket, std::string_view text) {
        static_cast<void>(::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL));
    }
    static std::string hear(const Fd& socket) {
        std::string text;
        std::array<char, 4096> block;
        for (ssize_t got = 0; (got = ::recv(socket.get(), block.data(), block.size(), 0)) > 0;) {
            text.append(block.data(), static_cast<std::size_t>(got));
        }
        return text;
    }
    [[nodiscard]] std::string get(std::string_view target, int family = AF_INET) const {
        const auto socket = dial(family);
        say(socket, fmt::format("GET {} HTTP/1.1\r\nHost: localhost:{}\r\nAccept: */*\r\n\r\n", target, port));
        return hear(socket);
    }
    /// Waits in a thread of its own.
    std::future<std::string> wait(bool listening = true, Span limit = 20s) {
        if (listening) {
            callback.emplace(Loopback{"localhost", port, "/callback"});
        }
        return std::async(std::launch::async, [this, listening, limit] {
            return std::string{await_code({"5tate", listening ? &*callback : nullptr, input, clock, limit}).reveal()};
        });
    }

    std::array<int, 2> ends = open_pipe();
    LineInput input{ends[0]};
    SystemClock clock;
    std::uint16_t port = free_port();
    std::optional<Callback> callback;
};

TEST_F(SignInTest, TheBrowserBringsTheCodeByEitherFamily) {
    for (const int family : {AF_INET, AF_INET6}) {
        if (family == AF_INET6 && !dial(family) && errno == EADDRNOTAVAIL) {
            continue;  // a machine without IPv6
        }
        auto code = wait();
        const auto page = get("/callback?code=c0de&state=5tate", family);
        EXPECT_THAT(page, StartsWith("HTTP/1.1 200 OK\r\n"));
        EXPECT_THAT(page, HasSubstr("no-store"));
        EXPECT_THAT(page, HasSubstr("no-referrer"));
        EXPECT_THAT(page, Not(HasSubstr("c0de")));
        EXPECT_EQ(code.get(), "c0de");
        callback.reset();
    }
}

TEST_F(SignInTest, WhatDoesNotBelongHereIsAnsweredAndChangesNothing) {
    auto code = wait();
    const auto silent = dial();  // browsers open connections in advance
    const auto half = dial();
    say(half, "GET /callback?code=half&state=5tate HTTP/1.1\r\nHo");
    EXPECT_THAT(get("/favicon.ico"), StartsWith("HTTP/1.1 404 "));
    EXPECT_THAT(get("/"), StartsWith("HTTP/1.1 404 "));
    EXPECT_THAT(get("/callback2?code=c0de&state=5tate"), StartsWith("HTTP/1.1 404 "));
    EXPECT_THAT(get("/callback"), StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(get("/callback?code=wrong&state=other"), StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(get("/callback?code=wrong"), StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(get("/callback?error=access_denied&state=other"), StartsWith("HTTP/1.1 400 "));
    {
        const auto post = dial();
        say(post, "POST /callback?code=wrong&state=5tate HTTP/1.1\r\n\r\n");
        EXPECT_THAT(hear(post), StartsWith("HTTP/1.1 405 "));
        const auto garbage = dial();
        say(garbage, "\x16\x03\x01 this is no HTTP\r\n\r\n");
        EXPECT_THAT(hear(garbage), StartsWith("HTTP/1.1 405 "));
        const auto endless = dial();
        for (int i = 0; i < 40; ++i) {
            say(endless, std::string(1024, 'x'));
        }
        EXPECT_THAT(hear(endless), testing::AnyOf("", StartsWith("HTTP/1.1 431 ")));
    }
    std::vector<Fd> crowd;
    for (int i = 0; i < 40; ++i) {
        crowd.push_back(dial());
    }
    EXPECT_THAT(get("/callback?state=5tate&code=c0de"), StartsWith("HTTP/1.1 200 "));
    EXPECT_EQ(code.get(), "c0de");
}

TEST_F(SignInTest, ARequestMayComeInPieces) {
    auto code = wait();
    const auto socket = dial();
    for (const char each : std::string_view{"GET /callback?code=c0de&state=5tate HTTP/1.1\r\nHost: x\r\n\r\n"}) {
        say(socket, {&each, 1});
        std::this_thread::yield();
    }
    EXPECT_THAT(hear(socket), StartsWith("HTTP/1.1 200 "));
    EXPECT_EQ(code.get(), "c0de");
}

TEST_F(SignInTest, ARefusalIsTold) {
    auto code = wait();
    EXPECT_THAT(get("/callback?error=access_denied&error_description=User+said+no&state=5tate"),
                HasSubstr("Access was not granted"));
    const auto failure = failure_of([&] { code.get(); });
    EXPECT_EQ(failure.code(), Exit::refused);
    EXPECT_THAT(failure.what(), HasSubstr("access_denied: User said no"));
    EXPECT_THAT(failure.hint(), HasSubstr("Accept"));
}

TEST_F(SignInTest, APastedAddressWillDo) {
    auto code = wait();
    type("\nhello there\nhttp://localhost:8910/callback?code=wrong&state=other\n");
    type("http://localhost:8910/callback?code=c0");
    type("de&state=5tate\n");
    EXPECT_EQ(code.get(), "c0de");
}

TEST_F(SignInTest, APastedCodeNeedsNoLineEndNorAListener) {
    auto code = wait(false);
    type("c0de");
    hang_up();
    EXPECT_EQ(code.get(), "c0de");
}

TEST_F(SignInTest, APastedRefusalIsTold) {
    auto code = wait(false);
    type("http://localhost:8910/callback?error=server_error&state=5tate\n");
    EXPECT_THAT(failure_of([&] { code.get(); }).hint(), HasSubstr("`redirect_uri`"));
}

TEST_F(SignInTest, TheWaitHasAnEnd) {
    auto nobody = wait(true, 30ms);
    EXPECT_EQ(failure_of([&] { nobody.get(); }).code(), Exit::unavailable);
    hang_up();
    auto nowhere = wait(false);
    EXPECT_THAT(failure_of([&] { nowhere.get(); }).what(), HasSubstr("no answer can come"));
}

TEST_F(SignInTest, WithTheInputAtItsEndTheBrowserStillCan) {
    hang_up();
    auto code = wait();
    EXPECT_THAT(get("/callback?code=c0de&state=5tate"), StartsWith("HTTP/1.1 200 "));
    EXPECT_EQ(code.get(), "c0de");
}

TEST_F(SignInTest, APortThatIsTakenIsNamed) {
    const Callback first{{"localhost", port, "/"}};
    const auto failure = failure_of([&] { const Callback second{{"localhost", port, "/"}}; });
    EXPECT_EQ(failure.code(), Exit::unavailable);
    EXPECT_THAT(failure.what(), HasSubstr(std::to_string(port)));
    EXPECT_THAT(failure.hint(), HasSubstr("`redirect_uri`"));
}

TEST_F(SignInTest, LinesComeOneByOne) {
    type("one\ntwo\n\nthr");
    input.receive();
    EXPECT_EQ(input.take_line()->reveal(), "one");
    EXPECT_EQ(input.take_line()->reveal(), "two");
    EXPECT_EQ(input.take_line()->reveal(), "");
    EXPECT_FALSE(input.take_line());
    EXPECT_FALSE(input.is_terminal());
    type("ee");
    hang_up();
    EXPECT_EQ(await_line(input, clock, 5s)->reveal(), "three");
    EXPECT_FALSE(await_line(input, clock, 5s));
    EXPECT_TRUE(input.ended());
}

TEST_F(SignInTest, ALineWithoutEndIsTheEnd) {
    std::thread writer{[this] {
        const std::string much(4096, 'x');
        for (int i = 0; i < 20 && ::write(ends[1], much.data(), much.size()) > 0; ++i) {
        }
        hang_up();
    }};
    while (!input.ended()) {
        input.receive();
    }
    std::array<char, 4096> rest;
    while (::read(ends[0], rest.data(), rest.size()) > 0) {
    }
    writer.join();
    EXPECT_FALSE(input.take_line());
}

}  // namespace aquila::sign_in_test
