#include "aquila_fetch/diagnosis.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "support/fakes.hpp"

namespace aquila::diagnosis_test {

using test::http_answer;
using test::http_trouble;
using Headers = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view gateway_url = "https://api.atlassian.com/ex/jira/1324a887/rest/api/3/auditing/record";
constexpr std::string_view site_url = "https://example.atlassian.net/rest/api/3/auditing/record";
constexpr std::string_view organization_url = "https://api.atlassian.com/admin/v1/orgs/o-1/events-stream";

Asked asked(std::string_view url, std::string_view auth = "basic") {
    return {.product = "Jira Cloud",
            .scopes = "read:audit-log:jira and read:user:jira",
            .permission = "the global permission Administer Jira",
            .auth = auth,
            .gateway = url == gateway_url,
            .url = std::string{url}};
}
const Asked gateway = asked(gateway_url);
const Asked gateway_bearer = asked(gateway_url, "bearer");
const Asked site = asked(site_url);
const Asked site_bearer = asked(site_url, "bearer");
const Asked organization = asked(organization_url, "bearer");
const Asked gateway_oauth = asked(gateway_url, "oauth");
const Asked gateway_service_account = asked(gateway_url, "client_credentials");

const Headers html = {{"Content-Type", "text/html;charset=UTF-8"}};
const Headers json = {{"Content-Type", "application/json"}};
constexpr const char* realm = R"(OAuth realm="https%3A%2F%2Fexample.atlassian.net")";

struct Case {
    const char* name;
    Response response;
    Asked asked;
    Exit exit;
    std::vector<std::string_view> what;  ///< what the error line must name, besides product, status and URL
    std::vector<std::string_view> hint;
};

const std::vector<Case>& cases() {
    static const std::vector<Case> all = {
        // --- atlassian-api, section 1: the credential meets the wrong door
        {"scoped token on the site",
         http_answer(401, "Client must be authenticated to access this resource.",
                     {{"Content-Type", "application/json"}, {"WWW-Authenticate", realm}}),
         site,
         Exit::refused,
         {"Client must be authenticated to access this resource."},
         {"`email`", "at most a year", "`cloud_id`", "https://example.atlassian.net/_edge/tenant_info"}},
        {"the same in an envelope",
         http_answer(401, R"({"errorMessages":["Client must be authenticated to access this resource."]})", json),
         site,
         Exit::refused,
         {"; the server says: Client must be authenticated to access this resource."},
         {"`cloud_id`"}},
        {"bearer that is no Connect token",
         http_answer(403, R"({"error": "Failed to parse Connect Session Auth Token"})", json),
         site_bearer,
         Exit::refused,
         {"Failed to parse Connect Session Auth Token"},
         {"`email`", "`auth = basic`", "`cloud_id`"}},
        {"OAuth token on the site",
         http_answer(401, "Client must be authenticated to access this resource.", json),
         site_bearer,
         Exit::refused,
         {"token was refused"},
         {"gateway", "`cloud_id`", "personal access token"}},
        {"unscoped or wrong token at the gateway",
         http_answer(401, R"({"code":401,"message":"Unauthorized"})", json),
         gateway,
         Exit::refused,
         {"; the server says: Unauthorized"},
         {"`email`", "at most a year", "read:audit-log:jira and read:user:jira", "`site`"}},
        {"the same as a bare word",
         http_answer(401, "Unauthorized"),
         gateway,
         Exit::refused,
         {"Unauthorized"},
         {"`site`"}},
        {"expired access token at the gateway",
         http_answer(401, R"({"code":401,"message":"Unauthorized"})", json),
         gateway_bearer,
         Exit::refused,
         {"access token was refused"},
         {"an hour", "`auth = basic`", "read:audit-log:jira"}},
        {"e-mail and token of different accounts",
         http_answer(401, "", {{"X-Failure-Category", "FAILURE_CLIENT_AUTH_MISMATCH"}}),
         site,
         Exit::refused,
         {"do not belong together"},
         {"`email`", "`cloud_id`", "/_edge/tenant_info"}},
        {"missing scope, by its words",
         http_answer(401, R"({"code":401,"message":"Unauthorized; scope does not match"})", json),
         gateway_bearer,
         Exit::refused,
         {"lacks a scope", "Unauthorized; scope does not match"},
         {"read:audit-log:jira and read:user:jira"}},
        {"missing scope, by its header",
         http_answer(401, R"({"code":401,"message":"Nicht berechtigt"})",
                     {{"x-failure-category", "FAILURE_CLIENT_SCOPE_CHECK"}}),
         gateway,
         Exit::refused,
         {"lacks a scope"},
         {"read:audit-log:jira and read:user:jira"}},
        {"missing scope of a login",
         http_answer(401, R"({"code":401,"message":"Unauthorized; scope does not match"})", json),
         gateway_oauth,
         Exit::refused,
         {"the login lacks a scope"},
         {"read:audit-log:jira and read:user:jira", "aquila-fetch login", "`scopes`"}},
        {"missing scope of a service account",
         http_answer(403, "", {{"X-Failure-Category", "FAILURE_CLIENT_SCOPE_CHECK"}}),
         gateway_service_account,
         Exit::refused,
         {"service account's credential lacks a scope"},
         {"read:audit-log:jira and read:user:jira"}},
        {"a login that was withdrawn",
         http_answer(401, R"({"code":401,"message":"Unauthorized"})", json),
         gateway_oauth,
         Exit::refused,
         {"the OAuth login was refused"},
         {"aquila-fetch login", "aquila-fetch sites"}},
        {"a service account without access",
         http_answer(401, R"({"code":401,"message":"Unauthorized"})", json),
         gateway_service_account,
         Exit::refused,
         {"the service account's token was refused"},
         {"`cloud_id`", "read:audit-log:jira"}},
        {"gateway without product, or with a wrong cloud id",
         http_answer(404, R"({"timestamp":"x","status":404,"error":"Not Found","message":"No message available"})",
                     json),
         gateway,
         Exit::protocol,
         {"No message available"},
         {"`cloud_id`", "https://SITE/_edge/tenant_info", "Jira Cloud"}},

        // --- section 9: Jira Cloud, Confluence Cloud
        {"no permission",
         http_answer(403, R"({"errorMessages":["Sie haben keine Berechtigung."],"errors":{}})", json),
         gateway,
         Exit::refused,
         {"Sie haben keine Berechtigung."},
         {"Administer Jira", "plan"}},
        {"Free plan, Jira",
         http_answer(403,
                     R"({"errorMessages":["Audit logs aren't available for this site as all of its Jira Cloud )"
                     R"(products are on Free plans"],"errors":{}})",
                     json),
         gateway,
         Exit::refused,
         {"plan", "on Free plans"},
         {"Standard"}},
        {"Free edition, Confluence",
         http_answer(403, "Cannot make this request because you are on Free edition. Please upgrade to standard."),
         gateway,
         Exit::refused,
         {"plan", "Free edition"},
         {"Standard"}},
        {"Confluence refuses a credential",
         http_answer(403,
                     R"({"statusCode":403,"message":"com.atlassian.confluence.mvc.rest.common.exception.)"
                     R"(StacklessResponseStatusException: 403 FORBIDDEN \"Request rejected because caller cannot )"
                     R"(access Confluence\""})",
                     json),
         site,
         Exit::refused,
         {R"(; the server says: 403 FORBIDDEN "Request rejected because caller cannot access Confluence")"},
         {"`email`", "`cloud_id`", "Administer Jira"}},
        {"Confluence, the other words",
         http_answer(403, R"({"message":"Current user not permitted to use Confluence","statusCode":403})", json),
         site,
         Exit::refused,
         {"not permitted to use Confluence"},
         {"may use Confluence"}},
        {"Basic value that is none",
         http_answer(401, "<html><title>HTTP Status 401 - Unauthorized</title></html>", html),
         site,
         Exit::refused,
         {"do not make a login"},
         {"`email`", "`token_file`", "colon"}},
        {"anonymous 200 with a failed login",
         http_answer(200, R"({"records":[]})", {{"X-Seraph-LoginReason", "AUTHENTICATED_FAILED"}}),
         site,
         Exit::refused,
         {"login failed"},
         {"`email`", "`token_file`"}},
        {"bad parameter",
         http_answer(400,
                     R"({"type":"about:blank","title":"Bad Request","status":400,"detail":"Failed to convert 'limit' )"
                     R"(with value: 'abc'","instance":"/rest/api/3/x"})",
                     {{"Content-Type", "application/problem+json;charset=UTF-8"}}),
         gateway,
         Exit::protocol,
         {"; the server says: Failed to convert 'limit' with value: 'abc'"},
         {"`page_size`", "--since"}},
        {"dead link",
         http_answer(404, "<!DOCTYPE html><p>Oops, you've found a dead link.", html),
         site,
         Exit::protocol,
         {},
         {"`site`", "context path"}},
        {"IP allowlist",
         http_answer(403, R"({"message":"Your IP address is not on the allowlist"})", json),
         gateway,
         Exit::refused,
         {"not allowed"},
         {"allowlist"}},
        {"a firewall's page", http_answer(403, "<html>blocked", html), gateway, Exit::refused, {}, {"`proxy`", "plan"}},
        {"removed",
         http_answer(410, R"({"errorMessages":["gone"]})", json),
         gateway,
         Exit::protocol,
         {"gone"},
         {"newer version"}},
        {"rate limit",
         http_answer(429, "", {{"Retry-After", "1847"}}),
         gateway,
         Exit::unavailable,
         {},
         {"next run", "`requests_per_minute`"}},
        {"balancer's page",
         http_answer(502, "<html>Bad Gateway", html),
         gateway,
         Exit::unavailable,
         {},
         {"next run", "status.atlassian.com"}},
        {"unavailable", http_answer(503), gateway, Exit::unavailable, {}, {"next run"}},
        {"internal error",
         http_answer(500, "java.lang.NullPointerException"),
         gateway,
         Exit::unavailable,
         {"NullPointer"},
         {}},
        {"request timeout", http_answer(408), gateway, Exit::unavailable, {}, {"next run"}},
        {"login page with 200",
         http_answer(200, "\n<!DOCTYPE html><title>Log in</title>", html),
         site,
         Exit::protocol,
         {"text/html;charset=UTF-8"},
         {"proxy", "`site`"}},
        {"something else", http_answer(418, "teapot"), gateway, Exit::protocol, {"teapot"}, {}},
        {"an empty success", http_answer(204), gateway, Exit::protocol, {}, {}},

        // --- section 5.3: Data Center
        {"wrong password",
         http_answer(401, "<html>Basic Authentication Failure - Reason : AUTHENTICATED_FAILED",
                     {{"Content-Type", "text/html"}, {"X-Seraph-LoginReason", "AUTHENTICATED_FAILED"}}),
         site,
         Exit::refused,
         {},
         {"`email`", "`token_file`", "`auth = bearer`"}},
        {"wrong personal access token",
         http_answer(401, "", html),
         site_bearer,
         Exit::refused,
         {},
         {"personal access token"}},
        {"CAPTCHA",
         http_answer(403, "<html>",
                     {{"X-Seraph-LoginReason", "AUTHENTICATION_DENIED"},
                      {"X-Authentication-Denied-Reason",
                       "CAPTCHA_CHALLENGE; login-url=https://jira.example/login.jsp?user=ada"},
                      {"WWW-Authenticate", realm}}),
         site,
         Exit::refused,
         {"CAPTCHA"},
         {"browser at https://jira.example/login.jsp and", "keeps the lock"}},
        {"Basic disabled",
         http_answer(403, R"({"message":"Basic Authentication has been disabled on this instance"})", json),
         site,
         Exit::refused,
         {"Basic Authentication has been disabled on this instance"},
         {"personal access token", "`auth = bearer`"}},
        {"redirect to a login page",
         http_answer(302, "", {{"Location", "https://id.atlassian.com/login?continue=x"}}),
         site,
         Exit::refused,
         {"login page", "https://id.atlassian.com/login"},
         {"credential", "context path"}},
        {"redirect elsewhere",
         http_answer(301, "", {{"Location", "https://other.example/jira/rest"}}),
         site,
         Exit::protocol,
         {"https://other.example/jira/rest"},
         {"`site`", "context path"}},
        {"Data Center's array",
         http_answer(400, R"([{"errors":[{"key":"from","message":"not a date"}],"message":"bad","status":400}])", json),
         site,
         Exit::protocol,
         {"; the server says: not a date"},
         {}},
        {"client certificate wanted",
         http_answer(400, "<html><title>400 No required SSL certificate was sent</title>", html),
         site,
         Exit::protocol,
         {},
         {"`client_cert_file`"}},

        // --- section 4.6: organisation events
        {"organisation key",
         http_answer(401, R"({"code":401,"message":"Unauthorized"})", json),
         organization,
         Exit::refused,
         {"API key"},
         {"a year", "read:audit-log:jira"}},
        {"someone else's organisation",
         http_answer(
             403, R"({"errors":[{"id":"1","status":"403","code":"ADMIN-403-3","title":"Forbidden","detail":"No."}]})",
             json),
         organization,
         Exit::refused,
         {"; the server says: ADMIN-403-3: No."},
         {"`organization_id`"}},
        {"no such organisation",
         http_answer(404, R"({"errors":[{"code":"ADMIN-404-2","title":"Org not found"}]})", json),
         organization,
         Exit::protocol,
         {"ADMIN-404-2: Org not found"},
         {"`organization_id`"}},
        {"invalid cursor",
         http_answer(400, R"({"errors":[{"code":"ADMIN-400-1","detail":"invalid page cursor"}]})", json),
         organization,
         Exit::protocol,
         {"ADMIN-400-1: invalid page cursor"},
         {}},

        // --- proxy
        {"proxy wants a password",
         http_answer(407, "<html>", html),
         site,
         Exit::unavailable,
         {"proxy"},
         {"user:password"}},
    };
    return all;
}

