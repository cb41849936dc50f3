#include "aquila_fetch/format.hpp"

#include "support/fake_log.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace aquila::format_test {

using Json = nlohmann::json;

std::string line_of(LineFormat& format, std::string_view record) {
    std::string line;
    format.append_line(line, record);
    EXPECT_EQ(line.find('\n'), line.size() - 1) << line;
    return line.substr(0, line.size() - 1);
}

TEST(MakeFormat, IsNoneForFlattened) {
    EXPECT_FALSE(make_format(Format::flattened, *find_source("jira"), {}).has_value());
}

TEST(MakeFormat, HasATableForEveryRow) {
    for (const Source* source : sources()) {
        for (const Source* row = source; row != nullptr; row = row->alternative) {
            EXPECT_TRUE(make_format(Format::ecs, *row, {}).has_value()) << row->title;
            EXPECT_TRUE(make_format(Format::ocsf, *row, {}).has_value()) << row->title;
        }
    }
}

/// Whatever a record holds, its line is JSON that holds the record, which is found in it again.
TEST(LineFormat, LosesNoRecord) {
    std::string deep = "1";
    for (int i = 0; i < 500; ++i) {
        deep = i % 2 == 0 ? "[" + deep + "]" : R"({"a":)" + deep + "}";
    }
    const std::string large(std::size_t{1} << 12U, 'x');
    const auto odd = [&](const std::string& value) {
        std::string record = "{";
        for (const auto* const key : {"id",
                                      "summary",
                                      "created",
                                      "category",
                                      "objectItem",
                                      "changedValues",
                                      "associatedItems",
                                      "remoteAddress",
                                      "author",
                                      "creationDate",
                                      "affectedObject",
                                      "attributes",
                                      "message",
                                      "timestamp",
                                      "type",
                                      "affectedObjects",
                                      "source",
                                      "system",
                                      "authorAccountId",
                                      "extraAttributes"}) {
            record += (record.size() > 1 ? ",\"" : "\"") + std::string{key} + "\":" + value;
        }
        return record + "}";
    };
    for (const std::string& value :
         {std::string{"null"}, std::string{"[]"}, std::string{"{}"}, std::string{"[[1],{},null,\"x\"]"},
          std::string{R"({"type":[],"id":{},"name":null,"time":7,"actor":[],"typeName":"USER","context":7})"},
          std::string{"123456789012345678901234567890"}, std::string{"-1.5e400"},
          std::string{R"("\u0000\ud83e\udd14")"}, std::string{"true"}, deep, "\"" + large + "\"",
          R"([{"name":")" + large + R"("}])", std::string{"\"\xEF\xBF\xBD\""}}) {
        const auto record = odd(value);
        for (const Source* source : sources()) {
            for (const auto name : {Format::ecs, Format::ocsf}) {
                auto format = make_format(name, *source, {});
                const auto line = line_of(*format, record);
                EXPECT_EQ(line_of(*format, record), line);
                EXPECT_TRUE(Json::accept(line) || value == "-1.5e400") << line.substr(0, 2000);
                EXPECT_EQ(record_of_line(line), record) << source->name << " " << line.substr(0, 2000);
            }
        }
    }
}

/// A record of which some parts are something else than they should be.
class Vandal {
  public:
    explicit Vandal(unsigned seed) : random_{seed} {}

    void spoil(nlohmann::ordered_json& value) {  // NOLINT(misc-no-recursion): as deep as a record
        if (below(8) == 0) {
            value = pieces_[below(pieces_.size())];
        } else if (value.is_object() && !value.empty() && below(12) == 0) {
            value = nlohmann::ordered_json::array({value, nullptr, value});
        } else if (value.is_structured()) {
            for (auto& member : value) {
                spoil(member);
            }
        }
    }

  private:
    std::size_t below(std::size_t bound) { return random_() % bound; }

    std::mt19937 random_;
    std::vector<nlohmann::ordered_json> pieces_ = nlohmann::ordered_json::parse(
        R"([null,"",[],{},[null],{"":""},0,-1.5e300,18446744073709551615,true,"x","\u0000","\"\\","{a}",[["USER"]],
            {"type":"USER","typeName":"USER","name":["n"],"id":7,"name":{"name":""}},"1970","12","::1",
            "http://[","a=b","?username=","x:1f2e3d4c-5b6a-4789-9abc-def012345678","User created"])");
};

