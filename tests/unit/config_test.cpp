#include "aquila_fetch/config.hpp"

#include "aquila_fetch/error.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace aquila::config_test {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 4> products{"jira", "confluence", "organization", "datacenter"};

Config parse(std::string_view text) {
    return parse_config(text, "x.ini", products);
}

/// The mistakes of a text, as the user sees them.
std::string mistakes(std::string_view text) {
    try {
        (void)parse(text);
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.code(), Exit::config);
        return failure.what();
    }
    return "none";
}

/// A section that is right, and lines more.
std::string jira(const std::string& lines) {
    return "[jira]\nsite = https://a.atlassian.net\nemail = a@b.c\n" + lines;
}

SourceConfig source_with(const std::string& lines) {
    return parse(jira(lines)).sources.at(0);
}

TEST(Config, OfTheReadme) {
    const auto config = parse(R"(; /etc/aquila-fetch/aquila-fetch.ini
[defaults]                       ; optional; what every source shares
state_dir = /var/lib/aquila-fetch
log_level = info

[jira]                           ; the section's name is the source's name
product    = jira                ; jira | confluence | organization | datacenter; left out: the section's name
cloud_id   = 1324a887-45db-1bf4-1e99-ef0ff456d421
auth       = basic
email      = admin@example.com
token_file = /etc/aquila-fetch/jira.token
output     = /var/log/aquila-fetch/jira/flattened.json
)");
    EXPECT_EQ(config.file, "x.ini");
    EXPECT_FALSE(config.holds_secrets);
    ASSERT_EQ(config.sources.size(), 1U);
    const auto& source = config.sources[0];
    EXPECT_EQ(source.name, "jira");
    EXPECT_EQ(source.line, 6U);
    EXPECT_EQ(source.product, "jira");
    EXPECT_EQ(source.cloud_id, "1324a887-45db-1bf4-1e99-ef0ff456d421");
    EXPECT_EQ(source.auth, Auth::basic);
    EXPECT_EQ(source.email, "admin@example.com");
    EXPECT_EQ(source.token_file, "/etc/aquila-fetch/jira.token");
    EXPECT_EQ(source.output, "/var/log/aquila-fetch/jira/flattened.json");
    EXPECT_EQ(source.state_dir, "/var/lib/aquila-fetch");
    EXPECT_EQ(source.log_level, log::Level::info);
}

TEST(Config, HasTheDefaultsOfTheManual) {
    const auto source = source_with("");
    EXPECT_EQ(source.product, "jira");
    EXPECT_EQ(source.auth, std::nullopt);
    EXPECT_EQ(source.effective_auth(), Auth::basic);
    EXPECT_EQ(source.redirect_uri, "http://localhost:8910/callback");
    EXPECT_EQ(source.output, "");
    EXPECT_EQ(source.effective_output(), "/var/log/aquila-fetch/jira/flattened.json");
    EXPECT_EQ(source.format, Format::flattened);
    EXPECT_EQ(source.output_mode, OutputMode::append);
    EXPECT_EQ(source.state_dir, "");
    EXPECT_EQ(source.initial_lookback, Span{24h});
    EXPECT_EQ(source.lookback, Span{1h});
    EXPECT_EQ(source.page_size, std::nullopt);
    EXPECT_EQ(source.concurrency, std::nullopt);
    EXPECT_EQ(source.requests_per_minute, std::nullopt);
    EXPECT_EQ(source.connect_timeout, Span{10s});
    EXPECT_EQ(source.request_timeout, Span{60s});
    EXPECT_EQ(source.retry_budget, Span{5min});
    EXPECT_EQ(source.api_url, "https://api.atlassian.com");
    EXPECT_EQ(source.auth_url, "https://auth.atlassian.com");
    EXPECT_EQ(source.log_level, std::nullopt);
    EXPECT_EQ(source.log_format, std::nullopt);
    EXPECT_EQ(parse("[datacenter]\nsite = https://jira.example").sources[0].effective_auth(), Auth::bearer);
}

