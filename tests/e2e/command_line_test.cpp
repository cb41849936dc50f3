// The command line: which source, which configuration, which output; and what is refused.
#include "e2e/fixture.hpp"

#include <nlohmann/json.hpp>

namespace aquila::e2e::command_line_test {

using nlohmann::json;

class CommandLine : public ProgramTest {
  protected:
    /// Sections jira, confluence and jira-eu, each with a folder of its own.
    void configure_three() {
        const auto own = [&](const std::string& which, const std::string& of) {
            return section({{"product", of}, {"output", (scratch / ("out-" + which) / "flattened.json").native()}},
                           which);
        };
        scratch.write("aquila-fetch.ini",
                      own("jira", "jira") + own("confluence", "confluence") + own("jira-eu", "jira"));
    }
    [[nodiscard]] std::string output_of(const std::string& which) const {
        return read(scratch / ("out-" + which) / "flattened.json");
    }
    void expect_refused(const Outcome& done, std::initializer_list<std::string_view> words) {
        EXPECT_EQ(done.status, 64) << done.err;
        EXPECT_TRUE(done.says("aquila-fetch: error: ")) << done.err;
        EXPECT_TRUE(done.says("aquila-fetch: hint: ")) << done.err;
        EXPECT_EQ(done.out, "");
        for (const auto word : words) EXPECT_TRUE(done.says(word)) << word << " in\n" << done.err;
        EXPECT_TRUE(sim.requests().empty());
    }
    /// Without --config.
    Outcome run_bare(const Strings& arguments, const Strings& environment = {}) {
        auto call = launch();
        call.arguments = arguments;
        call.environment.insert(call.environment.end(), environment.begin(), environment.end());
        return run(call);
    }
};

TEST_F(CommandLine, TakesTheOnlySource) {
    generate(3);
    collect();
    EXPECT_EQ(lines().size(), 3U);
}

TEST_F(CommandLine, ListsTheSourcesWhenThereAreSeveral) {
    configure_three();
    expect_refused(run(), {"jira", "confluence", "jira-eu", "--source"});
}

TEST_F(CommandLine, TakesProduct) {
    configure_three();
    sim.generate({.product = Product::confluence, .count = 4});
    collect({"--product", "confluence"});
    EXPECT_EQ(lines_of(output_of("confluence")).size(), 4U);
    EXPECT_FALSE(std::filesystem::exists(scratch / "out-jira"));
}

TEST_F(CommandLine, ListsTheSourcesOfAProductThatHasSeveral) {
    configure_three();
    const auto done = run({"--product", "jira"});
    expect_refused(done, {"jira-eu", "--source"});
    EXPECT_FALSE(done.says("confluence")) << done.err;
}

TEST_F(CommandLine, TakesSource) {
    configure_three();
    generate(5);
    collect({"--source", "jira-eu"});
    EXPECT_EQ(lines_of(output_of("jira-eu")).size(), 5U);
    EXPECT_TRUE(std::filesystem::exists(scratch / "state" / "jira-eu" / "checkpoint.json"));
    EXPECT_FALSE(std::filesystem::exists(scratch / "state" / "jira"));
}

TEST_F(CommandLine, SourcesDoNotShareAnything) {
    configure_three();
    generate(5);
    collect({"--source", "jira-eu"});
    collect({"--source", "jira"});
    EXPECT_EQ(output_of("jira-eu"), output_of("jira"));
    generate(2, 20s, 1s);
    collect({"--source", "jira"});
    EXPECT_EQ(lines_of(output_of("jira")).size(), 7U);
    EXPECT_EQ(lines_of(output_of("jira-eu")).size(), 5U);
}

TEST_F(CommandLine, RefusesSourcesThatAreNotThere) {
    configure_three();
    expect_refused(run({"--source", "jira-us"}), {"jira-us", "jira-eu", "confluence"});
    expect_refused(run({"--product", "bamboo"}), {"bamboo", "jira"});
}

TEST_F(CommandLine, DoesNotRepeatWhatStandsBesideAnUnknownOption) {
    for (const Strings& words : {Strings{"--token", "hunter2"}, Strings{"--token=hunter2"},
                                 Strings{"login", "--client-secret", "hunter2"}, Strings{"-phunter2"}}) {
        const auto done = run(words);
        expect_refused(done, {words.size() > 2                  ? "--client-secret"
                              : words.front().starts_with("--") ? "--token"
                                                                : "-p"});
        EXPECT_FALSE(done.says("hunter2")) << done.err;
    }
}

TEST_F(CommandLine, RefusesWhatItDoesNotKnow) {
    const Strings wrong[] = {{"--nonsense"},           {"nonsense"},        {"--since"},
                             {"--log-level", "loud"},  {"--source", ""},    {"--log-format", "xml"},
                             {"--token", "sim-token"}, {"sources", "jira"}, {"--source", "a", "--product", "jira"}};
    for (const auto& arguments : wrong) expect_refused(run(arguments), {"--help"});
}

TEST_F(CommandLine, TellsItsVersion) {
    const auto done = run_bare({"--version"});
    EXPECT_EQ(done.status, 0);
    EXPECT_EQ(done.out, "aquila-fetch " AQUILA_FETCH_VERSION "\n");
    EXPECT_EQ(done.err, "");
}

TEST_F(CommandLine, HelpsWithExamples) {
    const auto done = run_bare({"--help"});
    EXPECT_EQ(done.status, 0);
    EXPECT_EQ(done.err, "");
    for (const auto* word : {"Examples", "--source", "--product", "--since", "--dry-run", "sources", "--config"}) {
        EXPECT_NE(done.out.find(word), std::string::npos) << word;
    }
    for (const auto& line : lines_of(done.out)) EXPECT_LE(line.size(), 120U) << line;
    EXPECT_EQ(run_bare({"sources", "--help"}).status, 0);
}

TEST_F(CommandLine, HelpsWithEachCommand) {
    const std::pair<const char*, Strings> wanted[] = {{"login", {"--site", "--no-browser", "77"}},
                                                      {"sites", {"--json", "77"}},
                                                      {"check", {"--json", "78", "1 anything"}},
                                                      {"status", {"--json", "65"}},
                                                      {"verify", {"--since", "--until", "logrotate", "75"}},
                                                      {"settings", {"--yes", "NAME=VALUE", "64"}},
                                                      {"sources", {"--json", "66"}}};
    for (const auto& [command, words] : wanted) {
        const auto done = run_bare({command, "--help"});
        EXPECT_EQ(done.status, 0) << done.err;
        for (const auto& word : words) EXPECT_NE(done.out.find(word), std::string::npos) << command << " " << word;
        for (const auto& word : {std::string{"Examples:\n  aquila-fetch "} + command, std::string{"Exit codes: 0"},
                                 std::string{"Usage: aquila-fetch "} + command, std::string{"--config FILE"}}) {
            EXPECT_NE(done.out.find(word), std::string::npos) << command << ": " << word << "\n" << done.out;
        }
        EXPECT_EQ(done.out.find("--dry-run"), std::string::npos) << "an option that is not of " << command;
        for (const auto& line : lines_of(done.out)) EXPECT_LE(line.size(), 120U) << line;
        EXPECT_EQ(run_bare({"--help", command}).out, done.out) << "before the command, too";
    }
}

TEST_F(CommandLine, KeepsColumnsOfLongNames) {
    scratch.write("aquila-fetch.ini", section({}, "jira-of-the-whole-company") + section({{"output", "/tmp/b"}}, "b"));
    Strings columns;
    for (const auto& line : lines_of(collect({"sources"}).out)) {
        const auto at = line.find("  jira  ");
        if (line.starts_with("  jira-of") || line.starts_with("  b ")) columns.push_back(std::to_string(at));
    }
    ASSERT_EQ(columns.size(), 2U);
    EXPECT_EQ(columns.front(), columns.back());
}

TEST_F(CommandLine, ListsProductsAndSources) {
    configure_three();
    const auto text = collect({"sources"});
    for (const auto* word : {"jira", "confluence", "jira-eu"}) EXPECT_NE(text.out.find(word), std::string::npos);
    EXPECT_EQ(text.out.find(token), std::string::npos);
    const auto before = run({"sources", "--json"});
    const auto listed = json::parse(before.out);
    EXPECT_EQ(listed.at("sources").size(), 3U);
    EXPECT_EQ(listed.at("sources").at(2).at("name"), "jira-eu");
    EXPECT_EQ(listed.at("sources").at(2).at("product"), "jira");
    EXPECT_EQ(listed.at("sources").at(2), (json{{"name", "jira-eu"},
                                                {"product", "jira"},
                                                {"site", nullptr},
                                                {"cloud_id", sim.cloud_id()},
                                                {"organization_id", nullptr},
                                                {"auth", "basic"},
                                                {"format", "flattened"},
                                                {"output", (scratch / "out-jira-eu" / "flattened.json").native()},
                                                {"format", "flattened"},
                                                {"state", (scratch / "state" / "jira-eu").native()}}));
    EXPECT_EQ(listed.at("products").size(), 4U);
    for (const auto& each : listed.at("products")) {
        for (const auto* key : {"name", "title", "summary", "page_size", "permission"}) {
            EXPECT_FALSE(each.at(key).is_null()) << each;
        }
        for (const auto* key : {"requests_per_minute", "scopes", "settings"}) EXPECT_TRUE(each.contains(key)) << each;
    }
    auto call = launch();
    call.arguments = {"sources", "--config", (scratch / "aquila-fetch.ini").native(), "--json"};
    EXPECT_EQ(run(call).out, before.out) << "options may stand before or behind the subcommand";
    EXPECT_TRUE(sim.requests().empty());
    EXPECT_FALSE(std::filesystem::exists(scratch / "state"));
}

TEST_F(CommandLine, ListsProductsWithoutAConfiguration) {
    if (std::filesystem::exists("/etc/aquila-fetch/aquila-fetch.ini")) GTEST_SKIP() << "there is one";
    const auto done = run_bare({"sources", "--json"});
    EXPECT_EQ(done.status, 0) << done.err;
    EXPECT_TRUE(json::parse(done.out).at("sources").empty());
}

TEST_F(CommandLine, LooksForItsConfigurationInOrder) {
    generate(3);
    const auto made = [&](const std::string& folder) {
        std::filesystem::create_directories(scratch / folder);
        const auto output = (scratch / folder / "flattened.json").native();
        const auto state = (scratch / folder / "state").native();
        scratch.write(folder + "/aquila-fetch.ini", section({{"output", output}, {"state_dir", state}}));
        return (scratch / folder).native();
    };
    const auto option = made("option");
    const auto variable = made("variable");
    const auto xdg = made("xdg/aquila-fetch");
    const auto home = made(".config/aquila-fetch");
    const std::string by_variable = "AQUILA_FETCH_CONFIG=" + variable + "/aquila-fetch.ini";
    const std::string by_xdg = "XDG_CONFIG_HOME=" + (scratch / "xdg").native();

    const auto taken = [&](const Strings& arguments, const Strings& environment) {
        const auto done = run_bare(arguments, environment);
        EXPECT_EQ(done.status, 0) << done.err;
        return done.out.substr(done.out.find(" into ") + 6);
    };
    EXPECT_EQ(taken({"-c", option + "/aquila-fetch.ini"}, {by_variable, by_xdg}), option + "/flattened.json\n");
    EXPECT_EQ(taken({}, {by_variable, by_xdg}), variable + "/flattened.json\n");
    EXPECT_EQ(taken({}, {by_xdg}), xdg + "/flattened.json\n");
    EXPECT_EQ(taken({}, {}), home + "/flattened.json\n");
}

TEST_F(CommandLine, SaysWhenAConfigurationIsMissing) {
    const auto named = run_bare({"--config", (scratch / "none.ini").native()});
    EXPECT_EQ(named.status, 66) << named.err;
    EXPECT_TRUE(named.says("none.ini"));
    const auto variable = run_bare({}, {"AQUILA_FETCH_CONFIG=" + (scratch / "none.ini").native()});
    EXPECT_EQ(variable.status, 66) << variable.err;
    EXPECT_TRUE(variable.says("AQUILA_FETCH_CONFIG"));
    if (!std::filesystem::exists("/etc/aquila-fetch/aquila-fetch.ini")) {
        const auto nowhere = run_bare({});
        EXPECT_EQ(nowhere.status, 66) << nowhere.err;
        EXPECT_TRUE(nowhere.says("/etc/aquila-fetch/aquila-fetch.ini"));
        EXPECT_TRUE(nowhere.says("hint: "));
    }
}

TEST_F(CommandLine, WritesToAnotherOutput) {
    generate(6);
    const auto other = (scratch / "elsewhere" / "records.ndjson").native();
    EXPECT_EQ(collect({"--output", other}).out, "Flattened 6 records into " + other + "\n");
    EXPECT_TRUE(exact(read(other)));
    EXPECT_FALSE(std::filesystem::exists(output_path()));
}

TEST_F(CommandLine, RefusesWhatIsNoOutputLikeTheConfigurationDoes) {
    for (const auto* output : {"gs://bucket/prefix", "s3:/bucket/prefix", "S3://bucket/prefix", "s3://B/x"}) {
        const auto done = run({"--output", output});
        EXPECT_EQ(done.status, 78) << output << done.err;
        EXPECT_FALSE(std::filesystem::exists(scratch / output));
    }
    EXPECT_TRUE(sim.requests().empty());
}

TEST_F(CommandLine, RefusesTheOutputOfAnotherSource) {
    configure_three();
    const auto done = run({"--source", "jira", "--output", (scratch / "out-jira-eu" / "flattened.json").native()});
    EXPECT_EQ(done.status, 78) << done.err;
    EXPECT_TRUE(done.says("jira-eu"));
    const auto detour =
        run({"--source", "jira", "--output", (scratch / "x" / ".." / "out-jira-eu" / "flattened.json").native()});
    EXPECT_EQ(detour.status, 78) << detour.err;
    EXPECT_TRUE(sim.requests().empty());
}

}  // namespace aquila::e2e::command_line_test