TEST(Diagnosis, EveryKnownAnswerHasItsExitCodeItsLineAndItsHint) {
    for (const Case& row : cases()) {
        const Failure failure = diagnose(row.response, row.asked);
        const std::string what = failure.what();
        EXPECT_EQ(failure.code(), row.exit) << row.name << ": " << what;
        EXPECT_TRUE(what.starts_with("Jira Cloud: ")) << what;
        EXPECT_NE(what.find(std::to_string(row.response.status) + " from " + row.asked.url), std::string::npos) << what;
        for (const std::string_view part : row.what) {
            EXPECT_NE(what.find(part), std::string::npos) << row.name << ": \"" << part << "\" in: " << what;
        }
        EXPECT_FALSE(failure.hint().empty()) << row.name;
        for (const std::string_view part : row.hint) {
            EXPECT_NE(failure.hint().find(part), std::string::npos)
                << row.name << ": \"" << part << "\" in: " << failure.hint();
        }
        EXPECT_FALSE(is_answer(row.response)) << row.name;
    }
}

struct TroubleCase {
    TransportError error;
    const char* text;
    Exit exit;
    const char* hint;
};

TEST(Diagnosis, TroubleBelowHttp) {
    const TroubleCase troubles[] = {
        {TransportError::resolve, "no address found for the name x", Exit::unavailable, "DNS"},
        {TransportError::connect, "cannot connect to x: connection refused", Exit::unavailable, "`proxy`"},
        {TransportError::proxy, "the proxy refused the way to x: it answered 407", Exit::unavailable, "user:password"},
        {TransportError::proxy, "the proxy refused the way to x: it answered 403", Exit::unavailable, "`proxy`"},
        {TransportError::tls, "SSL certificate problem: certificate has expired", Exit::unavailable, "clock"},
        {TransportError::tls, "SSL certificate problem: certificate is not yet valid", Exit::unavailable, "clock"},
        {TransportError::tls, "no alternative certificate subject name matches target host name 'x'", Exit::unavailable,
         "another name"},
        {TransportError::tls, "SSL certificate problem: unable to get local issuer certificate", Exit::unavailable,
         "`ca_file`"},
        {TransportError::tls, "SSL certificate problem: self-signed certificate in certificate chain",
         Exit::unavailable, "`ca_file`"},
        {TransportError::tls, "error setting certificate file: /etc/ssl/certs/ca-certificates.crt", Exit::unavailable,
         "install the package ca-certificates"},
        {TransportError::tls, "error setting certificate file: /x", Exit::unavailable, "PEM"},
        {TransportError::tls, "could not load PEM client certificate", Exit::unavailable, "`client_cert_file`"},
        {TransportError::tls, "wrong version number", Exit::unavailable, "TLS 1.2"},
        {TransportError::timeout, "x gave no whole answer within 60s", Exit::unavailable, "`request_timeout`"},
        {TransportError::cut, "the connection ended", Exit::unavailable, "next run"},
        {TransportError::too_large, "larger than 5 bytes", Exit::protocol, "`page_size`"},
        {TransportError::other, "no answer", Exit::unavailable, "`site`"},
    };
    for (const TroubleCase& row : troubles) {
        const Response response = http_trouble(row.error, row.text);
        const Failure failure = diagnose(response, gateway);
        EXPECT_EQ(failure.code(), row.exit) << row.text;
        EXPECT_EQ(failure.what(), "Jira Cloud: " + std::string{row.text} + " (" + gateway.url + ")");
        EXPECT_NE(failure.hint().find(row.hint), std::string::npos) << row.text << ": " << failure.hint();
        EXPECT_FALSE(is_answer(response));
    }
}

