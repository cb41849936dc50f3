#include "aquila_fetch/source.hpp"

#include <gtest/gtest.h>

namespace aquila::source_organization_test {

const Source& stream = *find_source("organization");

TEST(Organization, ACursorIsSentAlone) {
    const Window since{Instant{Span{1'775'984'400'000}}, open_end};
    EXPECT_EQ(stream.query({since, 0, 500, ""}), "?limit=500&from=1775984400000");
    EXPECT_EQ(stream.query({since, 0, 500, "a=b"}), "?limit=500&cursor=a%3Db");
    EXPECT_EQ(stream.query({Window{since.from, since.from}, 0, 7, ""}), "?limit=7&from=1775984400000&to=1775984400000");
}

TEST(Organization, AnEventIsItsIdAndWhenItWasProcessed) {
    const auto page = stream.parse(R"({"data":[
        {"id":"a","attributes":{"time":"2026-04-12T09:00:00Z","processedAt":"2026-04-12T09:00:07.500000Z"}},
        {"id":"a","attributes":{"processedAt":"2026-04-12T09:00:07.500Z","time":"2026-04-12T09:00:00Z","action":"x"}},
        {"id":"b","attributes":{"time":"2026-04-12T09:00:09.123Z","processedAt":null}},
        {"id":"e","attributes":{"time":"2099-04-12T09:00:00Z","processedAt":"2026-04-12T09:00:07.500Z"}},
        {"id":"c","attributes":null},
        {"id":"d"}],"meta":{"next":"one\/two"}})",
                                   {});
    ASSERT_EQ(page.records.size(), 6);
    EXPECT_EQ(page.records[3].key.time, page.records[0].key.time);
    EXPECT_EQ(page.records[0].key.time, Instant{Span{1'775'984'407'500}});
    EXPECT_EQ(page.records[1].key, page.records[0].key);
    EXPECT_EQ(page.records[2].key.time, Instant{Span{1'775'984'409'123}});
    EXPECT_NE(page.records[2].key.digest, page.records[0].key.digest);
    EXPECT_EQ(page.records[4].key.time, undated);
    EXPECT_EQ(page.records[5].key.time, undated);
    EXPECT_EQ(page.next, "one/two");
    EXPECT_TRUE(page.suffix.empty());
}

TEST(Organization, WithoutTheStreamThereIsTheList) {
    ASSERT_NE(stream.alternative, nullptr);
    const Source& list = *stream.alternative;
    EXPECT_EQ(list.path, "/events");
    EXPECT_EQ(list.paging, Paging::newest);
    EXPECT_FALSE(list.stream);
    EXPECT_EQ(list.per_minute, 10);
    EXPECT_EQ(stream.per_minute, 50);
    EXPECT_EQ(list.query({std::nullopt, 0, 1, ""}), "?limit=1");
    for (const char* const last : {R"("meta":{"next":null})", R"("meta":{})", R"("meta":null)", R"("links":{})"}) {
        EXPECT_TRUE(list.parse(R"({"data":[],)" + std::string{last} + "}", {}).next.empty());
    }
}

}  // namespace aquila::source_organization_test
