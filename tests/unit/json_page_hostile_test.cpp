// Bodies that are not what the API promises: each is refused as a whole with Failure 76, or what is taken from it is
// good JSON; nothing crashes.
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/json_page.hpp"
#include "aquila_fetch/repair.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <random>
#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace aquila::json_page_hostile_test {

using namespace std::string_literals;

constexpr PageShape shape{.records = "records", .id = "id", .time = "created", .limit = "limit", .offset = "offset"};

testing::AssertionResult is_refused(const std::string& body) {
    try {
        const auto page = slice_page(body, shape);
        return testing::AssertionFailure() << "taken, " << page.records.size() << " records: " << body.substr(0, 200);
    } catch (const Failure& failure) {
        if (failure.code() != Exit::protocol || failure.hint().empty()) {
            return testing::AssertionFailure() << "exit " << static_cast<int>(failure.code()) << ": " << failure.what();
        }
    }
    return testing::AssertionSuccess();
}

TEST(BadPages, AreRefused) {
    const std::string bodies[] = {
        "",
        " ",
        "\n",
        "\xEF\xBB\xBF",
        "null",
        "true",
        "1",
        "\"records\"",
        "[]",
        "[{\"records\":[]}]",
        "<html><body>Log in</body></html>",
        "Client must be authenticated to access this resource.",
        "{",
        "}",
        "{]",
        "{\"records\"",
        "{\"records\":",
        "{\"records\":[",
        "{\"records\":[{",
        "{\"records\":[]",
        "{records:[]}",
        "{'records':[]}",
        "{\"records\":[],}",
        "{,\"records\":[]}",
        "{\"records\":[]}}",
        "{\"records\":[]} x",
        "{\"records\":[]}{\"records\":[]}",
        "{\"records\":[]}\0"s,
        "\0{\"records\":[]}"s,
        "{\"records\":[]}\xEF\xBB\xBF",
        "\xEF\xBB\xBF\xEF\xBB\xBF{\"records\":[]}",
        "{\"records\" []}",
        "{\"records\":[{}{}]}",
        "{\"records\":[{},]}",
        "{\"records\":[,{}]}",
        "{\"records\":{}}",
        "{\"records\":\"x\"}",
        "{\"records\":1}",
        "{\"records\":true}",
        "{\"records\":nul}",
        "{\"records\":nulls}",
        "{\"records\":[1]}",
        "{\"records\":[[]]}",
        "{\"records\":[null]}",
        "{\"records\":[\"{}\"]}",
        "{\"records\":[{\"a\"}]}",
        "{\"records\":[{\"a\":}]}",
        "{\"records\":[{\"a\":1 2}]}",
        "{\"records\":[{1:2}]}",
        "{\"records\":[{\"a\":1,}]}",
        "{\"records\":[{\"a\":[1,]}]}",
        "{\"records\":[{\"a\":[1 2]}]}",
        "{\"records\":[{\"a\":01}]}",
        "{\"records\":[{\"a\":+1}]}",
        "{\"records\":[{\"a\":.5}]}",
        "{\"records\":[{\"a\":1.}]}",
        "{\"records\":[{\"a\":1e}]}",
        "{\"records\":[{\"a\":-}]}",
        "{\"records\":[{\"a\":0x1}]}",
        "{\"records\":[{\"a\":NaN}]}",
        "{\"records\":[{\"a\":Infinity}]}",
        "{\"records\":[{\"a\":tru}]}",
        "{\"records\":[{\"a\":True}]}",
        "{\"records\":[{\"a\":1\"b\"}]}",
        "{\"records\":[{\"a\":\"b\"1}]}",
        "{\"records\":[{\"a\":\"b\"\"c\"}]}",
        "{\"records\":[{\"a\":\"\\x\"}]}",
        "{\"records\":[{\"a\":\"\\u12\"}]}",
        "{\"records\":[{\"a\":\"\\\"}]}",
        "{\"records\":[\\{}]}",
        "{\"records\":[{}]\x80}",
        "{\"records\":[{\"a\":\xC3\xA9}]}",
        "{\"records\":[{}],\"a\":\"}",
        "{\"a\":/**/1}",
        "{\"records\":[{}]} // x",
        "{\"a\":1;\"b\":2}",
        "{\"records\":[{\"a\":1}}",
        "{\"records\":{]}",
    };
    for (const auto& body : bodies) {
        EXPECT_TRUE(is_refused(body));
    }
}

TEST(BadPages, AreRefusedAsTheFirstOnesToo) {
    // What is kept from page to page belongs to a thread: the first page it sees may be the empty one.
    for (const std::string body : {"", "\xEF\xBB\xBF", " ", "{"}) {
        std::thread{[&] { EXPECT_TRUE(is_refused(body)); }}.join();
    }
}

