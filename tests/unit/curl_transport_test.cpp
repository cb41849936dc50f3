#include "aquila_fetch/curl_transport.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/stop.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include "../../src/curl_ending.hpp"

namespace aquila::curl_transport_test {

using namespace std::chrono_literals;

/// What the server writes back, byte for byte, and what it does then.
struct Reply {
    std::string bytes;
    enum class Then { keep, close, hang } then = Then::keep;
};

/// Answers on 127.0.0.1, one connection after the other.
class Server {
  public:
    explicit Server(std::function<Reply(const std::string& request)> answer) : answer_{std::move(answer)} {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 8) != 0 ||
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
            ADD_FAILURE() << "cannot listen: " << describe_errno(errno);
        }
        port_ = ntohs(address.sin_port);
        thread_ = std::thread{[this] { serve(); }};
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server() {
        ending_ = true;
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }

    [[nodiscard]] std::string host() const { return fmt::format("127.0.0.1:{}", port_); }
    [[nodiscard]] std::string url(std::string_view path = "/") const {
        return fmt::format("http://{}{}", host(), path);
    }
    [[nodiscard]] int connections() const { return connections_; }
    [[nodiscard]] std::vector<std::string> requests() const {
        const std::lock_guard lock{mutex_};
        return requests_;
    }

