#include "aquila_fetch/object_store.hpp"

#include "aquila_fetch/key.hpp"
#include "aquila_fetch/md5.hpp"
#include "support/fakes.hpp"

#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aquila::object_store_test {

using test::FakeClock;
using test::FakeTransport;
using test::http_answer;
using test::http_stored;
using test::http_trouble;
using testing::ElementsAre;

std::string error_xml(const std::string& code, const std::string& more = {}) {
    return "<?xml version='1.0'?><Error><Code>" + code + "</Code><Message>what &amp; why</Message>" + more + "</Error>";
}

class Store : public testing::Test {
  protected:
    [[nodiscard]] ObjectStore store(FakeTransport& transport) const {
        return {{"logs", "https://s3.example.com/logs", "eu-west-1"},
                {"id", Secret{std::string_view{"key"}}, Secret{std::string_view{"session"}}},
                transport,
                clock};
    }
    [[nodiscard]] Failure refusal(const Response& response) const {
        return explain_refusal(response, {"logs", "https://s3.example.com/logs", "eu-west-1"}, clock.now());
    }
    FakeClock clock;
};

TEST_F(Store, PutsWholeAndSigned) {
    FakeTransport transport{{http_stored()}};
    store(transport).put("a/source=x/y.ndjson", "lines\n", "application/x-ndjson");
    ASSERT_EQ(transport.requests.size(), 1);
    const Request& sent = transport.requests.front();
    EXPECT_EQ(sent.method, "PUT");
    EXPECT_EQ(sent.url, "https://s3.example.com/logs/a/source%3Dx/y.ndjson");
    EXPECT_EQ(sent.body, "lines\n");
    EXPECT_TRUE(sent.authorization.empty());
    ASSERT_TRUE(sent.signing);
    EXPECT_EQ(sent.signing->region, "eu-west-1");
    EXPECT_EQ(sent.signing->access_key_id, "id");
    EXPECT_EQ(sent.signing->secret_key.reveal(), "key");
    EXPECT_EQ(sent.signing->session_token.reveal(), "session");
    EXPECT_THAT(sent.headers,
                testing::Contains(std::pair<std::string, std::string>{"x-amz-content-sha256", sha256_hex("lines\n")}));
    EXPECT_THAT(sent.headers,
                testing::Contains(std::pair<std::string, std::string>{"Content-MD5", md5_base64("lines\n")}));
}

TEST_F(Store, WhatNamesNoETagHasStoredNothing) {
    const std::pair<std::string, std::string> etag{"ETag", "\"1\""};
    for (const auto& answer : {http_answer(200), http_answer(200, "<!DOCTYPE html><p>log in</p>"),
                               http_answer(200, "\n <HTML><p>log in</p></HTML>", {etag}),
                               http_answer(200, "", {{"ETag", ""}}), http_answer(204, "", {etag})}) {
        FakeTransport transport{{answer}};
        try {
            store(transport).put("k", "lines\n", "application/x-ndjson");
            ADD_FAILURE() << answer.body;
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.code(), Exit::protocol) << failure.what();
        }
    }
}

TEST_F(Store, GetsWhatIsThere) {
    FakeTransport transport{{http_answer(200, "bytes"), http_answer(404, error_xml("NoSuchKey")),
                             http_answer(404, error_xml("NoSuchBucket")), http_answer(404, "<html>")}};
    auto there = store(transport);
    EXPECT_EQ(there.get("k"), "bytes");
    EXPECT_EQ(there.get("k"), std::nullopt);
    EXPECT_THROW(static_cast<void>(there.get("k")), Failure) << "a bucket that is gone is no object that is not there";
    EXPECT_THROW(static_cast<void>(there.get("k")), Failure);
}

