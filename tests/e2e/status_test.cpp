// `status`: what the state tells before, while and after runs of every kind; without network, and without a lock.
#include "e2e/fixture.hpp"

#include <set>

#include <nlohmann/json.hpp>

namespace aquila::e2e::status_test {

using nlohmann::json;

class Status : public ProductTest {
  protected:
    json status() {
        const auto done = run({"status", "--json"});
        EXPECT_EQ(done.status, 0) << done.err;
        return json::parse(done.out).at("sources").at(0);
    }
    std::string told() { return run({"status"}).out; }
};
FOR_EVERY_PRODUCT(Status);

TEST_P(Status, OfASourceThatNeverRan) {
    const auto value = status();
    EXPECT_EQ(value.at("result"), "never");
    EXPECT_EQ(value.at("name"), name());
    EXPECT_EQ(value.at("output"), output_path());
    EXPECT_NE(told().find("never ran"), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(scratch / "state")) << "to look makes nothing";
    EXPECT_TRUE(sim.requests().empty());
}

TEST_P(Status, OfRunsThatEndedWell) {
    generate(40);
    collect();
    auto value = status();
    EXPECT_EQ(value.at("result"), "ok");
    EXPECT_EQ(value.at("last_run").at("exit"), 0);
    EXPECT_EQ(value.at("last_run").at("records"), 40);
    EXPECT_LT(value.at("lag_seconds").get<int>(), 60);
    EXPECT_EQ(value.at("output_bytes"), std::filesystem::file_size(output_path()));
    EXPECT_TRUE(value.at("troubles").empty());
    generate(2, 20s, 1s);
    collect();
    value = status();
    EXPECT_EQ(value.at("last_run").at("records"), 2);
    EXPECT_EQ(value.at("records"), 42);
    EXPECT_NE(told().find("42 so far"), std::string::npos);
}

TEST_P(Status, NeedsNoNetworkAndNoSecret) {
    generate(3);
    collect();
    const auto nowhere = product == Product::datacenter ? "site" : "api_url";
    configure({{nowhere, "http://127.0.0.1:9"}, {"token_file", (scratch / "none").native()}});
    sim.clear_requests();
    EXPECT_EQ(status().at("result"), "ok");
    EXPECT_TRUE(sim.requests().empty());
}

TEST_P(Status, OfARunThatFailed) {
    generate(4);
    collect();
    sim.faults(at_log(R"("status":401,"body":{"code":401,"message":"Unauthorized"},"times":-1)"));
    const auto failed = run();
    EXPECT_EQ(failed.status, 77);
    const auto value = status();
    EXPECT_EQ(value.at("result"), "failed");
    EXPECT_EQ(value.at("last_run").at("exit"), 77);
    EXPECT_EQ(value.at("last_run").at("records"), 0);
    EXPECT_TRUE(failed.says(value.at("last_run").at("error").get<std::string>()));
    EXPECT_TRUE(failed.says(value.at("last_run").at("hint").get<std::string>()));
    EXPECT_EQ(value.at("records"), 4) << "what was before";
    EXPECT_NE(told().find("failed with 77"), std::string::npos);
}

TEST_P(Status, OfARunThatHadNoSecret) {
    std::filesystem::remove(scratch / "token");
    EXPECT_EQ(run().status, 66);
    const auto value = status();
    EXPECT_EQ(value.at("result"), "failed");
    EXPECT_EQ(value.at("last_run").at("exit"), 66);
}

TEST_P(Status, OfARunAtWorkAndOfOneThatWasKilled) {
    generate(50);
    collect();
    generate(5, 20s, 1s);
    sim.faults(at_log(R"("hang":true)"));
    sim.clear_requests();
    Program first{launch()};
    ASSERT_TRUE(first.runs_until([&] { return asked().size() == 1; }));
    auto value = status();
    EXPECT_EQ(value.at("result"), "running");
    EXPECT_TRUE(value.at("last_run").at("ended").is_null());
    EXPECT_NE(told().find(name() + ": running"), std::string::npos);
    first.send(SIGKILL);
    EXPECT_EQ(first.wait().signal, SIGKILL);
    value = status();
    EXPECT_EQ(value.at("result"), "unfinished");
    EXPECT_NE(told().find("did not end"), std::string::npos);
    collect();
    EXPECT_EQ(status().at("result"), "ok");
    EXPECT_TRUE(exact());
}

TEST_P(Status, OfARunThatWasStopped) {
    generate(5);
    sim.faults(at_log(R"("hang":true)"));
    Program first{launch()};
    ASSERT_TRUE(first.runs_until([&] { return asked().size() == 1; }));
    first.send(SIGTERM);
    EXPECT_EQ(first.wait().signal, SIGTERM);
    EXPECT_EQ(status().at("result"), "stopped");
    EXPECT_EQ(status().at("last_run").at("signal"), SIGTERM);
}

TEST_P(Status, IsNotChangedByWhatOnlyLooks) {
    generate(5);
    collect();
    const auto before = read(scratch / "state" / name() / "last_run.json");
    EXPECT_EQ(run({"--dry-run"}).status, 0);
    EXPECT_EQ(run({"verify"}).status, 0);
    EXPECT_EQ(run({"--since", "tomorrow"}).status, 64);
    EXPECT_EQ(run({"status"}).status, 0);
    EXPECT_EQ(read(scratch / "state" / name() / "last_run.json"), before);
}

TEST_P(Status, OfAllSourcesOrOfOne) {
    const auto own = [&](const std::string& which) {
        return section({{"output", (scratch / ("out-" + which) / "flattened.json").native()}}, which);
    };
    scratch.write("aquila-fetch.ini", own("a") + own("b"));
    EXPECT_EQ(run({"--source", "b"}).status, 0);
    const auto all = json::parse(run({"status", "--json"}).out).at("sources");
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all.at(0).at("result"), "never");
    EXPECT_EQ(all.at(1).at("result"), "ok");
    EXPECT_EQ(json::parse(run({"status", "--source", "b", "--json"}).out).at("sources").at(0).at("name"), "b");
    EXPECT_EQ(json::parse(run({"status", "--product", name(), "--json"}).out).at("sources").size(), 2U);
    EXPECT_EQ(run({"status", "--source", "c"}).status, 64);
}

TEST_P(Status, TellsWhatCannotBeRead) {
    generate(5);
    collect();
    std::ofstream{checkpoint_path()} << "{";
    const auto damaged = run({"status", "--json"});
    EXPECT_EQ(damaged.status, 65);
    const auto value = json::parse(damaged.out).at("sources").at(0);
    EXPECT_EQ(value.at("troubles").at(0).at("exit"), 65);
    EXPECT_EQ(value.at("result"), "ok") << "of the last run";
    std::filesystem::remove(checkpoint_path());
    scratch.write("state/" + name() + "/last_run.json", "{");
    EXPECT_EQ(run({"status"}).status, 74);
    collect();
    EXPECT_EQ(status().at("result"), "ok");
}

TEST_P(Status, IsLostRatherThanARun) {
    generate(5);
    std::filesystem::create_directories(scratch / "state" / name() / "last_run.json");
    collect();
    EXPECT_TRUE(exact());
}

}  // namespace aquila::e2e::status_test
