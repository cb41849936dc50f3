#include "aquila_fetch/json_page.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <cctype>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aquila::json_page_test {

using testing::ElementsAre;

constexpr PageShape with_ids{.records = "records", .id = "id", .time = "created", .limit = "limit", .offset = "offset"};
constexpr PageShape without_ids{
    .records = "results", .id = "", .time = "creationDate", .limit = "limit", .offset = "", .links = true};

std::vector<std::string> bodies(const Page& page) {
    std::vector<std::string> all;
    for (const Record& record : page.records) {
        all.emplace_back(record.body);
    }
    return all;
}

TEST(JsonPage, KeepsRecordsAsTheyWereSent) {
    const std::vector<std::string> records = {
        R"({"id":1,"created":"2026-04-12T16:28:36.943+0000"})",
        R"({"created":"2026-04-12","id":2})",
        R"({"id":3,"n":[12345678901234567890123,1.10,-0.0,1E400,1e-7,-1.5E+10,0]})",
        R"({"id":4,"s":"\/\"\\\b\f\n\r\t\u0041\ud83e\uDd14 é 🤔 \u2028","":""})",
        R"({"id":5,"z":{},"y":[],"x":null,"w":[true,false,[{}]],"a":{"b":{"c":"d"}}})",
        R"({"id":6,"not white space":" \\ { [ , : ] } "})",
        R"({})",
    };
    const auto page = slice_page(fmt::format(R"({{"records":[{}]}})", fmt::join(records, ",")), with_ids);
    EXPECT_EQ(bodies(page), records);
    for (const Record& record : page.records) {
        EXPECT_FALSE(record.repaired);
    }
}

TEST(JsonPage, ReadsTheEnvelopeWhereverItsMembersStand) {
    for (const char* const body :
         {R"({"offset":40,"limit":20,"total":328,"records":[{"id":1}]})",
          R"({"records":[{"id":1}],"total":328,"other":{"records":[2]},"limit":20,"offset":40})"}) {
        const auto page = slice_page(body, with_ids);
        EXPECT_EQ(page.limit, 20);
        EXPECT_EQ(page.total, 328);
        EXPECT_EQ(page.suffix, R"("offset":40,"total":328})");
        EXPECT_EQ(page.more, std::nullopt);
        EXPECT_EQ(page.served, std::nullopt);
        EXPECT_THAT(bodies(page), ElementsAre(R"({"id":1})"));
    }
}

TEST(JsonPage, TheSuffixSpellsOffsetAndTotalAsSent) {
    EXPECT_EQ(slice_page(R"({"total" : 12345678901234567890123, "offset" : 1.0 })", with_ids).suffix,
              R"("offset":1.0,"total":12345678901234567890123})");
    EXPECT_EQ(slice_page(R"({"total": [ 1, 2 ], "offset": "x y"})", with_ids).suffix,
              R"("offset":"x y","total":[1,2]})");
    EXPECT_EQ(slice_page(R"({})", with_ids).suffix, R"("offset":null,"total":null})");
    EXPECT_EQ(slice_page(R"({"offset":1,"total":2})", without_ids).suffix, "");
}

TEST(JsonPage, ALinkTellsThatMoreFollows) {
    EXPECT_EQ(slice_page(R"({"results":[],"_links":{"next":"/rest/api/audit?start=1"}})", without_ids).more, true);
    EXPECT_EQ(slice_page(R"({"_links":{"base":"x","next":"y","self":"z"}})", without_ids).more, true);
    EXPECT_EQ(slice_page(R"({"_links":{"self":{"next":"y"}}})", without_ids).more, false);
    EXPECT_EQ(slice_page(R"({"_links":{"next":null}})", without_ids).more, false);
    EXPECT_EQ(slice_page(R"({"_links":{}})", without_ids).more, false);
    EXPECT_EQ(slice_page(R"({"_links":null})", without_ids).more, std::nullopt);
    EXPECT_EQ(slice_page(R"({})", without_ids).more, std::nullopt);
    EXPECT_EQ(slice_page(R"({"_links":{"next":"y"}})", with_ids).more, std::nullopt);
}

TEST(JsonPage, KeysAreTheIdWithItsTime) {
    const auto page = slice_page(R"({"records":[{"id":10359,"created":"2026-04-12T16:28:36.943+0000"},
        {"id":-1,"created":1776011316943},{"id":10359,"created":"1776011316943","more":1}]})",
                                 with_ids);
    const Instant time{Span{1776011316943}};
    EXPECT_EQ(page.records.at(0).key, key_of_id(time, 10359));
    EXPECT_EQ(page.records.at(1).key, key_of_id(time, -1));
    EXPECT_EQ(page.records.at(2).key, page.records.at(0).key);
}