TEST_F(Store, ListsPartByPart) {
    FakeTransport transport{
        {http_answer(200,
                     "<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
                     "<NextContinuationToken>a/b+c=</NextContinuationToken>"
                     "<Contents><Key>p/source%3Dx/1</Key></Contents>"
                     "<Contents><Key>p/2&amp;3+%2B</Key></Contents></ListBucketResult>"),
         http_answer(200,
                     "<ListBucketResult><IsTruncated>false</IsTruncated>"
                     "<Contents><Key>p/%3D+</Key></Contents></ListBucketResult>")}};
    auto there = store(transport);
    const auto first = there.list("p/source=x/");
    EXPECT_THAT(first.keys, ElementsAre("p/source=x/1", "p/2&3 +")) << "as in a form";
    const auto second = there.list("p/source=x/", first.next);
    EXPECT_THAT(second.keys, ElementsAre("p/%3D+")) << "not encoded, as it does not say so";
    EXPECT_EQ(second.next, "");
    EXPECT_EQ(transport.requests[0].url,
              "https://s3.example.com/logs/?encoding-type=url&list-type=2&max-keys=1000&prefix=p%2Fsource%3Dx%2F");
    EXPECT_EQ(transport.requests[1].url,
              "https://s3.example.com/logs/?continuation-token=a%2Fb%2Bc%3D&encoding-type=url&"
              "list-type=2&max-keys=1000&prefix=p%2Fsource%3Dx%2F")
        << "sorted by name, as it is signed";
}

TEST_F(Store, AListThatNeverEndsIsAnError) {
    const auto part = [](const std::string& next) {
        return http_answer(200, "<ListBucketResult><IsTruncated>true</IsTruncated>" + next + "</ListBucketResult>");
    };
    FakeTransport transport{
        {part(""), part("<NextContinuationToken>x</NextContinuationToken>"), http_answer(200, "<html>")}};
    auto there = store(transport);
    EXPECT_THROW(static_cast<void>(there.list("p")), Failure);
    EXPECT_THROW(static_cast<void>(there.list("p", "x")), Failure);
    EXPECT_THROW(static_cast<void>(there.list("p")), Failure);
}

TEST_F(Store, ARefusalNamesWhatToChange) {
    struct Case {
        int status;
        const char* code;
        Exit exit;
        const char* hint;
    };
    for (const auto& [status, code, exit, hint] : {Case{403, "SignatureDoesNotMatch", Exit::refused, "the key:"},
                                                   {403, "InvalidAccessKeyId", Exit::refused, "the key:"},
                                                   {403, "RequestTimeTooSkewed", Exit::refused, "the clock:"},
                                                   {403, "AccessDenied", Exit::refused, "the permission:"},
                                                   {400, "ExpiredToken", Exit::refused, "the key:"},
                                                   {404, "NoSuchBucket", Exit::protocol, "the bucket:"},
                                                   {400, "AuthorizationHeaderMalformed", Exit::protocol, "the region:"},
                                                   {301, "PermanentRedirect", Exit::protocol, "the region:"},
                                                   {503, "SlowDown", Exit::unavailable, "the next run"},
                                                   {500, "InternalError", Exit::unavailable, "the next run"},
                                                   {400, "InvalidRequest", Exit::protocol, "Object Lock"},
                                                   {400, "Whatever", Exit::protocol, "s3_endpoint"},
                                                   {403, "", Exit::refused, "the permission:"},
                                                   {401, "", Exit::refused, "the key:"},
                                                   {200, "Strange", Exit::protocol, "s3_endpoint"}}) {
        const auto failure = refusal(http_answer(status, error_xml(code)));
        EXPECT_EQ(failure.code(), exit) << code;
        EXPECT_NE(failure.hint().find(hint), std::string::npos) << code << ": " << failure.hint();
        EXPECT_NE(std::string{failure.what()}.find("logs"), std::string::npos) << failure.what();
    }
    const auto region =
        refusal(http_answer(400, error_xml("AuthorizationHeaderMalformed", "<Region>eu-north-1</Region>")));
    EXPECT_NE(region.hint().find("eu-north-1"), std::string::npos);
    const auto moved = refusal(http_answer(301, "", {{"x-amz-bucket-region", "eu-north-1"}}));
    EXPECT_NE(moved.hint().find("eu-north-1"), std::string::npos);
}

TEST_F(Store, AWrongClockIsSeenWhateverTheServiceSays) {
    const auto date = [](const char* text) { return http_answer(403, error_xml("AccessDenied"), {{"Date", text}}); };
    clock.set_now(parse_instant("2026-04-12T16:00:00Z").value());
    EXPECT_NE(refusal(date("Sun, 12 Apr 2026 18:00:00 GMT")).hint().find("the clock"), std::string::npos);
    EXPECT_NE(refusal(date("Sun, 12 Apr 2026 14:00:00 GMT")).hint().find("the clock"), std::string::npos);
    EXPECT_EQ(refusal(date("Sun, 12 Apr 2026 16:05:00 GMT")).hint().find("the clock"), std::string::npos);
}

