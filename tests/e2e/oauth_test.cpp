// Runs with what a login left, or with a service account: renewed when it must be and only then, whatever goes wrong.
#include "e2e/oauth_fixture.hpp"

namespace aquila::e2e::oauth_test {

class Oauth : public OauthTest {
  protected:
    /// Both clocks, ours and the server's, are ahead by so much.
    Outcome run_after(std::chrono::seconds passed, const Strings& arguments = {}) {
        sim.configure([&](auto& settings) { settings.clock_offset_s = passed.count(); });
        auto call = launch(arguments);
        shift_clock(call, passed);
        return run(call);
    }
    void expect_exact(const Outcome& done) {
        EXPECT_EQ(done.status, 0) << done.err;
        EXPECT_TRUE(exact());
    }
};

TEST_F(Oauth, NeedsALogin) {
    const auto done = run();
    EXPECT_EQ(done.status, 77);
    EXPECT_TRUE(done.says("hint: run `aquila-fetch login --source jira`")) << done.err;
    EXPECT_TRUE(sim.requests().empty());
}

TEST_F(Oauth, RenewsOnceAnHour) {
    log_in();
    generate(300);
    configure_oauth({{"page_size", "100"}});
    expect_exact(collect());
    expect_exact(run_after(50min));
    EXPECT_EQ(renewals(), 0);
    expect_exact(run_after(61min));
    EXPECT_EQ(renewals(), 1);
    expect_exact(run_after(110min));
    EXPECT_EQ(renewals(), 1);
    expect_exact(run_after(130min));
    EXPECT_EQ(renewals(), 2);
    for (const auto& seen : asked()) EXPECT_EQ(seen.status, 200) << "never with one that has expired";
}

TEST_F(Oauth, RenewsWhatIsRefused) {
    log_in();
    generate(300);
    configure_oauth({{"page_size", "50"}});
    expire();
    expect_exact(collect());
    EXPECT_EQ(renewals(), 1);
    generate(50, 30min);
    sim.faults(
        R"({"match": "offset=50", "skip": 1, "status": 401, "body": "{\"code\":401,\"message\":\"Unauthorized\"}"})");
    expect_exact(collect());
}

TEST_F(Oauth, StoresInADryRunToo) {
    log_in();
    generate(5);
    expire();
    const auto before = stored();
    EXPECT_EQ(lines_of(collect({"--dry-run"}).out).size(), 5U);
    EXPECT_NE(stored().at("refresh_token"), before.at("refresh_token"));
    EXPECT_FALSE(std::filesystem::exists(checkpoint_path()));
    sim.with_state([](auto& state) {
        std::erase_if(state.oauth.refresh, [](const auto& each) { return each.second.expires != 0; });
        state.oauth.access.clear();
    });
    expect_exact(collect());
}

TEST_F(Oauth, StoresTheNextRefreshTokenBeforeItIsUsed) {
    log_in();
    generate(5);
    expire();
    sim.faults(R"({"match": "auditing/record", "skip": 1, "hang": true})");
    Program program{launch()};
    ASSERT_TRUE(program.runs_until([&] { return renewals() == 1 && asked().size() == 2; }));
    std::string current;
    sim.with_state([&](auto& state) { current = state.oauth.current_refresh; });
    EXPECT_EQ(stored().at("refresh_token"), current) << "while the first page is on its way";
    EXPECT_EQ(stored().at("renewing"), nullptr);
    program.send(SIGKILL);
    static_cast<void>(program.wait());
    sim.configure(R"({"oauth": {"leeway_seconds": 0}})");
    expect_exact(collect());
}

TEST_F(Oauth, AMissingScopeIsNoReasonToRenew) {
    configure_oauth({{"scopes", "read:user:jira"}});
    log_in();
    const auto done = run();
    EXPECT_EQ(done.status, 77);
    EXPECT_TRUE(done.says("lacks a scope")) << done.err;
    EXPECT_TRUE(done.says("read:audit-log:jira")) << done.err;
    EXPECT_EQ(renewals(), 0);
    EXPECT_EQ(asked().size(), 1U);
}

TEST_F(Oauth, ALostAnswerIsAskedForAgain) {
    log_in();
    generate(5);
    expire();
    sim.faults(R"({"match": "/oauth/token", "reset": true})");
    expect_exact(collect());
    EXPECT_EQ(renewals(), 2) << "within the run";
    expire();
    configure_oauth({{"retry_budget", "100ms"}});
    sim.faults(R"({"match": "/oauth/token", "times": -1, "reset": true})");
    EXPECT_EQ(run().status, 69);
    sim.clear_faults();
    configure_oauth();
    expect_exact(run_after(9min));
}

TEST_F(Oauth, AnAnswerLostForTooLongIsToldAsThat) {
    log_in();
    expire();
    configure_oauth({{"retry_budget", "100ms"}});
    sim.faults(R"({"match": "/oauth/token", "times": -1, "reset": true})");
    EXPECT_EQ(run().status, 69);
    sim.clear_faults();
    const auto done = run_after(15min);
    EXPECT_EQ(done.status, 77);
    EXPECT_TRUE(done.says("never arrived")) << done.err;
    EXPECT_TRUE(done.says("aquila-fetch login")) << done.err;
}

TEST_F(Oauth, ADeadGrantIsAskedForOnce) {
    log_in();
    revoke();
    expire();
    sim.clear_requests();
    for (int i = 0; i < 3; ++i) {
        const auto done = run();
        EXPECT_EQ(done.status, 77);
        EXPECT_TRUE(done.says("no longer valid")) << done.err;
        EXPECT_TRUE(done.says("aquila-fetch login --source jira")) << done.err;
        EXPECT_EQ(renewals(), 1);
        EXPECT_EQ(sim.requests().size(), 2U) << "one refused page, one refused renewal, and nothing after";
    }
}

TEST_F(Oauth, TroubleAtTheTokenServerCostsNothing) {
    log_in();
    generate(5);
    expire();
    configure_oauth({{"retry_budget", "100ms"}});
    for (const char* const fault : {R"({"match": "/oauth/token", "times": -1, "status": 503, "html": true})",
                                    R"({"match": "/oauth/token", "times": -1, "status": 429})",
                                    R"({"match": "/oauth/token", "times": -1, "status": 500})"}) {
        sim.faults(fault);
        EXPECT_EQ(run().status, 69) << fault;
        sim.clear_faults();
    }
    sim.faults(R"({"match": "/oauth/token", "status": 200, "html": true})");
    EXPECT_EQ(run().status, 76);
    sim.faults(R"({"match": "/oauth/token", "oversize": 70000000})");
    EXPECT_EQ(run().status, 76);
    expect_exact(collect());
}

TEST_F(Oauth, AWrongSecretKillsNothing) {
    log_in();
    generate(5);
    expire();
    scratch.write("secret", "wrong");
    const auto done = run();
    EXPECT_EQ(done.status, 77);
    EXPECT_TRUE(done.says("`client_secret_file`")) << done.err;
    scratch.write("secret", "sim-secret");
    expect_exact(collect());
}

TEST_F(Oauth, TwoAtOnceRenewOnce) {
    log_in();
    generate(5);
    expire();
    sim.faults(R"({"match": "/oauth/token", "delay_ms": 300})");
    Program one{launch({"--dry-run"})};
    Program other{launch({"--dry-run"})};
    EXPECT_EQ(one.wait().status, 0);
    EXPECT_EQ(other.wait().status, 0);
    EXPECT_EQ(renewals(), 1);
}

TEST_F(Oauth, AStoreThatIsDamagedOrOpenIsLeftAlone) {
    log_in();
    ::chmod(store_path().c_str(), 0644);
    const auto open = run();
    EXPECT_EQ(open.status, 78);
    EXPECT_TRUE(open.says("chmod 600")) << open.err;
    const auto text = read(store_path());
    scratch.write("state/jira/tokens.json", text.substr(0, text.size() / 2));
    EXPECT_EQ(run().status, 65);
    EXPECT_EQ(read(store_path()), text.substr(0, text.size() / 2));
}

TEST_F(Oauth, VerifiesToo) {
    log_in();
    generate(50);
    collect();
    expire();
    EXPECT_EQ(run({"verify"}).status, 0);
    EXPECT_EQ(renewals(), 1);
}

TEST_F(Oauth, ALoginElsewhereIsNotMixedIn) {
    log_in();
    generate(5);
    collect();
    sim.configure([](auto& settings) { settings.cloud_id = "0another-site"; });
    log_in();
    const auto done = run();
    EXPECT_EQ(done.status, 78);
    EXPECT_TRUE(done.says("0another-site")) << done.err;
}

TEST_F(Oauth, NoSecretIsSaidOrShown) {
    const auto expect_kept = [this](std::string_view text) {
        for (const auto& secret : secrets()) EXPECT_EQ(text.find(secret), std::string_view::npos) << text;
    };
    const auto expect_all_kept = [&](const Outcome& done) {
        expect_kept(done.out);
        expect_kept(done.err);
    };
    generate(5);
    for (const char* const format : {"text", "json"}) {
        const auto login = start_login({"-v", "--log-format", format});
        const auto location = accept(*login);
        login->type("http://localhost:1/callback?code=" + secrets().back() + "&state=wrong\n");
        static_cast<void>(follow(location + "1"));
        expect_kept(read("/proc/" + std::to_string(login->pid()) + "/cmdline"));
        login->type(location + "\n");
        expect_all_kept(login->wait());
        expect_all_kept(collect({"-v", "--log-format", format}));
        expire();
        expect_all_kept(collect({"-v", "--log-format", format}));
        expect_all_kept(run({"sites", "-v"}));
        std::string refresh;
        sim.with_state([&](auto& state) { refresh = state.oauth.current_refresh; });
        for (const int status : {200, 400, 401, 403, 500}) {
            expire();
            sim.faults(R"({"match": "/oauth/token", "status": )" + std::to_string(status) +
                       R"(, "body": "{\"error\":\")" + refresh + R"(\",\"error_description\":\"for )" + refresh +
                       R"( and sim-secret\"}"})");
            const auto done = run({"-v", "--log-format", format, "--dry-run"});
            EXPECT_EQ(done.err.find(refresh), std::string::npos) << done.err;
            sim.clear_faults();
        }
        Program program{launch({"-v"})};
        const auto arguments = read("/proc/" + std::to_string(program.pid()) + "/cmdline");
        expect_kept(arguments);
        static_cast<void>(program.wait());
    }
    expect_kept(read(output_path()));
    expect_kept(read(checkpoint_path()));
}

// --- service accounts ------------------------------------------------------------------------------------------------

class ServiceAccount : public Oauth {
  protected:
    ServiceAccount() { configure_oauth({{"auth", "client_credentials"}, {"cloud_id", sim.cloud_id()}}); }
    [[nodiscard]] int tokens() { return asked_for("client_credentials"); }
};

TEST_F(ServiceAccount, KeepsItsTokenForItsLife) {
    generate(50);
    expect_exact(collect());
    expect_exact(collect());
    expect_exact(run_after(50min));
    EXPECT_EQ(tokens(), 1);
    expect_exact(run_after(61min));
    EXPECT_EQ(tokens(), 2);
    sim.with_state([](auto& state) { state.oauth.access.clear(); });
    expect_exact(run_after(62min));
    EXPECT_EQ(tokens(), 3);
    EXPECT_EQ(test::Scratch::mode_of(store_path()), 0600U);
    EXPECT_EQ(stored().at("refresh_token"), "");
}

TEST_F(ServiceAccount, GoesByTheGatewayAlone) {
    configure_oauth({{"auth", "client_credentials"}, {"site", sim.url()}});
    generate(5);
    expect_exact(collect());
    sim.configure(R"({"oauth": {"scope": "read:nothing"}})");
    std::filesystem::remove(store_path());
    sim.clear_requests();
    const auto done = run();
    EXPECT_EQ(done.status, 77);
    EXPECT_TRUE(done.says("service account's credential lacks a scope")) << done.err;
    EXPECT_EQ(asked().size(), 1U);
    EXPECT_EQ(asked().at(0).path, gateway_path());
}

TEST_F(ServiceAccount, NeedsItsSecretAndNoLogin) {
    scratch.write("secret", "wrong");
    const auto done = run();
    EXPECT_EQ(done.status, 77);
    EXPECT_TRUE(done.says("`client_secret_file`")) << done.err;
    EXPECT_EQ(run({"login"}).status, 78);
}

}  // namespace aquila::e2e::oauth_test