// Every key of the table, one by one: a good value arrives, a bad one is refused at its line.
struct KeyCase {
    std::string good;
    bool (*arrived)(const SourceConfig&);
    std::vector<std::string> bad;
};

const std::map<std::string, KeyCase>& key_cases() {
    using S = const SourceConfig&;
    static const std::map<std::string, KeyCase> cases{
        {"product", {"confluence", [](S s) { return s.product == "confluence"; }, {"jiraa", "Jira", "two words"}}},
        {"cloud_id",
         {"ab-12-CD", [](S s) { return s.cloud_id == "ab-12-CD"; }, {"a/b", "a b", "../x", "a%2Fb", "a_b", "a.b"}}},
        {"site",
         {"https://jira.example:8443/context/",
          [](S s) { return s.site == "https://jira.example:8443/context"; },
          {"jira.example", "http://jira.example", "https://u:p@jira.example", "https://jira.example/?x", "https://"}}},
        {"organization_id", {"0b9c0d5e-1", [](S s) { return s.organization_id == "0b9c0d5e-1"; }, {"o/x", "ä"}}},
        {"auth", {"bearer", [](S s) { return s.auth == Auth::bearer; }, {"Bearer", "token", "none", "basic bearer"}}},
        {"email",
         {"admin@example.com", [](S s) { return s.email == "admin@example.com"; }, {"a:b@example.com", "\"a@b.c\""}}},
        {"token_file",
         {"/etc/a b.token", [](S s) { return s.token_file == "/etc/a b.token"; }, {"/etc/", "~/token", "'/x'"}}},
        {"token", {"a#b ;c=d", [](S s) { return s.token.reveal() == "a#b ;c=d"; }, {"a\tb"}}},
        {"client_id", {"AbC_1", [](S s) { return s.client_id == "AbC_1"; }, {"a b"}}},
        {"client_secret_file", {"/x", [](S s) { return s.client_secret_file == "/x"; }, {"/x/"}}},
        {"client_secret", {"s e # c", [](S s) { return s.client_secret.reveal() == "s e # c"; }, {"a\tb"}}},
        {"redirect_uri",
         {"http://127.0.0.1:9000/cb/",
          [](S s) { return s.redirect_uri == "http://127.0.0.1:9000/cb/"; },
          {"http://example.com", "x"}}},
        {"scopes",
         {"read:audit-log:jira offline_access",
          [](S s) { return s.scopes == "read:audit-log:jira offline_access"; },
          {"a, b", "a;b", "\"a\""}}},
        {"categories", {"user management,x", [](S s) { return s.categories == "user management,x"; }, {"'a'"}}},
        {"actions", {"User created", [](S s) { return s.actions == "User created"; }, {"\"a\""}}},
        {"users", {"10000,10001", [](S s) { return s.users == "10000,10001"; }, {"'a'"}}},
        {"affected_objects",
         {"PROJECT,1;USER,ada", [](S s) { return s.affected_objects == "PROJECT,1;USER,ada"; }, {"'a'"}}},
        {"search", {"two words", [](S s) { return s.search == "two words"; }, {"'a'"}}},
        {"scan_limit", {"5000", [](S s) { return s.scan_limit == 5000; }, {"0", "many"}}},
        {"own_searches", {"drop", [](S s) { return s.own_searches == OwnSearches::drop; }, {"hide", "Drop"}}},
        {"output",
         {"/var/log/x.json",
          [](S s) { return s.output == "/var/log/x.json"; },
          {"/var/log/", "gs://b/x", "s3://", "s3://B/x", "s3:///x", "s3://bucket/../x", "s3:/x/y", "S3://bucket/x"}}},
        {"compress", {"zstd", [](S s) { return s.compress == Packing::zstd; }, {"yes", "ZSTD", "xz"}}},
        {"s3_endpoint",
         {"https://s3.example.com/",
          [](S s) { return s.s3_endpoint == "https://s3.example.com"; },
          {"http://s3.example.com", "s3.example.com", "https://u:p@s3.example.com"}}},
        {"s3_region", {"eu-central-1", [](S s) { return s.s3_region == "eu-central-1"; }, {"a.example/", "EU", "a b"}}},
        {"s3_access_key_id", {"a:b", [](S s) { return s.s3_access_key_id == "a:b"; }, {"a b", "'a'"}}},
        {"s3_secret_key_file", {"/x", [](S s) { return s.s3_secret_key_file == "/x"; }, {"/x/"}}},
        {"s3_secret_key", {"s/+ # c", [](S s) { return s.s3_secret_key.reveal() == "s/+ # c"; }, {"a\tb"}}},
        {"format", {"ocsf", [](S s) { return s.format == Format::ocsf; }, {"json", "OCSF"}}},
        {"output_mode", {"replace", [](S s) { return s.output_mode == OutputMode::replace; }, {"truncate"}}},
        {"state_dir", {"/srv/state/", [](S s) { return s.state_dir == "/srv/state/"; }, {"~/state"}}},
        {"lock_file", {"/run/x.lock", [](S s) { return s.lock_file == "/run/x.lock"; }, {"/run/"}}},
        {"initial_lookback",
         {"30d", [](S s) { return s.initial_lookback == Span{24h * 30}; }, {"30", "-1h", "1y", "36501d", "1 h"}}},
        {"lookback", {"0s", [](S s) { return s.lookback == 0s; }, {"-1s", "0", "99999999999d"}}},
        {"page_size",
         {"1", [](S s) { return s.page_size == 1; }, {"0", "-1", "1.5", "+1", "abc", "99999999999", "1k", "0x10"}}},
        {"concurrency", {"64", [](S s) { return s.concurrency == 64; }, {"0", "65", "-4", "four"}}},
        {"requests_per_minute", {"1", [](S s) { return s.requests_per_minute == 1; }, {"0", "-1", "10/s"}}},
        {"connect_timeout", {"1ms", [](S s) { return s.connect_timeout == 1ms; }, {"0s", "25h", "10"}}},
        {"request_timeout", {"24h", [](S s) { return s.request_timeout == Span{24h}; }, {"0s", "2d", "inf"}}},
        {"retry_budget", {"0s", [](S s) { return s.retry_budget == 0s; }, {"31d", "-1s"}}},
        {"proxy",
         {"http://u:p@proxy:3128", [](S s) { return s.proxy == "http://u:p@proxy:3128"; }, {"ftp://proxy", "a b"}}},
        {"ca_file", {"/etc/ca.pem", [](S s) { return s.ca_file == "/etc/ca.pem"; }, {"/etc/ssl/"}}},
        {"client_cert_file", {"/etc/c.pem", [](S s) { return s.client_cert_file == "/etc/c.pem"; }, {"/etc/"}}},
        {"client_key_file",
         {"/etc/k.pem\nclient_cert_file = /etc/c.pem",
          [](S s) { return s.client_key_file == "/etc/k.pem"; },
          {"/etc/"}}},
        {"api_url",
         {"http://localhost:8080//",
          [](S s) { return s.api_url == "http://localhost:8080"; },
          {"http://api.example", "https://x@y"}}},
        {"auth_url",
         {"https://auth.example/", [](S s) { return s.auth_url == "https://auth.example"; }, {"auth.example"}}},
        {"metrics_file", {"/var/x.prom", [](S s) { return s.metrics_file == "/var/x.prom"; }, {"/var/x.txt", "/var/"}}},
        {"log_level", {"debug", [](S s) { return s.log_level == log::Level::debug; }, {"trace", "INFO"}}},
        {"log_format", {"json", [](S s) { return s.log_format == log::Format::json; }, {"xml"}}},
    };
    return cases;
}