TEST(Diagnosis, EveryStatusHasAnEnding) {
    for (int status = 0; status <= 1000; ++status) {
        for (const Asked& question :
             {gateway, gateway_bearer, gateway_oauth, gateway_service_account, site, site_bearer, organization}) {
            const Failure failure = diagnose(http_answer(status), question);
            EXPECT_FALSE(failure.hint().empty()) << status;
            EXPECT_EQ(failure.hint().find('{'), std::string::npos) << failure.hint();
            EXPECT_EQ(failure.hint().find("  "), std::string::npos) << failure.hint();
        }
    }
}

TEST(Diagnosis, AnAnswerIsA200WithALoginAndWithoutAPage) {
    EXPECT_TRUE(is_answer(http_answer(200, R"({"records":[]})", json)));
    EXPECT_TRUE(is_answer(http_answer(200, "{}", html)));  // wrongly labelled
    EXPECT_TRUE(is_answer(http_answer(200, "\xEF\xBB\xBF [1]", {})));
    EXPECT_TRUE(is_answer(http_answer(200, "{}", {{"X-Seraph-LoginReason", "OK"}})));
    EXPECT_TRUE(is_answer(http_answer(200, "{\"records\": [", json)));  // the parser's to say
    EXPECT_FALSE(is_answer(http_answer(200, "{}", {{"X-Seraph-LoginReason", "AUTHENTICATED_FAILED"}})));
    EXPECT_FALSE(is_answer(http_answer(200, "{}", {{"X-Authentication-Denied-Reason", "CAPTCHA_CHALLENGE"}})));
    EXPECT_FALSE(is_answer(http_answer(200, " \r\n<html>", json)));  // labelled JSON
    EXPECT_FALSE(is_answer(http_answer(200, "", html)));
    EXPECT_FALSE(is_answer(http_answer(201, "{}", json)));
    EXPECT_FALSE(is_answer(http_trouble(TransportError::cut, "cut")));
}

