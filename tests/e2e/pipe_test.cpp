// `output = -`: each record goes to standard output, at least once, and the checkpoint never ahead of it.
#include "e2e/fixture.hpp"

#include <set>

namespace aquila::e2e {
namespace {

class Pipe : public ProductTest {
  protected:
    Pipe() { configure({{"output", "-"}}); }

    /// The program's standard output goes through `reader`; its exit status is on the last line.
    [[nodiscard]] Outcome run_into(const std::string& reader) {
        auto call = launch();
        std::string command = std::string{AQUILA_FETCH_BINARY};
        for (const auto& argument : call.arguments) command += " '" + argument + "'";
        call.program = "/bin/bash";
        call.arguments = {"-c", command + " | " + reader + "; echo \"${PIPESTATUS[0]}\""};
        return run(call);
    }
};
FOR_EVERY_PRODUCT(Pipe);

TEST_P(Pipe, HasTheRecordsForItself) {
    generate(80);
    const auto done = collect();
    EXPECT_TRUE(exact(done.out));
    EXPECT_TRUE(done.says("Flattened 80 records into standard output")) << done.err;
    EXPECT_EQ(collect().out, "") << "nothing is new";
    generate(5, 50s, 2s);
    EXPECT_EQ(lines_of(collect().out).size(), 5);
}

TEST_P(Pipe, ThatIsClosedCostsNothing) {
    configure({{"output", "-"}, {"page_size", "100"}, {"initial_lookback", "24h"}});
    generate(3000);
    auto broken = run_into("head -n 150");
    auto got = lines_of(broken.out);
    ASSERT_EQ(got.back(), "74") << broken.err;
    EXPECT_TRUE(broken.says("standard output cannot be written: broken pipe")) << broken.err;
    EXPECT_TRUE(broken.says("aquila-fetch: hint: ")) << broken.err;
    got.pop_back();
    EXPECT_EQ(got.size(), 150);
    const auto rest = lines_of(collect().out);
    EXPECT_FALSE(rest.empty());
    if (product == Product::organization) {
        return;  // each page is a slice there: those that lay whole in the pipe went with their reader
    }
    got.insert(got.end(), rest.begin(), rest.end());
    std::set<std::string> distinct;
    for (const auto& line : got) distinct.insert(as_sent(line));
    for (const auto& record : sim.records(product)) EXPECT_TRUE(distinct.contains(record)) << record;
}

TEST_P(Pipe, AStopDoesNotWaitForItsReader) {
    generate(3000);
    Program program{launch()};
    for (int i = 0; i < 2000 && asked().empty(); ++i) std::this_thread::sleep_for(10ms);
    std::this_thread::sleep_for(300ms);  // nobody reads: the pipe is full by now
    program.send(SIGTERM);
    const auto has_ended = [&] {
        return read("/proc/" + std::to_string(program.pid()) + "/stat").find(") Z ") != std::string::npos;
    };
    for (int i = 0; i < 1000 && !has_ended(); ++i) std::this_thread::sleep_for(10ms);
    EXPECT_TRUE(has_ended()) << "while its reader still does not read";
    const auto done = program.wait();
    EXPECT_EQ(done.signal, SIGTERM) << done.err;
    EXPECT_LT(lines_of(done.out).size(), 3000);
    std::set<std::string> distinct;
    for (const auto& text : {done.out, collect().out}) {
        for (const auto& line : lines_of(text)) distinct.insert(as_sent(line));
    }
    for (const auto& record : sim.records(product)) EXPECT_TRUE(distinct.contains(record)) << record;
}

TEST_P(Pipe, IsTold) {
    generate(5);
    collect();
    const auto status = run({"status"});
    EXPECT_NE(status.out.find("standard output"), std::string::npos) << status.out;
    EXPECT_EQ(status.out.find("not there"), std::string::npos) << status.out;
    EXPECT_NE(run({"check"}).out.find("at least once"), std::string::npos);
    const auto verify = run({"verify"});
    EXPECT_EQ(verify.status, 78);
    EXPECT_TRUE(verify.says("standard output")) << verify.err;
    EXPECT_FALSE(std::filesystem::exists("-"));
}

TEST_P(Pipe, TakesNoReplacedPage) {
    configure({{"output", "-"}, {"output_mode", "replace"}});
    EXPECT_EQ(run().status, 78);
    configure();
    const auto asked = run({"--output", "-"});
    EXPECT_EQ(asked.status, 0) << asked.err;
    EXPECT_FALSE(std::filesystem::exists(output_path()));
}

}  // namespace
}  // namespace aquila::e2e