TEST(ConfigKeys, AreAllCoveredHere) {
    std::set<std::string> covered;
    for (const auto& [key, value] : key_cases()) {
        covered.insert(key);
    }
    const auto names = config_keys();
    EXPECT_EQ(covered, (std::set<std::string>{names.begin(), names.end()}));
    EXPECT_EQ(names.size(), covered.size()) << "a key stands twice in the table";
}

/// A valid section in which `key` is not set yet, nor what says the same.
std::string section_without(const std::string& key) {
    static const std::set<std::string> of_datacenter{"categories", "actions",    "users",       "affected_objects",
                                                     "search",     "scan_limit", "own_searches"};
    const std::string product = of_datacenter.contains(key) ? "datacenter" : "jira";
    std::string text = "[s]\n";
    for (const auto& [name, line] : std::map<std::string, std::string>{{"product", "product = " + product + "\n"},
                                                                       {"site", "site = https://a.atlassian.net\n"},
                                                                       {"email", "email = a@b.c\n"}}) {
        text += name == key || (name == "site" && key == "cloud_id") ? "" : line;
    }
    return text;
}

TEST(ConfigKeys, TakeGoodValues) {
    for (const auto& [key, test] : key_cases()) {
        const auto config = parse(section_without(key) + key + " = " + test.good + "\n");
        EXPECT_TRUE(test.arrived(config.sources.at(0))) << key;
        EXPECT_FALSE(test.arrived(parse(jira("")).sources.at(0))) << key << ": the case proves nothing";
    }
}