TEST_F(Store, NetworkTroubleIsForTheNextRun) {
    for (const auto error :
         {TransportError::connect, TransportError::timeout, TransportError::tls, TransportError::cut}) {
        EXPECT_EQ(refusal(http_trouble(error, "what happened")).code(), Exit::unavailable);
    }
}

TEST_F(Store, AHostileAnswerStaysALine) {
    const std::string long_text(1'000'000, 'A');
    for (const auto& body :
         {"<Code>" + long_text + "</Code><Message>" + long_text + "</Message>",
          std::string{"<Code>{bucket}{0}</Code><Message>\x1b[31m{region}\n\nerror: faked\x9b</Message>"},
          std::string{"<Code></Code><Message>&#xD800;&#x110000;&#0;&#99999999999;&bogus;&#;&#x;&</"
                      "Message><Region>{x}\n</Region>"},
          std::string{"<Code><Code><Code>"}, std::string{"</Code><Code>"}, std::string{"<Code>AccessDenied"},
          std::string(3, '\0'), std::string{"<!DOCTYPE x [<!ENTITY a \"&b;&b;\">]><Code>&a;</Code>"}}) {
        const auto failure = refusal(http_answer(400, body));
        const std::string text = failure.what() + failure.hint();
        EXPECT_LT(text.size(), 1500);
        EXPECT_EQ(text.find('\n'), std::string::npos) << text;
        EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
        EXPECT_EQ(failure.code(), Exit::protocol);
    }
}

TEST(XmlTexts, AreUnescaped) {
    EXPECT_THAT(xml_texts("<a>1</a><b>x</b><a>&lt;2&gt; &#x41;&#66;&quot;&apos;&amp;amp;</a><a></a>", "a"),
                ElementsAre("1", "<2> AB\"'&amp;", ""));
    EXPECT_THAT(xml_texts("<a>1", "a"), ElementsAre());
    EXPECT_THAT(xml_texts("", "a"), ElementsAre());
}

TEST(BucketAddress, IsFoundInIniOrEnvironment) {
    const auto address = [](SourceConfig config, std::map<std::string, std::string> variables,
                            const char* bucket = "logs") {
        return find_address(config, bucket, [variables](const char* name) -> std::optional<std::string> {
            const auto found = variables.find(name);
            return found == variables.end() ? std::nullopt : std::optional{found->second};
        });
    };
    EXPECT_EQ(address({}, {}).base, "https://logs.s3.us-east-1.amazonaws.com");
    EXPECT_EQ(address({}, {}).region, "us-east-1");
    EXPECT_EQ(address({}, {{"AWS_REGION", "eu-west-1"}, {"AWS_DEFAULT_REGION", "x"}}).base,
              "https://logs.s3.eu-west-1.amazonaws.com");
    EXPECT_EQ(address({}, {}, "my.logs").base, "https://s3.us-east-1.amazonaws.com/my.logs");
    EXPECT_EQ(address({}, {{"AWS_REGION", "cn-north-1"}}).base, "https://logs.s3.cn-north-1.amazonaws.com.cn");
    EXPECT_EQ(address({}, {{"AWS_ENDPOINT_URL", "https://a.example.com/"}}).base, "https://a.example.com/logs");
    EXPECT_EQ(
        address({}, {{"AWS_ENDPOINT_URL", "https://a.example.com"}, {"AWS_ENDPOINT_URL_S3", "https://b.example.com"}})
            .base,
        "https://b.example.com/logs");
    SourceConfig own;
    own.s3_endpoint = "http://127.0.0.1:9000";
    own.s3_region = "here";
    EXPECT_EQ(address(own, {{"AWS_ENDPOINT_URL", "https://a.example.com"}, {"AWS_REGION", "there"}}).base,
              "http://127.0.0.1:9000/logs");
    EXPECT_EQ(address(own, {{"AWS_REGION", "there"}}).region, "here");
    for (const auto& [name, value] : {std::pair{"AWS_ENDPOINT_URL", "http://a.example.com"},
                                      {"AWS_ENDPOINT_URL", "ftp://x"},
                                      {"AWS_ENDPOINT_URL_S3", "https://u:p@x"},
                                      {"AWS_REGION", "evil.example.com/"}}) {
        EXPECT_THROW(static_cast<void>(address({}, {{name, value}})), Failure) << value;
    }
}

}  // namespace aquila::object_store_test
