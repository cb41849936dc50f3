// Every way a server, or what stands before it, can say no: each has its exit code, an error line, a hint that names
// what it was; and when it is over, a plain run leaves exactly the server's records in the file.
#include "e2e/fixture.hpp"

#include <ostream>

#include <nlohmann/json.hpp>

namespace aquila::e2e::failures_test {

using nlohmann::json;

struct Case {
    const char* name;
    int status;
    const char* fault;                    ///< as the simulator takes it
    std::vector<std::string_view> words;  ///< in the error or the hint
    bool final = true;                    ///< asking again would not help: one request is all
};

const Case both[] = {
    // --- refused
    {"MissingScope",
     77,
     R"({"status":401,"headers":{"X-Failure-Category":"FAILURE_CLIENT_SCOPE_CHECK"},"body":{"code":401,"message":"Unauthorized; scope does not match"}})",
     {"scope", "read:audit-log:"}},
    {"WrongToken", 77, R"({"status":401,"body":{"code":401,"message":"Unauthorized"}})", {"token", "email", "expire"}},
    {"WrongTokenAsText",
     77,
     R"({"status":401,"body":"Client must be authenticated to access this resource."})",
     {"token", "email"}},
    {"AccountsDiffer",
     77,
     R"({"status":401,"headers":{"X-Failure-Category":"FAILURE_CLIENT_AUTH_MISMATCH"},"body":{"code":401,"message":"Unauthorized"}})",
     {"belong together", "email"}},
    {"FailedLoginOnA200",
     77,
     R"({"status":200,"headers":{"X-Seraph-LoginReason":"AUTHENTICATED_FAILED"},"body":{"offset":0,"limit":1000,"total":0,"records":[],"results":[]}})",
     {"login", "token"}},
    {"Captcha",
     77,
     R"({"status":403,"headers":{"X-Authentication-Denied-Reason":"CAPTCHA_CHALLENGE; login-url=https://example.com/login.jsp"},"body":"no"})",
     {"CAPTCHA", "https://example.com/login.jsp"}},
    {"Allowlist", 77, R"({"status":403,"body":{"message":"The IP address is not on the allowlist"}})", {"allowlist"}},
    {"LoginPageByRedirect",
     77,
     R"({"redirect":"https://id.atlassian.com/login?continue=x"})",
     {"id.atlassian.com", "credential"}},
    {"ConnectToken", 77, R"({"status":403,"body":{"error":"Failed to parse Connect Session Auth Token"}})", {"bearer"}},
    // --- not what the API promises
    {"PageForPeople", 76, R"({"html":true})", {"HTML", "proxy"}},
    {"PageForPeopleInDisguise",
     76,
     R"({"body":"<html>hello</html>","headers":{"Content-Type":"application/json"}})",
     {"HTML"}},
    {"HalfTheJson",
     76,
     R"({"body":"{\"offset\":0,\"limit\":1000,\"total\":2,\"records\":[{\"id\":1,\"created\":\"2026-0"})",
     {"answer", "not what the API promises"}},
    {"NoJson", 76, R"({"body":"everything is fine"})", {"not what the API promises"}},
    {"NoBody", 76, R"({"body":""})", {"not what the API promises"}},
    {"AList", 76, R"({"body":"[1,2,3]"})", {"not what the API promises"}},
    {"AnotherObject", 76, R"({"body":{"message":"down for maintenance"}})", {"not what the API promises"}},
    {"BadRequest",
     76,
     R"({"status":400,"headers":{"Content-Type":"application/problem+json"},"body":{"type":"about:blank","title":"Bad Request","status":400,"detail":"Failed to convert 'limit' with value: 'abc'"}})",
     {"Failed to convert 'limit'", "page_size"}},
    {"NothingAtTheGateway",
     76,
     R"({"status":404,"body":{"timestamp":"2026-03-26","status":404,"error":"Not Found","message":"No message available","path":"/"}})",
     {"cloud_id", "tenant_info"}},
    {"ApiRemoved", 76, R"({"status":410,"body":"Gone"})", {"removed"}},
    {"RedirectElsewhere", 76, R"({"redirect":"https://elsewhere.example.com/x"})", {"elsewhere.example.com", "site"}},
    {"TooLarge", 76, R"({"oversize":70000000})", {"larger", "page_size"}},
    {"TooLargeUnpacked", 76, R"({"gzip_bomb":70000000})", {"larger", "page_size"}},
    // --- in trouble
    {"InternalError", 69, R"({"status":500,"body":{"message":"oops"}})", {"500"}, false},
    {"BadGateway", 69, R"({"status":502,"html":true})", {"502"}, false},
    {"Unavailable", 69, R"({"status":503})", {"503"}, false},
    {"GatewayTimeout", 69, R"({"status":504,"html":true})", {"504"}, false},
    {"TooManyRequests", 69, R"({"status":429})", {"429"}, false},
    {"TooManyRequestsForLong", 69, R"({"status":429,"headers":{"Retry-After":"1847"}})", {"30m", "429"}},
    {"ConnectionReset", 69, R"({"reset":0})", {"connection"}, false},
    {"ConnectionCut", 69, R"({"truncate":40})", {"ended before the answer was whole"}, false},
    {"MoreAnnouncedThanSent", 69, R"({"wrong_length":100})", {"ended before the answer was whole"}, false},
    {"NoAnswer", 69, R"({"hang":true})", {"1s"}, false},
    {"SlowAnswer", 69, R"({"slow":100})", {"1s"}, false},
};

const Case jira_only[] = {
    {"NoPermission",
     77,
     R"({"status":403,"body":{"errorMessages":["You are not authorized."],"errors":{}}})",
     {"You are not authorized.", "Administer Jira"}},
    {"FreePlan",
     77,
     R"({"status":403,"body":{"errorMessages":["Audit logs aren't available for this site as all of its Jira Cloud products are on Free plans."],"errors":{}}})",
     {"plan", "Standard"}},
};

const Case confluence_only[] = {
    {"NoAccess",
     77,
     R"({"status":403,"body":"{\"statusCode\":403,\"message\":\"com.atlassian.confluence.mvc.rest.common.exception.StacklessResponseStatusException: 403 FORBIDDEN \\\"Request rejected because caller cannot access Confluence\\\"\"}"})",
     {"cannot access Confluence", "token", "Confluence Administrator"}},
    {"NotPermitted",
     77,
     R"({"status":403,"body":{"message":"Current user not permitted to use Confluence","statusCode":403}})",
     {"token", "Confluence Administrator"}},
    {"FreePlan",
     77,
     R"({"status":403,"body":{"statusCode":403,"message":"Cannot make this request because you are on Free edition. Please upgrade to standard or premium."}})",
     {"plan", "Standard"}},
    {"NoLogin",
     77,
     R"({"status":401,"html":true,"body":"<html><h1>HTTP Status 401 - Unauthorized</h1></html>"})",
     {"token", "email"}},
};