TEST(ConfigKeys, TakeGoodValuesFromTheDefaults) {
    for (const auto& [key, test] : key_cases()) {
        const auto config = parse("[defaults]\n" + key + " = " + test.good + "\n" + section_without(key));
        EXPECT_TRUE(test.arrived(config.sources.at(0))) << key;
        EXPECT_EQ(config.sources.size(), 1U);
    }
}

TEST(ConfigKeys, RefuseBadValuesWithoutShowingThem) {
    for (const auto& [key, test] : key_cases()) {
        auto bad = test.bad;
        bad.emplace_back("");
        for (const auto& value : bad) {
            const auto before = section_without(key);
            const auto line = std::to_string(std::ranges::count(before, '\n') + 1);
            const auto text = mistakes(before + key + " = " + value + "\n");
            EXPECT_TRUE(text.starts_with("x.ini:" + line + ": '" + key + "' ")) << key << " = " << value << "\n"
                                                                                << text;
            EXPECT_EQ(text.find('\n'), std::string::npos) << "one mistake, one line: " << text;
        }
    }
}

TEST(ConfigKeys, AreRefusedInTheDefaultsOnce) {
    const auto text = mistakes("[defaults]\nconcurrency = 0\n" + jira("") +
                               "[wiki]\nproduct = confluence\nsite = https://a.atlassian.net\n");
    EXPECT_EQ(text, "x.ini:2: 'concurrency' must be a whole number from 1 to 64");
}

TEST(ConfigKeys, ThatAreUnknownAreToldWithTheNearest) {
    EXPECT_EQ(mistakes(jira("tokenfile = x\n")), "x.ini:4: unknown key 'tokenfile'; did you mean 'token_file'?");
    EXPECT_EQ(mistakes(jira("organisation_id = x\n")),
              "x.ini:4: unknown key 'organisation_id'; did you mean 'organization_id'?");
    EXPECT_EQ(mistakes(jira("password = x\n")), "x.ini:4: unknown key 'password'");
    EXPECT_EQ(mistakes(jira("Token_File = x\n")), "x.ini:4: unknown key; did you mean 'token_file'?");
    EXPECT_EQ(mistakes("[defaults]\nlog_leve = debug\n" + jira("")),
              "x.ini:2: unknown key 'log_leve'; did you mean 'log_level'?");
}

