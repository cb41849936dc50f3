#include "aquila_fetch/url.hpp"

#include <gtest/gtest.h>

#include <string>

namespace aquila::url_test {

TEST(Urls, ArePermittedOverTls) {
    for (const char* url : {"https://api.atlassian.com", "https://your-domain.atlassian.net/", "HTTPS://Example.COM",
                            "https://a:8443/jira", "https://jira.example/a/b/%20c", "https://10.0.0.1",
                            "https://[2001:db8::1]:443/x", "https://a_b.example", "https://xn--bcher-kva.example"}) {
        EXPECT_TRUE(is_permitted_url(url)) << url << " " << url_problem(url);
    }
}

TEST(Urls, ArePermittedInTheClearToLoopbackOnly) {
    for (const char* url : {"http://localhost", "http://LOCALHOST:80", "http://127.0.0.1:8910/callback",
                            "http://127.255.0.9", "http://[::1]:1234/x", "http://[0:0:0:0:0:0:0:1]"}) {
        EXPECT_TRUE(is_permitted_url(url)) << url << " " << url_problem(url);
    }
    for (const char* url : {"http://example.atlassian.net", "http://localhost.evil.example",
                            "http://127.0.0.1.evil.example", "http://localhosts", "http://10.0.0.1", "http://0.0.0.0",
                            "http://127.1", "http://0177.0.0.1", "http://128.0.0.1", "http://2130706433", "http://[::]",
                            "http://[::2]", "http://[::ffff:127.0.0.1]", "http://[1::1]"}) {
        EXPECT_FALSE(is_permitted_url(url)) << url;
        EXPECT_NE(url_problem(url).find("https"), std::string_view::npos);
    }
}

TEST(Urls, WithAUserPartAreRefusedAndNotShown) {
    for (const char* url : {"https://user:hunter2@example.com", "https://hunter2@example.com/x",
                            "http://hunter2@127.0.0.1", "https://example.com@evil.example", "https://@example.com"}) {
        EXPECT_EQ(url_problem(url), "must not hold a user name or password") << url;
    }
    EXPECT_TRUE(is_permitted_url("https://example.com/a@b")) << "in a path it is a letter like others";
}

TEST(Urls, WithQueryOrFragmentAreRefused) {
    for (const char* url :
         {"https://a.example/?x=1", "https://a.example?x", "https://a.example/#top", "https://a.example#@b"}) {
        EXPECT_EQ(url_problem(url), "must not have a query or fragment") << url;
    }
}

TEST(Urls, ThatParsersDisagreeAboutAreRefused) {
    for (const std::string& url : {std::string{""},
                                   std::string{"example.com"},
                                   std::string{"//example.com"},
                                   std::string{"https:/example.com"},
                                   std::string{"https://"},
                                   std::string{"https:///path"},
                                   std::string{"https://:443"},
                                   std::string{"ftp://example.com"},
                                   std::string{"file:///etc/passwd"},
                                   std::string{"javascript://x"},
                                   std::string{" https://example.com"},
                                   std::string{"https://example.com "},
                                   std::string{"https://exa mple.com"},
                                   std::string{"https://example.com\\@evil"},
                                   std::string{"https://a\tb"},
                                   std::string{"https://a\nb"},
                                   std::string{"https://a\0b", 11},
                                   std::string{"https://caf\xC3\xA9.example"},
                                   std::string{"https://a%2eb"},
                                   std::string{"https://.a"},
                                   std::string{"https://-a"},
                                   std::string{"https://a:"},
                                   std::string{"https://a:0"},
                                   std::string{"https://a:65536"},
                                   std::string{"https://a:80x"},
                                   std::string{"https://a:-1"},
                                   std::string{"https://a:+80"},
                                   std::string{"https://a:80:80"},
                                   std::string{"https://[::1"},
                                   std::string{"https://[]"},
                                   std::string{"https://[::1]x"},
                                   std::string{"https://[::1%25eth0]"},
                                   std::string{"https://[127.0.0.1]"},
                                   std::string{"https://["} + std::string(1000, ':') + "]",
                                   std::string{"https://a/<b>"},
                                   std::string{"https://a/`"}}) {
        EXPECT_FALSE(is_permitted_url(url)) << url;
        EXPECT_FALSE(url_problem(url).empty());
    }
    EXPECT_TRUE(is_permitted_url("https://a:65535"));
    EXPECT_TRUE(is_permitted_url("https://a:1"));
}

}  // namespace aquila::url_test
