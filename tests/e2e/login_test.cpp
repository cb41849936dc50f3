// aquila-fetch login and sites, as a person and a browser see them.
#include "e2e/oauth_fixture.hpp"

namespace aquila::e2e::login_test {

class Login : public OauthTest {};

TEST_F(Login, ByTheBrowser) {
    const auto login = start_login();
    const auto url = lines_of(login->out()).at(0);
    for (const char* const part :
         {"/authorize?", "audience=api.atlassian.com", "client_id=sim-client",
          "scope=read%3Aaudit-log%3Ajira%20read%3Auser%3Ajira%20offline_access",
          "redirect_uri=http%3A%2F%2Flocalhost%3A", "&state=", "response_type=code", "prompt=consent"}) {
        EXPECT_NE(url.find(part), std::string::npos) << part << " in " << url;
    }
    const auto page = follow(accept(*login));
    EXPECT_EQ(page.status, 200);
    EXPECT_NE(page.body.find("Access was granted"), std::string::npos);
    const auto done = login->wait();
    EXPECT_EQ(done.status, 0) << done.err;
    ASSERT_EQ(lines_of(done.out).size(), 2U) << done.out;
    EXPECT_EQ(lines_of(done.out)[1],
              "Logged in to " + sim.url() + " (" + sim.cloud_id() + "), tokens in " + store_path());
    EXPECT_EQ(test::Scratch::mode_of(store_path()), 0600U);
    EXPECT_EQ(stored().at("cloud_id"), sim.cloud_id());
    EXPECT_EQ(stored().at("site"), sim.url());
    generate(50);
    EXPECT_EQ(collect().out, "Flattened 50 records into " + output_path() + "\n");
    EXPECT_TRUE(exact());
    EXPECT_EQ(renewals(), 0);
}

TEST_F(Login, ByPastingTheAddressOrTheCode) {
    log_in();
    const auto login = start_login({"--no-browser"});
    const auto location = accept(*login);
    const auto begin = location.find("code=") + 5;
    login->type(location.substr(begin, location.find('&') - begin) + "\n");
    EXPECT_EQ(login->wait().status, 0);
    collect();
}

TEST_F(Login, BelongsToOneState) {
    const auto login = start_login();
    auto location = accept(*login);
    auto wrong = location;
    wrong.back() = wrong.back() == '0' ? '1' : '0';
    EXPECT_EQ(follow(wrong).status, 400);
    EXPECT_EQ(follow(redirect() + "?code=made-up&state=").status, 400);
    EXPECT_EQ(follow(redirect() + "?error=access_denied").status, 400);
    login->type(wrong + "\n");
    EXPECT_EQ(asked_for("authorization_code"), 0);
    EXPECT_EQ(follow(location).status, 200);
    const auto done = login->wait();
    EXPECT_EQ(done.status, 0);
    EXPECT_TRUE(done.says("warning: ")) << done.err;
    EXPECT_EQ(asked_for("authorization_code"), 1);
}

TEST_F(Login, ThatIsDenied) {
    sim.configure(R"({"oauth": {"deny_consent": true}})");
    const auto login = start_login();
    EXPECT_NE(follow(accept(*login)).body.find("not granted"), std::string::npos);
    const auto done = login->wait();
    EXPECT_EQ(done.status, 77);
    EXPECT_TRUE(done.says("access_denied: User did not authorize the request")) << done.err;
    EXPECT_TRUE(done.says("hint: "));
    EXPECT_FALSE(std::filesystem::exists(store_path()));
}

TEST_F(Login, WithAWrongSecretOrAMadeUpCode) {
    scratch.write("secret", "wrong");
    auto login = start_login();
    login->type(accept(*login) + "\n");
    auto done = login->wait();
    EXPECT_EQ(done.status, 77);
    EXPECT_TRUE(done.says("`client_secret_file`")) << done.err;
    scratch.write("secret", "sim-secret");
    login = start_login();
    login->type("made-up\n");
    done = login->wait();
    EXPECT_EQ(done.status, 77);
    EXPECT_TRUE(done.says("code was refused")) << done.err;
    EXPECT_FALSE(std::filesystem::exists(store_path()));
}

TEST_F(Login, AnIniThatWouldNotDoIsToldAtOnce) {
    configure_oauth({{"auth", "basic"}, {"email", "a@example.com"}, {"cloud_id", "x"}});
    EXPECT_EQ(run({"login"}).status, 78);
    configure_oauth({{"client_secret_file", ""}});
    EXPECT_EQ(run({"login"}).status, 66);
    configure_oauth();
    log_in();
    scratch.write("state/jira/tokens.json", "{");
    EXPECT_EQ(run({"login"}).status, 65) << "damage is not written over";
    EXPECT_EQ(read(store_path()), "{");
    EXPECT_TRUE(sim.requests().size() <= 3U);
}

TEST_F(Login, WithThePortTakenThereIsStillPasting) {
    const auto other = start_login();
    const auto login = start_login();
    login->type(accept(*login) + "\n");
    const auto done = login->wait();
    EXPECT_EQ(done.status, 0) << done.err;
    EXPECT_TRUE(done.says("cannot listen at localhost:" + std::to_string(port))) << done.err;
    const auto nowhere = run({"login"});
    EXPECT_EQ(nowhere.status, 69) << "nothing to listen at, nobody to paste";
    EXPECT_TRUE(nowhere.says("no answer can come")) << nowhere.err;
}

TEST_F(Login, ARedirectElsewhereIsPasted) {
    sim.configure(R"({"oauth": {"redirect_uri": "https://tools.example.com/callback"}})");
    configure_oauth({{"redirect_uri", "https://tools.example.com/callback"}});
    log_in();
}

TEST_F(Login, EndsBySignal) {
    for (const int signal : {SIGINT, SIGTERM}) {
        const auto login = start_login();
        login->send(signal);
        const auto done = login->wait(5s);
        EXPECT_EQ(done.signal, signal);
        EXPECT_FALSE(done.timed_out);
    }
    EXPECT_FALSE(std::filesystem::exists(store_path()));
}

TEST_F(Login, StartsTheBrowserThatIsNamedAndTellsItNoSecret) {
    const auto seen = (scratch / "seen").native();
    scratch.write("browser", "#!/bin/sh\n{ echo \"$*\"; env; } >" + seen + ".new; mv " + seen + ".new " + seen + "\n",
                  0700);
    auto call = launch({"login"});
    call.environment.insert(call.environment.end(),
                            {"BROWSER=" + (scratch / "browser").native(), "AQUILA_FETCH_CLIENT_SECRET=sim-secret",
                             "CREDENTIALS_DIRECTORY=" + scratch.path().native()});
    call.typed = true;
    Program login{call};
    ASSERT_TRUE(login.runs_until([&] { return std::filesystem::exists(seen); }));
    const auto told = read(seen);
    EXPECT_EQ(lines_of(told).at(0), lines_of(login.out()).at(0));
    EXPECT_EQ(told.find("sim-secret"), std::string::npos);
    EXPECT_EQ(told.find("CREDENTIALS_DIRECTORY"), std::string::npos);
    std::filesystem::remove(seen);
    call.arguments.emplace_back("--no-browser");
    login.send(SIGTERM);
    static_cast<void>(login.wait());
    Program quiet{call};
    ASSERT_TRUE(quiet.runs_until([&] { return quiet.out().find('\n') != std::string::npos; }));
    quiet.type(accept(quiet) + "\n");
    EXPECT_EQ(quiet.wait().status, 0);
    EXPECT_FALSE(std::filesystem::exists(seen));
}

TEST_F(Login, AgainAfterADeadGrant) {
    log_in();
    revoke();
    expire();
    EXPECT_EQ(run().status, 77);
    log_in();
    generate(5);
    collect();
    EXPECT_TRUE(exact());
}

// --- sites -----------------------------------------------------------------------------------------------------------

class Sites : public OauthTest {
  protected:
    static constexpr auto three = R"({"match": "accessible-resources", "times": -1, "status": 200, "body":
        "[{\"id\":\"id-1\",\"name\":\"alpha\",\"url\":\"https://alpha.atlassian.net\",\"scopes\":[\"read:audit-log:jira\"]},
          {\"id\":\"id-2\",\"name\":\"beta\",\"url\":\"https://beta.atlassian.net\",\"scopes\":[\"read:audit-log:jira\"]},
          {\"id\":\"id-2\",\"name\":\"beta\",\"url\":\"https://beta.atlassian.net\",\"scopes\":[\"read:user:jira\"]},
          {\"id\":\"id-3\",\"name\":\"gamma\",\"url\":\"https://gamma.atlassian.net\",\"scopes\":[\"read:audit-log:confluence\"]}]"})";
    void give_three() {
        std::string text{three};
        std::erase(text, '\n');
        sim.faults(text);
    }
    Outcome try_login(const Strings& arguments = {}) {
        const auto login = start_login(arguments);
        login->type(accept(*login) + "\n");
        login->hang_up();
        return login->wait();
    }
};

TEST_F(Sites, SeveralAreListedAndOneIsNamed) {
    give_three();
    const auto which = try_login();
    EXPECT_EQ(which.status, 64);
    EXPECT_TRUE(which.says("https://alpha.atlassian.net")) << which.err;
    EXPECT_TRUE(which.says("https://beta.atlassian.net")) << which.err;
    EXPECT_FALSE(which.says("https://gamma.atlassian.net")) << "Jira is not there: " << which.err;
    EXPECT_TRUE(which.says("--site")) << which.err;
    EXPECT_FALSE(std::filesystem::exists(store_path()));

    for (const char* const site : {"https://beta.atlassian.net", "beta.atlassian.net", "beta", "id-2"}) {
        EXPECT_EQ(try_login({"--site", site}).status, 0) << site;
        EXPECT_EQ(stored().at("cloud_id"), "id-2") << site;
    }
    configure_oauth({{"site", "https://alpha.atlassian.net"}});
    EXPECT_EQ(try_login().status, 0);
    EXPECT_EQ(stored().at("cloud_id"), "id-1");
    configure_oauth({{"cloud_id", "id-2"}});
    EXPECT_EQ(try_login().status, 0);
    EXPECT_EQ(stored().at("cloud_id"), "id-2");
    const auto unknown = try_login({"--site", "https://delta.atlassian.net"});
    EXPECT_EQ(unknown.status, 77);
    EXPECT_TRUE(unknown.says("gamma")) << unknown.err;
}

TEST_F(Sites, TheSameTwiceIsOne) {
    sim.configure(R"({"oauth": {"resources_twice": true}})");
    configure_oauth({{"scopes", "read:audit-log:jira read:audit-log:confluence"}});
    log_in();
    EXPECT_EQ(stored().at("cloud_id"), sim.cloud_id());
    const auto table = run({"sites"});
    EXPECT_EQ(table.out,
              "* example  " + sim.cloud_id() + "  " + sim.url() + "  read:audit-log:jira read:audit-log:confluence\n");
}

TEST_F(Sites, NoneIsTold) {
    sim.faults(R"({"match": "accessible-resources", "status": 200, "body": "[]"})");
    const auto done = try_login();
    EXPECT_EQ(done.status, 77);
    EXPECT_TRUE(done.says("reaches no site")) << done.err;
}

TEST_F(Sites, AreListedForPeopleAndMachines) {
    EXPECT_EQ(run({"sites"}).status, 77) << "not logged in";
    log_in();
    expire();
    give_three();
    const auto json = nlohmann::json::parse(run({"sites", "--json"}).out);
    ASSERT_EQ(json.size(), 3U);
    EXPECT_EQ(json[1].at("cloud_id"), "id-2");
    EXPECT_EQ(json[1].at("scopes").size(), 2U);
    EXPECT_EQ(lines_of(run({"sites"}).out).size(), 3U);
}

TEST_F(Sites, WithoutOauthTellTheCloudIdOfTheSite) {
    configure({{"cloud_id", ""}, {"site", sim.url()}});
    const auto json = nlohmann::json::parse(run({"sites", "--json"}).out);
    ASSERT_EQ(json.size(), 1U);
    EXPECT_EQ(json[0].at("cloud_id"), sim.cloud_id());
    EXPECT_EQ(json[0].at("url"), sim.url());
    EXPECT_EQ(sim.requests().size(), 1U);
    EXPECT_EQ(sim.requests().at(0).authorization, "");
    configure();
    const auto nothing = run({"sites"});
    EXPECT_EQ(nothing.status, 78);
    EXPECT_TRUE(nothing.says("`site`")) << nothing.err;
}

}  // namespace aquila::e2e::login_test
