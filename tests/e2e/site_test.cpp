// `site` instead of `cloud_id`: the id is looked up once, and the door that opens is found and remembered.
#include "e2e/fixture.hpp"

namespace aquila::e2e::site_test {

constexpr std::string_view other_id = "99999999-8888-7777-6666-555555555555";

class Site : public ProductTest {
  protected:
    void SetUp() override {
        generate(30);
        configure({{"cloud_id", ""}, {"site", sim.url()}});
    }
    void accept(sim::TokenKind kind) {
        sim.configure([&](auto& settings) {
            settings.credentials = {{.email = std::string{email}, .token = std::string{token}, .kind = kind}};
        });
    }
    [[nodiscard]] std::string site_path() {
        return gateway_path().substr(("/ex/" + name() + "/" + sim.cloud_id()).size());
    }
    /// The way that was taken since the last call: the same place asked several times in a row is named once.
    Strings paths() {
        Strings all;
        for (const auto& seen : sim.requests()) {
            if (all.empty() || all.back() != seen.path) all.push_back(seen.path);
        }
        sim.clear_requests();
        return all;
    }
    static constexpr auto tenant_info = "/_edge/tenant_info";
};
FOR_EACH_PRODUCT(Site);

TEST_P(Site, IsLookedUpOnce) {
    collect();
    const auto seen = sim.requests().at(0);
    EXPECT_EQ(seen.path, tenant_info);
    EXPECT_EQ(seen.authorization, "") << "the lookup needs no credential, so it gets none";
    EXPECT_EQ(paths(), (Strings{tenant_info, gateway_path()}));
    collect();
    EXPECT_EQ(paths(), (Strings{gateway_path()}));
    EXPECT_TRUE(exact());
}

TEST_P(Site, TakesTokensWithScopesToTheGateway) {
    accept(sim::TokenKind::scoped);
    collect();
    EXPECT_EQ(paths(), (Strings{tenant_info, gateway_path()}));
    collect();
    EXPECT_EQ(paths(), (Strings{gateway_path()}));
}

TEST_P(Site, TakesTokensWithoutScopesToTheSiteAndRemembersThat) {
    accept(sim::TokenKind::classic);
    configure({{"cloud_id", ""}, {"site", sim.url()}, {"page_size", "20"}});
    collect();
    EXPECT_EQ(paths(), (Strings{tenant_info, gateway_path(), site_path()}));
    for (int i = 0; i < 2; ++i) {
        collect();
        for (const auto& path : paths()) EXPECT_EQ(path, site_path());
    }
    EXPECT_TRUE(exact());
}

TEST_P(Site, TriesTheOtherDoorWhenTheTokenWasReplaced) {
    accept(sim::TokenKind::classic);
    collect();
    accept(sim::TokenKind::scoped);
    generate(5, 20s, 1s);
    sim.clear_requests();
    collect();
    EXPECT_EQ(paths(), (Strings{site_path(), gateway_path()}));
    collect();
    EXPECT_EQ(paths(), (Strings{gateway_path()}));
    EXPECT_TRUE(exact());
}

TEST_P(Site, TellsBothDoorsWhenBothRefuse) {
    scratch.write("token", "wrong");
    const auto done = run();
    EXPECT_EQ(done.status, 77) << done.err;
    EXPECT_TRUE(done.says(sim.url() + gateway_path())) << done.err;
    EXPECT_TRUE(done.says(sim.url() + site_path())) << done.err;
    EXPECT_TRUE(done.says("aquila-fetch: hint: ")) << done.err;
    EXPECT_EQ(asked().size(), 2U) << "once each";
    EXPECT_EQ(paths(), (Strings{tenant_info, gateway_path(), site_path()}));
}

TEST_P(Site, DoesNotTryTheOtherDoorForAMissingScopeOrACaptcha) {
    const std::string_view headers[] = {R"("X-Failure-Category":"FAILURE_CLIENT_SCOPE_CHECK")",
                                        R"("X-Authentication-Denied-Reason":"CAPTCHA_CHALLENGE")"};
    for (const auto header : headers) {
        sim.faults(R"({"match":"/ex/","status":401,"headers":{)" + std::string{header} + "}}");
        EXPECT_EQ(run().status, 77);
        EXPECT_EQ(paths().back(), gateway_path());
    }
}

TEST_P(Site, OfNobodyIsToldWithAHint) {
    const std::pair<std::string_view, int> wrong[] = {
        {R"({"match":"tenant_info","status":404,"html":true})", 76},
        {R"({"match":"tenant_info","html":true})", 76},
        {R"({"match":"tenant_info","redirect":"https://www.atlassian.com/unavailable"})", 76},
        {R"({"match":"tenant_info","body":{"cloudId":"../../etc"}})", 76},
        {R"({"match":"tenant_info","body":{}})", 76},
        {R"({"match":"tenant_info","status":503,"times":-1})", 69},
        {R"({"match":"tenant_info","hang":true,"times":-1})", 69},
    };
    for (const auto& [fault, status] : wrong) {
        SCOPED_TRACE(fault);
        const bool hangs = fault.find("hang") != std::string_view::npos;
        configure({{"cloud_id", ""},
                   {"site", sim.url()},
                   {"retry_budget", "200ms"},
                   {"request_timeout", hangs ? "200ms" : "20s"}});
        sim.clear_faults();
        sim.faults(fault);
        const auto done = run();
        EXPECT_EQ(done.status, status) << done.err;
        EXPECT_TRUE(done.says(sim.url() + tenant_info)) << done.err;
        EXPECT_TRUE(done.says("hint: ")) << done.err;
        EXPECT_TRUE(asked().empty()) << "no credential goes anywhere";
    }
    sim.clear_faults();
    auto closed = std::make_unique<sim::Sim>();
    const auto url = closed->url();
    closed.reset();
    configure({{"cloud_id", ""}, {"site", url}, {"retry_budget", "200ms"}});
    const auto done = run();
    EXPECT_EQ(done.status, 69) << done.err;
    EXPECT_TRUE(done.says("hint: "));
    configure({{"cloud_id", ""}, {"site", sim.url()}});
    collect();
    EXPECT_TRUE(exact());
}

TEST_P(Site, ThatIsAnotherIsRefused) {
    collect();
    sim.configure([](auto& settings) { settings.cloud_id = std::string{other_id}; });
    sim::Sim other;
    configure({{"cloud_id", ""}, {"site", other.url()}, {"api_url", other.url()}});
    other.configure([](auto& settings) { settings.cloud_id = std::string{other_id}; });
    const auto output = read(output_path());
    const auto checkpoint = read(checkpoint_path());
    const auto done = run();
    EXPECT_EQ(done.status, 78) << done.err;
    EXPECT_TRUE(done.says(other_id)) << done.err;
    EXPECT_TRUE(done.says("hint: ")) << done.err;
    EXPECT_EQ(read(output_path()), output);
    EXPECT_EQ(read(checkpoint_path()), checkpoint);
    EXPECT_TRUE(other.requests().size() == 1 && other.requests().at(0).path == tenant_info);
}

TEST_P(Site, WithAnotherCloudIdIsRefused) {
    configure();
    collect();
    sim.clear_requests();
    const auto checkpoint = read(checkpoint_path());
    configure({{"cloud_id", std::string{other_id}}});
    const auto done = run();
    EXPECT_EQ(done.status, 78) << done.err;
    EXPECT_TRUE(done.says(other_id)) << done.err;
    EXPECT_TRUE(sim.requests().empty());
    EXPECT_EQ(read(checkpoint_path()), checkpoint);
    configure();
    collect();
    EXPECT_TRUE(exact());
}

TEST_P(Site, AndItsCloudIdAreTheSameLog) {
    collect();
    sim.clear_requests();
    configure();
    EXPECT_NE(collect().out.find("Flattened 0 records"), std::string::npos);
    EXPECT_EQ(paths(), (Strings{gateway_path()}));
    EXPECT_TRUE(exact());
}

}  // namespace aquila::e2e::site_test
