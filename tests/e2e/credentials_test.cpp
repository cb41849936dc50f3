// Where the secret comes from, how it is sent, and that it never appears anywhere else.
#include "e2e/fixture.hpp"

#include "support/sim_doors.hpp"

namespace aquila::e2e::credentials_test {

class Credentials : public ProductTest {
  protected:
    Launch with(const Strings& environment) {
        auto call = launch();
        call.environment.insert(call.environment.end(), environment.begin(), environment.end());
        return call;
    }
    void expect_works(const Launch& call) {
        const auto done = run(call);
        EXPECT_EQ(done.status, 0) << done.err;
    }
    void expect_refused(const Outcome& done, int status, std::string_view word) {
        EXPECT_EQ(done.status, status) << done.err;
        EXPECT_TRUE(done.says("aquila-fetch: error: ")) << done.err;
        EXPECT_TRUE(done.says(word)) << done.err;
        EXPECT_EQ(done.err.find(token), std::string::npos);
        EXPECT_TRUE(sim.requests().empty()) << "nothing is asked of the server";
        EXPECT_FALSE(std::filesystem::exists(output_path()));
    }
    static constexpr std::string_view variable = "AQUILA_FETCH_TOKEN=sim-token";
};
FOR_EACH_PRODUCT(Credentials);

TEST_P(Credentials, ComeFromATokenFile) {
    for (const auto* content : {"sim-token", "sim-token\n", "sim-token\r\n", "  sim-token \n"}) {
        scratch.write("token", content, 0400);
        expect_works(launch());
    }
}

TEST_P(Credentials, ComeFromSystemd) {
    configure({{"token_file", ""}});
    std::filesystem::create_directory(scratch / "credentials");
    scratch.write("credentials/token", "sim-token\n", 0400);
    expect_works(with({"CREDENTIALS_DIRECTORY=" + (scratch / "credentials").native(), "AQUILA_FETCH_TOKEN=wrong"}));
}

TEST_P(Credentials, ComeFromTheEnvironment) {
    configure({{"token_file", ""}});
    expect_works(with({std::string{variable}}));
    expect_works(with({std::string{variable}, "CREDENTIALS_DIRECTORY=" + (scratch / "none").native()}));
}

TEST_P(Credentials, InTheIniAreStrongerThanTheEnvironment) {
    expect_works(with({"AQUILA_FETCH_TOKEN=wrong"}));
}

TEST_P(Credentials, MayStandInAPrivateIni) {
    scratch.write("aquila-fetch.ini", section({{"token_file", ""}, {"token", "sim-token"}}), 0600);
    expect_works(launch());
    for (const mode_t mode : {0644U, 0640U, 0604U, 0660U}) {
        sim.clear_requests();
        std::filesystem::remove_all(scratch / "out");
        ::chmod((scratch / "aquila-fetch.ini").c_str(), mode);
        expect_refused(run(), 78, "aquila-fetch.ini");
    }
}

TEST_P(Credentials, InAFileThatOthersReadAreRefused) {
    for (const mode_t mode : {0644U, 0640U, 0604U, 0620U, 0602U, 0666U}) {
        scratch.write("token", "sim-token\n", mode);
        const auto done = run();
        expect_refused(done, 78, "token");
        EXPECT_TRUE(done.says("hint: chmod 600")) << done.err;
    }
}

TEST_P(Credentials, ThatAreMissingAreNamed) {
    std::filesystem::remove(scratch / "token");
    expect_refused(run(), 66, (scratch / "token").native());
    configure({{"token_file", ""}});
    const auto nowhere = run();
    expect_refused(nowhere, 66, "AQUILA_FETCH_TOKEN");
    EXPECT_TRUE(nowhere.says("token_file"));
    EXPECT_TRUE(nowhere.says("hint: "));
}

TEST_P(Credentials, ThatAreNoneAreRefused) {
    for (const auto* content : {"", "\n", "sim-token\nsim-token\n", "sim\x01token"}) {
        scratch.write("token", content);
        expect_refused(run(), 78, "token");
    }
    std::filesystem::remove(scratch / "token");
    std::filesystem::create_directory(scratch / "token");
    expect_refused(run(), 78, "not a regular file");
    std::filesystem::remove(scratch / "token");
    ASSERT_EQ(::mkfifo((scratch / "token").c_str(), 0600), 0);
    expect_refused(run(), 78, "not a regular file");
}

TEST_P(Credentials, MayHoldAnyCharactersAndAnyLength) {
    for (const auto& odd : {std::string{"ATATT3x#;=:'\"\\ä%20+/=="}, std::string(4'000, 'x') + "=ABC"}) {
        // A colon would be taken amiss by the server's parser, not by ours.
        const auto secret = odd.find(':') == std::string::npos ? odd : std::string{odd}.replace(odd.find(':'), 1, "");
        sim.configure([&](auto& settings) { settings.credentials = {{.email = std::string{email}, .token = secret}}; });
        scratch.write("token", secret + "\n");
        configure();
        expect_works(launch());
        scratch.write("aquila-fetch.ini", section({{"token_file", ""}, {"token", secret}}));
        expect_works(launch());
        configure({{"token_file", ""}});
        expect_works(with({"AQUILA_FETCH_TOKEN=" + secret}));
    }
}

TEST_P(Credentials, AreSentAsBasicWithAnEmailElseAsBearer) {
    generate(3);
    collect();
    EXPECT_EQ(asked().at(0).authorization, "Basic");
    scratch.write("token", "sim-bearer");
    configure({{"email", ""}});
    sim.clear_requests();
    collect();
    EXPECT_EQ(asked().at(0).authorization, "Bearer");
    EXPECT_EQ(asked().at(0).status, 200);
    configure({{"auth", "bearer"}});
    collect();
    scratch.write("token", "sim-token");
    configure({{"auth", "basic"}});
    collect();
    for (const auto& seen : asked()) EXPECT_EQ(seen.status, 200);
}

TEST_P(Credentials, AreNotSentTwiceWhenRefused) {
    scratch.write("token", "wrong");
    EXPECT_EQ(run().status, 77);
    EXPECT_EQ(asked().size(), 1U) << "every other try could lock the account";
}

// --- secrecy ---------------------------------------------------------------------------------------------------------

class Secrecy : public ProductTest {
  protected:
    void SetUp() override { take(secret); }
    void take(const std::string& token) {
        secret = token;
        sim.configure([&](auto& settings) {
            settings.credentials = {{.email = std::string{email}, .token = token}, {.email = {}, .token = token}};
        });
        scratch.write("token", token);
    }
    void expect_kept(std::string_view text) const {
        const std::string pair = std::string{email} + ":" + secret;
        for (const auto& form : {secret, pair, sim::encode_base64(pair), sim::encode_base64(secret)}) {
            EXPECT_EQ(text.find(form), std::string_view::npos) << form << " in\n" << text;
        }
    }
    void expect_kept(const Outcome& done) const {
        expect_kept(done.out);
        expect_kept(done.err);
    }
    std::string secret = "ATATT3xFfGF0T9cUrquvkwJzyZsim";
};
FOR_EACH_PRODUCT(Secrecy);

TEST_P(Secrecy, IsKeptInEveryMessage) {
    generate(5);
    const std::string_view faults[] = {
        R"({"times":1,"status":200,"body":"{}"})",
        R"({"status":401,"body":"{\"code\":401,\"message\":\"Unauthorized\"}"})",
        R"({"status":401,"body":"ECHO"})",
        R"({"status":403,"body":"{\"errorMessages\":[\"ECHO\"]}"})",
        R"({"status":400,"body":"ECHO"})",
        R"({"status":429,"headers":{"Retry-After":"999","RateLimit-Reason":"ECHO"},"body":"ECHO"})",
        R"({"status":503,"times":-1,"body":"ECHO"})",
        R"({"redirect":"https://ECHO@login.example.com/ECHO?token=ECHO"})",
        R"({"status":200,"headers":{"X-Seraph-LoginReason":"AUTHENTICATED_FAILED ECHO"},"body":"{}"})",
        R"({"html":true,"body":"<html>ECHO</html>","headers":{"Content-Type":"text/html; ECHO"}})",
        R"({"hang":true,"times":-1})",
        R"({"reset":0,"times":-1})",
        R"({"body":"{\"ECHO\":"})",
    };
    for (const bool bearer : {false, true}) {
        take(bearer ? "Tr0ub4dor&3x" : secret);  // a password has no shape to be known by
        const std::string echo =
            "token " + secret + " Basic " + sim::encode_base64(std::string{email} + ":" + secret) + " is " + secret;
        configure(
            {{"request_timeout", "100ms"}, {"retry_budget", "100ms"}, {"email", bearer ? "" : std::string{email}}});
        for (const auto fault : faults) {
            std::string text{fault};
            for (auto at = text.find("ECHO"); at != std::string::npos; at = text.find("ECHO"))
                text.replace(at, 4, echo);
            sim.clear_faults();
            sim.faults(text);
            const auto done = run({"-v", "--log-format", bearer ? "json" : "text"});
            EXPECT_NE(done.status, 0);
            expect_kept(done);
        }
    }
    sim.clear_faults();
    expect_kept(collect({"-v"}));
    expect_kept(read(checkpoint_path()));
    expect_kept(read(output_path()));
}

