#include "aquila_fetch/repair.hpp"

#include "aquila_fetch/json_page.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aquila::repair_test {

using namespace std::string_literals;
using testing::ElementsAre;

const std::string odd = "\xEF\xBF\xBD";  // U+FFFD

std::string quoted(const std::string& text) {
    return "\"" + text + "\"";
}

TEST(InspectEscapes, KnowsGoodLoneAndBad) {
    for (const char* const text : {"", "plain", R"(\" \\ \/ \b \f \n \r \t)", R"(\u0000\uffff\uD7FF\ue000)",
                                   R"(\ud83e\udd14)", R"(\uD83E\uDD14\uDBFF\uDFFF)", R"(\\ud83e)", R"(\\\\)"}) {
        EXPECT_EQ(inspect_escapes(text), Escapes::fine) << text;
    }
    for (const char* const text : {R"(\ud83e)", R"(\udd14)", R"(\udd14\ud83e)", R"(\ud83e \udd14)", R"(\ud83e\ud83e)",
                                   R"(\ud83e\u0041)", R"(\ud83e\n)", R"(\ud83e\\udd14)", R"(\\\ud83e)"}) {
        EXPECT_EQ(inspect_escapes(text), Escapes::lone_surrogates) << text;
    }
    for (const char* const text : {R"(\)", R"(\x)", R"(\u)", R"(\u12)", R"(\u123)", R"(\u123g)", R"(\U0041)", R"(\0)",
                                   R"(\')", R"(\ud83e\x)", R"(\ud83e\udd1)", R"(\\\)", "\\\n"}) {
        EXPECT_EQ(inspect_escapes(text), Escapes::bad) << text;
    }
    EXPECT_EQ(inspect_escapes("\\\0"s), Escapes::bad);
}

TEST(RepairJson, ReplacesLoneSurrogatesAndNoPairs) {
    const std::pair<const char*, std::string> cases[] = {
        {R"(a\ud83eb)", "a" + odd + "b"},
        {R"(\udd14)", odd},
        {R"(\uDD14\uD83E)", odd + odd},
        {R"(\ud83e\ud83e\udd14)", odd + R"(\ud83e\udd14)"},
        {R"(\ud83e\udd14\udd14)", R"(\ud83e\udd14)" + odd},
        {R"(\ud83e\u0041)", odd + R"(\u0041)"},
        {R"(\ud83e\n)", odd + R"(\n)"},
        {R"(\ud83e\\udd14)", odd + R"(\\udd14)"},
        {R"(\\ud83e)", R"(\\ud83e)"},
        {R"(\uD83E\uDD14\uDBFF\uDFFF\uD800\uDC00)", R"(\uD83E\uDD14\uDBFF\uDFFF\uD800\uDC00)"},
        {R"(\ud7ff\ue000)", R"(\ud7ff\ue000)"},
    };
    for (const auto& [text, wanted] : cases) {
        EXPECT_EQ(repair_json(quoted(text)).text, quoted(wanted)) << text;
    }
}

TEST(RepairJson, ReplacesEachMaximalSubpartOfInvalidUtf8) {
    const std::pair<std::string, std::string> cases[] = {
        {"é\u2028🤔", "é\u2028🤔"},  // valid
        {"\x80", odd},                     // stray continuation
        {"\xBF\x80", odd + odd},
        {"\xC0\xAF", odd + odd},  // overlong
        {"\xC1\xBF", odd + odd},
        {"\xE0\x80\xAF", odd + odd + odd},
        {"\xE0\x9F\x80", odd + odd + odd},
        {"\xF0\x80\x80\x80", odd + odd + odd + odd},
        {"\xF0\x8F\xBF\xBF", odd + odd + odd + odd},
        {"\xED\xA0\x80", odd + odd + odd},            // a surrogate
        {"\xED\x9F\xBF", "\xED\x9F\xBF"},             // U+D7FF
        {"\xF4\x90\x80\x80", odd + odd + odd + odd},  // beyond U+10FFFF
        {"\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF"},
        {"\xF5\x80\x80\x80", odd + odd + odd + odd},
        {"\xFE\xFF", odd + odd},
        {"\xC3z", odd + "z"},  // cut short
        {"\xE2\x82z", odd + "z"},
        {"\xF0\x9F\xA4z", odd + "z"},
        {"\xF0\x9F\xA4", odd},
        {"\xE2\x82\xE2\x82\xAC", odd + "\xE2\x82\xAC"},
        {"\xC3\xC3\xA9", odd + "\xC3\xA9"},
    };
    for (const auto& [text, wanted] : cases) {
        EXPECT_EQ(repair_json(quoted(text)).text, quoted(wanted)) << testing::PrintToString(text);
    }
}

