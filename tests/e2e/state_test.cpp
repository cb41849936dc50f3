// The folder of a source: its lock, its checkpoint; and what happens when they are held, damaged or from the future.
#include "e2e/fixture.hpp"

#include <set>

#include <fmt/format.h>
#include <sys/file.h>

namespace aquila::e2e::state_test {

/// A lock as another process would hold it.
class Held {
  public:
    explicit Held(const std::filesystem::path& path)
        : descriptor_{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)} {
        EXPECT_EQ(::flock(descriptor_, LOCK_EX | LOCK_NB), 0);
    }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    ~Held() { ::close(descriptor_); }

  private:
    int descriptor_;
};

class State : public ProductTest {
  protected:
    void expect_refused(const Outcome& done, int status, std::string_view word) {
        EXPECT_EQ(done.status, status) << done.err;
        EXPECT_EQ(done.out, "");
        EXPECT_TRUE(done.says("aquila-fetch: error: ")) << done.err;
        EXPECT_TRUE(done.says(word)) << done.err;
        EXPECT_TRUE(sim.requests().empty()) << "nothing is asked of the server";
    }
};
FOR_EVERY_PRODUCT(State);

TEST_P(State, LivesInAFolderOfItsOwn) {
    generate(5);
    collect();
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{scratch / "state"}) {
        names.insert(entry.path().lexically_relative(scratch / "state").native());
    }
    EXPECT_EQ(names, (std::set<std::string>{name(), name() + "/checkpoint.json", name() + "/last_run.json",
                                            name() + "/lock"}));
}

TEST_P(State, MayLiveWhereSystemdSays) {
    generate(5);
    configure({{"state_dir", ""}});
    auto call = launch();
    call.environment.push_back("STATE_DIRECTORY=" + (scratch / "given").native() + ":/other");
    EXPECT_EQ(run(call).status, 0);
    EXPECT_TRUE(std::filesystem::exists(scratch / "given" / name() / "checkpoint.json"));
}

TEST_P(State, IsPrivateWhateverTheMask) {
    for (const mode_t mask : {0U, 077U, 022U}) {
        std::filesystem::remove_all(scratch / "out");
        std::filesystem::remove_all(scratch / "state");
        auto call = launch();
        call.mask = mask;
        EXPECT_EQ(run(call).status, 0);
        const auto mode = [](const std::filesystem::path& path) { return test::Scratch::mode_of(path); };
        EXPECT_EQ(mode(output_path()), 0640U) << fmt::format("{:o}", mask);
        EXPECT_EQ(mode(scratch / "out"), 0750U);
        EXPECT_EQ(mode(scratch / "state"), 0750U);
        EXPECT_EQ(mode(scratch / "state" / name()), 0750U);
        EXPECT_EQ(mode(checkpoint_path()), 0600U);
        EXPECT_EQ(mode(scratch / "state" / name() / "lock"), 0600U);
    }
}

TEST_P(State, KeepsTheModeThatAnAdministratorGaveTheOutput) {
    generate(5);
    collect();
    ::chmod(output_path().c_str(), 0664);
    generate(5, 20s, 1s);
    collect();
    EXPECT_EQ(test::Scratch::mode_of(output_path()), 0664U);
}

TEST_P(State, ThatIsLostCostsNothingWhereTheOutputIsThere) {
    generate(40);
    collect();
    const auto turned = scratch / "out" / "flattened.json-20260101";
    std::filesystem::rename(output_path(), turned);
    generate(10, 20s, 1s);
    collect();
    std::filesystem::remove_all(scratch / "state");
    generate(5, 20s, 1s);
    const auto done = collect();
    EXPECT_TRUE(done.says("no checkpoint, but an output")) << done.err;
    EXPECT_TRUE(exact(read(turned) + read(output_path())));
    EXPECT_EQ(collect({"verify"}).status, 0);
}

TEST_P(State, OfAnotherUserIsNotTakenOverByRoot) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    std::filesystem::create_directory(scratch / "state");
    ASSERT_EQ(::chown((scratch / "state").c_str(), 65534, 65534), 0);
    expect_refused(run(), 73, "systemd-run");
    EXPECT_TRUE(std::filesystem::is_empty(scratch / "state")) << "what root made would be in the way of its owner";
    const auto checked = run({"check"});
    EXPECT_NE(checked.out.find("\u2717 state"), std::string::npos) << checked.out;
}

TEST_P(State, IsLockedForOneRun) {
    generate(5);
    collect();
    sim.clear_requests();
    {
        const Held lock{scratch / "state" / name() / "lock"};
        const auto done = run();
        expect_refused(done, 75, "lock");
        EXPECT_LT(done.took, 10s) << "it does not wait";
    }
    collect();
}

TEST_P(State, IsLockedWhereTold) {
    configure({{"lock_file", (scratch / "locks" / "mine").native()}});
    collect();
    sim.clear_requests();
    const Held lock{scratch / "locks" / "mine"};
    expect_refused(run(), 75, (scratch / "locks" / "mine").native());
}

TEST_P(State, IsLockedAgainstAnotherRunOfTheProgram) {
    generate(50);
    sim.faults(at_log(R"("hang":true)"));
    Program first{launch()};
    ASSERT_TRUE(first.runs_until([&] { return asked().size() == 1; }));
    EXPECT_EQ(run().status, 75);
    first.send(SIGKILL);
    EXPECT_EQ(first.wait().signal, SIGKILL);
    collect();
    EXPECT_TRUE(exact()) << "a lock dies with who holds it";
}

TEST_P(State, OutputIsLockedToo) {
    generate(5);
    collect();
    sim.clear_requests();
    const auto before = read(output_path());
    const Held lock{output_path()};
    expect_refused(run(), 75, output_path());
    EXPECT_EQ(read(output_path()), before);
}