TEST(LineFormat, LosesNoRecordThatWasSpoilt) {
    unsigned seed = 0;
    for (const Source* source : sources()) {
        for (const auto* const name : {"ecs", "ocsf"}) {
            auto format = make_format(name == std::string_view{"ecs"} ? Format::ecs : Format::ocsf, *source, {});
            std::ifstream file{fmt::format("{}/{}/{}.ndjson", AQUILA_FETCH_FIXTURES, name, source->name)};
            ASSERT_TRUE(file);
            for (std::string line; std::getline(file, line);) {
                for (int i = 0; i < 60; ++i) {
                    auto record = nlohmann::ordered_json::parse(line);
                    Vandal vandal{++seed};
                    for (auto& member : record) {  // the record itself is an object always: else the page is refused
                        vandal.spoil(member);
                    }
                    const auto text = record.dump();
                    const auto event = line_of(*format, text);
                    ASSERT_TRUE(Json::accept(event)) << seed << " " << event;
                    ASSERT_EQ(record_of_line(event), text) << seed;
                    ASSERT_EQ(line_of(*format, text), event) << seed;
                }
            }
        }
    }
}

TEST(LineFormat, CopiesNothingTooDeepForAReader) {
    for (const int depth : {90, 110, 509}) {
        std::string deep(static_cast<std::size_t>(depth), '[');
        deep += std::string(static_cast<std::size_t>(depth), ']');
        const auto record = R"({"attributes":{"context":)" + deep + R"(}})";
        auto format = make_format(Format::ecs, *find_source("organization"), {});
        const auto line = line_of(*format, record);
        EXPECT_EQ(record_of_line(line), record);
        const auto copied = Json::parse(line)["atlassian_cloud"]["audit"]["context"].dump();
        EXPECT_EQ(copied.find(']'), static_cast<std::size_t>(std::min(depth, 101)));
    }
}

TEST(LineFormat, TakesAWholeMebibyteInOneField) {
    const auto record = R"({"id":1,"summary":")" + std::string(std::size_t{1} << 20U, 'x') + R"("})";
    for (const auto name : {Format::ecs, Format::ocsf}) {
        auto format = make_format(name, *find_source("jira"), {});
        EXPECT_EQ(record_of_line(line_of(*format, record)), record);
    }
}

TEST(LineFormat, TakesNoTimeForHugeLists) {
    std::string list = "[";
    std::string object = "{";
    for (int i = 0; i < 20'000; ++i) {
        list += fmt::format(R"({}{{"name":"n{}","typeName":"USER"}})", i == 0 ? "" : ",", i);
        object += fmt::format(R"({}"k{}":"v")", i == 0 ? "" : ",", i);
    }
    const auto record =
        R"({"associatedItems":)" + list + R"(],"objectItem":)" + object + R"(},"summary":"User created"})";
    for (const auto name : {Format::ecs, Format::ocsf}) {
        auto format = make_format(name, *find_source("jira"), {});
        EXPECT_EQ(record_of_line(line_of(*format, record)), record);
    }
}

TEST(RecordOfLine, IsTheLineItselfWhereItHoldsNone) {
    for (const auto* const line : {R"({"id":1})", R"({"event":{"original":7},"x":"\"original\":\""})", "{\"torn",
                                   "null", R"({"original":"x"})", R"({"id":1,"event":"\"raw_data\":\""})", ""}) {
        EXPECT_EQ(record_of_line(line), line);
    }
}

TEST(RecordOfLine, FindsItInEveryFormat) {
    EXPECT_EQ(record_of_line(R"({"event":{"original":"{\"id\":1,\"x\":\"\\\"\"}"}})"), R"({"id":1,"x":"\""})");
    EXPECT_EQ(record_of_line(R"({"a":1,"raw_data":"{\"id\":1}"})"), R"({"id":1})");
    EXPECT_EQ(record_of_line(R"({"event":{"original":"{}\u00e9\/"}})"), "{}é/") << "spelt by somebody else";
}

TEST(RecordOfLine, IsNothingWhereTheLineIsDamaged) {
    EXPECT_EQ(record_of_line(R"({"event":{"original":"{\"id\":1}"})"), std::nullopt);
    EXPECT_EQ(record_of_line(R"({"event":{"original":"{\"id\":1}"}}x)"), std::nullopt);
    EXPECT_EQ(record_of_line(R"({"raw_data":"{\"id\":1}",})"), std::nullopt);
}

}  // namespace aquila::format_test