TEST(RepairJson, EscapesRawControlCharacters) {
    EXPECT_EQ(repair_json("\"a\nb\tc\0d\x1F\x7F\""s).text, "\"a\\u000ab\\u0009c\\u0000d\\u001f\x7F\"");
    EXPECT_EQ(repair_json("{\n\t\"a\": 1 }\r\n").text, "{\n\t\"a\": 1 }\r\n") << "white space between tokens stays";
}

TEST(RepairJson, TellsWhereItPutSomethingRight) {
    const auto repaired = repair_json("[\"a\x80\",\"b\",\"\\ud83e\n\"]");
    EXPECT_EQ(repaired.text, "[\"a" + odd + "\",\"b\",\"" + odd + "\\u000a\"]");
    EXPECT_THAT(repaired.places, ElementsAre(3, 13, 16));
    EXPECT_TRUE(repair_json(R"(["fine \ud83e\udd14 é"])").places.empty());
}

TEST(RepairJson, StopsAtTheEndWhereverThatIs) {
    const std::string text = "{\"\x01\\ud83e\\udd14\xF0\x9F\xA4\x94\\\\\\\"\":\"\\ud83e\"}";
    for (std::size_t size = 0; size <= text.size(); ++size) {
        const std::string cut{text, 0, size};  // a copy of its own: reading beyond it is seen by the sanitizer
        EXPECT_LE(repair_json(cut).text.size(), 6 * size);
        static_cast<void>(inspect_escapes(cut));
    }
}

/// A page whose records are odd in turn: what was odd is marked, and costs its neighbours nothing.
TEST(RepairedPages, MarkTheirRecords) {
    const std::pair<std::string, std::string> cases[] = {
        {R"({"id":1,"s":"\ud83e"})", R"({"id":1,"s":")" + odd + R"("})"},
        {R"({"id":1,"\udd14":2})", R"({"id":1,")" + odd + R"(":2})"},
        {"{\"id\":1,\"s\":\"\xC3\"}", R"({"id":1,"s":")" + odd + R"("})"},
        {"{\"id\":1,\"s\":\"a\nb\"}", R"({"id":1,"s":"a\u000ab"})"},
        {"{\"id\":1,\"s\":[\"\\ud83e\",{\"t\":\"\x80\x80\"}]}",
         R"({"id":1,"s":[")" + odd + R"(",{"t":")" + odd + odd + R"("}]})"},
    };
    const std::string good = R"({"id":2,"s":"\ud83e\udd14 é"})";
    const PageShape shape{.records = "records", .id = "id", .time = "created", .limit = "", .offset = "offset"};
    for (const auto& [record, wanted] : cases) {
        for (const char* const blank : {"", " "}) {
            const auto page =
                slice_page(fmt::format(R"({{"records":[{1},{0}{2},{1}{0},{2}]}})", blank, good, record), shape);
            ASSERT_EQ(page.records.size(), 4);
            for (const std::size_t i : {0U, 2U}) {
                EXPECT_EQ(page.records[i].body, good);
                EXPECT_FALSE(page.records[i].repaired);
                EXPECT_EQ(page.records[i + 1].body, wanted);
                EXPECT_TRUE(page.records[i + 1].repaired);
            }
        }
    }
}

TEST(RepairedPages, AreAlwaysGoodJson) {
    // Whatever stands in a string, as long as the string ends where it should.
    std::mt19937 random{3};
    const std::string pieces[] = {R"(\ud83e)", R"(\uDD14)", "\xF0\x9F\xA4", "\x80", "\xED\xA0\x80", "\n",   "\0"s,
                                  "é",         R"(\\)",     R"(\")",        "a",    R"(\u0000)",    "\x1F", "\xFF",
                                  R"(\/)"};
    for (int round = 0; round < 3000; ++round) {
        std::string text;
        for (auto count = random() % 8; count > 0; --count) {
            text += pieces[random() % std::size(pieces)];
        }
        const auto page = slice_page(fmt::format(R"({{"r":[{{"a":"{}"}}]}})", text),
                                     {.records = "r", .id = "", .time = "t", .limit = "", .offset = ""});
        ASSERT_EQ(page.records.size(), 1);
        EXPECT_TRUE(nlohmann::json::accept(page.records[0].body)) << page.records[0].body;
        EXPECT_EQ(page.records[0].body.find('\n'), std::string::npos);
        EXPECT_EQ(page.records[0].repaired, page.records[0].body != fmt::format(R"({{"a":"{}"}})", text));
    }
}

}  // namespace aquila::repair_test
