#include "aquila_fetch/endpoint.hpp"

#include "aquila_fetch/log.hpp"
#include "support/caught.hpp"
#include "support/fakes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aquila::endpoint_test {

using test::failure_of;
using test::FakeTransport;
using test::http_answer;
using test::http_trouble;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const std::string site = "https://example.atlassian.net";
const std::string site_url = site + "/rest/api/3/auditing/record?offset=0&limit=5";
const std::string gateway_url = "https://api.atlassian.com/ex/jira/the-id/rest/api/3/auditing/record?offset=0&limit=5";
const std::string tenant_info_url = site + "/_edge/tenant_info";
constexpr auto page = R"({"offset":0,"limit":5,"total":1,"records":[{"id":1}]})";

class EndpointTest : public testing::Test {
  protected:
    EndpointTest() { log::configure({log::Level::off, log::Format::text}); }
    ~EndpointTest() override { log::configure({}); }

    [[nodiscard]] Endpoint endpoint(const std::string& cloud_id = "", const State& state = {}) {
        SourceConfig config;
        config.product = "jira";
        config.email = "ada@example.com";
        config.cloud_id = cloud_id;
        config.site = cloud_id.empty() ? site : "";
        return {*find_source("jira"), config, *authorizer, transport, state};
    }
    [[nodiscard]] std::vector<std::string> urls() const {
        std::vector<std::string> all;
        for (const Request& request : transport.requests) {
            all.push_back(request.url);
        }
        return all;
    }
    void answer(std::vector<Response> in_turn) { transport.answers = std::move(in_turn); }
    /// The failure of a fetch.
    Failure refusal(Endpoint asked) {
        return failure_of([&] { static_cast<void>(asked.fetch(query)); });
    }
    [[nodiscard]] static Response tenant() { return http_answer(200, R"({"cloudId":"the-id"})"); }
    [[nodiscard]] static Response good() { return http_answer(200, page, {{"Date", "Sun, 12 Apr 2026 12:00:00 GMT"}}); }

    FakeTransport transport;
    std::unique_ptr<Authorizer> authorizer = fixed_authorizer(Secret{std::string_view{"Basic c2VjcmV0"}});
    Query query{std::nullopt, 0, 5};
};

