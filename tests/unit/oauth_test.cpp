#include "aquila_fetch/oauth.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/log.hpp"
#include "support/fakes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aquila::oauth_test {

using namespace std::chrono_literals;
using test::FakeTransport;
using test::http_answer;
using test::http_trouble;
using testing::HasSubstr;
using testing::Not;

const std::string url = "https://auth.atlassian.com/oauth/token";

OauthClient client() {
    return {"the id", Secret{std::string_view{"s&=+%/ecret"}}, "https://auth.atlassian.com"};
}
Secret secret(std::string_view text) {
    return Secret{text};
}

enum class Kind { code, refresh, machine };

std::optional<Grant> ask(Kind kind, FakeTransport& transport) {
    switch (kind) {
        case Kind::code:
            return exchange_code(transport, client(), secret("c0de"), "http://localhost:8910/callback");
        case Kind::refresh:
            return refresh_grant(transport, client(), secret("r3fresh"));
        case Kind::machine:
            return request_token(transport, client());
    }
    return std::nullopt;
}
std::optional<Grant> ask(Kind kind, Response response) {
    FakeTransport transport{{std::move(response)}};
    return ask(kind, transport);
}
Failure refusal(Kind kind, Response response) {
    try {
        static_cast<void>(ask(kind, std::move(response)));
    } catch (const Failure& failure) {
        return failure;
    }
    ADD_FAILURE() << "nothing was thrown";
    return {Exit::ok, ""};
}
std::string error(std::string_view name, std::string_view description = "") {
    return std::string{R"({"error":")"}.append(name).append(R"(","error_description":")").append(description) + "\"}";
}
constexpr auto good =
    R"({"access_token":"eyJ.new","expires_in":3600,"scope":"a b","token_type":"Bearer","refresh_token":"eyJ.next"})";

TEST(Oauth, SendsAForm) {
    FakeTransport transport{{http_answer(200, good)}};
    static_cast<void>(ask(Kind::code, transport));
    static_cast<void>(ask(Kind::refresh, transport));
    static_cast<void>(ask(Kind::machine, transport));
    for (const auto& request : transport.requests) {
        EXPECT_EQ(request.method, "POST");
        EXPECT_EQ(request.url, url);
        EXPECT_TRUE(request.authorization.empty());
        ASSERT_EQ(request.headers.size(), 1U);
        EXPECT_EQ(request.headers[0].second, "application/x-www-form-urlencoded");
    }
    EXPECT_EQ(transport.requests[0].body,
              "grant_type=authorization_code&client_id=the%20id&client_secret=s%26%3D%2B%25%2Fecret&code=c0de"
              "&redirect_uri=http%3A%2F%2Flocalhost%3A8910%2Fcallback");
    EXPECT_EQ(transport.requests[1].body,
              "grant_type=refresh_token&client_id=the%20id&client_secret=s%26%3D%2B%25%2Fecret&refresh_token=r3fresh");
    EXPECT_EQ(transport.requests[2].body,
              "grant_type=client_credentials&client_id=the%20id&client_secret=s%26%3D%2B%25%2Fecret");
}

TEST(Oauth, ReadsAGrant) {
    for (const Kind kind : {Kind::code, Kind::refresh, Kind::machine}) {
        const auto grant = ask(kind, http_answer(200, good));
        ASSERT_TRUE(grant);
        EXPECT_EQ(grant->access_token.reveal(), "eyJ.new");
        EXPECT_EQ(grant->refresh_token.reveal(), "eyJ.next");
        EXPECT_EQ(grant->lifetime, 1h);
        EXPECT_EQ(grant->scopes, "a b");
    }
}

TEST(Oauth, ReadsWhatIsLeftOutOrOdd) {
    const std::pair<const char*, Span> lifetimes[] = {
        {R"("expires_in":60)", 60s},          {R"("expires_in":"1800")", 30min}, {R"("expires_in":1800.5)", 1800500ms},
        {R"("expires_in":1)", 1min},          {R"("expires_in":0)", 1h},         {R"("expires_in":-5)", 1h},
        {R"("expires_in":1e300)", 24h},       {R"("expires_in":null)", 1h},      {R"("expires_in":"soon")", 1h},
        {R"("expires_in":99999999999)", 24h}, {R"("expires_in":[1])", 1h},       {R"("x":1)", 1h},
    };
    for (const auto& [text, lifetime] : lifetimes) {
        const auto grant = ask(Kind::refresh, http_answer(200, std::string{R"({"access_token":"t",)"} + text + "}"));
        ASSERT_TRUE(grant) << text;
        EXPECT_EQ(grant->lifetime, lifetime) << text;
        EXPECT_TRUE(grant->refresh_token.empty());
    }
    EXPECT_TRUE(
        ask(Kind::refresh, http_answer(200, R"({"access_token":"t","refresh_token":null})"))->refresh_token.empty());
    EXPECT_EQ(
        ask(Kind::machine, http_answer(200, R"({"access_token":"t","token_type":"bearer"})"))->access_token.reveal(),
        "t");
    EXPECT_EQ(ask(Kind::machine, http_answer(200, R"({"access_token":"t","scope":"a\u0007b"})"))->scopes, "");
}

