// `settings`: shown, previewed, changed, refused; with and without somebody at a terminal.
#include "e2e/fixture.hpp"

#include <pty.h>
#include <nlohmann/json.hpp>

namespace aquila::e2e::settings_test {

using nlohmann::json;

class SettingsTest : public ProgramTest {
  protected:
    using ProgramTest::ProgramTest;

    json shown() {
        const auto done = run({"settings", "--json"});
        EXPECT_EQ(done.status, 0) << done.err;
        return json::parse(done.out).at("settings");
    }
    /// How often something was asked to be changed.
    [[nodiscard]] std::size_t puts() {
        const auto all = sim.requests();
        return static_cast<std::size_t>(
            std::count_if(all.begin(), all.end(), [](const auto& seen) { return seen.method == "PUT"; }));
    }
    /// At a terminal where somebody types `answer`: the exit status, and all that was on the screen.
    std::pair<int, std::string> at_terminal(const Strings& arguments, const std::string& answer) {
        const auto call = launch(arguments);
        int terminal = -1;
        const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
        if (child == 0) {
            std::vector<char*> argv{const_cast<char*>(call.program.c_str())};
            for (const auto& each : call.arguments) argv.push_back(const_cast<char*>(each.c_str()));
            argv.push_back(nullptr);
            std::vector<char*> envp;
            for (const auto& each : call.environment) envp.push_back(const_cast<char*>(each.c_str()));
            envp.push_back(nullptr);
            ::execve(argv[0], argv.data(), envp.data());
            ::_exit(127);
        }
        std::string screen;
        bool answered = false;
        for (pollfd ready{terminal, POLLIN, 0}; ::poll(&ready, 1, 20'000) > 0;) {
            std::array<char, 4096> block;
            const auto got = ::read(terminal, block.data(), block.size());
            if (got <= 0) break;
            screen.append(block.data(), static_cast<std::size_t>(got));
            if (!answered && screen.find("[y/N]") != std::string::npos) {
                answered = true;
                EXPECT_EQ(::write(terminal, answer.data(), answer.size()), static_cast<ssize_t>(answer.size()));
            }
        }
        ::kill(child, SIGKILL);  // only if it still waits
        int status = 0;
        ::waitpid(child, &status, 0);
        ::close(terminal);
        return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), screen};
    }
};

class DatacenterSettings : public SettingsTest {
  protected:
    DatacenterSettings() {
        scratch.write("bearer", "sim-bearer");
        scratch.write("aquila-fetch.ini", section({{"product", "datacenter"},
                                                   {"cloud_id", ""},
                                                   {"site", sim.url()},
                                                   {"email", ""},
                                                   {"token_file", (scratch / "bearer").native()}},
                                                  "dc"));
    }
};

TEST_F(DatacenterSettings, AreShown) {
    const auto text = run({"settings"});
    EXPECT_EQ(text.status, 0) << text.err;
    for (const auto* line : {"coverage.security ", "coverage.end-user-activity ", "retention ", "retention-file "}) {
        EXPECT_NE(text.out.find(line), std::string::npos) << line << " in\n" << text.out;
    }
    const auto all = shown();
    EXPECT_EQ(all.size(), 9U);
    EXPECT_EQ(all.at("coverage.security"), "base");
    EXPECT_EQ(all.at("retention"), "3y");
    EXPECT_EQ(all.at("retention-file"), "100");
    EXPECT_EQ(puts(), 0U);
    EXPECT_FALSE(std::filesystem::exists(scratch / "state"));
}

