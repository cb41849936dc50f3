#include "aquila_fetch/sink.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/fingerprint.hpp"
#include "aquila_fetch/log.hpp"
#include "aquila_fetch/packed.hpp"
#include "support/scratch.hpp"

#include <csignal>
#include <filesystem>
#include <latch>
#include <string>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace aquila::sink_test {

namespace fs = std::filesystem;
using test::Scratch;

class Output : public testing::Test {
  protected:
    Output() { log::configure({log::Level::off, log::Format::text}); }
    ~Output() override { log::configure({}); }

    [[nodiscard]] static Exit refusal(const fs::path& output) {
        try {
            FileSink sink{output};
        } catch (const Failure& failure) {
            EXPECT_NE(std::string{failure.what()}.find(output.parent_path().string()), std::string::npos)
                << failure.what();
            EXPECT_NE(failure.hint(), "");
            return failure.code();
        }
        return Exit::ok;
    }
    [[nodiscard]] static std::uint64_t inode_of(const fs::path& file) {
        struct stat status {};
        ::stat(file.c_str(), &status);
        return status.st_ino;
    }
    template <typename Doing>
    static void expect_io_failure(Doing doing) {
        try {
            doing();
            ADD_FAILURE() << "nothing was thrown";
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.code(), Exit::io) << failure.what();
            EXPECT_NE(failure.hint(), "");
        }
    }

    Scratch folder;
    fs::path path = folder / "out.json";
};

TEST_F(Output, IsMadeWithItsFoldersForItsGroupToRead) {
    ::umask(0);
    const auto deep = folder / "a/b/out.json";
    const FileSink sink{deep};
    ::umask(022);
    EXPECT_EQ(Scratch::mode_of(deep), 0640);
    EXPECT_EQ(Scratch::mode_of(folder / "a"), 0750);
}

TEST_F(Output, AppendsAndTellsItsPlace) {
    folder.write("out.json", "old\n", 0600);
    FileSink sink{path};
    const auto place = sink.place();
    EXPECT_EQ(place.path, path);
    EXPECT_EQ(place.inode, inode_of(path));
    EXPECT_EQ(place.offset, 4);
    EXPECT_EQ(place.before, fingerprint("old\n"));
    sink.append("one\ntwo\n");
    EXPECT_EQ(folder.read("out.json"), "old\none\ntwo\n");
    EXPECT_EQ(Scratch::mode_of(path), 0600) << "whoever chose that mode had a reason";
    EXPECT_EQ(sink.place().offset, 12);
}