TEST_F(EndpointTest, AsksTheGatewayWithTheCredential) {
    answer({good()});
    auto asked = endpoint("the-id");
    const auto got = asked.fetch(query);
    EXPECT_THAT(urls(), ElementsAre(gateway_url));
    EXPECT_EQ(transport.requests[0].authorization.reveal(), "Basic c2VjcmV0");
    EXPECT_EQ(transport.requests[0].method, "GET");
    EXPECT_EQ(got.records.size(), 1);
    EXPECT_EQ(got.served, Instant{std::chrono::seconds{1'775'995'200}});
    EXPECT_EQ(asked.identity(), "jira the-id");
}

TEST_F(EndpointTest, LooksTheCloudIdUpWithoutTheCredential) {
    answer({tenant(), good()});
    auto asked = endpoint();
    static_cast<void>(asked.fetch(query));
    EXPECT_THAT(urls(), ElementsAre(tenant_info_url, gateway_url));
    EXPECT_TRUE(transport.requests[0].authorization.empty());
    EXPECT_EQ(asked.identity(), "jira the-id");
    State state;
    asked.remember(state);
    EXPECT_EQ(state.site, site);
    EXPECT_EQ(state.cloud_id, "the-id");
    EXPECT_EQ(state.door, "gateway");
    EXPECT_EQ(state.identity, "jira the-id");
}

TEST_F(EndpointTest, KnowsTheCloudIdOfTheSameSite) {
    answer({good()});
    State state;
    state.site = site;
    state.cloud_id = "the-id";
    static_cast<void>(endpoint("", state).fetch(query));
    EXPECT_THAT(urls(), ElementsAre(gateway_url));
    transport.requests.clear();
    answer({tenant(), good()});
    state.site = "https://other.atlassian.net";
    state.cloud_id = "other";
    state.door = "site";
    static_cast<void>(endpoint("", state).fetch(query));
    EXPECT_THAT(urls(), ElementsAre(tenant_info_url, gateway_url));
}

TEST_F(EndpointTest, TriesTheSiteWhereTheGatewayRefuses) {
    for (const int status : {401, 403, 404}) {
        transport.requests.clear();
        answer({tenant(), http_answer(status, "Unauthorized"), good(), good()});
        auto asked = endpoint();
        static_cast<void>(asked.fetch(query));
        static_cast<void>(asked.fetch(query));
        EXPECT_THAT(urls(), ElementsAre(tenant_info_url, gateway_url, site_url, site_url));
        State state;
        asked.remember(state);
        EXPECT_EQ(state.door, "site");

        transport.requests.clear();
        answer({http_answer(401), good()});
        static_cast<void>(endpoint("", state).fetch(query));
        EXPECT_THAT(urls(), ElementsAre(site_url, gateway_url)) << "remembered, and left again where it is closed now";
    }
}

TEST_F(EndpointTest, TriesNoOtherDoorWhereThatWouldNotHelp) {
    const Response answers[] = {
        http_answer(401, R"({"code":401,"message":"Unauthorized; scope does not match"})",
                    {{"X-Failure-Category", "FAILURE_CLIENT_SCOPE_CHECK"}}),
        http_answer(403, "", {{"X-Authentication-Denied-Reason", "CAPTCHA_CHALLENGE; login-url=x"}}),
        http_answer(400),
        http_answer(429),
        http_answer(503),
        http_answer(302, "", {{"Location", "https://id.atlassian.com/login"}}),
        http_answer(200, "<html>Log in</html>", {{"Content-Type", "text/html"}}),
        http_trouble(TransportError::connect, "connection refused"),
    };
    for (const Response& response : answers) {
        transport.requests.clear();
        answer({tenant(), response, good()});
        static_cast<void>(refusal(endpoint()));
        EXPECT_THAT(urls(), ElementsAre(tenant_info_url, gateway_url)) << response.status;
    }
    transport.requests.clear();
    answer({http_answer(401), good()});
    EXPECT_EQ(refusal(endpoint("the-id")).code(), Exit::refused);
    EXPECT_THAT(urls(), ElementsAre(gateway_url)) << "a cloud id was given, and no site";
}

TEST_F(EndpointTest, AnOpenDoorIsNotLeftInTheMiddle) {
    answer({tenant(), good(), http_answer(401), good()});
    auto asked = endpoint();
    static_cast<void>(asked.fetch(query));
    EXPECT_THROW(static_cast<void>(asked.fetch(query)), Failure);
    EXPECT_EQ(transport.requests.size(), 3);
}

TEST_F(EndpointTest, BothDoorsClosedTellOfBoth) {
    answer({tenant(), http_answer(401, "Unauthorized"), http_answer(403)});
    const auto failure = refusal(endpoint());
    EXPECT_EQ(failure.code(), Exit::refused);
    EXPECT_THAT(failure.hint(), HasSubstr(site));
    EXPECT_THAT(failure.hint(), HasSubstr("403"));
    EXPECT_THAT(failure.what() + failure.hint(), Not(HasSubstr("c2VjcmV0")));
}

TEST_F(EndpointTest, TheOtherDoorInTroubleIsTroubleNotRefusal) {
    for (const auto& trouble :
         {http_answer(503), http_answer(429), http_trouble(TransportError::timeout, "timed out")}) {
        answer({tenant(), http_answer(401), trouble});
        transport.requests.clear();
        EXPECT_EQ(refusal(endpoint()).code(), Exit::unavailable);
    }
}

TEST_F(EndpointTest, JsonThatIsNoPageIsRefused) {
    for (const char* const body :
         {"{}", R"({"message":"hello"})", R"({"errorMessages":["x"],"errors":{}})", "[]", "", R"({"results":[]})"}) {
        answer({http_answer(200, body)});
        transport.requests.clear();
        EXPECT_EQ(refusal(endpoint("the-id")).code(), Exit::protocol) << body;
    }
}

/// What a login chose.
class ChosenSite final : public Authorizer {
  public:
    [[nodiscard]] Secret value(Transport& /*transport*/) override {
        return Secret{renewed ? std::string_view{"Bearer new"} : std::string_view{"Bearer old"}};
    }
    [[nodiscard]] bool renew(Transport& /*transport*/, const Response& /*answer*/, const Secret& /*value*/) override {
        return !std::exchange(renewed, true);
    }
    [[nodiscard]] std::string cloud_id() const override { return "the-id"; }
    bool renewed = false;
};

TEST_F(EndpointTest, GrantedTokensKnowTheirSiteAndTheGatewayAlone) {
    SourceConfig config;
    config.product = "jira";
    config.site = site;
    config.auth = Auth::oauth;
    State state;
    state.site = site;
    state.cloud_id = "another-id";
    state.door = "site";
    ChosenSite login;
    answer({http_answer(401, "Unauthorized"), good()});
    Endpoint asked{*find_source("jira"), config, login, transport, state};
    static_cast<void>(asked.fetch(query));
    EXPECT_THAT(urls(), ElementsAre(gateway_url, gateway_url));
    EXPECT_EQ(transport.requests[0].authorization.reveal(), "Bearer old");
    EXPECT_EQ(transport.requests[1].authorization.reveal(), "Bearer new");

    transport.requests.clear();
    answer({http_answer(401, "Unauthorized")});
    const auto failure = refusal({*find_source("jira"), config, login, transport, state});
    EXPECT_THAT(urls(), ElementsAre(gateway_url)) << "the site takes no such token";
    EXPECT_THAT(failure.hint(), HasSubstr("aquila-fetch login"));
}

TEST_F(EndpointTest, ACloudIdThatIsNoneIsNotUsed) {
    const Response answers[] = {
        http_answer(200, R"({"cloudId":"../../evil"})"),
        http_answer(200, R"({"cloudId":""})"),
        http_answer(200, R"({"cloudId":7})"),
        http_answer(200, R"(["cloudId"])"),
        http_answer(200, "<html>"),
        http_answer(404, R"({"cloudId":"the-id"})"),
        http_answer(302, "", {{"Location", "/login"}}),
        http_answer(200, R"({"cloudId":")" + std::string(129, 'a') + "\"}"),
    };
    for (const Response& response : answers) {
        answer({response});
        try {
            static_cast<void>(look_up_cloud_id(transport, site));
            ADD_FAILURE() << response.body;
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.code(), Exit::protocol) << response.body;
            EXPECT_THAT(failure.hint(), HasSubstr("cloud_id"));
        }
    }
    for (const auto& trouble :
         {http_answer(500), http_answer(429), http_trouble(TransportError::resolve, "no address")}) {
        answer({trouble});
        try {
            static_cast<void>(look_up_cloud_id(transport, site));
            ADD_FAILURE() << trouble.status;
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.code(), Exit::unavailable) << trouble.status;
        }
    }
}

}  // namespace aquila::endpoint_test
