#include "aquila_fetch/lock.hpp"

#include "aquila_fetch/error.hpp"
#include "support/scratch.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

namespace aquila::lock_test {

namespace fs = std::filesystem;
using test::Scratch;

TEST(Locks, AreHeldByOne) {
    const Scratch scratch;
    {
        const auto first = Lock::acquire(scratch / "lock");
        ASSERT_TRUE(first);
        EXPECT_FALSE(Lock::acquire(scratch / "lock"));
        EXPECT_TRUE(Lock::acquire(scratch / "other"));
    }
    EXPECT_TRUE(Lock::acquire(scratch / "lock"));
}

TEST(Locks, AreHeldAfterAMove) {
    const Scratch scratch;
    auto first = Lock::acquire(scratch / "lock");
    ASSERT_TRUE(first);
    const Lock moved{*std::move(first)};
    first.reset();
    EXPECT_FALSE(Lock::acquire(scratch / "lock"));
}

TEST(Locks, GoWithTheirProcessHoweverItDies) {
    const Scratch scratch;
    int ready[2];
    ASSERT_EQ(::pipe2(ready, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        const auto lock = Lock::acquire(scratch / "lock");
        [[maybe_unused]] const auto written = ::write(ready[1], lock ? "y" : "n", 1);
        for (;;) {
            ::pause();
        }
    }
    char answer = 0;
    ASSERT_EQ(::read(ready[0], &answer, 1), 1);
    EXPECT_EQ(answer, 'y');
    EXPECT_FALSE(Lock::acquire(scratch / "lock"));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    EXPECT_TRUE(Lock::acquire(scratch / "lock"));
    ::close(ready[0]);
    ::close(ready[1]);
}

TEST(Locks, ArePrivateAndStay) {
    const Scratch scratch;
    const mode_t before = ::umask(0);
    { const auto lock = Lock::acquire(scratch / "lock"); }
    ::umask(before);
    EXPECT_EQ(Scratch::mode_of(scratch / "lock"), state_file_mode);
    scratch.write("lock", "somebody's note");
    EXPECT_TRUE(Lock::acquire(scratch / "lock"));
    EXPECT_EQ(scratch.read("lock"), "somebody's note");
}

TEST(Locks, ThatCannotBeMadeAre73) {
    const Scratch scratch;
    scratch.write("victim", "precious", 0644);
    fs::create_symlink("victim", scratch / "link");
    fs::create_symlink("nowhere", scratch / "dangling");
    fs::create_directory(scratch / "folder");
    ASSERT_EQ(::mkfifo((scratch / "fifo").c_str(), 0600), 0);
    for (const char* name : {"link", "dangling", "folder", "fifo", "none/lock"}) {
        try {
            (void)Lock::acquire(scratch / name);
            ADD_FAILURE() << name;
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.code(), Exit::cannot_create) << name;
            EXPECT_TRUE(
                std::string{failure.what()}.starts_with("cannot make the lock " + (scratch / name).native() + ": "));
        }
    }
    EXPECT_FALSE(fs::exists(scratch / "nowhere"));
}

TEST(Locks, OnAFileThatIsOpenAlready) {
    const Scratch scratch;
    const auto path = scratch.write("output", "{}\n", 0640);
    const Fd first{::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC)};
    const Fd second{::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC)};
    EXPECT_TRUE(Lock::lock_descriptor(first.get()));
    EXPECT_FALSE(Lock::lock_descriptor(second.get()));
    EXPECT_TRUE(Lock::lock_descriptor(first.get())) << "once more is fine";
    try {
        (void)Lock::lock_descriptor(-1);
        ADD_FAILURE();
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.code(), Exit::io);
    }
}

TEST(Locks, AreLookedAtWithoutBeingMade) {
    const Scratch scratch;
    EXPECT_EQ(Lock::is_held(scratch / "lock"), false);
    EXPECT_EQ(Lock::is_held(scratch / "nowhere" / "lock"), false);
    EXPECT_TRUE(scratch.names().empty());
    {
        const auto held = Lock::acquire(scratch / "lock");
        EXPECT_EQ(Lock::is_held(scratch / "lock"), true);
    }
    EXPECT_EQ(Lock::is_held(scratch / "lock"), false);
    EXPECT_TRUE(Lock::acquire(scratch / "lock")) << "looking leaves nothing behind";
    fs::create_symlink(scratch / "lock", scratch / "link");
    EXPECT_EQ(Lock::is_held(scratch / "link"), std::nullopt);
}

}  // namespace aquila::lock_test