TEST_F(Output, IsRecognisedByTheLastFourKilobytes) {
    const std::string text = std::string(10'000, 'a') + std::string(4095, 'b') + "\n";
    folder.write("out.json", text);
    FileSink sink{path};
    EXPECT_EQ(sink.place().before, fingerprint(text.substr(10'000)));
}

TEST_F(Output, APlaceIsAbsolute) {
    const auto here = fs::current_path();
    fs::current_path(folder.path());
    FileSink sink{"out.json"};
    const auto place = sink.place();
    fs::current_path(here);
    EXPECT_EQ(place.path, path);
}

TEST_F(Output, ALineWithoutEndThatIsNotOursIsEnded) {
    folder.write("out.json", "whole\nhalf");
    FileSink sink{path};
    EXPECT_EQ(sink.place().offset, 11);
    sink.append("ours\n");
    EXPECT_EQ(folder.read("out.json"), "whole\nhalf\nours\n");
}

TEST_F(Output, AfterARotationLinesGoToTheNewFile) {
    FileSink sink{path};
    sink.append("one\n");
    fs::rename(path, folder / "out.json-1");
    EXPECT_EQ(sink.place().offset, 0);
    sink.append("two\n");
    fs::remove(path);
    folder.write("out.json", "theirs\n");
    EXPECT_EQ(sink.place().offset, 7);
    sink.append("three\n");
    EXPECT_EQ(folder.read("out.json-1"), "one\n");
    EXPECT_EQ(folder.read("out.json"), "theirs\nthree\n");
}

TEST_F(Output, CutToNothingIsGoneOnWithFromItsStart) {
    FileSink sink{path};
    sink.append("one\n");
    fs::resize_file(path, 0);
    EXPECT_EQ(sink.place().offset, 0);
    sink.append("two\n");
    EXPECT_EQ(folder.read("out.json"), "two\n");
}

TEST_F(Output, RenamedOrRemovedBeforeItIsWrittenNothingIs) {
    FileSink sink{path};
    static_cast<void>(sink.place());
    fs::rename(path, folder / "out.json-1");
    EXPECT_FALSE(sink.append("one\n"));
    EXPECT_EQ(folder.read("out.json-1"), "");
    static_cast<void>(sink.place());
    fs::rename(path, folder / "out.json-2");
    folder.write("out.json", "");
    EXPECT_FALSE(sink.append("two\n"));
    static_cast<void>(sink.place());
    fs::remove(path);
    EXPECT_FALSE(sink.append("three\n"));
    static_cast<void>(sink.place());
    EXPECT_TRUE(sink.append("four\n"));
    EXPECT_EQ(folder.read("out.json"), "four\n");
}

/// Whoever packs it may have come to what was its end, and removes it next.
TEST_F(Output, RenamedInTheVeryMomentIsAnError) {
    const std::string lines(std::size_t{32} << 20U, '\n');  // takes longer than a thread waits for its turn
    const auto old = folder / "out.json-1";
    bool told = false;
    for (int tries = 0; tries < 200 && !told; ++tries) {  // a busy machine may come too late
        FileSink sink{path};
        static_cast<void>(sink.place());
        std::latch watches{1};
        std::thread turner{[&] {
            watches.count_down();
            while (fs::file_size(path) == 0) {
            }
            fs::rename(path, old);
        }};
        watches.wait();
        try {
            EXPECT_TRUE(sink.append(lines));
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.code(), Exit::io) << failure.what();
            told = true;
        }
        turner.join();
        EXPECT_EQ(fs::file_size(old), lines.size()) << "for the next run to find";
    }
    EXPECT_TRUE(told);
}

TEST_F(Output, ATornLineIsFinished) {
    folder.write("out.json", "one\ntw");
    FileSink sink{path};
    const Place torn{path, sink.place().device, inode_of(path), 4, 0};
    fs::resize_file(path, 6);  // place() has ended it
    sink.finish(torn, 2, "o\nthree\n");
    EXPECT_EQ(folder.read("out.json"), "one\ntwo\nthree\n");
}

TEST_F(Output, ATornLineIsTakenBack) {
    folder.write("out.json", "one\n");
    FileSink sink{path};
    const auto torn = sink.place();
    sink.append("tw");
    sink.cut(torn, 2);
    EXPECT_EQ(folder.read("out.json"), "one\n");
}

TEST_F(Output, ATornLineThatIsNotThereAnyMoreIsForTheNextRun) {
    folder.write("out.json", "one\n");
    FileSink sink{path};
    const auto torn = sink.place();
    sink.append("tw");
    auto other = torn;
    ++other.inode;
    for (const auto& [place, size] : {std::pair{other, 2}, std::pair{torn, 1}, std::pair{torn, 3}}) {
        expect_io_failure([&] { sink.finish(place, static_cast<std::size_t>(size), "o\n"); });
        expect_io_failure([&] { sink.cut(place, static_cast<std::size_t>(size)); });
    }
    EXPECT_EQ(folder.read("out.json"), "one\ntw");
    fs::resize_file(path, 0);  // copytruncate
    expect_io_failure([&] { sink.finish(torn, 2, "o\n"); });
    expect_io_failure([&] { sink.cut(torn, 2); });
    EXPECT_EQ(folder.read("out.json"), "");
    fs::resize_file(path, 6);
    fs::remove(path);
    expect_io_failure([&] { sink.finish(torn, 2, "o\n"); });
}

TEST_F(Output, MustBeARegularFileOfOurs) {
    folder.write("target", "");
    fs::create_symlink(folder / "target", folder / "link");
    EXPECT_EQ(refusal(folder / "link"), Exit::cannot_create);
    EXPECT_EQ(refusal(folder.path()), Exit::cannot_create);
    EXPECT_EQ(refusal(folder / "target/out.json"), Exit::cannot_create);
    EXPECT_EQ(refusal(folder / "new/"), Exit::cannot_create);
    ::mkfifo((folder / "fifo").c_str(), 0600);
    EXPECT_EQ(refusal(folder / "fifo"), Exit::cannot_create);
    EXPECT_EQ(refusal("/dev/null"), Exit::cannot_create);
    if (::geteuid() == 0) {
        ASSERT_EQ(::chown((folder / "target").c_str(), 4711, 4711), 0);
        EXPECT_EQ(refusal(folder / "target"), Exit::cannot_create);
    }
}

TEST_F(Output, IsNotNamedLikeAPackedFile) {
    EXPECT_EQ(refusal(folder / "out.json.gz"), Exit::cannot_create);
    EXPECT_EQ(refusal(folder / "out.zst"), Exit::cannot_create);
    EXPECT_TRUE(folder.names().empty());
}

TEST_F(Output, ATornFrameThatNobodyAnnouncedIsTakenBack) {
    for (const Packing packing : {Packing::gzip, Packing::zstd}) {
        const auto whole = pack("one\n", packing) + pack("two\n", packing);
        const auto torn = pack("three\n", packing).substr(0, 9);
        folder.write("out.json", whole + torn);
        {
            FileSink sink{path, packing};
            sink.settle();
            EXPECT_EQ(folder.read("out.json"), whole);
        }
        folder.write("out.json", whole + torn);
        FileSink sink{path, packing};
        ASSERT_TRUE(sink.ready({"three\n"}));
        EXPECT_TRUE(sink.append("three\n"));
        EXPECT_EQ(folder.read("out.json"), whole + pack("three\n", packing));
        fs::remove(path);
    }
}

TEST_F(Output, WhatIsNotOursBehindItsFramesIsLeftAlone) {
    const auto bytes = pack("one\n", Packing::zstd) + "theirs\n";
    folder.write("out.json", bytes);
    FileSink sink{path, Packing::zstd};
    try {
        sink.settle();
        ADD_FAILURE();
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.code(), Exit::config);
        EXPECT_NE(failure.hint().find("rename"), std::string::npos);
    }
    EXPECT_EQ(folder.read("out.json"), bytes);
}

TEST_F(Output, IsLockedAsLongAsItIsOpen) {
    {
        const FileSink sink{path};
        EXPECT_EQ(refusal(path), Exit::busy);
    }
    EXPECT_EQ(refusal(path), Exit::ok);
}

TEST_F(Output, AFullDiskIsAnErrorAndWhatFittedIsThere) {
    FileSink sink{path};
    sink.append("one\n");
    struct rlimit before {};
    ::getrlimit(RLIMIT_FSIZE, &before);
    ::signal(SIGXFSZ, SIG_IGN);
    const struct rlimit ten { 10, before.rlim_max };
    ::setrlimit(RLIMIT_FSIZE, &ten);
    expect_io_failure([&] { sink.append("two\nthree\nfour\n"); });
    ::setrlimit(RLIMIT_FSIZE, &before);
    ::signal(SIGXFSZ, SIG_DFL);
    EXPECT_EQ(folder.read("out.json"), "one\ntwo\nth");
}

}  // namespace aquila::sink_test