TEST_P(State, OfOneSourceDoesNotHoldUpAnother) {
    generate(5);
    scratch.write("aquila-fetch.ini", section() + section({{"output", (scratch / "other.json").native()}}, "other"));
    std::filesystem::create_directories(scratch / "state" / name());
    const Held lock{scratch / "state" / name() / "lock"};
    EXPECT_EQ(run({"--source", name()}).status, 75);
    collect({"--source", "other"});
    EXPECT_TRUE(exact(read(scratch / "other.json")));
}

TEST_P(State, ThatIsDamagedIsKeptAndNotStartedFromNothing) {
    generate(40);
    collect();
    const auto checkpoint = read(checkpoint_path());
    const auto output = read(output_path());
    auto flipped = checkpoint;
    flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 1);
    auto late = checkpoint;
    late.replace(late.find("\"watermark\":1"), 13, "\"watermark\":2");
    for (const auto& damaged :
         {std::string{}, checkpoint.substr(0, checkpoint.size() / 2), checkpoint.substr(0, checkpoint.size() - 3),
          flipped, late, std::string(checkpoint.size(), '\0'), checkpoint + checkpoint, std::string{"{}"},
          std::string{"null"}}) {
        std::ofstream{checkpoint_path(), std::ios::binary} << damaged;
        sim.clear_requests();
        const auto done = run();
        expect_refused(done, 65, checkpoint_path());
        EXPECT_TRUE(done.says("hint: ")) << done.err;
        EXPECT_EQ(read(checkpoint_path()), damaged);
        EXPECT_EQ(read(output_path()), output);
    }
    std::ofstream{checkpoint_path(), std::ios::binary} << checkpoint;
    generate(5, 20s, 1s);
    collect();
    EXPECT_TRUE(exact());
}

TEST_P(State, OfANewerVersionIsKept) {
    generate(5);
    collect();
    auto checkpoint = read(checkpoint_path());
    const std::string version = "\"version\":1";
    ASSERT_NE(checkpoint.find(version), std::string::npos);
    checkpoint.replace(checkpoint.find(version), version.size(), "\"version\":2");
    std::ofstream{checkpoint_path(), std::ios::binary} << checkpoint;
    sim.clear_requests();
    const auto done = run();
    expect_refused(done, 65, "version 2");
    EXPECT_TRUE(done.says("hint: "));
    EXPECT_EQ(read(checkpoint_path()), checkpoint);
}

TEST_P(State, ThatIsNoFolderIsRefused) {
    scratch.write("state", "a file");
    expect_refused(run(), 73, (scratch / "state").native());
    std::filesystem::remove(scratch / "state");
    std::filesystem::create_directories(scratch / "state" / name() / "lock");
    expect_refused(run(), 73, "lock");
}

// --- the configuration
// ------------------------------------------------------------------------------------------------

class Configuration : public ProductTest {
  protected:
    void expect_refused(const std::string& ini, std::initializer_list<std::string_view> words) {
        scratch.write("aquila-fetch.ini", ini);
        const auto done = run({"--source", name()});
        EXPECT_EQ(done.status, 78) << done.err;
        EXPECT_TRUE(done.says("aquila-fetch: error: ")) << done.err;
        for (const auto word : words) EXPECT_TRUE(done.says(word)) << word << " in\n" << done.err;
        EXPECT_TRUE(sim.requests().empty());
        EXPECT_FALSE(std::filesystem::exists(scratch / "state"));
    }
};
FOR_EACH_PRODUCT(Configuration);

TEST_P(Configuration, GivesEachSourceAnOutputOfItsOwn) {
    expect_refused(section() + section({}, "other"), {"other", name(), "output"});
    expect_refused(
        section() + section({{"output", (scratch / "x" / ".." / "out" / "flattened.json").native()}}, "other"),
        {"other", "output"});
}

TEST_P(Configuration, KeepsToTlsBeyondThisMachine) {
    expect_refused(section({{"api_url", "http://api.example.com"}}), {"api_url", "http"});
    expect_refused(section({{"cloud_id", ""}, {"site", "http://example.atlassian.net"}}), {"site", "http"});
    expect_refused(section({{"api_url", "http://127.0.0.1.example.com"}}), {"api_url"});
    expect_refused(section({{"api_url", "http://localhost@example.com"}}), {"api_url"});
    expect_refused(section({{"api_url", "ftp://127.0.0.1"}}), {"api_url"});
}

TEST_P(Configuration, TellsAllMistakesAtOnceWithTheirLines) {
    expect_refused("[" + name() + "]\noutput = x/\nmail = admin@example.com\noutput = y\nlookback = soon\n",
                   {"aquila-fetch.ini:3", "email", "aquila-fetch.ini:4", "aquila-fetch.ini:5", "lookback"});
}

TEST_P(Configuration, NamesTheNearestKeyAndProduct) {
    expect_refused(section({{"product", name() + "s"}}), {"product", "'" + name() + "'"});
    expect_refused(section({{"outptu", "x"}}), {"outptu", "output"});
}

TEST_P(Configuration, SharesDefaults) {
    generate(5);
    scratch.write("aquila-fetch.ini", "[defaults]\nstate_dir = " + (scratch / "shared").native() + "\npage_size = 2\n" +
                                          section({{"state_dir", ""}}));
    collect();
    EXPECT_TRUE(std::filesystem::exists(scratch / "shared" / name() / "checkpoint.json"));
    EXPECT_NE(asked().back().query.find("limit=2&"), std::string::npos) << asked().back().query;
}

}  // namespace aquila::e2e::state_test
