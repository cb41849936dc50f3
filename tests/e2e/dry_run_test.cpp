// --dry-run: records go to standard output, and nothing on disk is made or changed.
#include "e2e/fixture.hpp"

#include <set>

#include <nlohmann/json.hpp>

namespace aquila::e2e::dry_run_test {

class DryRun : public ProductTest {};
FOR_EVERY_PRODUCT(DryRun);

TEST_P(DryRun, ShowsRecordsAndMakesNothing) {
    generate(150);
    configure({{"page_size", "50"}});
    const auto before = scratch.names();
    const auto done = collect({"--dry-run"});
    EXPECT_TRUE(exact(done.out));
    EXPECT_TRUE(done.says("150 records would be written")) << done.err;
    EXPECT_EQ(scratch.names(), before);
}

TEST_P(DryRun, ChangesNothingThatIsThere) {
    generate(100);
    collect();
    const auto output = read(output_path());
    const auto checkpoint = read(checkpoint_path());
    const auto changed = std::filesystem::last_write_time(checkpoint_path());
    const auto before = sim.records(product);
    generate(12, 30s, 1s);
    for (int i = 0; i < 2; ++i) {
        const auto done = collect({"--dry-run"});
        EXPECT_EQ(lines_of(done.out).size(), 12U) << "only what is new";
        EXPECT_TRUE(exact(output + done.out));
    }
    EXPECT_EQ(read(output_path()), output);
    EXPECT_EQ(read(checkpoint_path()), checkpoint);
    EXPECT_EQ(std::filesystem::last_write_time(checkpoint_path()), changed);
    collect();
    EXPECT_TRUE(exact());
}

TEST_P(DryRun, ShowsHistory) {
    generate(100);
    collect();
    sim.generate({.product = product, .count = 50, .from = ago(100 * 24h), .to = ago(26h), .seed = 50});
    EXPECT_EQ(lines_of(collect({"--dry-run", "--since", "180d"}).out).size(), 50U);
    EXPECT_EQ(lines_of(collect({"--dry-run"}).out).size(), 0U) << "nobody has to complete it";
}

TEST_P(DryRun, WaitsForNoOtherRun) {
    generate(10);
    configure({{"retry_budget", "0s"}});
    sim.faults(at_log(R"("hang":true)"));
    Program other{launch()};
    ASSERT_TRUE(other.runs_until([&] { return asked().size() == 1; }));
    EXPECT_EQ(lines_of(collect({"--dry-run"}).out).size(), 10U);
    other.send(SIGTERM);
    EXPECT_EQ(other.wait().signal, SIGTERM);
}

TEST_P(DryRun, TellsFailuresAsAnyRunDoes) {
    generate(10);
    sim.faults(at_log(R"("status":401,"body":"Unauthorized")"));
    const auto done = run({"--dry-run"});
    EXPECT_EQ(done.status, 77);
    EXPECT_EQ(done.out, "");
    EXPECT_TRUE(done.says("hint: "));
}

// --- what is said, and how -------------------------------------------------------------------------------------------

class Messages : public ProductTest {};
FOR_EACH_PRODUCT(Messages);

TEST_P(Messages, LeaveStandardOutputToTheSummary) {
    generate(10);
    for (const auto* level : {"debug", "info", "warning", "error", "off"}) {
        const auto done = collect({"--log-level", level});
        EXPECT_EQ(lines_of(done.out).size(), 1U) << done.out;
        EXPECT_TRUE(done.out.starts_with("Flattened "));
    }
}

TEST_P(Messages, AreAsLoudAsAskedFor) {
    generate(10);
    EXPECT_TRUE(collect({"-v"}).says("aquila-fetch: debug: "));
    EXPECT_FALSE(collect().says("debug"));
    EXPECT_EQ(collect({"-q"}).err, "");
    sim.configure([](auto& settings) { settings.clock_offset_s = 86'400; });
    EXPECT_TRUE(collect({"--log-level", "warning"}).says("aquila-fetch: warning: "));
    EXPECT_EQ(collect({"--log-level", "error"}).err, "");
    EXPECT_EQ(collect({"--quiet"}).err, "");
    configure({{"log_level", "debug"}});
    EXPECT_TRUE(collect().says("debug"));
    EXPECT_EQ(collect({"-q"}).err, "") << "the command line is stronger than the INI";
}

TEST_P(Messages, OfFailuresAreHeardWhenQuiet) {
    sim.faults(R"({"match":"/ex/","status":404,"body":"{}"})");
    const auto done = run({"-q"});
    EXPECT_EQ(done.status, 76);
    EXPECT_EQ(done.out, "");
    ASSERT_GE(lines_of(done.err).size(), 2U);
    EXPECT_TRUE(lines_of(done.err)[0].starts_with("aquila-fetch: error: "));
    EXPECT_TRUE(lines_of(done.err)[1].starts_with("aquila-fetch: hint: "));
}

TEST_P(Messages, MayBeJson) {
    generate(10);
    sim.configure([](auto& settings) { settings.clock_offset_s = -86'400; });
    const auto well = collect({"--log-format", "json", "-v"});
    sim.faults(
        R"({"match":"/ex/","status":403,"body":"{\"errorMessages\":[\"no \\\"way\\\"\\nto\\u001b[31m pass\"]}"})");
    const auto ill = run({"--log-format", "json"});
    EXPECT_EQ(ill.status, 77);
    std::set<std::string> levels;
    for (const auto& line : lines_of(well.err + ill.err)) {
        const auto message = nlohmann::json::parse(line, nullptr, false);
        ASSERT_FALSE(message.is_discarded()) << line;
        levels.insert(message.at("level").get<std::string>());
        EXPECT_EQ(message.at("source"), name());
        EXPECT_FALSE(message.at("message").get<std::string>().empty());
    }
    EXPECT_EQ(levels, (std::set<std::string>{"debug", "warning", "error"}));
    EXPECT_TRUE(ill.says("hint: "));
}

TEST_P(Messages, HoldNoControlCharacters) {
    sim.faults(R"({"match":"/ex/","status":403,"body":"{\"errorMessages\":[\"red\\u001b[31m\\r\\u0007bell\"]}"})");
    const auto done = run();
    EXPECT_EQ(done.status, 77);
    for (const char c : done.err) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << done.err;
}

}  // namespace aquila::e2e::dry_run_test