TEST_F(DatacenterSettings, AreChangedAfterAPreview) {
    const Strings changes{"coverage.security=full", "retention=10y", "retention-file=20", "coverage.ecosystem=base"};
    Strings call{"settings"};
    call.insert(call.end(), changes.begin(), changes.end());
    const auto nobody = run(call);
    EXPECT_EQ(nobody.status, 64) << nobody.err;
    EXPECT_TRUE(nobody.says("--yes")) << nobody.err;
    for (const auto* line : {"base -> full", "3y -> 10y", "100 -> 20"}) {
        EXPECT_NE(nobody.out.find(line), std::string::npos) << line << " in\n" << nobody.out;
    }
    EXPECT_EQ(nobody.out.find("ecosystem"), std::string::npos) << "it is so already";
    EXPECT_EQ(puts(), 0U);

    call.emplace_back("--yes");
    const auto done = run(call);
    EXPECT_EQ(done.status, 0) << done.err;
    EXPECT_EQ(done.out, nobody.out);
    EXPECT_EQ(puts(), 3U);
    const auto all = shown();
    EXPECT_EQ(all.at("coverage.security"), "full");
    EXPECT_EQ(all.at("coverage.permissions"), "base") << "the others stay";
    EXPECT_EQ(all.at("retention"), "10y");
    EXPECT_EQ(all.at("retention-file"), "20");

    sim.clear_requests();
    const auto again = run(call);
    EXPECT_EQ(again.status, 0);
    EXPECT_NE(again.out.find("nothing to change"), std::string::npos);
    EXPECT_EQ(puts(), 0U);
}

TEST_F(DatacenterSettings, AnswerInJson) {
    const auto done = run({"settings", "--json", "retention=1y6m", "--yes"});
    EXPECT_EQ(done.status, 0) << done.err;
    EXPECT_EQ(json::parse(done.out), json::parse(R"({"source":"dc","product":"datacenter","changed":true,
                              "changes":[{"name":"retention","from":"3y","to":"1y6m"}]})"));
}

TEST_F(DatacenterSettings, AskWhoSitsAtTheTerminal) {
    const auto [no, at_no] = at_terminal({"settings", "retention=10y"}, "n\n");
    EXPECT_EQ(no, 0) << at_no;
    EXPECT_NE(at_no.find("3y -> 10y"), std::string::npos) << at_no;
    EXPECT_NE(at_no.find("nothing was changed"), std::string::npos) << at_no;
    EXPECT_EQ(at_terminal({"settings", "retention=10y"}, "\n").first, 0);
    EXPECT_EQ(puts(), 0U);
    EXPECT_EQ(at_terminal({"settings", "retention=10y"}, "\x03").first, -SIGINT) << "a stop ends the wait";
    EXPECT_EQ(puts(), 0U);
    const auto [yes, at_yes] = at_terminal({"settings", "retention=10y"}, "y\n");
    EXPECT_EQ(yes, 0) << at_yes;
    EXPECT_EQ(puts(), 1U);
    EXPECT_EQ(shown().at("retention"), "10y");
}

TEST_F(DatacenterSettings, RefuseWhatIsNotThere) {
    const std::pair<Strings, std::string_view> wrong[] = {
        {{"coverage.securty=full"}, "security"},
        {{"coverage.security=most"}, "off, base, advanced, full"},
        {{"retention=forever"}, "10y"},
        {{"retention"}, "NAME=VALUE"},
        {{"rotation=10y"}, "coverage, retention"},
        {{"retention-file=none"}, "retention-file=100"},
        {{"retention=10y", "coverage=all"}, "levels"},
    };
    for (const auto& [words, hint] : wrong) {
        Strings call{"settings", "--yes"};
        call.insert(call.end(), words.begin(), words.end());
        const auto done = run(call);
        EXPECT_EQ(done.status, 64) << done.err;
        EXPECT_TRUE(done.says(hint)) << done.err;
    }
    EXPECT_TRUE(sim.requests().empty()) << "nobody is asked";
}

TEST_F(DatacenterSettings, SayWhatTheServerRefuses) {
    sim.configure(R"({"no_permission":true})");
    auto done = run({"settings"});
    EXPECT_EQ(done.status, 77) << done.err;
    EXPECT_TRUE(done.says("administer the system")) << done.err;
    sim.configure(R"({"no_permission":false})");
    sim.faults(R"({"match":"configuration/retention","skip":2,"status":403,"body":[{"message":"not you"}]})");
    done = run({"settings", "retention-file=7", "--yes"});
    EXPECT_EQ(done.status, 77) << done.err;
}

