#include "aquila_fetch/last_run.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/file.hpp"
#include "support/fakes.hpp"
#include "support/scratch.hpp"

#include <csignal>
#include <stdexcept>

#include <gtest/gtest.h>

namespace aquila::last_run_test {

using test::Scratch;

class LastRuns : public testing::Test {
  protected:
    [[nodiscard]] std::optional<LastRun> noted() const {
        const auto text = read_file(last_run_file(scratch.path()), 65536);
        return text ? last_run_from_text(*text) : std::nullopt;
    }
    /// The note of a run that ends by throwing this.
    template <typename Thrown>
    LastRun ending_by(const Thrown& thrown) {
        EXPECT_THROW(note_run(scratch.path(), clock,
                              [&](LastRun& run) {
                                  run.records = 7;
                                  throw Thrown{thrown};
                              }),
                     Thrown);
        return noted().value();
    }

    Scratch scratch;
    test::FakeClock clock;
};

TEST_F(LastRuns, NoteBeginningAndEnd) {
    const auto begun = clock.now();
    note_run(scratch.path(), clock, [&](LastRun& run) {
        const auto at_work = noted().value();
        EXPECT_EQ(at_work.started, begun);
        EXPECT_FALSE(at_work.ended) << "whoever looks now, or after a kill, sees no end";
        clock.sleep(std::chrono::seconds{90});
        run.records = 12;
        run.output = "s3://bucket/x/";
    });
    const auto run = noted().value();
    EXPECT_EQ(run.started, begun);
    EXPECT_EQ(run.output, "s3://bucket/x/");
    EXPECT_EQ(run.ended, begun + std::chrono::seconds{90});
    EXPECT_EQ(run.exit, 0);
    EXPECT_EQ(run.records, 12U);
    EXPECT_EQ(run.error, "");
    EXPECT_EQ(Scratch::mode_of(last_run_file(scratch.path())), 0600U);
    EXPECT_EQ(scratch.names(), std::vector<std::string>{"last_run.json"});
}

TEST_F(LastRuns, NoteFailuresInOneShortLine) {
    const auto run =
        ending_by(Failure{Exit::refused, "first " + std::string(2000, 'x') + "\nsecond", "do this\nand that"});
    EXPECT_TRUE(run.ended);
    EXPECT_EQ(run.exit, 77);
    EXPECT_EQ(run.records, 7U);
    EXPECT_TRUE(run.error.starts_with("first "));
    EXPECT_LE(run.error.size(), 500U);
    EXPECT_EQ(run.error.find("second"), std::string::npos);
    EXPECT_EQ(run.hint, "do this");
}

TEST_F(LastRuns, NoteSignalsAndBugs) {
    EXPECT_EQ(ending_by(Interrupted{SIGTERM}).signal, SIGTERM);
    const auto bug = ending_by(std::runtime_error{"never"});
    EXPECT_EQ(bug.exit, 70);
    EXPECT_EQ(bug.error, "never");
}

TEST_F(LastRuns, AreReadBackAsTheyWere) {
    LastRun run;
    run.started = Instant{Span{1'700'000'000'123}};
    EXPECT_EQ(last_run_from_text(to_text(run)), run);
    run.ended = run.started + Span{5};
    run.exit = 69;
    run.signal = SIGINT;
    run.error = "a \"quoted\" \xC3\xA4 line";
    run.hint = "wait";
    run.records = 18'446'744'073'709'551'615U;
    EXPECT_EQ(last_run_from_text(to_text(run)), run);
}

TEST_F(LastRuns, ThatCannotBeReadAreNone) {
    LastRun run;
    const auto text = to_text(run);
    for (std::size_t size = 0; size + 2 < text.size(); ++size) {
        EXPECT_EQ(last_run_from_text(text.substr(0, size)), std::nullopt) << size;
    }
    for (const auto* wrong : {"null", "[]", "{}", R"({"version":2})", R"({"version":1,"started":"soon"})",
                              R"({"version":1,"started":17})"}) {
        EXPECT_EQ(last_run_from_text(wrong), std::nullopt) << wrong;
    }
    for (const std::string name : {"\"exit\":", "\"signal\":", "\"records\":"}) {
        for (const auto* number : {"0.5", "1e30", "true", "null"}) {
            auto wrong = text;
            wrong.replace(wrong.find(name) + name.size(), 1, number);
            EXPECT_EQ(last_run_from_text(wrong), std::nullopt) << wrong;
        }
    }
}

TEST_F(LastRuns, AreNeverWhatARunFailsBy) {
    int done = 0;
    note_run(scratch / "nowhere", clock, [&](LastRun&) { ++done; });
    EXPECT_EQ(done, 1);
    scratch.write("file", "");
    EXPECT_THROW(note_run(scratch / "file", clock, [](LastRun&) { throw Failure{Exit::unavailable, "net"}; }), Failure);
}

}  // namespace aquila::last_run_test