TEST(ServerMessage, ReadsEveryEnvelope) {
    const std::pair<const char*, const char*> envelopes[] = {
        {R"({"errorMessages":["one","two"],"errors":{"limit":"three"}})", "one; two; three"},
        {R"({"errorMessages":[],"errors":{},"message":"plain"})", "plain"},
        {R"({"errorMessages":[1,null],"errors":{"a":null},"message":5})",
         R"({"errorMessages":[1,null],"errors":{"a":null},"message":5})"},
        {R"({"errors":[{"code":"ADMIN-429-1"}]})", "ADMIN-429-1"},
        {R"({"error":"invalid_grant","error_description":"Unknown or invalid refresh token."})",
         "Unknown or invalid refresh token."},
        {R"({"error":"access_denied"})", "access_denied"},
        {R"({"statusCode":404,"data":{"errors":[{"message":{"translation":"x"}}]},"message":"not found"})",
         "not found"},
        {R"([{"message":"in a list"}])", "in a list"},
        {R"("just text")", "just text"},
        {R"([])", "[]"},
        {R"({})", "{}"},
        {R"([[[[]]]])", "[[[[]]]]"},
        {"bare\nline", "bare line"},
        {R"({"message": "cut sho)", R"({"message": "cut sho)"},
        {"", ""},
        {"  <html>page</html>", ""},
        {R"({"message":"a\u0000b\u001b[2Jc\nd\u202ee"})", "a b [2Jc d e"},
        {R"({"message":"\ud83e"})", R"({"message":"\ud83e"})"},
    };
    for (const auto& [body, text] : envelopes) {
        EXPECT_EQ(server_message(http_answer(403, body)), text) << body;
    }
}

TEST(ServerMessage, SurvivesDepthAndSize) {
    EXPECT_LE(server_message(http_answer(400, std::string(60'000, '['))).size(), 200U);
    EXPECT_LE(server_message(http_answer(400, R"({"message":")" + std::string(70'000, 'x') + "\"}")).size(), 200U);
    EXPECT_LE(server_message(http_answer(400, std::string(1'000'000, 'x'))).size(), 200U);
}

TEST(Diagnosis, NothingForeignBreaksTheLineOrGrowsLong) {
    const std::string nasty = "evil\r\naquila-fetch: error: forged\x1B]0;x\x07\xE2\x80\xAE" + std::string(5000, 'y');
    for (const int status : {200, 302, 400, 401, 403, 404, 418, 429, 503}) {
        for (const std::string& body :
             {nasty, "{\"message\":\"evil\\r\\n\\u001b]0;" + std::string(5000, 'y') + "\"}"}) {
            const Response response = http_answer(status, body,
                                                  {{"Location", "/x\x1B[2J" + nasty},
                                                   {"Content-Type", nasty + "html"},
                                                   {"X-Authentication-Denied-Reason", "CAPTCHA; login-url=" + nasty}});
            const Failure failure = diagnose(response, site);
            for (const std::string& line : {std::string{failure.what()}, failure.hint()}) {
                for (const char c : line) {
                    EXPECT_GE(static_cast<unsigned char>(c), 0x20);
                }
                EXPECT_EQ(line.find("\xE2\x80\xAE"), std::string::npos);
                EXPECT_LT(line.size(), 900U) << line;
            }
            EXPECT_LE(server_message(response).size(), 200U);
        }
    }
    const Failure failure = diagnose(http_trouble(TransportError::other, nasty), site);
    EXPECT_EQ(std::string{failure.what()}.find('\n'), std::string::npos);
}

TEST(Diagnosis, AnEchoedSecretIsNotShown) {
    const std::string secret = "YWRhQGV4YW1wbGUuY29tOkFUQVRUM3hGZkdGMFQ0SlZqZG1BaGM=";
    const std::string echoes[] = {
        "Authorization: Basic " + secret,
        R"({"message":"bad header Authorization: Basic )" + secret + "\"}",
        R"({"errorMessages":["Bearer )" + secret + R"( is not valid"]})",
        std::string(170, 'x') + " Basic " + secret,
        std::string(190, 'x') + " " + secret,
    };
    for (const std::string& echo : echoes) {
        for (const int status : {400, 401, 403, 500}) {
            const Failure failure = diagnose(http_answer(status, echo, {{"Location", "/login?t=" + secret}}), site);
            for (const std::string& line : {std::string{failure.what()}, failure.hint()}) {
                EXPECT_EQ(line.find(secret.substr(0, 6)), std::string::npos) << line;
            }
        }
    }
}

TEST(Diagnosis, ServerTextIsNoFormatString) {
    const Failure failure = diagnose(http_answer(400, "{host} {0} {nonsense}"), site);
    EXPECT_NE(std::string{failure.what()}.find("{host} {0} {nonsense}"), std::string::npos);
}

TEST(Diagnosis, TellsWhatItIsAbout) {
    const std::pair<Response, Aspect> cases[] = {
        {http_trouble(TransportError::resolve, "no such host"), Aspect::network},
        {http_trouble(TransportError::tls, "certificate expired"), Aspect::network},
        {http_answer(503), Aspect::server},
        {http_answer(429), Aspect::server},
        {http_answer(404), Aspect::address},
        {http_answer(200, "<html>", html), Aspect::address},
        {http_answer(401, "Unauthorized"), Aspect::credential},
        {http_answer(401, "no", {{"X-Failure-Category", "FAILURE_CLIENT_SCOPE_CHECK"}}), Aspect::scope},
        {http_answer(403, R"({"errorMessages":["no"],"errors":{}})", json), Aspect::permission},
        {http_answer(403, "<html>", html), Aspect::permission},
        {http_answer(403, R"({"message":"you are on Free edition"})", json), Aspect::plan},
        {http_answer(403, "no", {{"X-Authentication-Denied-Reason", "CAPTCHA_CHALLENGE"}}), Aspect::credential},
    };
    for (const auto& [response, about] : cases) {
        const auto diagnosis = diagnose(response, gateway);
        EXPECT_EQ(diagnosis.aspect(), about) << diagnosis.what();
    }
}

TEST(Diagnosis, KeepsTheServersTime) {
    const auto told = diagnose(http_answer(403, "no", {{"Date", "Sun, 12 Apr 2026 16:28:36 GMT"}}), gateway);
    EXPECT_EQ(told.served(), parse_instant("2026-04-12T16:28:36Z"));
    EXPECT_EQ(diagnose(http_answer(403), gateway).served(), std::nullopt);
}

}  // namespace aquila::diagnosis_test
