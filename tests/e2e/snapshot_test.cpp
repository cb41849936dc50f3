// output_mode = replace: the file holds the newest page as the guides' script leaves it, byte for byte, and never half.
#include "e2e/fixture.hpp"

#include "support/sim_time.hpp"

#include <fmt/format.h>

namespace aquila::e2e::snapshot_test {

class Snapshot : public ProductTest {
  protected:
    void SetUp() override { configure({{"output_mode", "replace"}}); }

    /// What the script makes of the newest page with curl and jq; skips the test where they are not there.
    std::string by_script(const std::string& query = "") {
        const std::string filter = product == Product::jira
                                       ? ".offset as $o | .total as $t | .records[] | . + {offset: $o, total: $t}"
                                       : ".results[]";
        Program script{{.arguments = {"-c", fmt::format("curl -sf -u '{}:{}' '{}{}{}' | jq -c '{}'", email, token,
                                                        sim.url(), gateway_path(), query, filter)},
                        .environment = {"PATH=/usr/bin:/bin", "NO_PROXY=127.0.0.1"},
                        .program = "/bin/sh"}};
        auto done = script.wait();
        EXPECT_EQ(done.status, 0) << done.err;
        return done.out;
    }
    static bool has_tools() { return ::access("/usr/bin/jq", X_OK) == 0 && ::access("/usr/bin/curl", X_OK) == 0; }
    static bool has_jq_of_the_guides() {
        Program jq{{.arguments = {"--version"}, .program = "/usr/bin/jq"}};
        return jq.wait().out == "jq-1.6\n";
    }
};
FOR_EACH_PRODUCT(Snapshot);

TEST_P(Snapshot, IsWhatTheScriptLeaves) {
    if (!has_tools()) GTEST_SKIP() << "needs curl and jq";
    generate(1'500, 90 * 24h);
    const auto wanted = by_script();
    EXPECT_EQ(lines_of(wanted).size(), 1'000U);
    EXPECT_EQ(collect().out, "Flattened 1000 records into " + output_path() + "\n");
    EXPECT_EQ(read(output_path()), wanted);
    generate(7, 30s, 1s);
    collect();
    EXPECT_NE(by_script(), wanted);
    EXPECT_EQ(read(output_path()), by_script());
}

TEST_P(Snapshot, SpellsAsJqDoes) {
    if (!has_tools() || !has_jq_of_the_guides()) GTEST_SKIP() << "needs curl and jq 1.6";
    constexpr std::string_view odd =
        R"("b":1.10,"a":1E+2,"big":12345678901234567890,"small":1e-7,"long":0.1000000000000000055511151231257827,)"
        R"("exact":100000000000000000000,"zero":-0.0,"text":"\u00e9\/\u0041\u007f\u0000\t\ud83e\udd86é<>&","b":{"c":[ 1, {} ],"c":[]})";
    for (int i = 0; i < 3; ++i) {
        sim.add(product, product == Product::jira
                             ? fmt::format(R"({{"id":{},"created":"{}",{}}})", 9007199254740993 + i,
                                           sim::format_iso(ago(10min), 3, "+0000"), odd)
                             : fmt::format(R"({{"creationDate":{},{}}})", ago(10min), odd));
    }
    collect();
    EXPECT_EQ(read(output_path()), by_script());
}

TEST_P(Snapshot, TakesPageSize) {
    if (!has_tools()) GTEST_SKIP() << "needs curl and jq";
    configure({{"output_mode", "replace"}, {"page_size", "30"}});
    generate(100);
    collect();
    EXPECT_EQ(read(output_path()), by_script("?limit=30"));
    EXPECT_EQ(lines().size(), 30U);
}

TEST_P(Snapshot, IsSwappedInAsAWhole) {
    generate(200);
    collect();
    const auto before = read(output_path());
    std::ifstream reader{output_path(), std::ios::binary};
    generate(50, 30s, 1s);
    collect();
    EXPECT_NE(read(output_path()), before);
    EXPECT_EQ((std::string{std::istreambuf_iterator<char>{reader}, {}}), before)
        << "who has the old file open, reads it to its end";
    EXPECT_EQ(test::Scratch::mode_of(output_path()), 0640U);
    const auto folder = std::filesystem::directory_iterator{scratch / "out"};
    EXPECT_EQ(std::distance(begin(folder), end(folder)), 1) << "no temporary file stays";
}

TEST_P(Snapshot, AsksOnce) {
    generate(5'000, 90 * 24h);
    collect();
    EXPECT_EQ(sim.requests().size(), 1U);
}

TEST_P(Snapshot, StaysWhenTheServerIsInTrouble) {
    generate(20);
    collect();
    const auto before = read(output_path());
    generate(5, 30s, 1s);
    const std::pair<std::string_view, int> troubles[] = {
        {R"({"status":401,"body":"Unauthorized"})", 77}, {R"({"html":true})", 76},
        {R"({"body":"{\"records\":[{\"id\":1"})", 76},   {R"({"status":404,"body":"{}"})", 76},
        {R"({"truncate":100,"times":-1})", 69},          {R"({"status":503,"times":-1})", 69},
    };
    configure({{"output_mode", "replace"}, {"retry_budget", "0s"}});
    for (const auto& [fault, status] : troubles) {
        sim.faults(fault);
        const auto done = run();
        EXPECT_EQ(done.status, status) << fault << "\n" << done.err;
        EXPECT_EQ(done.out, "");
        EXPECT_EQ(read(output_path()), before) << fault;
        sim.clear_faults();
    }
    collect();
    EXPECT_EQ(lines().size(), 25U);
}

TEST_P(Snapshot, OfAnEmptyLogIsAnEmptyFile) {
    EXPECT_EQ(collect().out, "Flattened 0 records into " + output_path() + "\n");
    EXPECT_TRUE(std::filesystem::exists(output_path()));
    EXPECT_EQ(read(output_path()), "");
}

TEST_P(Snapshot, GoesToStandardOutputOnADryRun) {
    generate(20);
    const auto done = collect({"--dry-run"});
    EXPECT_EQ(lines_of(done.out).size(), 20U);
    EXPECT_FALSE(std::filesystem::exists(scratch / "out"));
    EXPECT_FALSE(std::filesystem::exists(scratch / "state"));
}

TEST_P(Snapshot, KeepsTheCloudIdThatWasFound) {
    configure({{"output_mode", "replace"}, {"cloud_id", ""}, {"site", sim.url()}});
    generate(20);
    collect();
    sim.clear_requests();
    collect();
    EXPECT_EQ(sim.requests().size(), 1U) << "the cloud id is known";
    EXPECT_EQ(lines().size(), 20U);
}

}  // namespace aquila::e2e::snapshot_test