TEST(ConfigKeys, StandOnceInASection) {
    EXPECT_EQ(mistakes(jira("email = d@e.f\n")), "x.ini:4: 'email' stands at line 3 already");
    EXPECT_EQ(mistakes(jira("token = one\ntoken = two\ntoken = three\n")),
              "x.ini:5: 'token' stands at line 4 already\nx.ini:6: 'token' stands at line 5 already");
}

TEST(ConfigValues, SuggestTheNearestChoice) {
    EXPECT_EQ(mistakes(jira("auth = baisc\n")),
              "x.ini:4: 'auth' must be one of basic, bearer, oauth, client_credentials; did you mean 'basic'?");
    EXPECT_EQ(mistakes(jira("log_level = trace\n")),
              "x.ini:4: 'log_level' must be one of debug, info, warning, error, off");
}

TEST(ConfigSecrets, AreNeverShown) {
    const std::string secret = "ATATT3xFfGF0SECRETSECRET=4F3B";
    for (const std::string& lines : {
             "token = " + secret + "\ntoken = " + secret + "\n",
             "token = " + secret + "\t" + secret + "\n",
             "token = " + secret + "\x01\n",
             "tokn = " + secret + "\n",
             "token: " + secret + "\n",
             secret + "\n",
             "token = x\n" + secret + "\n",
             "[" + secret + "]\ntoken = x\n",
             "auth = " + secret + "\n",
             "page_size = " + secret + "\n",
             "lookback = " + secret + "\n",
             "cloud_id = " + secret + "\n",
             "product = " + secret + "\n",
             "output = " + secret + "/\n",
             "token_file = ~/" + secret + "\n",
             "api_url = https://" + secret + "@example.com\n",
             "proxy = socks9://" + secret + "@example.com\n",
             "client_secret = " + secret + "\nclient_secret = " + secret + "\n",
         }) {
        const auto text = mistakes(jira(lines));
        EXPECT_NE(text, "none") << lines;
        EXPECT_EQ(text.find("SECRET"), std::string::npos) << text;
        EXPECT_EQ(text.find("ATATT"), std::string::npos) << text;
    }
}

TEST(ConfigSecrets, KeepEveryByte) {
    std::string token;
    for (int i = 0; i < 4000; ++i) {
        token += static_cast<char>('!' + i % 94);  // '#', ';', '=', quotes, backslashes
    }
    EXPECT_EQ(source_with("token = " + token + "\n").token.reveal(), token);
    EXPECT_EQ(source_with("token = " + token + " ; no comment\r\n").token.reveal(), token + " ; no comment");
    EXPECT_EQ(source_with("client_secret =   a # b ").client_secret.reveal(), "a # b");
}

TEST(ConfigSecrets, MakeTheFileOneThatMustBePrivate) {
    EXPECT_FALSE(parse(jira("token_file = /x\n")).holds_secrets);
    EXPECT_TRUE(parse(jira("token = x\n")).holds_secrets);
    EXPECT_TRUE(parse(jira("client_secret = x\n")).holds_secrets);
    EXPECT_TRUE(parse("[defaults]\ntoken = x\n" + jira("")).holds_secrets);
    EXPECT_TRUE(parse(jira("proxy = http://user:password@proxy\n")).holds_secrets);
    EXPECT_FALSE(parse(jira("proxy = http://proxy:3128\n")).holds_secrets);
}

TEST(ConfigDefaults, AreLaidUnderEverySection) {
    const auto config = parse(R"([jira]
site = https://a.atlassian.net
lookback = 2h
[confluence]
site = https://a.atlassian.net
[defaults]
email = shared@example.com
lookback = 3h
concurrency = 8
)");
    ASSERT_EQ(config.sources.size(), 2U);
    EXPECT_EQ(config.sources[0].lookback, Span{2h});
    EXPECT_EQ(config.sources[1].lookback, Span{3h});
    EXPECT_EQ(config.sources[0].concurrency, 8);
    EXPECT_EQ(config.sources[1].email, "shared@example.com");
    EXPECT_EQ(config.sources[0].name, "jira");
    EXPECT_EQ(config.sources[1].line, 4U);
}