TEST_P(Secrecy, IsKeptWhenTheIniIsWrong) {
    const std::string inline_token = std::string{"token = "} + secret + "\n";
    const std::string spoilt[] = {"nonsense = 1\n",
                                  "page_size = many\n",
                                  inline_token,
                                  "tokn = " + std::string{secret} + "\n",
                                  std::string{secret} + "\n",
                                  "email = a:" + std::string{secret} + "\n",
                                  "site = https://me:" + std::string{secret} + "@example.com\n"};
    for (const auto& line : spoilt) {
        scratch.write("aquila-fetch.ini", section({{"token_file", ""}}) + inline_token + line, 0600);
        const auto done = run({"-v"});
        EXPECT_EQ(done.status, 78) << line << done.err;
        expect_kept(done);
    }
    expect_kept(run({"--token", secret}).out);
}

TEST_P(Secrecy, IsNotInArgumentsAndThereAreNoChildren) {
    generate(5);
    sim.faults(R"({"hang":true})");
    Program program{launch()};
    ASSERT_TRUE(program.runs_until([&] { return asked().size() == 1; }));
    const std::string place = "/proc/" + std::to_string(program.pid());
    const auto arguments = read(place + "/cmdline");
    EXPECT_NE(arguments.find("--config"), std::string::npos);
    expect_kept(arguments);
    EXPECT_EQ(read(place + "/task/" + std::to_string(program.pid()) + "/children"), "");
    expect_kept(read(place + "/environ"));
    program.send(SIGTERM);
    expect_kept(program.wait());
}

TEST_P(Secrecy, IsNotHandedToARedirectsTarget) {
    sim::Sim other;
    for (const auto status : {301, 302, 303, 307, 308}) {
        sim.faults(R"({"redirect":")" + other.url() + gateway_path() + R"(","status":)" + std::to_string(status) + "}");
        const auto done = run();
        EXPECT_EQ(done.status, 76) << done.err;
        EXPECT_TRUE(done.says("hint: "));
        EXPECT_TRUE(done.says(other.url())) << "it says where to: " << done.err;
    }
    EXPECT_TRUE(other.requests().empty());
    EXPECT_EQ(other.connections(), 0U);
}

}  // namespace aquila::e2e::credentials_test
