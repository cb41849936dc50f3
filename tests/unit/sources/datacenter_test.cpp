#include "aquila_fetch/config.hpp"
#include "aquila_fetch/source.hpp"

#include <gtest/gtest.h>

namespace aquila::source_datacenter_test {

const Source& datacenter = *find_source("datacenter");

TEST(DataCenter, TheWindowIsSentWithEveryPage) {
    const Window window{Instant{Span{1'775'984'400'000}}, Instant{Span{1'775'988'000'001}}};
    const std::string dates = "&from=2026-04-12T09%3A00%3A00.000Z&to=2026-04-12T10%3A00%3A00.001Z";
    EXPECT_EQ(datacenter.query({window, 0, 1000, ""}), "?limit=1000" + dates);
    EXPECT_EQ(datacenter.query({window, 0, 1000, "1637539714166,47"}),
              "?limit=1000" + dates + "&pageCursor=1637539714166%2C47");
}

TEST(DataCenter, TheCursorIsTextOrAnObject) {
    const auto next = [](const std::string& cursor) {
        return datacenter
            .parse(R"({"entities":[],"pagingInfo":{"lastPage":false,"nextPageCursor":)" + cursor + "}}", {})
            .next;
    };
    EXPECT_EQ(next(R"("1,2")"), "1,2");
    EXPECT_EQ(next(R"({"cursor":"1,2"})"), "1,2");
    EXPECT_EQ(next(R"({"other":[1,{"cursor":"9"}],"cursor":"1,2"})"), "1,2");
    EXPECT_EQ(next("null"), "");
    EXPECT_EQ(next("{}"), "");
}

TEST(DataCenter, TellsWhetherMoreFollows) {
    const auto more = [](const std::string& last) {
        return datacenter.parse(R"({"entities":[],"pagingInfo":{)" + last + "}}", {}).more;
    };
    EXPECT_EQ(more(R"("lastPage":true)"), false);
    EXPECT_EQ(more(R"("lastPage":false)"), true);
    EXPECT_EQ(more(""), std::nullopt);
}

TEST(DataCenter, RecordsHaveNoIdAndTwinsAreAlike) {
    const auto page = datacenter.parse(R"({"entities":[{"timestamp":"2026-04-12T09:00:00.000Z","id":1},
        {"timestamp":"2026-04-12T09:00:00.000Z","id":1},{"timestamp":1775984400000}]})",
                                       {});
    ASSERT_EQ(page.records.size(), 3);
    EXPECT_EQ(page.records[0].key, page.records[1].key);
    EXPECT_EQ(page.records[0].key.time, page.records[2].key.time);
    EXPECT_FALSE(datacenter.has_ids);
}

TEST(DataCenter, ALookIntoTheLogNamesWhoLooked) {
    const auto page = datacenter.parse(R"({"entities":[
        {"type":{"actionI18nKey":"atlassian.audit.event.action.audit.search"},"author":{"name":"siem"}},
        {"author":{"name":"ada"},"type":{"action":"x","actionI18nKey":"atlassian.audit.event.action.audit.search"}},
        {"type":{"actionI18nKey":"jira.auditing.user.created"},"author":{"name":"siem"}},
        {"type":{"actionI18nKey":["atlassian.audit.event.action.audit.search"]},"author":{"name":"siem"}},
        {"type":"x"}]})",
                                       {});
    ASSERT_EQ(page.records.size(), 5);
    EXPECT_EQ(page.records[0].searcher, R"({"name":"siem"})");
    EXPECT_EQ(page.records[1].searcher, R"({"name":"ada"})");
    for (std::size_t i = 2; i < 5; ++i) {
        EXPECT_TRUE(page.records[i].searcher.empty()) << i;
    }
}

TEST(DataCenter, FiltersAreEncoded) {
    SourceConfig config;
    EXPECT_EQ(datacenter.filters(config), "");
    config.categories = "user management,projects";
    config.actions = "a&b";
    config.users = "10000,10001";
    config.affected_objects = "PROJECT,10000;USER,ada";
    config.search = "ä";
    config.scan_limit = 5000;
    EXPECT_EQ(datacenter.filters(config),
              "&categories=user%20management%2Cprojects&actions=a%26b&userIds=10000%2C10001"
              "&affectedObject=PROJECT%2C10000%3BUSER%2Cada&search=%C3%A4&scanLimit=5000");
}

TEST(DataCenter, OlderServersHaveOtherLogs) {
    const Source* const jira = datacenter.alternative;
    ASSERT_NE(jira, nullptr);
    EXPECT_EQ(jira->query({std::nullopt, 10, 1000, ""}), "?offset=10&limit=1000");
    const auto page =
        jira->parse(R"({"records":[{"id":1,"created":"2026-04-12T11:00:00.000+0200"}],"total":1,"limit":1})", {});
    ASSERT_EQ(page.records.size(), 1);
    EXPECT_EQ(page.records[0].key, key_of_id(Instant{Span{1'775'984'400'000}}, 1));
    EXPECT_EQ(page.suffix, "") << "written as they are";
    const Source* const confluence = jira->alternative;
    ASSERT_NE(confluence, nullptr);
    EXPECT_EQ(confluence->query({std::nullopt, 10, 1000, ""}), "?start=10&limit=1000");
    EXPECT_EQ(confluence->parse(R"({"results":[{"creationDate":1}],"_links":{"next":"/x"}})", {}).more, true);
    EXPECT_EQ(confluence->alternative, nullptr);
}

}  // namespace aquila::source_datacenter_test
