#include "aquila_fetch/http.hpp"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace aquila::http_test {

using namespace std::string_literals;

TEST(Response, FindsHeadersWhateverTheirCaseAndTheLastOfSeveral) {
    Response response;
    response.headers = {{"Retry-After", "1"}, {"retry-after", "2"}, {"Empty", ""}};
    EXPECT_EQ(response.header("RETRY-AFTER"), "2");
    EXPECT_EQ(response.header("Empty"), "");
    EXPECT_EQ(response.header("Retry"), "");
    EXPECT_EQ(response.header(""), "");
}

TEST(Response, ReadsItsDate) {
    Response response;
    EXPECT_EQ(response.date(), std::nullopt);
    response.headers = {{"date", "Sun, 12 Apr 2026 16:28:36 GMT"}};
    EXPECT_EQ(response.date(), Instant{std::chrono::seconds{1'776'011'316}});
    response.headers = {{"Date", "yesterday"}};
    EXPECT_EQ(response.date(), std::nullopt);
}

TEST(PercentEncode, LeavesOnlyUnreservedCharacters) {
    EXPECT_EQ(percent_encode("AZaz09-._~"), "AZaz09-._~");
    EXPECT_EQ(percent_encode("2026-04-12T16:28:36+0000"), "2026-04-12T16%3A28%3A36%2B0000");
    EXPECT_EQ(percent_encode("1637539714166,47 /?&=%"), "1637539714166%2C47%20%2F%3F%26%3D%25");
    EXPECT_EQ(percent_encode("\0\n\x7F\xC3\xA4"s), "%00%0A%7F%C3%A4");
    EXPECT_EQ(percent_encode(""), "");
}

TEST(OriginOf, TakesSchemeHostAndPort) {
    const std::pair<const char*, const char*> cases[] = {
        {"https://API.Atlassian.com/ex/jira?x#y", "https://api.atlassian.com"},
        {"HTTPS://example.net:8443", "https://example.net:8443"},
        {"https://example.net:443/", "https://example.net"},
        {"http://example.net:80?x", "http://example.net"},
        {"http://example.net:443", "http://example.net:443"},
        {"https://ada:pw@example.net/", "https://example.net"},
        {"https://evil.test@example.net/", "https://example.net"},
        {"https://example.net#@evil.test", "https://example.net"},
        {"http://[::1]:8080/x", "http://[::1]:8080"},
        {"socks5h://proxy:1080", "socks5h://proxy:1080"},
        {"", ""},
        {"/rest/api", ""},
        {"//example.net", ""},
        {"https:example.net", ""},
        {"https://", ""},
        {"https:///path", ""},
        {"https://:443/", ""},
        {"https://exa mple.net", ""},
        {"https://example.net\\@evil.test/", ""},
        {"https://exa\nmple.net", ""},
        {"1 /https://example.net", ""},
    };
    for (const auto& [url, origin] : cases) {
        EXPECT_EQ(origin_of(url), origin) << url;
    }
}

TEST(PrintableUrl, DropsWhatMayBeSecret) {
    const std::pair<const char*, const char*> cases[] = {
        {"https://example.net/rest/api?from=1&token=2", "https://example.net/rest/api"},
        {"https://example.net/rest#code=1", "https://example.net/rest"},
        {"https://ada:p@ss@example.net/x@y", "https://example.net/x@y"},
        {"http://ada:pw@[::1]:80", "http://[::1]:80"},
        {"//ada:pw@example.net/x", "//example.net/x"},
        {"ada:pw@proxy:3128", "proxy:3128"},
        {"/login.jsp?os_destination=%2F", "/login.jsp"},
        {"https://example.net?next=//ada:pw@x", "https://example.net"},
        {"", ""},
    };
    for (const auto& [url, printed] : cases) {
        EXPECT_EQ(printable_url(url), printed) << url;
    }
}

TEST(PrintableText, IsOneLineOfValidUtf8) {
    EXPECT_EQ(printable_text("  two\r\n\tlines \x1B[31m and\0more\x7F"s), "two lines [31m and more");
    EXPECT_EQ(printable_text("Zugriff verweigert: für Büro \xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\x98\x80"),
              "Zugriff verweigert: für Büro \xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\x98\x80");
    EXPECT_EQ(printable_text("a\xFF\xC0\xAF\xED\xA0\x80\xF5"
                             "b\xE2\x82"),
              "a b");  // invalid
    EXPECT_EQ(printable_text("a\xE2\x80\xAE"
                             "b\xC2\x85"
                             "c\xE2\x80\xA8"
                             "d\xEF\xBB\xBF"),
              "a b c d");  // turns, moves
    EXPECT_EQ(printable_text(" \n\t"), "");
    EXPECT_EQ(printable_text(""), "");
}

TEST(PrintableText, CutsBetweenCharacters) {
    EXPECT_EQ(printable_text(std::string(200, 'x')), std::string(200, 'x'));
    EXPECT_EQ(printable_text(std::string(201, 'x')), std::string(197, 'x') + "…");
    EXPECT_EQ(printable_text("ääää", 8), "ääää");
    EXPECT_EQ(printable_text("äääää", 8), "ää…");
    EXPECT_EQ(printable_text("abc", 2), "");
    for (std::size_t limit = 0; limit < 30; ++limit) {
        EXPECT_LE(printable_text("äöü€😀 äöü€😀 äöü€😀", limit).size(), limit);
    }
}

TEST(PrintableText, ShowsNoCredentials) {
    const std::string token = "ATATT3xFfGF0T4JVjdmAhcUbH3gTWz9Zp2xKk8Qw";
    const std::pair<std::string, std::string> cases[] = {
        {"got Basic YWRhOnNlY3JldA== here", "got Basic [redacted] here"},
        {"Authorization: bearer abc.def", "Authorization: bearer abc.def"},
        {"Authorization: BEARER a1b2c3d4", "Authorization: BEARER [redacted]"},
        {"auth=Basic%20YWRhOnB3", "auth=Basic%[redacted]"},
        {"{\"h\":\"Basic\\u0020" + token + "\"}", "{\"h\":\"Basic\\[redacted]\"}"},
        {"the key " + token + " is bad", "the key [redacted] is bad"},
        {"Basic Authentication has been disabled on this instance",
         "Basic Authentication has been disabled on this instance"},
        {"Basic Authentication Failure - Reason : AUTHENTICATED_FAILED",
         "Basic Authentication Failure - Reason : AUTHENTICATED_FAILED"},
        {"org 1324a887-45db-1bf4-1e99-ef0ff456d421 not found", "org 1324a887-45db-1bf4-1e99-ef0ff456d421 not found"},
        {"cannot GET /rest/api/3/Auditing/record", "cannot GET /rest/api/3/Auditing/record"},
        {"https://example.net/a1/B2/oauth/" + token, "https://example.net/a1/B2/oauth[redacted]"},
        {"Basic /a1B2/c3", "Basic [redacted]"},
        {"Bearer", "Bearer"},
    };
    for (const auto& [text, printed] : cases) {
        EXPECT_EQ(printable_text(text), printed);
    }
}

TEST(PrintableText, ShowsNoHalfOfACredentialAtTheCut) {
    const std::string token = "ATATT3xFfGF0T4JVjdmAhcUbH3gTWz9Zp2xKk8Qw";
    for (std::size_t blanks = 0; blanks < 1300; ++blanks) {
        std::string text;
        for (std::size_t i = 0; i < blanks; ++i) {
            text += i % 2 == 0 ? "-" : " ";
        }
        const std::string printed = printable_text(text + " " + token + " tail");
        EXPECT_EQ(printed.find("ATATT"), std::string::npos) << blanks;
    }
    const std::string endless = printable_text("Bearer " + std::string(100'000, 'a') + "1B");
    EXPECT_EQ(endless.find("aaaa"), std::string::npos);
}

TEST(IgnoringCase, ComparesAsciiLettersOnly) {
    EXPECT_TRUE(equals_ignoring_case("Retry-After", "retry-AFTER"));
    EXPECT_FALSE(equals_ignoring_case("a", "ab"));
    EXPECT_FALSE(equals_ignoring_case("@", "`"));
    EXPECT_TRUE(contains_ignoring_case("Unauthorized; Scope does not match", "SCOPE DOES"));
    EXPECT_TRUE(contains_ignoring_case("x", ""));
    EXPECT_FALSE(contains_ignoring_case("", "x"));
}

}  // namespace aquila::http_test