TEST(ConfigDefaults, AreNoSource) {
    EXPECT_EQ(mistakes("[defaults]\nlookback = 1h\n"), "x.ini: holds no source: add a section such as [jira]");
    EXPECT_EQ(mistakes(""), "x.ini: holds no source: add a section such as [jira]");
    EXPECT_EQ(mistakes("[defaults]\n[defaults]\n" + jira("")), "x.ini:2: section [defaults] stands at line 1 already");
}

TEST(ConfigDefaults, GiveWayWhereASectionSaysTheSameInAnotherWay) {
    const auto config = parse(R"([defaults]
email = a@b.c
site = https://a.atlassian.net
cloud_id = aaaa
token_file = /shared
client_secret = shared
[jira]
[own-token]
product = confluence
token = own
client_secret_file = /own
[own-site]
product = jira
site = https://b.atlassian.net
)");
    EXPECT_EQ(config.sources[0].token_file, "/shared");
    EXPECT_EQ(config.sources[0].cloud_id, "aaaa");
    EXPECT_EQ(config.sources[1].token_file, "");
    EXPECT_EQ(config.sources[1].token.reveal(), "own");
    EXPECT_TRUE(config.sources[1].client_secret.empty());
    EXPECT_EQ(config.sources[1].client_secret_file, "/own");
    EXPECT_EQ(config.sources[2].cloud_id, "") << "the id of another site than its own";
    EXPECT_EQ(config.sources[2].token_file, "/shared");
    const auto both = source_with("cloud_id = bbbb\ntoken = t\ntoken_file = /f\n");
    EXPECT_EQ(both.cloud_id, "bbbb");
    EXPECT_EQ(both.site, "https://a.atlassian.net");
    EXPECT_EQ(both.token_file, "/f");
    EXPECT_EQ(both.token.reveal(), "t");
}

TEST(ConfigMistakes, AreToldTogetherInTheOrderOfTheFile) {
    EXPECT_EQ(mistakes(R"(stray = 1
[defaults]
lookback = soon
[jira]
site = http://a.atlassian.net
emial = a@b.c
page_size = 0
what is this
[jira]
[.hidden]
auth = nothing
[confluence]
email = a@b.c
)"),
              "x.ini:1: a key before the first [section]\n"
              "x.ini:3: 'lookback' must be a span such as 90s, 15m, 1h or 30d\n"
              "x.ini:5: 'site' must begin with https://: plain http is for loopback hosts only\n"
              "x.ini:6: unknown key 'emial'; did you mean 'email'?\n"
              "x.ini:7: 'page_size' must be a whole number of at least 1\n"
              "x.ini:8: neither a comment, a [section] nor `key = value`\n"
              "x.ini:9: section [jira] stands at line 4 already\n"
              "x.ini:10: a section's header reads [name], the name of letters, digits, '.', '_' and '-', not beginning "
              "with a "
              "dot\n"
              "x.ini:11: 'auth' must be one of basic, bearer, oauth, client_credentials");
}

TEST(ConfigMistakes, OfAHostileFileStayAPage) {
    std::string text;
    for (int i = 0; i < 100'000; ++i) {
        text += "rubbish\n";
    }
    const auto told = mistakes(text);
    EXPECT_EQ(std::ranges::count(told, '\n'), 50);
    EXPECT_TRUE(told.ends_with("x.ini: 99950 more"));
}

TEST(ConfigMistakes, InTextThatIsNone) {
    EXPECT_EQ(mistakes(std::string_view{"[\0j\0]\0\n\0", 8}),
              "x.ini:1: a NUL byte: this is no text, or UTF-16\nx.ini:2: a NUL byte: this is no text, or UTF-16");
    EXPECT_EQ(mistakes("email = a@b.c\nsite = x\n"), "x.ini:1: a key before the first [section]");
}