TEST(JsonPage, WithoutAUsableIdTheBytesAreTheKey) {
    const Instant time{Span{5}};
    const auto key = [](const std::string& record, const PageShape& shape) {
        return slice_page(fmt::format(R"({{"{}":[{}]}})", shape.records, record), shape).records.at(0).key;
    };
    EXPECT_EQ(key(R"({"creationDate":5})", without_ids), key_of_bytes(time, R"({"creationDate":5})"));
    EXPECT_EQ(key(R"({ "creationDate" : 5 })", without_ids), key_of_bytes(time, R"({"creationDate":5})"));
    EXPECT_NE(key(R"({"creationDate":5,"id":1})", without_ids), key(R"({"creationDate":5,"id":2})", without_ids));
    EXPECT_EQ(key(R"({"created":5,"id":null})", with_ids), key_of_bytes(time, R"({"created":5,"id":null})"));
    EXPECT_EQ(key(R"({"created":5,"id":"10359"})", with_ids), key_of_bytes(time, "\"10359\""));
    EXPECT_EQ(key(R"({"created":5,"id":"10359","x":1})", with_ids), key_of_bytes(time, "\"10359\""));
    EXPECT_EQ(key(R"({"created":5,"id":""})", with_ids), key_of_bytes(time, R"({"created":5,"id":""})"));
    EXPECT_EQ(key(R"({"created":5,"id":12345678901234567890123})", with_ids),
              key_of_bytes(time, R"({"created":5,"id":12345678901234567890123})"));
}

TEST(JsonPage, ATimeThatCannotBeReadIsNone) {
    for (const char* const time : {R"("")", R"("yesterday")", "null", "1.5", "1e3", "{}", "[5]", "true",
                                   "99999999999999999999", R"("2026-13-01")"}) {
        const auto page = slice_page(fmt::format(R"({{"records":[{{"id":1,"created":{}}}]}})", time), with_ids);
        EXPECT_EQ(page.records.at(0).key.time, undated) << time;
    }
    EXPECT_EQ(slice_page(R"({"records":[{"id":1}]})", with_ids).records.at(0).key, key_of_id(undated, 1));
}

TEST(JsonPage, NoRecordsAreNone) {
    for (const char* const body : {R"({})", R"({"records":[]})", R"({"records":[ ]})", R"({"records":null})",
                                   R"({"Records":[{}]})", R"({"x":{"records":[{}]}})"}) {
        EXPECT_TRUE(slice_page(body, with_ids).records.empty()) << body;
    }
}

TEST(JsonPage, TakesOutTheWhiteSpaceBetweenTokens) {
    const std::string compact =
        R"({"offset":0,"records":[{"id":1,"a":[1,"b c",{"d":[]}],"e":{}},{"id":2,"created":"x\" y"}],"total":2})";
    const auto wanted = bodies(slice_page(compact, with_ids));
    // Places where a token begins, but for those inside strings: each gets each kind of white space.
    for (const char* const blank : {" ", "\n", "\r\n", "\t", "   \t\n  "}) {
        std::string everywhere;
        bool in_string = false;
        for (std::size_t i = 0; i < compact.size(); ++i) {
            const bool quote = compact[i] == '"' && (i == 0 || compact[i - 1] != '\\');
            const bool in_word = i > 0 && std::isalnum(static_cast<unsigned char>(compact[i - 1])) != 0;
            if (!in_string && !(in_word && std::isalnum(static_cast<unsigned char>(compact[i])) != 0)) {
                auto one = compact;
                one.insert(i, blank);
                EXPECT_EQ(bodies(slice_page(one, with_ids)), wanted) << one;
                everywhere += blank;
            }
            in_string = in_string != quote;
            everywhere += compact[i];
        }
        EXPECT_EQ(bodies(slice_page(everywhere + blank, with_ids)), wanted) << everywhere;
    }
}

TEST(JsonPage, PassesOverAByteOrderMark) {
    EXPECT_THAT(bodies(slice_page("\xEF\xBB\xBF{\"records\":[{\"id\":1}]}", with_ids)), ElementsAre(R"({"id":1})"));
}

TEST(JsonPage, StaysWholeWhenItIsMoved) {
    auto page = slice_page(R"({"records":[{"id":1}]})", with_ids);
    const std::vector<Page> pages = [&] {
        std::vector<Page> some;
        some.push_back(std::move(page));
        some.push_back(slice_page(R"({ "records" : [{"id":2}] })", with_ids));
        return some;
    }();
    EXPECT_THAT(bodies(pages[0]), ElementsAre(R"({"id":1})"));
    EXPECT_THAT(bodies(pages[1]), ElementsAre(R"({"id":2})"));
}

TEST(JsonPage, OfEqualMembersTheLastCounts) {
    const auto page = slice_page(
        R"({"limit":1,"records":[{"id":1}],"limit":2,"records":[{"id":7,"created":1,"id":2,"created":5}]})", with_ids);
    EXPECT_EQ(page.limit, 2);
    ASSERT_EQ(page.records.size(), 1);
    EXPECT_EQ(page.records[0].key, key_of_id(Instant{Span{5}}, 2));
    EXPECT_EQ(page.records[0].body, R"({"id":7,"created":1,"id":2,"created":5})");
}

}  // namespace aquila::json_page_test
