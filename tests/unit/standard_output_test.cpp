#include "aquila_fetch/standard_output.hpp"

#include "aquila_fetch/error.hpp"
#include "support/scratch.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <climits>
#include <csignal>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace aquila::standard_output_test {

using namespace std::chrono_literals;

const std::string long_line = std::string(3 * PIPE_BUF, 'x') + "\n";

struct Ends {
    Fd reader;
    Fd writer;
};

Ends make_pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    return {Fd{ends[0]}, Fd{ends[1]}};
}

Ends make_sockets() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    return {Fd{ends[0]}, Fd{ends[1]}};
}

std::string read_some(const Fd& from, std::size_t most) {
    std::string bytes(most, '\0');
    const auto got = ::read(from.get(), bytes.data(), bytes.size());
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
}

std::string read_all(const Fd& from) {
    std::string all;
    for (auto some = read_some(from, 1U << 16U); !some.empty(); some = read_some(from, 1U << 16U)) {
        all += some;
    }
    return all;
}

int unread(const Fd& pipe) {
    int left = 0;
    EXPECT_EQ(::ioctl(pipe.get(), FIONREAD, &left), 0);
    return left;
}

template <typename Condition>
bool comes_true(Condition condition) {
    for (int i = 0; i < 5000 && !condition(); ++i) {
        std::this_thread::sleep_for(1ms);
    }
    return condition();
}

class StandardOutputTest : public testing::Test {
  protected:
    StandardOutputTest() { std::signal(SIGPIPE, SIG_IGN); }
    ~StandardOutputTest() override { std::signal(SIGPIPE, SIG_DFL); }

    [[nodiscard]] LineMark mark() {
        return {&within_, [this] { saved_.push_back(within_); }};
    }
    /// What appending it to that ends with.
    Exit append(const Fd& to, std::string_view lines) {
        try {
            StandardOutput{Packing::none, mark(), to.get()}.append(lines);
            return Exit::ok;
        } catch (const Failure& failure) {
            return failure.code();
        }
    }

    bool within_ = false;
    std::vector<bool> saved_;  ///< what each saved state tells
};

TEST_F(StandardOutputTest, WaitsUntilThePipeIsRead) {
    for (auto make : {make_pipe, make_sockets}) {
        auto ends = make();
        std::atomic<bool> done = false;
        std::thread appending{[&] {
            EXPECT_EQ(append(ends.writer, "a line\n"), Exit::ok);
            done = true;
        }};
        EXPECT_TRUE(comes_true([&] { return unread(ends.reader) == 7; }));
        std::this_thread::sleep_for(100ms);
        EXPECT_FALSE(done);
        EXPECT_EQ(read_some(ends.reader, 100), "a line\n");
        appending.join();
    }
}

TEST_F(StandardOutputTest, FailsWhenTheReaderEndsBeforeItHasReadAll) {
    for (auto make : {make_pipe, make_sockets}) {
        for (const std::size_t part : {0, 3}) {
            auto ends = make();
            std::thread reading{[&] {
                EXPECT_TRUE(comes_true([&] { return unread(ends.reader) == 7; }));
                read_some(ends.reader, part);
                ends.reader.reset();
            }};
            EXPECT_EQ(append(ends.writer, "a line\n"), Exit::io);
            reading.join();
        }
    }
}

TEST_F(StandardOutputTest, IsContentWithAReaderThatReadsAllAndEnds) {
    for (auto make : {make_pipe, make_sockets}) {
        auto ends = make();
        std::thread reading{[&] {
            EXPECT_TRUE(comes_true([&] { return unread(ends.reader) == 7; }));
            EXPECT_EQ(read_some(ends.reader, 7), "a line\n");
            ends.reader.reset();
        }};
        EXPECT_EQ(append(ends.writer, "a line\n"), Exit::ok);
        reading.join();
    }
}

TEST_F(StandardOutputTest, ADryRunDoesNotWait) {
    auto ends = make_pipe();
    StandardOutput{Packing::none, {}, ends.writer.get()}.append("a line\n");
    EXPECT_EQ(unread(ends.reader), 7);
}

TEST_F(StandardOutputTest, LinesOfTwoWritersStayWhole) {
    auto ends = make_pipe();
    const auto write_lines = [&ends](unsigned seed) {
        std::minstd_rand random{seed};
        StandardOutput output{Packing::none, {}, ends.writer.get()};
        for (int slice = 0; slice < 20; ++slice) {
            std::string lines;
            for (int line = 0; line < 50; ++line) {
                lines += std::string(random() % PIPE_BUF, static_cast<char>('a' + seed)) + "\n";
            }
            output.append(lines);
        }
    };
    std::string all;
    std::thread reading{[&] { all = read_all(ends.reader); }};
    std::thread one{write_lines, 1};
    std::thread other{write_lines, 2};
    one.join();
    other.join();
    ends.writer.reset();
    reading.join();
    EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 2000);
    EXPECT_EQ(all.find("bc"), std::string::npos);
    EXPECT_EQ(all.find("cb"), std::string::npos);
}