TEST(ConfigProducts, AreTheSectionsNameWhenLeftOut) {
    EXPECT_EQ(parse("[confluence]\nsite = https://a.atlassian.net\n").sources[0].product, "confluence");
    EXPECT_EQ(parse("[defaults]\nproduct = jira\n[a]\ncloud_id = x\n").sources[0].product, "jira");
    EXPECT_EQ(mistakes("[jria]\nsite = https://a.atlassian.net\n"),
              "x.ini:1: 'product' is left out, so the section's name must be one of jira, confluence, organization, "
              "datacenter; did you mean 'jira'?");
    EXPECT_EQ(
        mistakes("[prod]\nsite = https://a.atlassian.net\nproduct = confluense\n"),
        "x.ini:3: 'product' must be one of jira, confluence, organization, datacenter; did you mean 'confluence'?");
    EXPECT_EQ(mistakes("[defaults]\nproduct = bitbucket\n[a]\n"),
              "x.ini:3: 'product' must be one of jira, confluence, organization, datacenter");
}

TEST(ConfigProducts, OfTheCloudNeedASite) {
    for (const std::string product : {"jira", "confluence"}) {
        EXPECT_EQ(mistakes("[" + product + "]\n"), "x.ini:1: [" + product + "] needs 'cloud_id' or 'site'");
        EXPECT_EQ(mistakes("[" + product + "]\nauth = bearer\n"),
                  "x.ini:1: [" + product + "] needs 'cloud_id' or 'site'");
        EXPECT_EQ(mistakes("[" + product + "]\ncloud_id = x\n"), "none");
        EXPECT_EQ(mistakes("[" + product + "]\nauth = oauth\nclient_id = x\n"), "none") << "the grant names the site";
        EXPECT_EQ(mistakes("[" + product + "]\nauth = client_credentials\nclient_id = x\nsite = https://x.example\n"),
                  "none");
        EXPECT_EQ(mistakes("[" + product + "]\nauth = client_credentials\nclient_id = x\n"),
                  "x.ini:1: [" + product + "] needs 'cloud_id' or 'site'")
            << "a service account's token does not tell";
        EXPECT_EQ(mistakes("[" + product + "]\nsite = https://a.atlassian.net/wiki/\n"),
                  "x.ini:1: [" + product + "] 'site' must end before /wiki");
    }
}

TEST(ConfigProducts, NeedWhatTheirWayToAuthoriseNeeds) {
    EXPECT_EQ(mistakes("[jira]\ncloud_id = x\nauth = basic\n"), "x.ini:1: [jira] needs 'email' for auth = basic");
    EXPECT_EQ(mistakes("[jira]\nauth = oauth\n"),
              "x.ini:1: [jira] needs 'client_id' for auth = oauth and client_credentials");
    EXPECT_EQ(mistakes("[jira]\ncloud_id = x\nclient_key_file = /k\n"),
              "x.ini:1: [jira] needs 'client_cert_file' for its 'client_key_file'");
}

TEST(ConfigProducts, OfTheOrganisation) {
    EXPECT_EQ(mistakes("[organization]\norganization_id = x\n"), "none");
    EXPECT_EQ(mistakes("[organization]\n"),
              "x.ini:1: [organization] needs 'organization_id', the id in https://admin.atlassian.com/o/ID");
    EXPECT_EQ(mistakes("[organization]\norganization_id = x\nauth = oauth\nclient_id = x\n"),
              "x.ini:1: [organization] an organisation is read with its API key: auth = bearer");
    EXPECT_EQ(mistakes("[organization]\norganization_id = x\nemail = a@b.c\n"),
              "x.ini:1: [organization] an organisation is read with its API key: auth = bearer (basic is assumed where "
              "'email' is set)");
    EXPECT_EQ(mistakes("[organization]\norganization_id = x\nemail = a@b.c\nauth = bearer\n"), "none");
}

