#include "aquila_fetch/config_file.hpp"

#include "aquila_fetch/error.hpp"
#include "support/caught.hpp"
#include "support/scratch.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

namespace aquila::config_file_test {

namespace fs = std::filesystem;
using test::environment_of;
using test::failure_of;
using test::Scratch;

constexpr std::array<std::string_view, 2> products{"jira", "confluence"};
constexpr auto system_wide = "/etc/aquila-fetch/aquila-fetch.ini";

TEST(Environments, OfTheProcessDoNotTellEmptyFromUnset) {
    const auto environment = process_environment();
    ::setenv("AQUILA_FETCH_TEST", "value", 1);
    EXPECT_EQ(environment("AQUILA_FETCH_TEST"), "value");
    ::setenv("AQUILA_FETCH_TEST", "", 1);
    EXPECT_EQ(environment("AQUILA_FETCH_TEST"), std::nullopt);
    ::unsetenv("AQUILA_FETCH_TEST");
    EXPECT_EQ(environment("AQUILA_FETCH_TEST"), std::nullopt);
}

/// A folder with a configuration in every place there can be one.
struct Places {
    Places() {
        fs::create_directories(scratch / "xdg/aquila-fetch");
        fs::create_directories(scratch / "home/.config/aquila-fetch");
        scratch.write("xdg/aquila-fetch/aquila-fetch.ini", "");
        scratch.write("home/.config/aquila-fetch/aquila-fetch.ini", "");
        scratch.write("given.ini", "");
        scratch.write("variable.ini", "");
    }
    Scratch scratch;
    std::map<std::string, std::string> variables{{"AQUILA_FETCH_CONFIG", (scratch / "variable.ini").native()},
                                                 {"XDG_CONFIG_HOME", (scratch / "xdg").native()},
                                                 {"HOME", (scratch / "home").native()}};
};

TEST(FindConfig, LooksInOrder) {
    Places places;
    auto& variables = places.variables;
    EXPECT_EQ(find_config(places.scratch / "given.ini", environment_of(variables)), places.scratch / "given.ini");
    EXPECT_EQ(find_config("", environment_of(variables)), places.scratch / "variable.ini");
    variables.erase("AQUILA_FETCH_CONFIG");
    EXPECT_EQ(find_config("", environment_of(variables)), places.scratch / "xdg/aquila-fetch/aquila-fetch.ini");
    variables["XDG_CONFIG_HOME"] = "relative";
    const auto of_home = places.scratch / "home/.config/aquila-fetch/aquila-fetch.ini";
    EXPECT_EQ(find_config("", environment_of(variables)), of_home);
    variables.erase("XDG_CONFIG_HOME");
    EXPECT_EQ(find_config("", environment_of(variables)), of_home);
}

TEST(FindConfig, SkipsTheUsersPlaceWhereNothingIs) {
    Places places;
    places.variables.erase("AQUILA_FETCH_CONFIG");
    fs::remove_all(places.scratch / "xdg");
    if (fs::exists(system_wide)) {
        EXPECT_EQ(find_config("", environment_of(places.variables)), system_wide);
        return;
    }
    const auto failure = failure_of([&] { (void)find_config("", environment_of(places.variables)); });
    EXPECT_EQ(failure.code(), Exit::no_input);
    EXPECT_EQ(failure.what(), "no configuration found; looked for " +
                                  (places.scratch / "xdg/aquila-fetch/aquila-fetch.ini").native() + ", " + system_wide);
    EXPECT_NE(failure.hint().find("--config"), std::string::npos);
    EXPECT_EQ(failure_of([&] { (void)find_config("", environment_of({})); }).what(),
              std::string{"no configuration found; looked for "} + system_wide);
}

TEST(FindConfig, WantsTheNamedOneToBeThere) {
    Places places;
    const auto given = failure_of([&] { (void)find_config("/nonexistent.ini", environment_of(places.variables)); });
    EXPECT_EQ(given.code(), Exit::no_input);
    EXPECT_STREQ(given.what(), "the configuration /nonexistent.ini does not exist; --config names it");
    places.variables["AQUILA_FETCH_CONFIG"] = "/nonexistent.ini";
    const auto variable = failure_of([&] { (void)find_config("", environment_of(places.variables)); });
    EXPECT_EQ(variable.code(), Exit::no_input);
    EXPECT_STREQ(variable.what(), "the configuration /nonexistent.ini does not exist; $AQUILA_FETCH_CONFIG names it");
}

TEST(LoadConfig, ReadsAFile) {
    const Scratch scratch;
    const auto path = scratch.write("x.ini", "[jira]\ncloud_id = x\ntoken_file = /t\n", 0644);
    const auto config = load_config(path, products);
    EXPECT_EQ(config.file, path.native());
    EXPECT_EQ(config.sources.at(0).cloud_id, "x");
}

TEST(LoadConfig, TellsWhatIsWrong) {
    const Scratch scratch;
    const auto code_of = [&](const fs::path& path) {
        return failure_of([&] { (void)load_config(path, products); }).code();
    };
    EXPECT_EQ(code_of(scratch / "none.ini"), Exit::no_input);
    EXPECT_EQ(code_of(scratch.path()), Exit::no_input);
    EXPECT_EQ(code_of(scratch.write("large.ini", std::string((1U << 20U) + 1, ';'))), Exit::no_input);
    const auto path = scratch.write("bad.ini", "[jira]\ncloud_id = x\nrubbish\n");
    const auto failure = failure_of([&] { (void)load_config(path, products); });
    EXPECT_EQ(failure.code(), Exit::config);
    EXPECT_TRUE(std::string{failure.what()}.starts_with(path.native() + ":3: ")) << failure.what();
}

TEST(LoadConfig, RefusesASecretThatOthersCanRead) {
    const Scratch scratch;
    const std::string text = "[jira]\ncloud_id = x\ntoken = SECRET\n";
    for (const mode_t mode : {0600U, 0400U}) {
        EXPECT_EQ(load_config(scratch.write("x.ini", text, mode), products).sources.at(0).token.reveal(), "SECRET");
    }
    for (const mode_t mode : {0640U, 0644U, 0604U, 0620U, 0602U}) {
        const auto path = scratch.write("x.ini", text, mode);
        const auto failure = failure_of([&] { (void)load_config(path, products); });
        EXPECT_EQ(failure.code(), Exit::config);
        EXPECT_EQ(failure.what(), path.native() + " holds a secret and can be read or written by other users");
        EXPECT_NE(failure.hint().find("chmod 600 " + path.native()), std::string::npos);
    }
    const auto proxy = scratch.write("x.ini", "[jira]\ncloud_id = x\nproxy = http://u:p@proxy\n", 0644);
    EXPECT_EQ(failure_of([&] { (void)load_config(proxy, products); }).code(), Exit::config);
}

Config three() {
    return parse_config(
        "[one]\nproduct = jira\ncloud_id = x\n[two]\nproduct = jira\ncloud_id = x\n[wiki]\nproduct = "
        "confluence\ncloud_id = x\n",
        "x.ini", products);
}

TEST(ChooseSource, ByNameOrProduct) {
    const auto config = three();
    EXPECT_EQ(choose_source(config, "two", "").name, "two");
    EXPECT_EQ(choose_source(config, "", "confluence").name, "wiki");
    EXPECT_EQ(choose_source(config, "one", "jira").name, "one");
    EXPECT_EQ(&choose_source(config, "one", ""), &config.sources[0]);
    EXPECT_EQ(choose_source(parse_config("[jira]\ncloud_id = x\n", "x.ini", products), "", "").name, "jira");
}

TEST(ChooseSource, ListsWhatThereIs) {
    const auto config = three();
    const auto told = [&](const std::string& source, const std::string& product) {
        const auto failure = failure_of([&] { (void)choose_source(config, source, product); });
        EXPECT_EQ(failure.code(), Exit::usage);
        return failure.what() + ("\n" + failure.hint());
    };
    EXPECT_EQ(told("", ""), "x.ini has several sources: one, two, wiki\nchoose one with --source NAME");
    EXPECT_EQ(told("", "jira"), "x.ini has several sources of product jira: one, two\nchoose one with --source NAME");
    EXPECT_EQ(told("tow", ""), "x.ini has no source 'tow'; did you mean 'two'?\nit has one, two, wiki");
    EXPECT_EQ(told("", "datacenter"), "x.ini has no source of product 'datacenter'\nit has one, two, wiki");
    EXPECT_EQ(told("defaults", ""), "x.ini has no source 'defaults'\nit has one, two, wiki");
    EXPECT_EQ(told("wiki", "jira"), "x.ini has no source 'wiki' of product 'jira'\nit has one, two, wiki");
}

TEST(StateDirectory, IsTheInisThenSystemdsThenTheSystems) {
    SourceConfig source;
    source.name = "jira";
    EXPECT_EQ(state_directory(source, environment_of({})), "/var/lib/aquila-fetch/jira");
    EXPECT_EQ(state_directory(source, environment_of({{"STATE_DIRECTORY", "/var/lib/a:/var/lib/b"}})),
              "/var/lib/a/jira");
    source.state_dir = "/srv/state/";
    EXPECT_EQ(state_directory(source, environment_of({{"STATE_DIRECTORY", "/var/lib/a"}})), "/srv/state/jira");
}

}  // namespace aquila::config_file_test