struct Row {
    Product product;
    const Case* failure;
    friend void PrintTo(const Row& row, std::ostream* out) { *out << row.failure->name; }
};

std::vector<Row> rows() {
    std::vector<Row> all;
    for (const auto product : {Product::jira, Product::confluence}) {
        for (const auto& each : both) all.push_back({product, &each});
    }
    for (const auto& each : jira_only) all.push_back({Product::jira, &each});
    for (const auto& each : confluence_only) all.push_back({Product::confluence, &each});
    return all;
}

class Failure : public ProgramTest, public testing::WithParamInterface<Row> {
  protected:
    Failure() : ProgramTest{GetParam().product} {}

    /// After that many requests in good health.
    void fail(std::int64_t skip) {
        auto fault = json::parse(GetParam().failure->fault);
        fault.update({{"match", "/ex/"}, {"skip", skip}, {"times", -1}});
        sim.faults(fault.dump());
    }
    void expect_told(const Outcome& done) {
        const auto& [name, status, fault, words, final] = *GetParam().failure;
        EXPECT_EQ(done.status, status) << done.err;
        EXPECT_EQ(done.out, "");
        Strings told;
        for (const auto& line : lines_of(done.err)) {
            if (line.starts_with("aquila-fetch: error: ")) told.push_back("error");
            if (line.starts_with("aquila-fetch: hint: ")) told.push_back("hint");
        }
        EXPECT_EQ(told, (Strings{"error", "hint"})) << done.err;
        for (const auto word : words) EXPECT_TRUE(done.says(word)) << "no \"" << word << "\" in\n" << done.err;
        EXPECT_LT(done.took, 10s) << "it was told to give up soon";
    }
};
INSTANTIATE_TEST_SUITE_P(Cloud, Failure, testing::ValuesIn(rows()), [](const auto& each) {
    return std::string{each.param.failure->name} + "_" + std::string{name_of(each.param.product)};
});

TEST_P(Failure, IsToldAndCostsNothing) {
    generate(400);
    const std::string_view fault = GetParam().failure->fault;
    const bool slow = fault.find("hang") != std::string_view::npos || fault.find("slow") != std::string_view::npos;
    configure({{"page_size", "20"},
               {"concurrency", "1"},
               {"request_timeout", slow ? "1s" : "20s"},
               {"retry_budget", "250ms"}});
    fail(12);
    expect_told(run());
    if (GetParam().failure->final) {
        EXPECT_EQ(sim.requests().size(), 13U) << "asking again would not help";
    }
    sim.clear_faults();
    const auto committed = read(output_path());
    EXPECT_FALSE(committed.empty());
    EXPECT_TRUE(committed.ends_with('\n'));

    configure({{"page_size", "20"}});
    collect();
    EXPECT_TRUE(read(output_path()).starts_with(committed)) << "what was committed stays";
    EXPECT_TRUE(exact());
}

}  // namespace aquila::e2e::failures_test
