// `check`: every item in good and in bad order, its exit code, what to do about it; and that it changes nothing.
#include "e2e/fixture.hpp"

#include <sys/file.h>
#include <nlohmann/json.hpp>

namespace aquila::e2e::check_test {

using nlohmann::json;

constexpr std::string_view other_id = "99999999-8888-7777-6666-555555555555";

struct Checked {
    Outcome outcome;
    json findings;

    [[nodiscard]] json of(std::string_view item) const {
        for (const auto& finding : findings) {
            if (finding.at("item") == item) return finding;
        }
        return {{"result", "missing"}, {"text", ""}, {"advice", nullptr}, {"exit", -1}};
    }
    [[nodiscard]] std::string result(std::string_view item) const { return of(item).at("result"); }
    [[nodiscard]] std::string text(std::string_view item) const { return of(item).at("text"); }
    [[nodiscard]] std::string advice(std::string_view item) const {
        const auto value = of(item).at("advice");
        return value.is_null() ? std::string{} : value.get<std::string>();
    }
    /// The items with this result, in their order.
    [[nodiscard]] Strings with(std::string_view wanted) const {
        Strings items;
        for (const auto& finding : findings) {
            if (finding.at("result") == wanted) items.push_back(finding.at("item"));
        }
        return items;
    }
};

bool holds(const std::string& text, std::string_view words) {
    return text.find(words) != std::string::npos;
}

class CheckBase : public ProgramTest {
  protected:
    using ProgramTest::ProgramTest;

