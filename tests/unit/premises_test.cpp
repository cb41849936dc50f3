#include "aquila_fetch/premises.hpp"

#include "aquila_fetch/lock.hpp"
#include "support/scratch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace aquila::premises_test {

namespace fs = std::filesystem;
using test::Scratch;
using testing::HasSubstr;

class Premises : public testing::Test {
  protected:
    void timer(const std::string& folder, const std::string& unit) {
        fs::create_directories(scratch / folder);
        fs::create_symlink("/usr/lib/systemd/system/aquila-fetch@.timer", scratch / (folder + "/" + unit));
    }
    Scratch scratch;
    Environment nothing = [](const char*) { return std::nullopt; };
};

TEST_F(Premises, SecretIsFoundAndPrivate) {
    SourceConfig source;
    source.name = "jira";
    source.token_file = scratch.write("token", "t").native();
    auto found = check_secret(source, nothing);
    EXPECT_EQ(found.mark, Mark::good);
    EXPECT_THAT(found.text, HasSubstr("token (0600)"));

    scratch.write("token", "t", 0644);
    found = check_secret(source, nothing);
    EXPECT_EQ(found.exit, Exit::config);
    EXPECT_THAT(found.advice, HasSubstr("chmod 600"));

    fs::remove(scratch / "token");
    EXPECT_EQ(check_secret(source, nothing).exit, Exit::no_input);

    source.token_file.clear();
    EXPECT_EQ(check_secret(source, nothing).exit, Exit::no_input);
    const auto variable = [](const char* name) {
        return std::string_view{name} == "AQUILA_FETCH_TOKEN" ? std::optional<std::string>{"t"} : std::nullopt;
    };
    EXPECT_THAT(check_secret(source, variable).text, HasSubstr("environment"));
    source.token = Secret{std::string_view{"s3cret"}};
    EXPECT_THAT(check_secret(source, nothing).text, HasSubstr("configuration"));
    EXPECT_EQ(check_secret(source, nothing).text.find("s3cret"), std::string::npos);
}

TEST_F(Premises, SecretOfAGrantIsTheClients) {
    SourceConfig source;
    source.auth = Auth::client_credentials;
    EXPECT_EQ(check_secret(source, nothing).exit, Exit::no_input);
    source.client_secret_file = scratch.write("client", "s").native();
    EXPECT_THAT(check_secret(source, nothing).text, HasSubstr("client secret is in"));
}

TEST_F(Premises, OutputIsAFileOrCanBeMade) {
    EXPECT_THAT(check_output(scratch / "a/b/out.json", false).text, HasSubstr("will be made in"));
    EXPECT_TRUE(scratch.names().empty()) << "nothing is made by looking";
    scratch.write("out.json", "{}\n");
    EXPECT_EQ(check_output(scratch / "out.json", false).mark, Mark::good);
    EXPECT_THAT(check_output(scratch / "out.json", false).text, HasSubstr("3 bytes"));

    fs::create_symlink(scratch / "out.json", scratch / "link.json");
    EXPECT_EQ(check_output(scratch / "link.json", false).exit, Exit::cannot_create);
    fs::create_directory(scratch / "folder.json");
    EXPECT_EQ(check_output(scratch / "folder.json", false).exit, Exit::cannot_create);
    EXPECT_EQ(check_output(scratch / "out.json/below/x.json", false).exit, Exit::cannot_create) << "a file in the way";
}

TEST_F(Premises, StateIsAFolderOrCanBeMade) {
    EXPECT_EQ(check_state(scratch / "state/jira", "jira").mark, Mark::good);
    EXPECT_TRUE(scratch.names().empty());
    scratch.write("state", "");
    EXPECT_EQ(check_state(scratch / "state/jira", "jira").exit, Exit::cannot_create);
}

TEST_F(Premises, MetricsAreAtMostAWarning) {
    EXPECT_EQ(check_metrics(scratch / "x.prom").mark, Mark::good);
    scratch.write("file", "");
    EXPECT_EQ(check_metrics(scratch / "file/x.prom").mark, Mark::warning);
    EXPECT_EQ(scratch.names(), std::vector<std::string>{"file"});
}

TEST_F(Premises, SpaceIsEnoughOrNot) {
    constexpr std::uint64_t mebibyte = 1 << 20;
    EXPECT_EQ(judge_space("space", 100'000 * mebibyte, 200'000 * mebibyte).mark, Mark::good);
    EXPECT_EQ(judge_space("space", 1000 * mebibyte, 10'000 * mebibyte).mark, Mark::good) << "a tenth of a small disk";
    EXPECT_EQ(judge_space("space", 1000 * mebibyte, 100'000 * mebibyte).mark, Mark::warning);
    EXPECT_EQ(judge_space("space", 16 * mebibyte - 1, 20 * mebibyte).exit, Exit::io);
    EXPECT_EQ(judge_space("space", 0, 0).exit, Exit::io);
    EXPECT_THAT(check_space(scratch / "out", scratch / "state").text, HasSubstr("MiB free of"));
}

TEST_F(Premises, LockIsFreeOrHeld) {
    EXPECT_EQ(check_lock(scratch / "lock").mark, Mark::good);
    EXPECT_TRUE(scratch.names().empty());
    const auto lock = Lock::acquire(scratch / "lock");
    EXPECT_EQ(check_lock(scratch / "lock").exit, Exit::busy);
}

TEST_F(Premises, TimerIsLookedForWhereSystemdLooks) {
    const auto& root = scratch.path();
    EXPECT_EQ(check_timer("jira", root).mark, Mark::skipped) << "neither systemd nor cron";
    fs::create_directories(scratch / "run/systemd/system");
    const auto missing = check_timer("jira", root);
    EXPECT_EQ(missing.mark, Mark::warning);
    EXPECT_THAT(missing.advice, HasSubstr("systemctl enable --now aquila-fetch@jira.timer"));
    timer("etc/systemd/system/timers.target.wants", "aquila-fetch@jira.timer");
    EXPECT_EQ(check_timer("jira", root).mark, Mark::good);
    EXPECT_EQ(check_timer("jira-eu", root).mark, Mark::warning) << "another instance";
    timer("run/systemd/system/multi-user.target.wants", "aquila-fetch@jira-eu.timer");
    EXPECT_EQ(check_timer("jira-eu", root).mark, Mark::good);
}

TEST_F(Premises, CronIsAsGoodAsATimer) {
    fs::create_directories(scratch / "run/systemd/system");
    fs::create_directories(scratch / "etc/cron.d");
    scratch.write("etc/cron.d/other", "* * * * * root /bin/true\n");
    EXPECT_EQ(check_timer("jira", scratch.path()).mark, Mark::warning);
    scratch.write("etc/crontab", "4-59/10 * * * * u /usr/bin/aquila-fetch --source jira\n");
    EXPECT_EQ(check_timer("jira", scratch.path()).mark, Mark::good);
    fs::remove(scratch / "etc/crontab");
    scratch.write("etc/cron.d/audit", "4-59/10 * * * * u /usr/bin/aquila-fetch --source jira\n");
    EXPECT_THAT(check_timer("jira", scratch.path()).text, HasSubstr("cron.d/audit"));
}

}  // namespace aquila::premises_test
