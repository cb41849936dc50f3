// Data Center: its cursor, its filters, the events that reading writes, older servers, and what is refused.
#include "e2e/fixture.hpp"

#include <fmt/format.h>

namespace aquila::e2e::datacenter_test {

class DataCenter : public ProgramTest {
  protected:
    DataCenter() : ProgramTest{Product::datacenter} {}

    /// Whether reading writes into the log.
    void quiet(bool is_quiet) { sim.configure(fmt::format(R"({{"self_noise":{}}})", !is_quiet)); }
    [[nodiscard]] std::size_t searches() const {
        const auto all = lines();
        return static_cast<std::size_t>(std::ranges::count_if(
            all, [](const auto& line) { return line.find("audit.event.action.audit.search") != std::string::npos; }));
    }
};

TEST_F(DataCenter, PagesAreChainedByEitherKindOfCursor) {
    for (const bool object : {false, true}) {
        sim.configure(fmt::format(R"({{"object_cursor":{}}})", object));
        generate(700, 50min);
        configure({{"page_size", "100"}});
        sim.clear_requests();
        collect();
        EXPECT_TRUE(exact());
        for (const auto& seen : asked()) {
            const bool dated =
                seen.query.find("from=") != std::string::npos && seen.query.find("to=") != std::string::npos;
            EXPECT_TRUE(dated || seen.query == "limit=1") << seen.query;
        }
    }
}

TEST_F(DataCenter, OwnSearchesAreRecordsLikeOthersUnlessTheyAreDropped) {
    quiet(false);
    generate(50, 50min);
    collect();
    collect();
    EXPECT_GT(searches(), 0U);
    quiet(true);
    std::this_thread::sleep_for(5ms);
    collect();
    EXPECT_TRUE(exact());
}

TEST_F(DataCenter, OwnSearchesAreDroppedByName) {
    quiet(false);
    scratch.write("token", std::string{token} + "\n");
    generate(50, 50min);
    configure({{"own_searches", "drop"}, {"email", std::string{email}}, {"auth", "basic"}});
    collect();
    const auto second = collect();
    EXPECT_TRUE(second.says("own searches")) << second.err;
    EXPECT_EQ(searches(), 0U);
    EXPECT_EQ(lines().size(), 50U);
    EXPECT_EQ(run({"verify"}).status, 0);
}

TEST_F(DataCenter, OthersSearchesAreKept) {
    quiet(false);
    generate(50, 50min);
    configure({{"own_searches", "drop"}, {"email", "somebody-else"}, {"auth", "bearer"}});
    collect();
    collect();
    EXPECT_GT(searches(), 0U);
}

TEST_F(DataCenter, AnUnknownAccountHidesNothing) {
    quiet(false);
    generate(50, 50min);
    configure({{"own_searches", "drop"}});
    collect();
    EXPECT_TRUE(collect().says("own_searches = drop: which searches are ours is not known"));
    EXPECT_GT(searches(), 0U);
}

TEST_F(DataCenter, FiltersGoWithEveryPage) {
    generate(300, 50min);
    configure({{"page_size", "100"},
               {"categories", "user management,projects"},
               {"actions", "Project created"},
               {"users", "10000"},
               {"affected_objects", "PROJECT,10000;USER,ada"},
               {"search", "audit"},
               {"scan_limit", "9000"}});
    collect();
    ASSERT_GT(asked().size(), 2U);
    for (const auto& seen : asked()) {
        EXPECT_NE(seen.query.find("&categories=user%20management%2Cprojects&actions=Project%20created&userIds=10000"
                                  "&affectedObject=PROJECT%2C10000%3BUSER%2Cada&search=audit&scanLimit=9000"),
                  std::string::npos)
            << seen.query;
    }
}

TEST_F(DataCenter, ATokenWinsOverEmailWhereItIsAskedFor) {
    generate(5);
    configure({{"email", std::string{email}}, {"auth", "bearer"}});
    collect();
    EXPECT_EQ(asked().back().authorization, "Bearer");
    EXPECT_TRUE(exact());
}

TEST_F(DataCenter, AContextPathIsPartOfTheSite) {
    sim.configure(R"({"context_path":"/jira"})");
    generate(5);
    configure({{"site", sim.url() + "/jira/"}});
    collect();
    EXPECT_TRUE(exact());
}

struct Refusal {
    std::string settings;
    Keys keys;
    int status;
    std::string says;
};

TEST_F(DataCenter, WhatIsRefusedIsToldApart) {
    generate(5);
    scratch.write("wrong", "nothing\n");
    const auto wrong = (scratch / "wrong").native();
    const Keys basic{{"email", std::string{email}}, {"auth", "basic"}};
    Keys wrong_basic = basic;
    wrong_basic["token_file"] = wrong;
    const Refusal refusals[] = {
        {"{}", {{"token_file", wrong}}, 77, "personal access token"},
        {R"({"basic_disabled":true})", basic, 77, "auth = bearer"},
        {R"({"basic_disabled":false,"login_redirect":true})", {{"token_file", wrong}}, 77, "login page"},
        {R"({"login_redirect":false,"no_permission":true})", {}, 77, "administer the system"},
        {R"({"no_permission":false})", {{"site", sim.url() + "/wrong"}}, 76, "context path"},
        {R"({"captcha_after":1})", wrong_basic, 77, "email"},
        {"{}", wrong_basic, 77, "CAPTCHA"},
    };
    for (const auto& refusal : refusals) {
        sim.configure(refusal.settings);
        configure(refusal.keys);
        sim.clear_requests();
        const auto done = run();
        EXPECT_EQ(done.status, refusal.status) << done.err;
        EXPECT_TRUE(done.says(refusal.says)) << refusal.says << '\n' << done.err;
        EXPECT_LE(sim.requests().size(), 4U) << "never tried again";
    }
}

TEST_F(DataCenter, A400InAListIsTold) {
    generate(5);
    sim.faults(
        R"({"match":"auditing","status":400,"body":"[{\"errors\":[{\"key\":\"from\",\"message\":\"from is odd\"}],\"message\":\"Bad\",\"status\":400}]"})");
    const auto done = run();
    EXPECT_EQ(done.status, 76);
    EXPECT_TRUE(done.says("from is odd")) << done.err;
}

TEST_F(DataCenter, APageThatNamesNoNextOneIsNotTakenForTheLast) {
    generate(5);
    sim.faults(
        R"({"match":"from=","status":200,"body":"{\"entities\":[{\"timestamp\":\"2026-04-12T00:00:00.000Z\"}],\"pagingInfo\":{\"lastPage\":false}}"})");
    const auto done = run();
    EXPECT_EQ(done.status, 76);
    EXPECT_TRUE(done.says("not where")) << done.err;
    collect();
    EXPECT_TRUE(exact());
}

}  // namespace aquila::e2e::datacenter_test