TEST(BadPages, CutShortAnywhereAreRefused) {
    const auto whole =
        R"( {"offset":0, "records":[{"id":1,"a":[1.5e3,"\ud83e\udd14é\ud83e"],"b":{}},{"id":2}],"total":2})"s;
    ASSERT_EQ(slice_page(whole, shape).records.size(), 2);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_TRUE(is_refused(whole.substr(0, size)));
    }
}

TEST(BadPages, NestedTooDeepAreRefused) {
    const auto nested = [](std::size_t levels, const std::string& open, const std::string& close) {
        std::string text = R"({"records":[{"a":)";
        for (std::size_t i = 0; i < levels; ++i) {
            text += open;
        }
        text += "1";
        for (std::size_t i = 0; i < levels; ++i) {
            text += close;
        }
        return text + "}]}";
    };
    EXPECT_EQ(slice_page(nested(512, "[", "]"), shape).records.size(), 1);
    EXPECT_EQ(slice_page(nested(512, "{\"b\":", "}"), shape).records.size(), 1);
    for (const std::size_t levels : {513U, 100'000U}) {
        EXPECT_TRUE(is_refused(nested(levels, "[", "]")));
        EXPECT_TRUE(is_refused(nested(levels, "{\"b\":", "}")));
    }
    EXPECT_TRUE(is_refused(std::string(1'000'000, '[')));
    EXPECT_TRUE(is_refused(R"({"x":)" + std::string(1'000'000, '[')));
}

/// nlohmann refuses a number beyond the range of a double, which is good JSON.
bool is_good_json(std::string_view text) {
    try {
        [[maybe_unused]] const auto parsed = nlohmann::json::parse(text);
        return true;
    } catch (const nlohmann::json::out_of_range&) {
        return true;
    } catch (const nlohmann::json::exception&) {
        return false;
    }
}

/// An object whose only "records" is an array of objects.
bool is_page(const std::string& text) {
    const auto json = nlohmann::json::parse(text, nullptr, false);
    const auto key = text.find("\"records\"");
    return json.is_object() && json.contains("records") && json["records"].is_array() &&
           std::all_of(json["records"].begin(), json["records"].end(),
                       [](const auto& record) { return record.is_object(); }) &&
           text.find("\"records\"", key + 1) == std::string::npos;
}

TEST(BadPages, ChangedByChanceAreRefusedOrGiveGoodRecords) {
    const std::string seeds[] = {
        R"({"offset":0,"limit":2,"total":9,"records":[{"id":1,"created":"2026-04-12T16:28:36.943+0000","n":[1.10,-2e-7,{}]},{"id":2,"s":"\ud83e\udd14\n\"é"}]})",
        R"( { "records" : [ { "id" : 1 , "a" : [ ] , "b" : { "c" : null } } , { } ] , "total" : 12345678901234567890 } )",
    };
    const std::string bytes = "{}[]:,\"\\ 0123456789.eE+-truefalsn\n\t\0ud8\x80\xC3\xF0"s;
    std::mt19937 random{11};
    std::size_t taken = 0;
    for (int round = 0; round < 20'000; ++round) {
        auto text = seeds[random() % std::size(seeds)];
        for (auto changes = 1 + random() % 3; changes > 0; --changes) {
            const auto place = random() % text.size();
            const char byte = bytes[random() % bytes.size()];
            switch (random() % 4) {
                case 0:
                    text[place] = byte;
                    break;
                case 1:
                    text.insert(place, 1, byte);
                    break;
                case 2:
                    text.erase(place, 1 + random() % 3);
                    break;
                default:
                    text.insert(place, text.substr(random() % text.size(), random() % 20));
            }
        }
        const auto repaired = repair_json(text).text;
        try {
            const auto page = slice_page(text, shape);
            ++taken;
            EXPECT_TRUE(is_good_json(repaired)) << text;
            for (const Record& record : page.records) {
                EXPECT_TRUE(is_good_json(record.body)) << text;
                EXPECT_EQ(record.body.find('\n'), std::string::npos) << text;
            }
            EXPECT_TRUE(is_good_json("{" + page.suffix)) << text;
            EXPECT_EQ(page.suffix.find('\n'), std::string::npos) << text;
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.code(), Exit::protocol) << text;
            EXPECT_FALSE(is_page(repaired)) << failure.what() << "\n" << text;
        }
    }
    EXPECT_GT(taken, 2000);
}

}  // namespace aquila::json_page_hostile_test