  private:
    void serve() {
        for (int connection = 0; (connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
            ++connections_;
            talk(connection);
            ::close(connection);
        }
    }

    void talk(int connection) {
        while (const auto request = read_request(connection)) {
            const Reply reply = [&] {
                const std::lock_guard lock{mutex_};
                requests_.push_back(*request);
                return answer_(*request);
            }();
            std::string_view left = reply.bytes;
            while (!left.empty()) {
                const auto written = ::send(connection, left.data(), left.size(), MSG_NOSIGNAL);
                if (written <= 0) {
                    return;
                }
                left.remove_prefix(static_cast<std::size_t>(written));
            }
            if (reply.then == Reply::Then::close) {
                return;
            }
            if (reply.then == Reply::Then::hang) {
                wait_for_input(connection);  // the client's farewell
                return;
            }
        }
    }

    bool wait_for_input(int connection) const {
        while (!ending_) {
            pollfd waiting{connection, POLLIN, 0};
            if (::poll(&waiting, 1, 20) > 0) {
                return true;
            }
        }
        return false;
    }

    std::optional<std::string> read_request(int connection) const {
        std::string text;
        std::size_t whole = std::string::npos;
        while (text.size() < whole) {
            char buffer[4096];
            const auto got = wait_for_input(connection) ? ::recv(connection, buffer, sizeof buffer, 0) : 0;
            if (got <= 0) {
                return std::nullopt;
            }
            text.append(buffer, static_cast<std::size_t>(got));
            if (text[0] == '\x16') {
                return text;  // the hello of TLS, which we do not speak
            }
            if (const std::size_t end = text.find("\r\n\r\n"); end != std::string::npos) {
                const std::size_t length = text.find("Content-Length: ");
                whole = end + 4 + (length < end ? std::strtoul(text.c_str() + length + 16, nullptr, 10) : 0);
            }
        }
        return text;
    }

    std::function<Reply(const std::string&)> answer_;
    int listener_ = -1;
    int port_ = 0;
    std::atomic<int> connections_{0};
    std::atomic<bool> ending_{false};
    mutable std::mutex mutex_;
    std::vector<std::string> requests_;
    std::thread thread_;
};

std::function<Reply(const std::string&)> always(std::string bytes, Reply::Then then = Reply::Then::keep) {
    return [reply = Reply{std::move(bytes), then}](const std::string&) { return reply; };
}

std::string whole_answer(std::string_view body, std::string_view more_headers = {}) {
    return fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{}\r\n{}", body.size(), more_headers, body);
}

std::string chunked_answer(std::string_view body, std::string_view more_headers = {}) {
    return fmt::format("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n{}\r\n{:x}\r\n{}\r\n0\r\n\r\n", more_headers,
                       body.size(), body);
}

std::string gzipped(std::string_view text) {
    z_stream stream{};
    EXPECT_EQ(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    std::string packed(deflateBound(&stream, text.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

Request get(std::string url) {
    Request request;
    request.url = std::move(url);
    return request;
}

CurlOptions options_of_test() {
    CurlOptions options;
    options.connect_timeout = 2s;
    options.request_timeout = 5s;
    options.user_agent = "aquila-fetch/9.9";
    return options;
}

/// The environment of whoever runs the tests may name a proxy.
class CurlTransportTest : public testing::Test {
  protected:
    CurlTransportTest() {
        for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY", "CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
            ::unsetenv(name);
        }
    }
    CurlOptions options = options_of_test();
};

TEST_F(CurlTransportTest, SendsWhatAnApiNeedsAndGivesBackWhatItSaid) {
    const Server server{always("HTTP/1.1 200 Fine\r\nX-One: 1\r\nx-one:  2 \r\nContent-Length: 2\r\n\r\n{}")};
    CurlTransport transport{options};
    Request request = get(server.url("/rest/api?from=a%2Bb"));
    request.headers = {{"X-Atlassian-Token", "no-check"}};
    request.authorization = Secret{std::string_view{"Basic YWRhOnB3"}};
    const Response response = transport.send(request);

    EXPECT_EQ(response.error, TransportError::none) << response.error_text;
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "{}");
    EXPECT_GE(response.body.capacity(), response.body.size() + body_padding);
    EXPECT_EQ(response.header("X-One"), "2");
    EXPECT_EQ(response.headers.size(), 3U);

    const std::string sent = server.requests().at(0);
    EXPECT_TRUE(sent.starts_with("GET /rest/api?from=a%2Bb HTTP/1.1\r\n")) << sent;
    for (const std::string_view line :
         {"Accept: application/json", "User-Agent: aquila-fetch/9.9", "Accept-Encoding: gzip",
          "Authorization: Basic YWRhOnB3", "X-Atlassian-Token: no-check"}) {
        EXPECT_NE(sent.find(fmt::format("\r\n{}\r\n", line)), std::string::npos) << sent;
    }
}

TEST_F(CurlTransportTest, SignsAsAwsWantsItAndForThatRequestAlone) {
    const Server server{always(whole_answer("x"))};
    CurlTransport transport{options};
    Request request = get(server.url("/bucket/source%3Djira/x"));
    request.method = "PUT";
    request.body = "lines";
    request.headers = {{"x-amz-content-sha256", "0123"}};
    request.signing =
        AwsSigning{"eu-west-1", "a:b", Secret{std::string_view{"secret/+="}}, Secret{std::string_view{"session"}}};
    EXPECT_EQ(transport.send(request).status, 200);
    EXPECT_EQ(transport.send(get(server.url())).status, 200);
    const auto sent = server.requests().at(0);
    EXPECT_TRUE(sent.starts_with("PUT /bucket/source%3Djira/x HTTP/1.1\r\n")) << sent;
    EXPECT_NE(sent.find("Authorization: AWS4-HMAC-SHA256 Credential=a:b/"), std::string::npos) << sent;
    EXPECT_NE(sent.find("/eu-west-1/s3/aws4_request"), std::string::npos) << sent;
    EXPECT_NE(sent.find("\r\nx-amz-security-token: session\r\n"), std::string::npos) << sent;
    EXPECT_NE(sent.find(";x-amz-security-token"), std::string::npos) << "it is signed, too: " << sent;
    EXPECT_EQ(sent.find("secret"), std::string::npos);
    EXPECT_EQ(server.requests().at(1).find("uthorization"), std::string::npos) << server.requests().at(1);
}

TEST_F(CurlTransportTest, AnAcceptOfTheCallersOwnReplacesTheDefault) {
    const Server server{always(whole_answer("x"))};
    CurlTransport transport{options};
    Request request = get(server.url());
    request.headers = {{"accept", "text/csv"}};
    EXPECT_EQ(transport.send(request).status, 200);
    EXPECT_EQ(server.requests().at(0).find("application/json"), std::string::npos);
    EXPECT_EQ(server.requests().at(0).find("Authorization"), std::string::npos);
}

TEST_F(CurlTransportTest, PostsAndPutsABodyAndThenGetsAgainOverOneConnection) {
    const Server server{always(whole_answer("{}"))};
    CurlTransport transport{options};
    Request request = get(server.url("/a"));
    request.method = "POST";
    request.headers = {{"Content-Type", "application/json"}};
    request.body = R"({"grant_type":"refresh_token"})";
    EXPECT_EQ(transport.send(request).status, 200);
    request.method = "PUT";
    EXPECT_EQ(transport.send(request).status, 200);
    EXPECT_EQ(transport.send(get(server.url("/b"))).status, 200);

    const auto sent = server.requests();
    EXPECT_TRUE(sent.at(0).starts_with("POST /a ") && sent.at(0).ends_with("\r\n\r\n" + request.body)) << sent.at(0);
    EXPECT_NE(sent.at(0).find("Content-Type: application/json\r\n"), std::string::npos);
    EXPECT_TRUE(sent.at(1).starts_with("PUT /a ") && sent.at(1).ends_with("\r\n\r\n" + request.body)) << sent.at(1);
    EXPECT_TRUE(sent.at(2).starts_with("GET /b ") && sent.at(2).ends_with("\r\n\r\n")) << sent.at(2);
    EXPECT_EQ(sent.at(2).find("Content-"), std::string::npos);
    EXPECT_EQ(server.connections(), 1);
}

TEST_F(CurlTransportTest, UnpacksGzipAndKeepsRoomBehindIt) {
    std::string text;
    while (text.size() < 300'000) {
        text += R"({"summary":"Custom field created"},)";
    }
    for (const std::string& answer : {whole_answer(gzipped(text), "Content-Encoding: gzip\r\n"),
                                      chunked_answer(gzipped(text), "Content-Encoding: gzip\r\n")}) {
        const Server server{always(answer)};
        CurlTransport transport{options};
        for (int i = 0; i < 3; ++i) {
            const Response response = transport.send(get(server.url()));
            EXPECT_EQ(response.body, text) << response.error_text;
            EXPECT_GE(response.body.capacity(), response.body.size() + body_padding);
        }
    }
}

TEST_F(CurlTransportTest, ABodyWithoutLengthOrChunksIsReadToItsEnd) {
    const Server server{always("HTTP/1.1 200 OK\r\n\r\n" + std::string(100'000, 'x'), Reply::Then::close)};
    CurlTransport transport{options};
    const Response response = transport.send(get(server.url()));
    EXPECT_EQ(response.body, std::string(100'000, 'x'));
    EXPECT_GE(response.body.capacity(), response.body.size() + body_padding);
}

TEST_F(CurlTransportTest, AnEmptyBodyHasRoomToo) {
    const Server server{always("HTTP/1.1 204 No Content\r\n\r\n")};
    CurlTransport transport{options};
    const Response response = transport.send(get(server.url()));
    EXPECT_EQ(response.status, 204);
    EXPECT_GE(response.body.capacity(), body_padding);
}

TEST_F(CurlTransportTest, WhatEndsEarlyIsCut) {
    const std::string packed = gzipped(std::string(100'000, 'x'));
    const std::string answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n12345",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "",
        whole_answer(std::string{"this is not gzip at all"}, "Content-Encoding: gzip\r\n"),
    };
    for (const std::string& answer : answers) {
        const Server server{always(answer, Reply::Then::close)};
        CurlTransport transport{options};
        const Response response = transport.send(get(server.url()));
        EXPECT_EQ(response.error, TransportError::cut) << answer << response.error_text;
        EXPECT_EQ(response.status, 0);
        EXPECT_EQ(response.body, "");
        EXPECT_NE(response.error_text.find(server.host()), std::string::npos) << response.error_text;
    }
}

TEST_F(CurlTransportTest, ALengthThatIsTooShortCutsTheBodyThere) {
    const Server server{always("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n12345")};
    CurlTransport transport{options};
    EXPECT_EQ(transport.send(get(server.url())).body, "123");
    EXPECT_EQ(transport.send(get(server.url())).body, "123");  // and the rest is not taken for the next answer
}

TEST_F(CurlTransportTest, GoesOnAfterACutAnswer) {
    int asked = 0;
    const Server server{[&](const std::string&) {
        return ++asked == 1 ? Reply{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345", Reply::Then::close}
                            : Reply{whole_answer("{}"), Reply::Then::keep};
    }};
    CurlTransport transport{options};
    EXPECT_EQ(transport.send(get(server.url())).error, TransportError::cut);
    EXPECT_EQ(transport.send(get(server.url())).body, "{}");
}

TEST_F(CurlTransportTest, RefusesWhatIsLargerThanTheCap) {
    options.body_cap = 1000;
    const std::pair<std::string, bool> cases[] = {
        {whole_answer(std::string(1000, 'x')), true},
        {whole_answer(std::string(1001, 'x')), false},
        {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\nx", false},
        {chunked_answer(std::string(1000, 'x')), true},
        {chunked_answer(std::string(1001, 'x')), false},
        {whole_answer(gzipped(std::string(1000, 'x')), "Content-Encoding: gzip\r\n"), true},
        {whole_answer(gzipped(std::string(600'000, 'x')), "Content-Encoding: gzip\r\n"), false},  // packed: 700 bytes
    };
    for (const auto& [answer, fits] : cases) {
        const Server server{always(answer, Reply::Then::hang)};
        CurlTransport transport{options};
        const Response response = transport.send(get(server.url()));
        EXPECT_EQ(response.error, fits ? TransportError::none : TransportError::too_large) << answer.substr(0, 80);
        EXPECT_EQ(response.body.size(), fits ? 1000U : 0U);
        EXPECT_EQ(response.error_text.find("1000 bytes") != std::string::npos, !fits) << response.error_text;
    }
}

TEST_F(CurlTransportTest, AFloodOfHeadersEnds) {
    std::string answer = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 100'000; ++i) {
        answer += fmt::format("X-{}: {}\r\n", i, std::string(90, 'x'));
    }
    const Server server{always(answer + "\r\n", Reply::Then::close)};
    CurlTransport transport{options};
    const Response response = transport.send(get(server.url()));
    EXPECT_NE(response.error, TransportError::none);
}

TEST_F(CurlTransportTest, ARedirectIsGivenBack) {
    const Server server{always("HTTP/1.1 302 Found\r\nLocation: /login.jsp\r\nContent-Length: 0\r\n\r\n")};
    CurlTransport transport{options};
    Request request = get(server.url("/rest"));
    request.authorization = Secret{std::string_view{"Bearer x"}};
    const Response response = transport.send(request);
    EXPECT_EQ(response.status, 302);
    EXPECT_EQ(response.header("location"), "/login.jsp");
    EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(CurlTransportTest, InterimAnswersLeaveNoHeaders) {
    const Server server{always("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + whole_answer("{}"))};
    CurlTransport transport{options};
    const Response response = transport.send(get(server.url()));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.header("Link"), "");
}

TEST_F(CurlTransportTest, KeepsOneConnection) {
    const Server server{always(whole_answer("{}"))};
    CurlTransport transport{options};
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(transport.send(get(server.url())).status, 200);
    }
    EXPECT_EQ(server.connections(), 1);
}

TEST_F(CurlTransportTest, AConnectionTheServerClosedMeanwhileIsMadeAnew) {
    const Server server{always(whole_answer("{}"), Reply::Then::close)};
    CurlTransport transport{options};
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(transport.send(get(server.url())).status, 200);
    }
    EXPECT_EQ(server.connections(), 3);
}

TEST_F(CurlTransportTest, NobodyListening) {
    std::string url;
    {
        const Server gone{always("")};
        url = gone.url("/rest?token=secret");
    }
    CurlTransport transport{options};
    const Response response = transport.send(get(url));
    EXPECT_EQ(response.error, TransportError::connect);
    EXPECT_EQ(response.status, 0);
    EXPECT_EQ(response.error_text, fmt::format("cannot connect to {}: connection refused", origin_of(url).substr(7)));
}

TEST_F(CurlTransportTest, ANameWithoutAddress) {
    CurlTransport transport{options};
    const Response response = transport.send(get("https://no-such-host.invalid/"));
    EXPECT_EQ(response.error, TransportError::resolve);
    EXPECT_EQ(response.error_text, "no address found for the name no-such-host.invalid");
}

TEST_F(CurlTransportTest, ASilentServerMeetsTheTimeout) {
    options.request_timeout = 100ms;
    for (const char* bytes : {"", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"}) {
        const Server server{always(bytes, Reply::Then::hang)};
        CurlTransport transport{options};
        const Response response = transport.send(get(server.url()));
        EXPECT_EQ(response.error, TransportError::timeout);
        EXPECT_EQ(response.error_text, fmt::format("{} gave no whole answer within 100ms", server.host()));
    }
}

TEST_F(CurlTransportTest, OnlyHttpAndOnlyWithoutUser) {
    CurlTransport transport{options};
    for (const char* url : {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "", "nonsense",
                            "http://ada:hunter2hunter2@127.0.0.1/"}) {
        const Response response = transport.send(get(url));
        EXPECT_NE(response.error, TransportError::none) << url;
        EXPECT_EQ(response.status, 0);
        EXPECT_EQ(response.error_text.find("hunter2"), std::string::npos);
    }
}

TEST_F(CurlTransportTest, AnAnswerThatIsNotHttp) {
    const Server server{always("SSH-2.0-OpenSSH_9.2\r\n", Reply::Then::close)};
    CurlTransport transport{options};
    EXPECT_EQ(transport.send(get(server.url())).error, TransportError::other);
}

TEST_F(CurlTransportTest, PlainHttpBehindHttpsIsATlsTrouble) {
    const Server server{always("HTTP/1.1 400 Bad Request\r\n\r\n", Reply::Then::close)};
    CurlTransport transport{options};
    const Response response = transport.send(get("https://" + server.host()));
    EXPECT_EQ(response.error, TransportError::tls) << response.error_text;
}

TEST_F(CurlTransportTest, AProxySeesNoAuthorizationAndItsRefusalIsTold) {
    const Server proxy{
        always("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n"
               "Content-Length: 0\r\n\r\n",
               Reply::Then::close)};
    options.proxy = "http://ada:hunter2@" + proxy.host();
    CurlTransport transport{options};
    Request request = get("https://api.example.invalid/rest");
    request.authorization = Secret{std::string_view{"Bearer site-secret"}};
    const Response response = transport.send(request);
    EXPECT_EQ(response.error, TransportError::proxy);
    EXPECT_EQ(response.error_text,
              fmt::format("the proxy refused the way to api.example.invalid (through the proxy {}): it answered 407",
                          proxy.host()));
    const std::string sent = proxy.requests().at(0);
    EXPECT_TRUE(sent.starts_with("CONNECT api.example.invalid:443 HTTP/1.1\r\n")) << sent;
    EXPECT_EQ(sent.find("site-secret"), std::string::npos);
    EXPECT_NE(sent.find("Proxy-Authorization: Basic YWRhOmh1bnRlcjI="), std::string::npos) << sent;
}

TEST_F(CurlTransportTest, PlainHttpGoesThroughAProxyOnlyWhereThatStaysHere) {
    const Server server{always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", Reply::Then::close)};
    const Server proxy{always("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy", Reply::Then::close)};
    options.proxy = "http://" + proxy.host();
    EXPECT_EQ(CurlTransport{options}.send(get("http://" + server.host())).body, "proxy");
    options.proxy = "http://proxy.example.invalid:3128";
    EXPECT_EQ(CurlTransport{options}.send(get("http://" + server.host())).body, "{}");
}

TEST_F(CurlTransportTest, AProxyInTroubleIsAnotherMatter) {
    const Server proxy{always("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", Reply::Then::close)};
    options.proxy = proxy.host();
    CurlTransport transport{options};
    EXPECT_EQ(transport.send(get("https://api.example.invalid/")).error, TransportError::connect);
}

TEST_F(CurlTransportTest, AProxyNobodyListensOnKeepsItsPassword) {
    std::string host;
    {
        const Server gone{always("")};
        host = gone.host();
    }
    options.proxy = "http://ada:hunter2@" + host;
    CurlTransport transport{options};
    const Response response = transport.send(get("https://api.example.invalid/"));
    EXPECT_EQ(response.error, TransportError::connect);
    EXPECT_NE(response.error_text.find(host), std::string::npos) << response.error_text;
    EXPECT_EQ(response.error_text.find("hunter2"), std::string::npos) << response.error_text;
}

TEST_F(CurlTransportTest, AMalformedProxyIsAConfigurationErrorWithoutItsPassword) {
    for (const char* proxy :
         {"gopher://ada:hunter2@proxy:1", "http://", "http://ada:hunter2@", "http://ada:hunter2@pro xy"}) {
        options.proxy = proxy;
        try {
            const CurlTransport transport{options};
            ADD_FAILURE() << proxy;
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.code(), Exit::config);
            EXPECT_EQ(std::string{failure.what()}.find("hunter2"), std::string::npos);
        }
    }
    for (const char* proxy : {"proxy:3128", "socks5h://proxy", "HTTPS://ada:pw@proxy:1", "[::1]:3128"}) {
        options.proxy = proxy;
        EXPECT_NO_THROW(CurlTransport{options}) << proxy;
    }
}

TEST_F(CurlTransportTest, FilesThatCannotBeReadAreAConfigurationError) {
    const std::string nowhere = "/nonexistent/ca.pem";
    for (std::string CurlOptions::*file :
         {&CurlOptions::ca_file, &CurlOptions::client_cert_file, &CurlOptions::client_key_file}) {
        for (const std::string& path : {nowhere, std::string{"/tmp"}}) {
            CurlOptions with_file = options;
            with_file.*file = path;
            try {
                const CurlTransport transport{with_file};
                ADD_FAILURE() << path;
            } catch (const Failure& failure) {
                EXPECT_EQ(failure.code(), Exit::config);
                EXPECT_NE(std::string{failure.what()}.find(path), std::string::npos) << failure.what();
            }
        }
    }
}

TEST_F(CurlTransportTest, AHeaderCannotBeSmuggledIn) {
    const Server server{always(whole_answer("{}"))};
    CurlTransport transport{options};
    Request request = get(server.url());
    request.authorization = Secret{std::string_view{"Bearer abc\r\nX-Evil: 1"}};
    EXPECT_THROW((void)transport.send(request), Failure);
    request = get(server.url());
    request.headers = {{"X\n", "1"}};
    EXPECT_THROW((void)transport.send(request), Failure);
    EXPECT_EQ(transport.send(get(server.url("/\r\nX-Evil:1"))).status, 0);
    EXPECT_TRUE(server.requests().empty());
}

/// In a process of its own: a stop cannot be taken back.
[[noreturn]] void stop_while_hanging() {
    stop::install();
    const Server server{always("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345", Reply::Then::hang)};
    CurlOptions options = options_of_test();
    options.request_timeout = 60s;
    CurlTransport transport{options};
    std::thread killer{[&] {
        while (server.requests().empty()) {
            std::this_thread::yield();
        }
        ::kill(::getpid(), SIGTERM);
    }};
    int ending = 2;
    const auto start = std::chrono::steady_clock::now();
    try {
        (void)transport.send(get(server.url()));
    } catch (const Interrupted& interrupted) {
        ending = interrupted.signal() == SIGTERM && std::chrono::steady_clock::now() - start < 900ms ? 0 : 3;
    }
    killer.join();
    try {
        (void)transport.send(get(server.url()));
        ending = 4;
    } catch (const Interrupted&) {
    }
    std::_Exit(ending);
}

TEST_F(CurlTransportTest, AStopEndsAHangingTransferAtOnce) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(stop_while_hanging(), testing::ExitedWithCode(0), "");
}

struct EndingCase {
    int code;
    const char* said;
    TransportError error;
};

TEST(CurlEnding, KnowsWhatAnotherTryHelps) {
    const EndingCase cases[] = {
        {5, "", TransportError::resolve},
        {6, "Could not resolve host: x", TransportError::resolve},
        {7, "", TransportError::connect},
        {16, "", TransportError::cut},
        {18, "transfer closed with 5 bytes remaining to read", TransportError::cut},
        {23, "", TransportError::too_large},
        {28, "", TransportError::timeout},
        {35, "error:0A00010B:SSL routines::wrong version number", TransportError::tls},
        {35, "OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to x:443", TransportError::cut},
        {35, "OpenSSL SSL_connect: Connection reset by peer in connection to x:443", TransportError::cut},
        {52, "Empty reply from server", TransportError::cut},
        {55, "", TransportError::cut},
        {56, "Recv failure: Connection reset by peer", TransportError::cut},
        {58, "", TransportError::tls},
        {60, "SSL certificate problem: certificate has expired", TransportError::tls},
        {61, "", TransportError::cut},
        {63, "", TransportError::too_large},
        {77, "", TransportError::tls},
        {92, "HTTP/2 stream 1 was not closed cleanly", TransportError::cut},
        {97, "", TransportError::proxy},
        {3, "", TransportError::other},
        {-1, "", TransportError::other},
        {100'000, "", TransportError::other},
    };
    for (const EndingCase& row : cases) {
        CurlEnding ending;
        ending.code = row.code;
        ending.said = row.said;
        ending.host = "example.net";
        const Response response = explain(ending);
        EXPECT_EQ(response.error, row.error) << row.code << ' ' << row.said;
        EXPECT_EQ(response.status, 0);
        EXPECT_NE(response.error_text.find("example.net"), std::string::npos) << response.error_text;
        EXPECT_EQ(response.error_text.find('\n'), std::string::npos);
        EXPECT_EQ(response.error_text.find('{'), std::string::npos) << response.error_text;
    }
}

TEST(CurlEnding, NeverRepeatsAMalformedProxy) {
    for (const int code : {5, 7, 3, 1}) {
        CurlEnding ending;
        ending.code = code;
        ending.said = "Unsupported proxy syntax in 'http://ada:hunter2@x y'";
        EXPECT_EQ(explain(ending).error_text.find("hunter2"), std::string::npos) << code;
    }
}

}  // namespace aquila::curl_transport_test