TEST(ConfigProducts, OfTheDataCenter) {
    EXPECT_EQ(mistakes("[datacenter]\nsite = https://jira.example/jira\n"), "none");
    EXPECT_EQ(mistakes("[datacenter]\nsite = https://wiki.example/wiki\nemail = admin\n"), "none")
        << "a context path of its own";
    EXPECT_EQ(mistakes("[datacenter]\ncloud_id = x\n"), "x.ini:1: [datacenter] needs 'site', the base URL");
    EXPECT_TRUE(
        mistakes("[datacenter]\nsite = https://jira.example\nauth = oauth\nclient_id = x\n")
            .starts_with("x.ini:1: [datacenter] Data Center is read with a personal access token (auth = bearer)"));
}

TEST(ConfigProducts, WithoutRulesAreTaken) {
    constexpr std::array<std::string_view, 1> others{"bitbucket"};
    EXPECT_EQ(parse_config("[bitbucket]\n", "x.ini", others).sources[0].product, "bitbucket");
}

TEST(ConfigProducts, AreNotJudgedByHalfTheirKeys) {
    EXPECT_EQ(mistakes("[jira]\nsite = nowhere\n"),
              "x.ini:2: 'site' must be a URL such as https://your-domain.atlassian.net");
}

TEST(ConfigFiles, BelongToOneSource) {
    const auto with = [](const std::string& a, const std::string& b) {
        return mistakes("[a]\nproduct = jira\ncloud_id = x\n" + a + "[b]\nproduct = jira\ncloud_id = x\n" + b);
    };
    EXPECT_EQ(with("output = /l/x.json\n", "output = /l/x.json\n"),
              "x.ini:8: [b] 'output' is the same file as [a] 'output': each source needs its own");
    EXPECT_NE(with("output = /l/x.json\n", "output = /l/./y/..//x.json\n"), "none");
    EXPECT_NE(with("", "output = /var/log/aquila-fetch/a/flattened.json\n"), "none") << "the default of the other";
    EXPECT_NE(with("output = /var/log/aquila-fetch/b/../b/flattened.json\n", ""), "none");
    EXPECT_NE(with("lock_file = /l\n", "lock_file = /l\n"), "none") << "they would wait for each other";
    EXPECT_NE(with("metrics_file = /m.prom\n", "metrics_file = /m.prom\n"), "none");
    EXPECT_NE(with("output = /m.prom\n", "metrics_file = /m.prom\n"), "none");
    EXPECT_NE(with("output = /l\nlock_file = /l\n", ""), "none") << "in one source as well";
    EXPECT_EQ(with("output = s3://bucket/a/\n", "output = s3://bucket/a/\n"), "none")
        << "objects are named after the source";
    EXPECT_EQ(with("output = /l/x.json\n", "output = /l/y.json\n"), "none");
    EXPECT_EQ(with("output = -\n", "output = -\n"), "none");
    EXPECT_EQ(with("", ""), "none");
    EXPECT_EQ(mistakes("[defaults]\noutput = /l\n[jira]\ncloud_id = x\n[confluence]\ncloud_id = x\n"),
              "x.ini:5: [confluence] 'output' is the same file as [jira] 'output': each source needs its own");
    EXPECT_EQ(mistakes("[defaults]\noutput = /l\n[jira]\ncloud_id = x\n"), "none");
}

TEST(ConfigText, FromOtherSystemsIsTaken) {
    const auto config = parse("\xEF\xBB\xBF[jira]\r\ncloud_id = x\r\ntoken_file = /t ; where it is\r\n");
    EXPECT_EQ(config.sources.at(0).cloud_id, "x");
    EXPECT_EQ(config.sources.at(0).token_file, "/t");
}

TEST(ConfigText, WithoutALineEndIsTaken) {
    EXPECT_EQ(parse("[jira]\ncloud_id=x").sources.at(0).cloud_id, "x");
}

}  // namespace aquila::config_test