TEST(Oauth, WhatIsNoGrantIsRefused) {
    const std::string bodies[] = {
        "",
        "{}",
        "[]",
        "null",
        "\"eyJ.new\"",
        "<html>eyJ.new</html>",
        R"({"access_token":7})",
        R"({"access_token":""})",
        R"({"access_token":"two words"})",
        R"({"access_token":"a\r\nX-Evil: 1"})",
        R"({"access_token":"t\u00e4"})",
        R"({"access_token":"t","token_type":"mac"})",
        R"({"access_token":"t","refresh_token":"a b"})",
        R"({"access_token":")" + std::string(20'000, 'x') + "\"}",
        std::string(300'000, ' ') + good,
        std::string(100'000, '['),
        R"({"access_token":"eyJ.new")",
    };
    for (const auto& body : bodies) {
        const auto failure = refusal(Kind::refresh, http_answer(200, body));
        EXPECT_EQ(failure.code(), Exit::protocol) << body.substr(0, 60);
        EXPECT_THAT(failure.hint(), HasSubstr("`auth_url`"));
        EXPECT_THAT(failure.what() + failure.hint(), Not(HasSubstr("eyJ"))) << failure.what();
    }
    for (const int status : {201, 204, 302, 307}) {
        EXPECT_EQ(refusal(Kind::code, http_answer(status, good)).code(), Exit::protocol) << status;
    }
}

TEST(Oauth, ADeadGrantIsAValue) {
    const Response dead[] = {
        http_answer(403, error("unauthorized_client", "refresh_token is invalid")),
        http_answer(403, error("invalid_grant", "Unknown or invalid refresh token.")),
        http_answer(400, error("invalid_grant")),
        http_answer(401, error("invalid_grant")),
    };
    for (const auto& response : dead) {
        EXPECT_FALSE(ask(Kind::refresh, response)) << response.body;
    }
    EXPECT_EQ(refusal(Kind::refresh, http_answer(403, error("unauthorized_client", "app is disabled"))).code(),
              Exit::refused)
        << "not the refresh token's fault";
}

struct Row {
    Kind kind;
    int status;
    std::string body;
    Exit exit;
    const char* hint;
};

TEST(Oauth, RefusalsAreToldApart) {
    const Row rows[] = {
        {Kind::refresh, 401, error("access_denied", "Unauthorized"), Exit::refused, "`client_secret_file`"},
        {Kind::code, 401, error("access_denied", "Unauthorized"), Exit::refused, "`client_secret_file`"},
        {Kind::machine, 401, error("access_denied", "Unauthorized"), Exit::refused, "`client_secret_file`"},
        {Kind::code, 400, error("invalid_client"), Exit::refused, "`client_secret_file`"},
        {Kind::refresh, 401, "Unauthorized", Exit::refused, "`client_secret_file`"},
        {Kind::code, 403, error("invalid_grant", "Invalid authorization code"), Exit::refused, "aquila-fetch login"},
        {Kind::code, 403, error("unauthorized_client", "refresh_token is invalid"), Exit::refused, "developer console"},
        {Kind::machine, 403, error("unauthorized_client"), Exit::refused, "service account"},
        {Kind::machine, 403, error("unsupported_grant_type"), Exit::refused, "service account"},
        {Kind::machine, 400, error("invalid_scope"), Exit::refused, "`scopes`"},
        {Kind::refresh, 403, "{}", Exit::refused, "developer console"},
        {Kind::refresh, 403, "<html>Blocked</html>", Exit::protocol, "`proxy`"},
        {Kind::refresh, 404, "", Exit::protocol, "`auth_url`"},
        {Kind::refresh, 400, error("invalid_request"), Exit::protocol, "`auth_url`"},
        {Kind::refresh, 418, "[]", Exit::protocol, "`auth_url`"},
        {Kind::refresh, 407, "", Exit::unavailable, "proxy"},
        {Kind::refresh, 408, "", Exit::unavailable, "next run"},
        {Kind::refresh, 429, "", Exit::unavailable, "next run"},
        {Kind::refresh, 500, "<html>", Exit::unavailable, "next run"},
        {Kind::code, 503, error("invalid_grant"), Exit::unavailable, "next run"},
    };
    for (const auto& row : rows) {
        const auto failure = refusal(row.kind, http_answer(row.status, row.body));
        EXPECT_EQ(failure.code(), row.exit) << row.status << row.body << failure.what();
        EXPECT_THAT(failure.hint(), HasSubstr(row.hint)) << row.status << row.body << failure.what();
        EXPECT_THAT(std::string{failure.what()}, HasSubstr(url));
        EXPECT_THAT(std::string{failure.what()}, HasSubstr(std::to_string(row.status)));
    }
}

TEST(Oauth, TroubleBelowHttpIsUnavailable) {
    for (const auto kind : {TransportError::resolve, TransportError::connect, TransportError::timeout,
                            TransportError::cut, TransportError::tls}) {
        EXPECT_EQ(refusal(Kind::refresh, http_trouble(kind, "it went wrong")).code(), Exit::unavailable);
    }
    EXPECT_THAT(refusal(Kind::refresh, http_trouble(TransportError::resolve, "no address")).hint(),
                HasSubstr("`auth_url`"));
}

TEST(Oauth, NoSecretIsInAMessage) {
    const std::string echo = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJlc2lnbmF0dXJl";
    for (const int status : {200, 302, 400, 401, 403, 404, 429, 500}) {
        for (const auto kind : {Kind::code, Kind::refresh, Kind::machine}) {
            for (const auto& body : {error("oops", "token " + echo), error(echo), echo, "<html>" + echo,
                                     R"({"message":"Bearer )" + echo + "\"}"}) {
                const auto failure = refusal(kind, http_answer(status, body));
                EXPECT_THAT(failure.what() + failure.hint(), Not(HasSubstr("eyJ"))) << status << body;
                EXPECT_THAT(failure.what() + failure.hint(), Not(HasSubstr("ecret%"))) << status << body;
            }
        }
    }
}

}  // namespace aquila::oauth_test
