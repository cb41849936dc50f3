// An output that is no plain file, that cannot be made, or that the disk has no room for.
#include "e2e/fixture.hpp"

#include <fmt/format.h>

namespace aquila::e2e::output_test {

class Output : public ProductTest {
  protected:
    void SetUp() override {
        generate(60);
        std::filesystem::create_directory(scratch / "out");
    }
    void expect_refused(const Outcome& done, std::string_view word) {
        EXPECT_TRUE(done.status == 73 || done.status == 74) << done.status << "\n" << done.err;
        EXPECT_EQ(done.out, "");
        EXPECT_TRUE(done.says("aquila-fetch: error: ")) << done.err;
        EXPECT_TRUE(done.says("aquila-fetch: hint: ")) << done.err;
        EXPECT_TRUE(done.says(word)) << done.err;
        EXPECT_TRUE(sim.requests().empty()) << "nothing is asked of the server";
    }
    void expect_collected() {
        collect();
        EXPECT_TRUE(exact());
    }
};
FOR_EVERY_PRODUCT(Output);

TEST_P(Output, ThatIsALinkIsNotFollowed) {
    scratch.write("target", "untouched");
    std::filesystem::create_symlink(scratch / "target", output_path());
    expect_refused(run(), "symbolic link");
    EXPECT_EQ(scratch.read("target"), "untouched");
    std::filesystem::remove(output_path());
    std::filesystem::create_symlink(scratch / "nowhere", output_path());
    expect_refused(run(), "symbolic link");
    EXPECT_FALSE(std::filesystem::exists(scratch / "nowhere"));
    std::filesystem::remove(output_path());
    expect_collected();
}

TEST_P(Output, ThatIsNoFileIsRefused) {
    ASSERT_EQ(::mkfifo(output_path().c_str(), 0600), 0);
    const auto fifo = run();
    expect_refused(fifo, output_path());
    EXPECT_LT(fifo.took, 10s) << "nobody reads it, and nobody waits for that";
    std::filesystem::remove(output_path());
    std::filesystem::create_directory(output_path());
    expect_refused(run(), output_path());
    configure({{"output", "/dev/null"}});
    expect_refused(run(), "/dev/null");
    configure({{"output", (scratch / "token" / "flattened.json").native()}});
    expect_refused(run(), (scratch / "token").native());
    configure();
    std::filesystem::remove(output_path());
    expect_collected();
}

TEST_P(Output, InAFolderThatMayNotBeWrittenIsRefused) {
    constexpr uid_t nobody = 65534;
    const bool root = ::geteuid() == 0;
    if (root) {
        std::filesystem::remove(scratch / "out");
        for (const auto& path : {scratch.path(), scratch / "token"})
            ASSERT_EQ(::chown(path.c_str(), nobody, nobody), 0);
        std::filesystem::create_directory(scratch / "out");
    }
    ::chmod((scratch / "out").c_str(), 0555);
    auto call = launch();
    ::chmod((scratch / "aquila-fetch.ini").c_str(), 0644);
    if (root) call.user = nobody;
    const auto done = run(call);
    expect_refused(done, (scratch / "out").native());
    ::chmod((scratch / "out").c_str(), 0777);
    EXPECT_EQ(run(call).status, 0);
    EXPECT_TRUE(exact());
}

TEST_P(Output, OfAnotherUserIsRefused) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    std::ofstream{output_path()} << "";
    ASSERT_EQ(::chown(output_path().c_str(), 65534, 65534), 0);
    expect_refused(run(), output_path());
}

TEST_P(Output, OnAFullDiskCostsNothing) {
    configure({{"page_size", "10"}});
    std::size_t refused = 0;
    for (rlim_t room = 3'000; room < 120'000; room += 7'001) {
        auto call = launch();
        call.largest_file = room;
        const auto done = run(call);
        EXPECT_TRUE(done.status == 0 || done.status == 74) << done.status << "\n" << done.err;
        refused += done.status == 74 ? 1 : 0;
        if (done.status == 0) break;
        EXPECT_TRUE(done.says("hint: ")) << done.err;
    }
    EXPECT_GT(refused, 2U);
    expect_collected();
}

TEST_P(Output, ThatWasDeletedIsMadeAnew) {
    collect();
    const auto first = read(output_path());
    std::filesystem::remove(output_path());
    generate(5, 20s, 1s);
    collect();
    EXPECT_EQ(lines().size(), 5U);
    EXPECT_TRUE(exact(first + read(output_path())));
}

TEST_P(Output, ThatEndsAmidAForeignLineIsContinuedOnANewOne) {
    scratch.write("out/flattened.json", R"({"foreign":"no line end"})", 0640);
    const auto done = collect();
    EXPECT_TRUE(done.says("warning")) << done.err;
    const std::string foreign = "{\"foreign\":\"no line end\"}\n";
    ASSERT_TRUE(read(output_path()).starts_with(foreign));
    EXPECT_TRUE(exact(read(output_path()).substr(foreign.size())));
}

TEST_P(Output, MayBeRelative) {
    configure({{"output", "flattened.json"}});
    auto call = launch();
    call.arguments.insert(call.arguments.begin(),
                          {"-c", "cd \"$0\" && exec \"$@\"", scratch.path().native(), call.program});
    call.program = "/bin/sh";
    EXPECT_EQ(run(call).out, "Flattened 60 records into flattened.json\n");
    EXPECT_EQ(run(call).out, "Flattened 0 records into flattened.json\n");
    EXPECT_TRUE(exact(scratch.read("flattened.json")));
}

TEST_P(Output, SurvivesAStandardOutputThatIsClosed) {
    auto call = launch();
    call.arguments.insert(call.arguments.begin(), {"-c", "exec \"$@\" >/dev/full", "sh", call.program});
    call.program = "/bin/sh";
    const auto done = run(call);
    EXPECT_EQ(done.status, 74) << "the summary could not be said";
    EXPECT_TRUE(exact());
    EXPECT_NE(collect().out.find("Flattened 0 records"), std::string::npos) << "and the records are there once";
}

TEST_P(Output, SurvivesDescriptorsThatWereNeverOpen) {
    for (const auto* const closed : {">&-", "<&- >&-", "<&- >&- 2>&-"}) {
        generate(5, 20s, 1s);
        auto call = launch();
        call.arguments.insert(call.arguments.begin(), {"-c", std::string{"exec \"$@\" "} + closed, "sh", call.program});
        call.program = "/bin/sh";
        EXPECT_EQ(run(call).status, 74) << "the summary could not be said: " << closed;
        EXPECT_TRUE(exact()) << closed;
        EXPECT_EQ(read(scratch / "state" / name() / "lock"), "") << closed;
    }
    configure({{"output", "-"}});
    generate(5, 20s, 1s);
    auto call = launch();
    call.arguments.insert(call.arguments.begin(), {"-c", "exec \"$@\" <&- >&-", "sh", call.program});
    call.program = "/bin/sh";
    EXPECT_EQ(run(call).status, 74) << "no record is given to nobody";
    EXPECT_EQ(lines_of(collect().out).size(), 5U);
}

}  // namespace aquila::e2e::output_test
