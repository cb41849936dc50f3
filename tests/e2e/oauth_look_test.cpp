// `check` and `status` of a source with a login: they look, and the login is as it was.
#include "e2e/oauth_fixture.hpp"

namespace aquila::e2e::oauth_look_test {

using nlohmann::json;

class OauthLook : public OauthTest {
  protected:
    struct Checked {
        int status = 0;
        json credential;
        std::string out;
    };
    Checked check(std::chrono::seconds clock_ahead = 0s) {
        auto call = launch({"check", "--json"});
        if (clock_ahead != 0s) shift_clock(call, clock_ahead);
        const auto done = run(call);
        for (const auto& secret : secrets()) EXPECT_EQ((done.out + done.err).find(secret), std::string::npos);
        Checked checked{done.status, {}, done.out};
        const auto answer = json::parse(done.out);
        for (const auto& each : answer.at("sources").at(0).at("findings")) {
            if (each.at("item") == "credential") checked.credential = each;
        }
        return checked;
    }
    json tokens() { return json::parse(run({"status", "--json"}).out).at("sources").at(0).at("tokens"); }
};

TEST_F(OauthLook, BeforeTheLogin) {
    const auto checked = check();
    EXPECT_EQ(checked.status, 77) << checked.out;
    EXPECT_EQ(checked.credential.at("result"), "failed") << checked.out;
    EXPECT_NE(checked.credential.at("advice").get<std::string>().find("aquila-fetch login"), std::string::npos);
    EXPECT_TRUE(tokens().is_null());
    EXPECT_FALSE(std::filesystem::exists(scratch / "state"));
}

TEST_F(OauthLook, UsesTheAccessTokenAsLongAsItLasts) {
    log_in();
    generate(3);
    const auto before = read(store_path());
    auto checked = check();
    EXPECT_EQ(checked.status, 0) << checked.out;
    EXPECT_EQ(checked.credential.at("result"), "ok");

    checked = check(2h);
    EXPECT_EQ(checked.credential.at("result"), "skipped") << checked.out;
    EXPECT_NE(checked.credential.at("text").get<std::string>().find("the next run renews it"), std::string::npos);

    expire();
    checked = check();
    EXPECT_EQ(checked.status, 77);
    EXPECT_EQ(checked.credential.at("result"), "failed") << checked.out;
    EXPECT_EQ(renewals(), 0);
    EXPECT_EQ(read(store_path()), before);
    collect();
    EXPECT_TRUE(exact()) << "the login is as good as it was";
}

TEST_F(OauthLook, TellsHowLongTokensLast) {
    log_in();
    const auto told = tokens();
    EXPECT_LT(told.at("access_expires").get<std::string>(), told.at("refresh_expires").get<std::string>());
    EXPECT_EQ(told.at("dead"), false);
    EXPECT_NE(run({"status"}).out.find("runs renew it"), std::string::npos);
    revoke();
    expire();
    EXPECT_EQ(run().status, 77);
    EXPECT_EQ(tokens().at("dead"), true);
    EXPECT_EQ(check().credential.at("result"), "failed");
}

TEST_F(OauthLook, OfAServiceAccountStoresNothing) {
    generate(3);
    configure_oauth({{"auth", "client_credentials"}, {"cloud_id", sim.cloud_id()}, {"redirect_uri", ""}});
    const auto checked = check();
    EXPECT_EQ(checked.status, 0) << checked.out;
    EXPECT_EQ(asked_for("client_credentials"), 1);
    EXPECT_FALSE(std::filesystem::exists(scratch / "state"));
    scratch.write("secret", "wrong\n");
    const auto refused = check();
    EXPECT_EQ(refused.status, 77) << refused.out;
    EXPECT_EQ(refused.credential.at("result"), "failed") << refused.out;
}

}  // namespace aquila::e2e::oauth_look_test
