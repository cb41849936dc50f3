// `output = -`: each record goes to standard output, at least once, and the checkpoint never ahead of it.
#include "e2e/fixture.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <set>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace aquila::e2e::pipe_test {

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

    /// Though nobody has read all it wrote.
    [[nodiscard]] static bool has_ended(const Program& program) {
        return read("/proc/" + std::to_string(program.pid()) + "/stat").find(") Z ") != std::string::npos;
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
    for (int i = 0; i < 1000 && !has_ended(program); ++i) std::this_thread::sleep_for(10ms);
    EXPECT_TRUE(has_ended(program)) << "while its reader still does not read";
    const auto done = program.wait();
    EXPECT_EQ(done.signal, SIGTERM) << done.err;
    EXPECT_LT(lines_of(done.out).size(), 3000);
    std::set<std::string> distinct;
    for (const auto& text : {done.out, collect().out}) {
        for (const auto& line : lines_of(text)) distinct.insert(as_sent(line));
    }
    for (const auto& record : sim.records(product)) EXPECT_TRUE(distinct.contains(record)) << record;
}

TEST_P(Pipe, ThatNobodyReadBeforeItsReaderEndedIsWrittenAgain) {
    generate(80);  // fits the pipe
    const auto broken = run_into("(sleep 1; exit 1)");
    EXPECT_EQ(lines_of(broken.out), Strings{"74"}) << broken.err;
    EXPECT_FALSE(broken.says("Flattened")) << broken.err;
    EXPECT_TRUE(exact(collect().out));
}

TEST_P(Pipe, AStopDoesNotWaitForWhatIsLeftUnread) {
    generate(80);
    Program program{launch()};
    for (int i = 0; i < 2000 && asked().empty(); ++i) std::this_thread::sleep_for(10ms);
    std::this_thread::sleep_for(300ms);  // everything is in the pipe by now
    program.send(SIGTERM);
    for (int i = 0; i < 1000 && !has_ended(program); ++i) std::this_thread::sleep_for(10ms);
    EXPECT_TRUE(has_ended(program)) << "while its reader still does not read";
    EXPECT_EQ(program.wait().signal, SIGTERM);
    EXPECT_TRUE(exact(collect().out)) << "it is written again";
}

/// Output that outlives the run, with room for one page.
class Fifo : public Pipe {
  protected:
    Fifo() {
        EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
        reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        EXPECT_EQ(::fcntl(reader, F_SETPIPE_SZ, 4096), 4096);
    }
    ~Fifo() override { close_reader(); }

    void close_reader() {
        if (reader >= 0) ::close(std::exchange(reader, -1));
    }
    [[nodiscard]] Launch launch_into() {
        auto call = launch();
        std::string command = "exec '" + std::string{AQUILA_FETCH_BINARY} + "'";
        for (const auto& argument : call.arguments) command += " '" + argument + "'";
        call.program = "/bin/bash";
        call.arguments = {"-c", command + " > '" + path.native() + "'"};
        return call;
    }
    [[nodiscard]] bool is_full() const {
        int left = 0;
        return ::ioctl(reader, FIONREAD, &left) == 0 && left == 4096;
    }
    void take(std::string& text) const {
        std::array<char, 4096> block{};
        for (auto got = ::read(reader, block.data(), block.size()); got > 0;
             got = ::read(reader, block.data(), block.size())) {
            text.append(block.data(), static_cast<std::size_t>(got));
        }
    }

    const std::filesystem::path path{scratch / "fifo"};
    int reader = -1;
};
FOR_EVERY_PRODUCT(Fifo);

TEST_P(Fifo, ALineThatAKillCutShortIsEndedByTheNextRun) {
    generate(3);
    const auto records = sim.records(product);
    sim.clear_records(product);
    for (auto record : records) {
        const std::string note = R"(,"note":")" + std::string(20'000, 'x') + "\"}";
        sim.add(product, record.replace(record.rfind('}'), 1, note));
    }
    {
        Program program{launch_into()};
        EXPECT_TRUE(program.runs_until([&] { return is_full(); }));
        program.send(SIGKILL);
        EXPECT_EQ(program.wait().signal, SIGKILL);
    }
    std::string text;
    take(text);
    ASSERT_FALSE(text.empty());
    ASSERT_NE(text.back(), '\n');
    Program again{launch_into()};
    EXPECT_FALSE(again.runs_until([&] {
        take(text);
        return false;
    }));
    const auto done = again.wait();
    EXPECT_EQ(done.status, 0) << done.err;
    take(text);
    std::set<std::string> distinct;
    for (const auto& line : lines_of(text)) distinct.insert(as_sent(line));
    for (const auto& record : sim.records(product)) EXPECT_TRUE(distinct.contains(record));
}

TEST_P(Fifo, AStopDoesNotWaitForRoomThatAnotherWriterTook) {
    generate(3000);
    std::signal(SIGPIPE, SIG_IGN);
    const int writer = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    std::thread filling{[&] {
        const std::string block(4096, '\n');
        while (::write(writer, block.data(), block.size()) > 0) {
        }
    }};
    Program program{launch_into()};
    EXPECT_TRUE(program.runs_until([&] {
        std::array<char, 4096> block{};
        const auto got = ::read(reader, block.data(), block.size());
        return got > 0 && std::string_view{block.data(), static_cast<std::size_t>(got)}.find('{') != std::string::npos;
    }));
    std::this_thread::sleep_for(100ms);  // nobody reads: both wait for room
    program.send(SIGTERM);
    const auto done = program.wait(10s);
    EXPECT_EQ(done.signal, SIGTERM) << done.err;
    close_reader();
    filling.join();
    ::close(writer);
    std::signal(SIGPIPE, SIG_DFL);
}

TEST_P(Fifo, IsForOneRunAtATime) {
    generate(80);
    const int holder = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    ASSERT_EQ(::flock(holder, LOCK_EX | LOCK_NB), 0);
    const auto refused = run(launch_into());
    EXPECT_EQ(refused.status, 75) << refused.err;
    EXPECT_TRUE(refused.says("standard output: another process holds its lock")) << refused.err;
    ::close(holder);
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

}  // namespace aquila::e2e::pipe_test
