// An organisation's events: the stream and its cursor, the list where there is no stream, and what is refused.
#include "e2e/fixture.hpp"

#include <fmt/format.h>

namespace aquila::e2e::organization_test {

class Organization : public ProgramTest {
  protected:
    Organization() : ProgramTest{Product::organization} {}

    /// Events that come into the stream now.
    void arrive(std::int64_t count) {
        generate(count, 0s, 0s);
        std::this_thread::sleep_for(5ms);  // a moment is over
    }
    [[nodiscard]] static std::string path(std::string_view which) {
        return fmt::format("/admin/v1/orgs/{}/{}", sim::SimSettings{}.organization_id, which);
    }
};

TEST_F(Organization, AnIdleRunIsOneRequestWithTheCursor) {
    generate(1'200);
    collect();
    EXPECT_TRUE(exact());
    sim.clear_requests();
    EXPECT_EQ(collect().out, fmt::format("Flattened 0 records into {}\n", output_path()));
    ASSERT_EQ(asked().size(), 1U);
    EXPECT_EQ(asked()[0].path, path("events-stream"));
    EXPECT_NE(asked()[0].query.find("cursor="), std::string::npos);
    EXPECT_EQ(asked()[0].query.find("from="), std::string::npos);
}

TEST_F(Organization, BothEndsOfTheStreamLeaveEachEventOnce) {
    for (const char* const last_page : {"cursor", "null"}) {
        sim.configure(fmt::format(R"({{"last_page":"{}"}})", last_page));
        for (const int count : {0, 1, 700, 0, 30}) {
            arrive(count);
            collect();
            EXPECT_TRUE(exact()) << last_page << ' ' << count;
        }
    }
}

TEST_F(Organization, ACursorThatIsRefusedFallsBackToTime) {
    generate(300);
    collect();
    for (int epoch = 2; epoch < 5; ++epoch) {
        sim.configure(
            fmt::format(R"({{"cursor_epoch":{},"filter_on":"{}"}})", epoch, epoch % 2 ? "time" : "processedAt"));
        arrive(20);
        const auto done = collect();
        EXPECT_TRUE(done.says("warning: the server does not know the cursor")) << done.err;
        EXPECT_TRUE(exact()) << epoch;
    }
}

TEST_F(Organization, ACursorThatIsRefusedAmidThePagesFallsBackToTime) {
    generate(2'000, 50min);
    sim.faults(R"({"match":"cursor=","skip":2,"status":400,"body":"{\"errors\":[{\"code\":\"ADMIN-400-1\"}]}"})");
    collect();
    EXPECT_TRUE(exact());
}

TEST_F(Organization, WithoutTheStreamTheListIsRead) {
    generate(900);
    sim.faults(R"({"match":"events-stream","status":404,"times":-1})");
    const auto first = collect();
    EXPECT_TRUE(first.says("/events-stream is not there")) << first.err;
    EXPECT_TRUE(exact());
    sim.generate({.product = product, .count = 40, .from = ago(50min), .to = ago(1s), .seed = 99});  // late ones, too
    sim.clear_requests();
    EXPECT_FALSE(collect().says("is not there"));
    EXPECT_TRUE(exact());
    for (const auto& seen : asked()) {
        EXPECT_EQ(seen.path, path("events")) << "remembered";
    }
}

TEST_F(Organization, HistoryIsReadOnceWhateverItsAgeAndItsFilter) {
    for (const char* const filter : {"processedAt", "time"}) {
        sim.configure(fmt::format(R"({{"filter_on":"{}"}})", filter));
        sim.clear_records(product);
        sim.clear_requests();
        std::filesystem::remove_all(scratch / "out");
        std::filesystem::remove_all(scratch / "state");
        generate(500, 20h);
        generate(800, 24h * 90, 30h);
        configure({{"page_size", "50"}});
        collect();
        EXPECT_EQ(lines().size(), 500U);
        collect({"--since", "180d"});
        EXPECT_TRUE(exact()) << filter;
        EXPECT_EQ(collect({"--since", "180d"}).out, fmt::format("Flattened 0 records into {}\n", output_path()));
        EXPECT_EQ(run({"verify", "--since", "180d"}).status, 0) << filter;
    }
}

TEST_F(Organization, ADateOfEventsNeedNotBeWhatTheyAreSortedBy) {
    sim.configure(R"({"filter_on":"time"})");
    generate(1'000, 24h * 3);
    collect({"--since", "4d"});
    EXPECT_TRUE(exact());
}

TEST_F(Organization, TheNewestPageIsShownAsASnapshot) {
    generate(700);
    configure({{"output_mode", "replace"}, {"page_size", "50"}});
    collect();
    auto newest = sim.records(product);
    newest.erase(newest.begin(), newest.end() - 50);
    const auto got = lines_of(read(output_path()));
    EXPECT_GE(got.size(), 50U);
    EXPECT_NE(read(output_path()).find(newest.back().substr(7, 36)), std::string::npos);
}

TEST_F(Organization, FiftyRequestsAMinuteAreKept) {
    generate(60 * 4);
    configure({{"requests_per_minute", ""}, {"page_size", "4"}});
    Program program{launch({"-v"})};
    EXPECT_TRUE(program.runs_until([this] { return asked().size() >= 50; }));
    std::this_thread::sleep_for(300ms);
    EXPECT_EQ(asked().size(), 50U) << "the rest of the minute is waited out";
    program.send(SIGTERM);
    EXPECT_EQ(program.wait(3s).signal, SIGTERM);
    configure({{"page_size", "100"}});
    collect();
    EXPECT_TRUE(exact());
}

struct Refusal {
    std::string settings;
    Keys keys;
    int status;
    std::string says;
};

TEST_F(Organization, WhatIsRefusedIsToldApart) {
    generate(5);
    const Refusal refusals[] = {
        {"{}", {{"organization_id", "0b9c0d5e-0000-4000-8000-000000000001"}}, 76, "organization_id"},
        {R"({"credentials":[{"token":"sim-bearer","scopes_ok":false}]})", {}, 77, "read:events:admin"},
        {R"({"credentials":[{"token":"another"}]})", {}, 77, "keys expire after at most a year"},
        {R"({"credentials":[{"token":"sim-bearer"}],"no_permission":true})", {}, 77, "organization_id"},
    };
    for (const auto& refusal : refusals) {
        sim.configure(refusal.settings);
        configure(refusal.keys);
        const auto done = run();
        EXPECT_EQ(done.status, refusal.status) << done.err;
        EXPECT_TRUE(done.says(refusal.says)) << done.err;
        EXPECT_FALSE(done.says(bearer)) << done.err;
    }
}

}  // namespace aquila::e2e::organization_test
