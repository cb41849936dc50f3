#include "aquila_fetch/file.hpp"

#include "aquila_fetch/error.hpp"
#include "support/caught.hpp"
#include "support/scratch.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <utility>

namespace aquila::file_test {

namespace fs = std::filesystem;
using test::failure_of;
using test::Scratch;

struct Umask {
    explicit Umask(mode_t mask) : before{::umask(mask)} {}
    ~Umask() { ::umask(before); }
    mode_t before;
};

/// Files cannot grow beyond `bytes` as long as it lives: a full disk without one.
struct FileSizeLimit {
    explicit FileSizeLimit(rlim_t bytes) {
        ::getrlimit(RLIMIT_FSIZE, &before);
        const rlimit lower{bytes, before.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &lower);
        ::signal(SIGXFSZ, SIG_IGN);
    }
    ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before); }
    rlimit before{};
};

bool is_open(int descriptor) {
    return ::fcntl(descriptor, F_GETFD) >= 0;
}

TEST(Fds, CloseThemselvesOnce) {
    int raw = -1;
    {
        Fd first{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
        raw = first.get();
        Fd second{std::move(first)};
        EXPECT_FALSE(first);
        EXPECT_EQ(second.get(), raw);
        Fd third;
        third = std::move(second);
        auto& same = third;
        third = std::move(same);
        EXPECT_EQ(third.get(), raw);
        EXPECT_TRUE(is_open(raw));
    }
    EXPECT_FALSE(is_open(raw));
}

TEST(Fds, CloseWhatTheyHeldWhenAssigned) {
    Fd first{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    const int raw = first.get();
    first = Fd{::open("/dev/zero", O_RDONLY | O_CLOEXEC)};
    EXPECT_FALSE(is_open(raw));
    first.reset();
    EXPECT_FALSE(first);
}

TEST(ReadFile, GivesEveryByte) {
    const Scratch scratch;
    const std::string content{"a\0b\r\n\xff", 6};
    EXPECT_EQ(read_file(scratch.write("file", content), 100), content);
    EXPECT_EQ(read_file(scratch.write("empty", ""), 100), "");
    const std::string large(3'000'000, 'x');
    EXPECT_EQ(read_file(scratch.write("large", large), large.size()), large);
}

TEST(ReadFile, IsNulloptWhereThereIsNone) {
    const Scratch scratch;
    EXPECT_EQ(read_file(scratch / "none", 100), std::nullopt);
    EXPECT_EQ(read_file(scratch / "none/below", 100), std::nullopt);
}

TEST(ReadFile, RefusesWhatIsTooLarge) {
    const Scratch scratch;
    const auto path = scratch.write("file", "12345");
    EXPECT_EQ(read_file(path, 5), "12345");
    const auto failure = failure_of([&] { (void)read_file(path, 4); });
    EXPECT_EQ(failure.code(), Exit::io);
    EXPECT_EQ(failure.what(), "cannot read " + path.native() + ": larger than 4 bytes");
    // A size the system does not tell beforehand.
    EXPECT_EQ(failure_of([] { (void)read_file("/proc/self/status", 10); }).code(), Exit::io);
    EXPECT_TRUE(read_file("/proc/self/status", 1'000'000)->starts_with("Name:"));
}

TEST(ReadFile, RefusesWhatIsNoRegularFileWithoutWaiting) {
    const Scratch scratch;
    ASSERT_EQ(::mkfifo((scratch / "fifo").c_str(), 0600), 0);
    for (const auto& path : {scratch / "fifo", scratch.path(), fs::path{"/dev/zero"}}) {
        const auto failure = failure_of([&] { (void)read_file(path, 100); });
        EXPECT_EQ(failure.code(), Exit::io);
        EXPECT_EQ(failure.what(), "cannot read " + path.native() + ": not a regular file");
    }
    const auto failure = failure_of([&] { (void)read_file(scratch.write("file", "") / "below", 100); });
    EXPECT_EQ(failure.code(), Exit::io);
}

TEST(WriteFully, GoesOnAfterShortWritesAndSignals) {
    // A pipe holds 64 KiB, and a timer interrupts: the writer is stopped many times over.
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const Fd reader{ends[0]};
    Fd writer{ends[1]};
    struct sigaction action {};
    action.sa_handler = [](int) {};
    struct sigaction before {};
    ::sigaction(SIGALRM, &action, &before);

    std::string text(20'000'000, '\0');
    for (std::size_t i = 0; i < text.size(); ++i) {
        text[i] = static_cast<char>(i * 31 % 251);
    }
    std::string received;
    std::thread reading{[&] {
        sigset_t all;
        sigfillset(&all);
        ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
        char buffer[4096];
        for (ssize_t got = 0; (got = ::read(reader.get(), buffer, sizeof buffer)) > 0;) {
            received.append(buffer, static_cast<std::size_t>(got));
        }
    }};
    const itimerval often{{0, 200}, {0, 200}};
    const itimerval never{};
    ::setitimer(ITIMER_REAL, &often, nullptr);
    std::size_t written = 7;
    const int result = write_fully(writer.get(), text, written);
    ::setitimer(ITIMER_REAL, &never, nullptr);
    writer.reset();
    reading.join();
    ::sigaction(SIGALRM, &before, nullptr);

    EXPECT_EQ(result, 0);
    EXPECT_EQ(written, text.size());
    EXPECT_TRUE(received == text);
}

TEST(WriteFully, TellsHowFarItCame) {
    const Scratch scratch;
    const Fd file{::open((scratch / "file").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)};
    const FileSizeLimit limit{1000};
    std::size_t written = 0;
    EXPECT_EQ(write_fully(file.get(), std::string(1500, 'x'), written), EFBIG);
    EXPECT_EQ(written, 1000U);
    EXPECT_EQ(fs::file_size(scratch / "file"), 1000U);
}

TEST(WriteFully, TellsTheReason) {
    const Fd full{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
    std::size_t written = 1;
    EXPECT_EQ(write_fully(full.get(), "x", written), ENOSPC);
    EXPECT_EQ(written, 0U);
    EXPECT_EQ(write_fully(-1, "x", written), EBADF);
    EXPECT_EQ(write_fully(-1, "", written), 0);
}

TEST(OpenOrMake, GivesExactlyTheModeAskedFor) {
    const Scratch scratch;
    for (const mode_t mask : {0U, 022U, 0177U, 0777U}) {
        const Umask changed{mask};
        const auto path = scratch / std::to_string(mask);
        const Fd file = open_or_make(path, O_WRONLY, output_file_mode);
        ASSERT_TRUE(file);
        EXPECT_EQ(Scratch::mode_of(path), output_file_mode);
        EXPECT_NE(::fcntl(file.get(), F_GETFD) & FD_CLOEXEC, 0);
    }
}

TEST(OpenOrMake, LeavesWhatIsThere) {
    const Scratch scratch;
    const auto path = scratch.write("file", "content", 0604);
    EXPECT_TRUE(open_or_make(path, O_RDWR, state_file_mode));
    EXPECT_EQ(Scratch::mode_of(path), 0604U);
    EXPECT_EQ(scratch.read("file"), "content");
}

TEST(OpenOrMake, TellsWhyNot) {
    const Scratch scratch;
    EXPECT_FALSE(open_or_make(scratch / "none/file", O_WRONLY, 0600));
    EXPECT_EQ(errno, ENOENT);
    fs::create_symlink("nowhere", scratch / "dangling");
    EXPECT_FALSE(open_or_make(scratch / "dangling", O_WRONLY | O_NOFOLLOW, 0600));
    EXPECT_EQ(errno, ELOOP);
    EXPECT_FALSE(fs::exists(scratch / "nowhere"));
}

TEST(MakeDirectories, MakesAllThatIsMissing) {
    for (const mode_t mask : {0U, 027U, 077U}) {
        const Scratch scratch;
        const Umask changed{mask};
        make_directories(scratch / "a/b/c");
        for (const char* name : {"a", "a/b", "a/b/c"}) {
            EXPECT_EQ(Scratch::mode_of(scratch / name), directory_mode) << name << " with umask " << mask;
        }
        make_directories(scratch / "a/b/c");
        make_directories(scratch / "a/b/d/");
        make_directories(scratch / "a/./b/../e//f");
        EXPECT_TRUE(fs::is_directory(scratch / "a/b/d"));
        EXPECT_TRUE(fs::is_directory(scratch / "a/e/f"));
    }
}

TEST(MakeDirectories, LeavesWhatIsThere) {
    const Scratch scratch;
    fs::create_directory(scratch / "there");
    ::chmod((scratch / "there").c_str(), 0711);
    fs::create_directory_symlink("there", scratch / "link");
    make_directories(scratch / "there");
    make_directories(scratch / "link/below");
    make_directories("");
    make_directories("/");
    make_directories(".");
    EXPECT_EQ(Scratch::mode_of(scratch / "there"), 0711U);
    EXPECT_TRUE(fs::is_directory(scratch / "there/below"));
}

TEST(MakeDirectories, KeepsTheGroupOfASharedFolder) {
    const Scratch scratch;
    ::chmod(scratch.path().c_str(), 02700);
    const Umask changed{077};
    make_directories(scratch / "a/b");
    EXPECT_EQ(Scratch::mode_of(scratch / "a/b"), 02750U);
}

TEST(MakeDirectories, WorksFromTheCurrentFolder) {
    const Scratch scratch;
    const auto before = fs::current_path();
    fs::current_path(scratch.path());
    make_directories("relative/folder");
    fs::current_path(before);
    EXPECT_TRUE(fs::is_directory(scratch / "relative/folder"));
}

TEST(MakeDirectories, NamesTheComponentThatFailed) {
    const Scratch scratch;
    const auto file = scratch.write("file", "");
    for (const auto& path : {scratch / "file", scratch / "file/a", scratch / "file/a/b/c"}) {
        const auto failure = failure_of([&] { make_directories(path); });
        EXPECT_EQ(failure.code(), Exit::cannot_create);
        EXPECT_EQ(failure.what(), "cannot make the directory " + file.native() + ": not a directory");
    }
    const auto nowhere = scratch / "link";
    fs::create_symlink("nowhere", nowhere);
    const auto dangling = failure_of([&] { make_directories(nowhere / "a"); });
    EXPECT_EQ(dangling.code(), Exit::cannot_create);
    EXPECT_EQ(dangling.what(), "cannot make the directory " + nowhere.native() + ": file exists");
    const auto longer = failure_of([&] { make_directories(scratch / std::string(300, 'x')); });
    EXPECT_EQ(longer.code(), Exit::cannot_create);
    EXPECT_TRUE(std::string{longer.what()}.ends_with(": file name too long")) << longer.what();
}

/// Root may do everything: as long as it lives we are somebody else.
struct Nobody {
    Nobody() {
        if (root) {
            EXPECT_EQ(::seteuid(65534), 0);
        }
    }
    ~Nobody() {
        if (root) {
            EXPECT_EQ(::seteuid(0), 0);
        }
    }
    bool root = ::geteuid() == 0;
};

TEST(MakeDirectories, TellsWhatTheUserMayNotDo) {
    const Nobody nobody;
    const auto failure = failure_of([] { make_directories("/aquila-fetch-test/a"); });
    EXPECT_EQ(failure.code(), Exit::cannot_create);
    EXPECT_STREQ(failure.what(), "cannot make the directory /aquila-fetch-test: permission denied");
}

TEST(ReadFile, TellsWhatTheUserMayNotRead) {
    const Scratch scratch;
    const auto path = scratch.write("file", "", 0000);
    const Nobody nobody;
    const auto failure = failure_of([&] { (void)read_file(path, 100); });
    EXPECT_EQ(failure.code(), Exit::io);
    EXPECT_EQ(failure.what(), "cannot read " + path.native() + ": permission denied");
}

TEST(SyncDirectory, TellsWhatItCannotSync) {
    const Scratch scratch;
    sync_directory(scratch.path());
    const auto missing = failure_of([&] { sync_directory(scratch / "none"); });
    EXPECT_EQ(missing.code(), Exit::io);
    EXPECT_EQ(missing.what(),
              "cannot sync the directory " + (scratch / "none").native() + ": no such file or directory");
    EXPECT_EQ(failure_of([&] { sync_directory(scratch.write("file", "")); }).code(), Exit::io);
}

TEST(AtomicFiles, ReplaceAsAWhole) {
    const Scratch scratch;
    scratch.write("file", "old");
    AtomicFile file{scratch / "file", state_file_mode};
    file.write("new ");
    EXPECT_EQ(scratch.read("file"), "old");
    file.write("content");
    file.commit();
    EXPECT_EQ(scratch.read("file"), "new content");
    EXPECT_EQ(scratch.names(), std::vector<std::string>{"file"});
}

TEST(AtomicFiles, UncommittedLeaveNothing) {
    const Scratch scratch;
    {
        AtomicFile file{scratch / "file", state_file_mode};
        file.write("new");
    }
    EXPECT_TRUE(scratch.names().empty());
    scratch.write("file", "old");
    {
        AtomicFile file{scratch / "file", state_file_mode};
        file.write("new");
    }
    EXPECT_EQ(scratch.read("file"), "old");
    EXPECT_EQ(scratch.names(), std::vector<std::string>{"file"});
}

TEST(AtomicFiles, HaveExactlyTheModeAskedFor) {
    const Scratch scratch;
    for (const mode_t mask : {0U, 077U, 0777U}) {
        for (const mode_t mode : {state_file_mode, output_file_mode}) {
            const Umask changed{mask};
            scratch.write("file", "old", 0666);
            AtomicFile file{scratch / "file", mode};
            EXPECT_EQ(Scratch::mode_of(scratch / ".file.tmp"), mode) << "before anything is in it";
            file.commit();
            EXPECT_EQ(Scratch::mode_of(scratch / "file"), mode);
        }
    }
}

TEST(AtomicFiles, KeepTheOldContentWhenTheDiskIsFull) {
    const Scratch scratch;
    scratch.write("file", "old");
    {
        const FileSizeLimit limit{1000};
        AtomicFile file{scratch / "file", state_file_mode};
        const auto failure = failure_of([&] { file.write(std::string(2000, 'x')); });
        EXPECT_EQ(failure.code(), Exit::io);
        EXPECT_EQ(failure.what(), "cannot write " + (scratch / "file").native() + ": file too large");
    }
    EXPECT_EQ(scratch.read("file"), "old");
    EXPECT_EQ(scratch.names(), std::vector<std::string>{"file"});
}

TEST(AtomicFiles, KeepTheOldContentWhenTheNameCannotBeTaken) {
    const Scratch scratch;
    fs::create_directories(scratch / "file/inside");
    {
        AtomicFile file{scratch / "file", state_file_mode};
        file.write("new");
        EXPECT_EQ(failure_of([&] { file.commit(); }).code(), Exit::io);
    }
    EXPECT_TRUE(fs::is_directory(scratch / "file/inside"));
    EXPECT_EQ(scratch.names(), std::vector<std::string>{"file"});
}

TEST(AtomicFiles, OverwriteWhatACrashLeft) {
    const Scratch scratch;
    scratch.write(".file.tmp", "a longer text that a crash left behind", 0400);
    AtomicFile file{scratch / "file", state_file_mode};
    file.write("new");
    file.commit();
    EXPECT_EQ(scratch.read("file"), "new");
    EXPECT_EQ(Scratch::mode_of(scratch / "file"), state_file_mode);
}

TEST(AtomicFiles, DoNotFollowWhatWasPlantedAtTheTempName) {
    const Scratch scratch;
    scratch.write("victim", "precious");
    const auto write = [&] {
        AtomicFile file{scratch / "file", state_file_mode};
        file.write("new");
        file.commit();
        EXPECT_EQ(scratch.read("file"), "new");
        EXPECT_EQ(scratch.read("victim"), "precious");
        EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(scratch / "file")));
    };
    fs::create_symlink("victim", scratch / ".file.tmp");
    write();
    fs::create_hard_link(scratch / "victim", scratch / ".file.tmp");
    write();
    ASSERT_EQ(::mkfifo((scratch / ".file.tmp").c_str(), 0600), 0);
    write();
}

TEST(AtomicFiles, TellWhereTheyCannotBeMade) {
    const Scratch scratch;
    const auto missing = failure_of([&] { AtomicFile{scratch / "none/file", state_file_mode}; });
    EXPECT_EQ(missing.code(), Exit::cannot_create);
    EXPECT_EQ(missing.what(), "cannot make " + (scratch / "none/.file.tmp").native() + ": no such file or directory");
    fs::create_directory(scratch / ".file.tmp");
    EXPECT_EQ(failure_of([&] { AtomicFile{scratch / "file", state_file_mode}; }).code(), Exit::cannot_create);
}

TEST(AtomicFiles, WorkInTheCurrentFolder) {
    const Scratch scratch;
    const auto before = fs::current_path();
    fs::current_path(scratch.path());
    AtomicFile file{"file", state_file_mode};
    file.write("new");
    file.commit();
    fs::current_path(before);
    EXPECT_EQ(scratch.read("file"), "new");
}

TEST(AtomicFiles, AreOverOnceCommitted) {
    const Scratch scratch;
    AtomicFile file{scratch / "file", state_file_mode};
    file.write("new");
    file.commit();
    EXPECT_EQ(failure_of([&] { file.write("more"); }).code(), Exit::io);
    EXPECT_EQ(failure_of([&] { file.commit(); }).code(), Exit::io);
    EXPECT_EQ(scratch.read("file"), "new");
}

}  // namespace aquila::file_test