TEST_F(DatacenterSettings, SayWhenAChangeIsNotKept) {
    // The server says yes and changes nothing, as a licence without the feature may have it.
    sim.faults(R"({"match":"configuration/coverage","skip":2,"status":200,"body":{"levelByArea":{}}})");
    const auto done = run({"settings", "coverage.security=full", "--yes"});
    EXPECT_EQ(done.status, 76) << done.err;
    EXPECT_TRUE(done.says("coverage.security = base")) << done.err;
}

TEST_F(DatacenterSettings, OfAServerThatLacksSomeAreTheOthers) {
    sim.faults(R"({"match":"retention/file","status":404,"body":[],"times":-1})");
    EXPECT_EQ(shown().size(), 8U);
    const auto done = run({"settings", "retention-file=7", "--yes"});
    EXPECT_EQ(done.status, 64) << done.err;
    EXPECT_TRUE(done.says("retention-file")) << done.err;
    EXPECT_EQ(puts(), 0U);
}

class ConfluenceSettings : public SettingsTest {
  protected:
    ConfluenceSettings() : SettingsTest{Product::confluence} {}
};

TEST_F(ConfluenceSettings, AreShownAndChanged) {
    EXPECT_EQ(shown(), json::parse(R"({"retention":"1y"})"));
    const auto done = run({"settings", "retention=6m", "--yes"});
    EXPECT_EQ(done.status, 0) << done.err;
    EXPECT_NE(done.out.find("1y -> 6m"), std::string::npos);
    EXPECT_EQ(puts(), 1U) << "with the header that Confluence wants, else it had been refused";
    EXPECT_EQ(shown(), json::parse(R"({"retention":"6m"})"));
}

TEST_F(ConfluenceSettings, AreFoundAtBothDoors) {
    configure({{"cloud_id", ""}, {"site", sim.url()}});
    sim.configure([&](auto& settings) {
        settings.credentials = {
            {.email = std::string{email}, .token = std::string{token}, .kind = sim::TokenKind::classic}};
    });
    EXPECT_EQ(shown().at("retention"), "1y");
    EXPECT_EQ(run({"settings", "retention=26w", "--yes"}).status, 0);
    EXPECT_EQ(shown().at("retention"), "26w");
}

TEST_F(ConfluenceSettings, NameTheScopeThatChangingNeeds) {
    sim.configure([&](auto& settings) {
        settings.credentials = {{.email = std::string{email}, .token = std::string{token}, .write_ok = false}};
    });
    EXPECT_EQ(shown().at("retention"), "1y");
    const auto done = run({"settings", "retention=6m", "--yes"});
    EXPECT_EQ(done.status, 77) << done.err;
    EXPECT_TRUE(done.says("write:audit-log:confluence")) << done.err;
    EXPECT_EQ(shown().at("retention"), "1y");
}

TEST_F(ConfluenceSettings, RefuseMoreThanAYear) {
    EXPECT_EQ(run({"settings", "retention=2y", "--yes"}).status, 64);
    EXPECT_EQ(run({"settings", "coverage.security=full", "--yes"}).status, 64);
    EXPECT_TRUE(sim.requests().empty());
}

class JiraSettings : public SettingsTest {};

TEST_F(JiraSettings, AreNone) {
    for (const auto& call : {Strings{"settings"}, Strings{"settings", "retention=1y", "--yes"}}) {
        const auto done = run(call);
        EXPECT_EQ(done.status, 64) << done.err;
        EXPECT_TRUE(done.says("no audit settings")) << done.err;
    }
    EXPECT_TRUE(sim.requests().empty());
}

}  // namespace aquila::e2e::settings_test