TEST_F(StandardOutputTest, LeavesTheFlagsOfAPipeAlone) {
    auto ends = make_pipe();
    const StandardOutput output{Packing::none, mark(), ends.writer.get()};
    EXPECT_EQ(::fcntl(ends.writer.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(StandardOutputTest, MarksALineBeforeItMayBeCutShort) {
    auto ends = make_pipe();
    std::thread reading{[&] {
        EXPECT_TRUE(comes_true([&] { return unread(ends.reader) == static_cast<int>(long_line.size()); }));
        EXPECT_EQ(saved_, std::vector{true});
        EXPECT_EQ(read_some(ends.reader, long_line.size()), long_line);
    }};
    EXPECT_EQ(append(ends.writer, long_line), Exit::ok);
    reading.join();
    EXPECT_EQ(saved_, std::vector{true});
    EXPECT_FALSE(within_) << "so that the checkpoint of the slice tells that it is whole";
}

TEST_F(StandardOutputTest, MarksNoLineThatAPipeTakesAsAWhole) {
    auto ends = make_pipe();
    std::string all;
    std::thread reading{[&] { all = read_all(ends.reader); }};
    const std::string line(PIPE_BUF - 1, 'x');
    EXPECT_EQ(append(ends.writer, line + "\n" + line + "\n"), Exit::ok);
    EXPECT_TRUE(saved_.empty());
    ends.writer.reset();
    reading.join();
}

TEST_F(StandardOutputTest, EndsALineThatWasCutShortFirst) {
    {
        auto small = make_pipe();
        ::fcntl(small.writer.get(), F_SETPIPE_SZ, PIPE_BUF);
        std::thread reading{[&] {
            read_some(small.reader, PIPE_BUF);
            small.reader.reset();
        }};
        EXPECT_EQ(append(small.writer, long_line), Exit::io);
        reading.join();
        EXPECT_TRUE(within_);
        EXPECT_EQ(saved_, std::vector{true});
    }
    auto next = make_pipe();
    std::string all;
    std::thread reading{[&] { all = read_all(next.reader); }};
    EXPECT_EQ(append(next.writer, "a\nb\n"), Exit::ok);
    EXPECT_FALSE(within_);
    EXPECT_EQ(append(next.writer, "c\n"), Exit::ok);
    next.writer.reset();
    reading.join();
    EXPECT_EQ(all, "\na\nb\nc\n");
}

TEST_F(StandardOutputTest, TakesTheMarkBackWhenTheLastLineIsWhole) {
    auto ends = make_pipe();
    std::thread reading{[&] {
        EXPECT_TRUE(comes_true([&] { return unread(ends.reader) == static_cast<int>(long_line.size()); }));
        ends.reader.reset();
    }};
    EXPECT_EQ(append(ends.writer, long_line), Exit::io) << "nobody has read it";
    reading.join();
    EXPECT_EQ(saved_, (std::vector{true, false}));
}

TEST_F(StandardOutputTest, KeepsTheMarkWhenNothingCouldBeWritten) {
    within_ = true;
    auto ends = make_pipe();
    ends.reader.reset();
    EXPECT_EQ(append(ends.writer, "a\n"), Exit::io);
    EXPECT_TRUE(within_);
}

TEST_F(StandardOutputTest, LooksAtTheEndOfAFile) {
    const test::Scratch folder;
    for (const int how : {O_APPEND, 0}) {
        within_ = false;
        folder.write("file", "half");
        const Fd file{::open((folder / "file").c_str(), O_WRONLY | O_CLOEXEC | how)};
        if (how == 0) {
            ::lseek(file.get(), 0, SEEK_END);
        }
        EXPECT_EQ(append(file, "a\n"), Exit::ok);
        within_ = true;  // and is right, whatever the mark says
        EXPECT_EQ(append(file, "b\n"), Exit::ok);
        EXPECT_EQ(folder.read("file"), "half\na\nb\n");
        EXPECT_TRUE(saved_.empty());
    }
}

TEST_F(StandardOutputTest, LocksFilesAndPipesWithNames) {
    const test::Scratch folder;
    folder.write("file", "");
    ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
    const Fd reader{::open((folder / "fifo").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
    const std::vector<std::string> files{"file", "fifo"};
    for (const auto& name : files) {
        const Fd one{::open((folder / name).c_str(), O_WRONLY | O_CLOEXEC)};
        const Fd other{::open((folder / name).c_str(), O_WRONLY | O_CLOEXEC)};
        {
            const StandardOutput holding{Packing::none, mark(), one.get()};
            EXPECT_EQ(append(other, "a\n"), Exit::busy) << name;
        }
        std::thread reading{
            [&] { comes_true([&] { return read_some(reader, 10) == "a\n" || name == files.front(); }); }};
        EXPECT_EQ(append(other, "a\n"), Exit::ok) << name << ", though the first one is still open";
        reading.join();
    }
}

}  // namespace aquila::standard_output_test
