// What is left for Prometheus, however a run ends.
#include "e2e/fixture.hpp"

#include <cmath>

namespace aquila::e2e::metrics_test {

class MetricsFile : public ProgramTest {
  protected:
    MetricsFile() { configure({{"metrics_file", path()}, {"retry_budget", "0s"}}); }

    [[nodiscard]] std::string path() const { return (scratch / "jira.prom").native(); }
    /// The value of a metric, labels beyond the source's as written; NaN: it is not there.
    [[nodiscard]] double value(const std::string& name, const std::string& labels = "") const {
        const auto key = "\naquila_fetch_" + name + "{source=\"jira\"" + labels + "} ";
        const auto text = read(path());
        const auto at = text.find(key);
        return at == std::string::npos ? std::nan("") : std::stod(text.substr(at + key.size()));
    }
};

TEST_F(MetricsFile, TellsOfEveryRun) {
    generate(120);
    collect();
    EXPECT_EQ(value("last_run_exit_code"), 0);
    EXPECT_EQ(value("last_run_records"), 120);
    EXPECT_EQ(value("records_total"), 120);
    EXPECT_EQ(value("last_run_requests", ",status=\"200\""), static_cast<double>(asked().size()));
    const auto success = value("last_success_timestamp_seconds");
    EXPECT_GE(success, value("last_run_timestamp_seconds"));
    EXPECT_NEAR(value("watermark_timestamp_seconds"), success, 5);

    sim.faults(R"({"match":"/ex/","status":503})");
    EXPECT_EQ(run().status, 69);
    EXPECT_EQ(value("last_run_exit_code"), 69);
    EXPECT_EQ(value("last_run_records"), 0);
    EXPECT_EQ(value("records_total"), 120);
    EXPECT_EQ(value("last_run_requests", ",status=\"503\""), 1);
    EXPECT_EQ(value("last_success_timestamp_seconds"), success) << "when it was well last";

    add_one(1s);
    collect();
    EXPECT_EQ(value("records_total"), 121);
    EXPECT_GT(value("last_success_timestamp_seconds"), success);
    EXPECT_GT(value("longest_pause_seconds"), 0);
}

TEST_F(MetricsFile, IsLeftAloneByADryRunAndByARunThatDidNotBegin) {
    generate(5);
    collect({"--dry-run"});
    EXPECT_FALSE(std::filesystem::exists(path()));
    sim.clear_requests();
    sim.faults(R"({"match":"/ex/","hang":true})");
    Program first{launch()};
    ASSERT_TRUE(first.runs_until([&] { return asked().size() == 1; }));
    EXPECT_EQ(run().status, 75);
    EXPECT_FALSE(std::filesystem::exists(path()));
    first.send(SIGTERM);
    EXPECT_EQ(first.wait().signal, SIGTERM);
    EXPECT_EQ(value("last_run_exit_code"), 128 + SIGTERM);
}

}  // namespace aquila::e2e::metrics_test
