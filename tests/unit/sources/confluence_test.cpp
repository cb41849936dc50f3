#include "aquila_fetch/source.hpp"

#include <gtest/gtest.h>

namespace aquila::source_confluence_test {

const Source& confluence = *find_source("confluence");

TEST(Confluence, AsksInEpochMilliseconds) {
    const Window window{Instant{Span{1'775'984'400'000}}, Instant{Span{1'775'988'000'001}}};
    EXPECT_EQ(confluence.query({window, 2000, 1000}),
              "?start=2000&limit=1000&startDate=1775984400000&endDate=1775988000001");
    EXPECT_EQ(confluence.query({std::nullopt, 0, 1000}), "?start=0&limit=1000");
}

TEST(Confluence, ARecordIsAllOfItsBytes) {
    const auto page = confluence.parse(R"({"results":[
        {"creationDate":1775984400943,"summary":"a"}, {"creationDate":1775984400943,"summary":"a"},
        {"creationDate":1775984400943,"summary":"b"}, {"creationDate":1775984400944,"summary":"a"}]})",
                                       {});
    ASSERT_EQ(page.records.size(), 4);
    EXPECT_EQ(page.records[0].key,
              key_of_bytes(Instant{Span{1'775'984'400'943}}, R"({"creationDate":1775984400943,"summary":"a"})"));
    EXPECT_EQ(page.records[1].key, page.records[0].key) << "twins";
    EXPECT_NE(page.records[2].key, page.records[0].key);
    EXPECT_NE(page.records[3].key, page.records[0].key);
    EXPECT_FALSE(confluence.has_ids);
}

TEST(Confluence, NextTellsThatMoreFollows) {
    EXPECT_EQ(confluence.parse(R"({"results":[],"_links":{"next":"/rest/api/audit?start=1"}})", {}).more, true);
    EXPECT_EQ(confluence.parse(R"({"results":[],"_links":{"self":"x"}})", {}).more, false);
}

TEST(Confluence, NothingIsAddedToItsLines) {
    const auto page = confluence.parse(R"({"results":[],"start":0,"limit":25,"size":37,"total":9})", {});
    EXPECT_EQ(page.suffix, "");
    EXPECT_EQ(page.limit, 25);
}

}  // namespace aquila::source_confluence_test