    Checked check(const Strings& arguments = {}) {
        auto call = launch({"check", "--json"});
        call.arguments.insert(call.arguments.end(), arguments.begin(), arguments.end());
        Checked checked{run(call), json::array()};
        const auto answer = json::parse(checked.outcome.out, nullptr, false);
        EXPECT_TRUE(answer.is_object()) << checked.outcome.out << checked.outcome.err;
        if (!answer.is_object()) return checked;
        EXPECT_EQ(answer.at("exit"), checked.outcome.status);
        checked.findings = answer.at("sources").at(0).at("findings");
        EXPECT_EQ(checked.outcome.out.find(token), std::string::npos);
        return checked;
    }
    /// One item failed, with this code, and says so.
    Checked expect_failed(std::string_view item, int status, std::string_view words, std::string_view advice,
                          const Strings& arguments = {}) {
        auto checked = check(arguments);
        EXPECT_EQ(checked.outcome.status, status) << checked.outcome.out;
        EXPECT_EQ(checked.with("failed"), Strings{std::string{item}}) << checked.outcome.out;
        EXPECT_TRUE(holds(checked.text(item), words)) << checked.text(item);
        EXPECT_TRUE(holds(checked.advice(item), advice)) << checked.advice(item);
        return checked;
    }
    /// Everything in the folder: names, modes, times, content.
    [[nodiscard]] std::map<std::string, std::string> everything() const {
        std::map<std::string, std::string> all;
        for (const auto& entry : std::filesystem::recursive_directory_iterator{scratch.path()}) {
            struct stat status {};
            ::lstat(entry.path().c_str(), &status);
            all[entry.path().native()] =
                std::to_string(status.st_mode) + ' ' + std::to_string(status.st_ino) + ' ' +
                std::to_string(status.st_mtim.tv_sec) + '.' + std::to_string(status.st_mtim.tv_nsec) + ' ' +
                std::to_string(status.st_ctim.tv_sec) + '.' + std::to_string(status.st_ctim.tv_nsec) + ' ' +
                (entry.is_regular_file() ? read(entry.path()) : std::string{});
        }
        return all;
    }
    void accept(sim::TokenKind kind, bool scopes_ok = true) {
        sim.configure([&](auto& settings) {
            settings.credentials = {
                {.email = std::string{email}, .token = std::string{token}, .kind = kind, .scopes_ok = scopes_ok}};
        });
    }
};

class Check : public CheckBase, public testing::WithParamInterface<Product> {
  protected:
    Check() : CheckBase{GetParam()} {}
    void SetUp() override { generate(20); }
};
FOR_EACH_PRODUCT(Check);

TEST_P(Check, FindsAllInOrder) {
    const auto checked = check();
    EXPECT_EQ(checked.outcome.status, 0) << checked.outcome.out;
    EXPECT_EQ(checked.outcome.err, "");
    for (const auto* item : {"configuration", "secret", "network", "clock", "address", "credential", "scope",
                             "permission", "plan", "record", "output", "state", "lock", "checkpoint"}) {
        EXPECT_EQ(checked.result(item), "ok") << item;
    }
    EXPECT_TRUE(checked.with("failed").empty());
    EXPECT_TRUE(holds(checked.text("secret"), "(0600)"));
    const auto text = run({"check"});
    EXPECT_EQ(text.status, 0);
    EXPECT_TRUE(text.out.starts_with(name() + ":\n✓ configuration ")) << text.out;
    EXPECT_EQ(text.out.find("✗"), std::string::npos);
    EXPECT_EQ(text.out.find(token), std::string::npos);
}

TEST_P(Check, ChangesNothing) {
    configure({{"cloud_id", ""}, {"site", sim.url()}});
    for (const bool collected : {false, true}) {
        if (collected) collect();
        sim.clear_requests();
        const auto before = everything();
        EXPECT_EQ(check().outcome.status, 0);
        EXPECT_EQ(run({"status"}).status, 0);
        EXPECT_EQ(everything(), before);
        for (const auto& seen : sim.requests()) EXPECT_EQ(seen.method, "GET");
    }
    EXPECT_TRUE(exact());
}

TEST_P(Check, ChangesNothingWhenAllIsRefusedEither) {
    sim.configure(R"({"no_permission":true})");
    std::filesystem::remove(scratch / "token");
    configure();
    const auto before = everything();
    EXPECT_NE(check().outcome.status, 0);
    EXPECT_EQ(everything(), before);
}

// --- what is on this machine

TEST_P(Check, TellsAConfigurationThatIsWrong) {
    configure({{"page_size", "many"}});
    const auto checked = check();
    EXPECT_EQ(checked.outcome.status, 78);
    EXPECT_EQ(checked.with("failed"), Strings{"configuration"});
    EXPECT_TRUE(holds(checked.text("configuration"), "'page_size' must be"));
    EXPECT_TRUE(holds(run({"check"}).out, "✗ configuration"));
    EXPECT_TRUE(sim.requests().empty());
}

TEST_P(Check, WarnsOfASectionThatLosesRecords) {
    configure({{"lookback", "0s"}});
    const auto checked = check();
    EXPECT_EQ(checked.outcome.status, 0);
    EXPECT_EQ(checked.result("configuration"), "warning");
}

TEST_P(Check, TellsASecretThatIsMissingOrOpen) {
    ::chmod((scratch / "token").c_str(), 0644);
    auto checked = expect_failed("secret", 78, "can be read", "chmod 600");
    EXPECT_EQ(checked.result("network"), "ok") << "what needs no secret is looked at";
    EXPECT_EQ(checked.result("clock"), "ok");
    for (const auto* item : {"credential", "permission", "record"}) EXPECT_EQ(checked.result(item), "skipped") << item;
    for (const auto& seen : sim.requests()) EXPECT_EQ(seen.authorization, "");
    std::filesystem::remove(scratch / "token");
    expect_failed("secret", 66, "token", "");
}

TEST_P(Check, TellsAnOutputThatCannotBeWritten) {
    std::filesystem::create_directories(scratch / "out");
    std::filesystem::create_symlink("/dev/null", output_path());
    expect_failed("output", 73, "regular file", "link");
    std::filesystem::remove(output_path());
    if (::geteuid() != 0) GTEST_SKIP() << "another user cannot be tried";
    ::chmod(scratch.path().c_str(), 0755);
    ::chmod((scratch / "aquila-fetch.ini").c_str(), 0644);
    ::chown((scratch / "token").c_str(), 65534, 65534);
    auto call = launch({"check", "--json"});
    call.user = 65534;
    const auto done = run(call);
    EXPECT_EQ(done.status, 73) << done.out << done.err;
    EXPECT_TRUE(holds(done.out, "nothing can be made in " + (scratch / "out").native())) << done.out;
}

TEST_P(Check, TellsAStateFolderThatCannotBeMade) {
    scratch.write("state", "");
    const auto checked = check();
    EXPECT_EQ(checked.result("state"), "failed");
    EXPECT_EQ(checked.of("state").at("exit"), 73);
}

TEST_P(Check, TellsALockThatIsHeld) {
    sim.faults(R"({"match":"audit","hang":true})");
    Program at_work{launch()};
    ASSERT_TRUE(at_work.runs_until([&] { return asked().size() == 1; }));
    expect_failed("lock", 75, "another run", "wait");
    at_work.send(SIGKILL);
    EXPECT_EQ(at_work.wait().signal, SIGKILL);
    EXPECT_EQ(check().outcome.status, 0);
}

TEST_P(Check, TellsACheckpointThatIsDamaged) {
    collect();
    EXPECT_TRUE(holds(check().text("checkpoint"), "20 records so far"));
    std::ofstream{checkpoint_path()} << "{";
    const auto checked = expect_failed("checkpoint", 65, "damaged", "backup");
    EXPECT_EQ(checked.result("record"), "ok");
}

TEST_P(Check, TellsACheckpointOfAnotherLog) {
    collect();
    sim.configure([](auto& settings) { settings.cloud_id = std::string{other_id}; });
    configure({{"cloud_id", std::string{other_id}}});
    expect_failed("checkpoint", 78, std::string{other_id}, "section of its own");
}

// --- the way there

TEST_P(Check, TellsWhatIsOnTheWay) {
    const std::pair<Keys, std::string_view> cases[] = {
        {{{"api_url", "http://127.0.0.1:9"}}, "refused"},
        {{{"api_url", "https://no-such-host.invalid"}}, "no-such-host.invalid"},
        {{{"api_url", "https" + sim.url().substr(4)}, {"connect_timeout", "200ms"}}, "within 200ms"},
        {{{"api_url", "https://example.invalid"}, {"proxy", "http://127.0.0.1:9"}}, "proxy"},
    };
    for (const auto& [keys, words] : cases) {
        SCOPED_TRACE(words);
        Keys all = keys;
        all["retry_budget"] = "100ms";
        configure(all);
        const auto checked = check();
        EXPECT_EQ(checked.outcome.status, 69) << checked.outcome.out;
        EXPECT_EQ(checked.with("failed"), Strings{"network"}) << checked.outcome.out;
        EXPECT_TRUE(holds(checked.text("network"), words)) << checked.text("network");
        EXPECT_EQ(checked.result("credential"), "skipped");
        EXPECT_EQ(checked.result("output"), "ok");
        EXPECT_EQ(checked.result("checkpoint"), "ok");
    }
}

TEST_P(Check, TellsAServerInTrouble) {
    configure({{"retry_budget", "100ms"}});
    sim.faults(R"({"match":"audit","status":500,"times":-1})");
    const auto checked = check();
    EXPECT_EQ(checked.outcome.status, 69);
    EXPECT_EQ(checked.with("failed").size(), 1U);
    EXPECT_EQ(checked.result("credential"), "skipped");
}

TEST_P(Check, ComparesTheClocks) {
    sim.configure(R"({"clock_offset_s":3630})");
    expect_failed("clock", 1, "1h behind", "timedatectl");
    sim.configure(R"({"clock_offset_s":-600})");
    const auto ahead = check();
    EXPECT_EQ(ahead.outcome.status, 1);
    EXPECT_TRUE(holds(ahead.text("clock"), "ahead of")) << ahead.text("clock");
    sim.configure(R"({"clock_offset_s":30, "no_permission":true})");
    EXPECT_EQ(check().result("clock"), "ok") << "from the Date of a refusal too";
}

// --- what the server lets it do

TEST_P(Check, TellsACredentialThatIsRefused) {
    scratch.write("token", "wrong");
    const auto checked = expect_failed("credential", 77, "refused", "token");
    EXPECT_EQ(checked.result("network"), "ok");
    EXPECT_EQ(checked.result("clock"), "ok");
    for (const auto* item : {"scope", "permission", "plan", "record"}) EXPECT_EQ(checked.result(item), "skipped");
}

TEST_P(Check, TellsAScopeThatIsMissing) {
    accept(sim::TokenKind::scoped, false);
    const auto checked = expect_failed("scope", 77, "lacks a scope", "read:audit-log:" + name());
    EXPECT_EQ(checked.result("credential"), "ok");
    EXPECT_EQ(checked.result("permission"), "skipped");
}

TEST_P(Check, TellsAPlanWithoutTheApi) {
    sim.configure(R"({"free_plan":true})");
    const auto checked = expect_failed("plan", 77, "no audit log API", "Standard");
    EXPECT_EQ(checked.result("permission"), "ok");
}

TEST_P(Check, WarnsOfAnEmptyLog) {
    sim.clear_records(product);
    const auto checked = check();
    EXPECT_EQ(checked.outcome.status, 0);
    EXPECT_EQ(checked.result("record"), "warning");
}

// --- the wrong door

TEST_P(Check, FindsTheSiteForATokenWithoutScopes) {
    accept(sim::TokenKind::classic);
    expect_failed("credential", 77, "refused", "set `site` in place of `cloud_id`");
    configure({{"site", sim.url()}});
    expect_failed("credential", 77, "refused", "Take `cloud_id` out and set `site = " + sim.url() + "`");
}

TEST_P(Check, RemembersTheSite) {
    configure({{"cloud_id", ""}, {"site", sim.url()}});
    collect();
    accept(sim::TokenKind::classic);
    configure();
    expect_failed("credential", 77, "refused", "Take `cloud_id` out and set `site = " + sim.url() + "`");
}

TEST_P(Check, FindsTheRightCloudId) {
    configure({{"cloud_id", std::string{other_id}}, {"site", sim.url()}});
    expect_failed("address", 76, "404", "the cloud id of " + sim.url() + " is " + sim.cloud_id());
}

TEST_P(Check, TellsWhichDoorOpensASite) {
    configure({{"cloud_id", ""}, {"site", sim.url()}});
    auto checked = check();
    EXPECT_EQ(checked.outcome.status, 0);
    EXPECT_TRUE(holds(checked.text("address"), "/ex/")) << checked.text("address");
    accept(sim::TokenKind::classic);
    checked = check();
    EXPECT_EQ(checked.outcome.status, 0);
    EXPECT_FALSE(holds(checked.text("address"), "/ex/")) << checked.text("address");
    EXPECT_TRUE(holds(checked.text("scope"), "opens the site"));
}

// --- several sources

TEST_P(Check, LooksAtAllSourcesOrAtOne) {
    const auto own = [&](const std::string& which, const Keys& changes) {
        Keys keys = changes;
        keys["output"] = (scratch / ("out-" + which) / "flattened.json").native();
        return section(keys, which);
    };
    scratch.write("aquila-fetch.ini", own("good", {}) + own("bad", {{"token_file", (scratch / "none").native()}}) +
                                          own("off", {{"api_url", "http://127.0.0.1:9"}, {"retry_budget", "100ms"}}));
    EXPECT_EQ(run({"check", "--source", "good"}).status, 0);
    const auto all = run({"check", "--json"});
    EXPECT_EQ(all.status, 66) << "a missing secret weighs more than a network that may come back";
    EXPECT_EQ(json::parse(all.out).at("sources").size(), 3U);
    EXPECT_TRUE(all.says("2 of what was checked are not in order")) << all.err;
    EXPECT_EQ(run({"check", "--source", "nobody"}).status, 64);
}

// --- Jira, organisation, Data Center

class CheckJira : public CheckBase {
  protected:
    CheckJira() : CheckBase{Product::jira} {}
};

TEST_F(CheckJira, TellsAPermissionThatIsMissing) {
    generate(3);
    sim.configure(R"({"no_permission":true})");
    const auto checked = expect_failed("permission", 77, "may not read the audit log", "Administer Jira");
    EXPECT_EQ(checked.result("scope"), "ok");
    EXPECT_EQ(checked.result("plan"), "skipped");
    EXPECT_EQ(checked.result("clock"), "ok");
}

class CheckOthers : public CheckBase {
  protected:
    CheckOthers() { scratch.write("bearer", "sim-bearer"); }
    void configure_datacenter() {
        scratch.write("aquila-fetch.ini", section({{"product", "datacenter"},
                                                   {"cloud_id", ""},
                                                   {"site", sim.url()},
                                                   {"email", ""},
                                                   {"token_file", (scratch / "bearer").native()}},
                                                  "dc"));
    }
};

TEST_F(CheckOthers, OrganizationAndItsAdmin) {
    scratch.write("aquila-fetch.ini", section({{"product", "organization"},
                                               {"cloud_id", ""},
                                               {"organization_id", "0f5a3c1e-7d2b-4c8a-9e61-5b0d4a7c9e10"},
                                               {"email", ""},
                                               {"token_file", (scratch / "bearer").native()}},
                                              "org"));
    sim.generate({.product = Product::organization, .count = 5, .from = ago(2h), .to = ago(1h)});
    const auto fine = check();
    EXPECT_EQ(fine.outcome.status, 0) << fine.outcome.out;
    EXPECT_TRUE(holds(fine.text("record"), " ago")) << fine.text("record");
    sim.configure(R"({"no_permission":true})");
    expect_failed("permission", 77, "may not read the organisation", "organization_id");
    scratch.write("bearer", "wrong");
    expect_failed("credential", 77, "API key was refused", "read:events:admin");
}

TEST_F(CheckOthers, DatacenterAndItsCoverage) {
    configure_datacenter();
    sim.generate({.product = Product::datacenter, .count = 5});
    auto checked = check();
    EXPECT_EQ(checked.outcome.status, 0) << checked.outcome.out;
    EXPECT_EQ(checked.result("coverage"), "ok");
    EXPECT_TRUE(holds(checked.text("coverage"), "security base"));
    EXPECT_EQ(checked.result("scope"), "missing") << "it has none";
    sim.with_state([](auto& state) { state.datacenter.coverage["security"] = "off"; });
    checked = check();
    EXPECT_EQ(checked.outcome.status, 0);
    EXPECT_EQ(checked.result("coverage"), "warning");
    EXPECT_TRUE(holds(checked.advice("coverage"), "security"));
    sim.faults(R"({"match":"coverage","status":403,"body":[{"message":"no"}]})");
    EXPECT_EQ(check().result("coverage"), "skipped");
    sim.configure(R"({"no_permission":true})");
    expect_failed("permission", 77, "may not read the audit log", "administer the system");
}

TEST_F(CheckOthers, DatacenterThatSendsToItsLogin) {
    configure_datacenter();
    scratch.write("bearer", "wrong");
    sim.configure(R"({"login_redirect":true})");
    expect_failed("credential", 77, "login page", "context path");
}

}  // namespace aquila::e2e::check_test
