#include "aquila_fetch/source.hpp"

#include <gtest/gtest.h>

namespace aquila::source_jira_test {

const Source& jira = *find_source("jira");

TEST(Jira, AsksWithAZoneInItsDates) {
    // Without the zone the gateway answers 200 with no records.
    const Window window{Instant{Span{1'775'984'400'000}}, Instant{Span{1'775'988'000'001}}};
    EXPECT_EQ(jira.query({window, 2000, 1000}),
              "?offset=2000&limit=1000&from=2026-04-12T09%3A00%3A00.000Z&to=2026-04-12T10%3A00%3A00.001Z");
    EXPECT_EQ(jira.query({std::nullopt, 0, 1000}), "?offset=0&limit=1000");
}

TEST(Jira, ARecordIsItsIdAndItsTime) {
    const auto page = jira.parse(R"({"offset":0,"limit":1000,"total":328,"records":[
        {"id":10359,"created":"2026-04-12T09:00:00.943+0000"},
        {"id":10358,"created":"2026-04-12T11:00:00.943+0200","summary":"x"},
        {"id":10359,"created":"2026-04-12T09:00:00.943Z","summary":"the same, spelt otherwise"}]})",
                                 {});
    const Instant time{Span{1'775'984'400'943}};
    ASSERT_EQ(page.records.size(), 3);
    EXPECT_EQ(page.records[0].key, key_of_id(time, 10359));
    EXPECT_EQ(page.records[1].key, key_of_id(time, 10358));
    EXPECT_EQ(page.records[2].key, page.records[0].key);
    EXPECT_TRUE(jira.has_ids);
}

TEST(Jira, OffsetAndTotalEndEachLine) {
    const auto page = jira.parse(R"({"records":[{"id":1}],"total":328,"limit":50,"offset":100})", {});
    EXPECT_EQ(page.suffix, R"("offset":100,"total":328})");
    EXPECT_EQ(page.limit, 50);
    EXPECT_EQ(page.total, 328);
    EXPECT_EQ(page.more, std::nullopt);
}

}  // namespace aquila::source_jira_test
