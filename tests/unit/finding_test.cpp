#include "aquila_fetch/finding.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace aquila::finding_test {

using nlohmann::json;
using List = std::vector<Findings>;

List of(std::vector<Finding> list) {
    return {{"jira", std::move(list)}};
}

TEST(Finding, ReadsAsOneLineWithWhatToDoBelow) {
    EXPECT_EQ(describe(of({good("lock", "free"), skipped("timer", "no systemd here")})),
              "jira:\n"
              "✓ lock           free\n"
              "- timer          no systemd here\n");
    EXPECT_EQ(describe(of({warning("space", "little", "make room"), bad("scope", Exit::refused, "none", "a\nb")})),
              "jira:\n"
              "! space          little\n"
              "               > make room\n"
              "✗ scope          none\n"
              "               > a\n"
              "                 b\n");
    EXPECT_EQ(describe(List{{"", {bad("configuration", Failure{Exit::config, "x:1: a\nx:2: b", ""})}}}),
              "✗ configuration  x:1: a\n"
              "                 x:2: b\n");
    EXPECT_EQ(describe(List{{"a", {good("lock", "free")}}, {"b", {good("lock", "free")}}}),
              "a:\n✓ lock           free\n\nb:\n✓ lock           free\n");
}

TEST(Finding, IsJsonForMachines) {
    const auto value = json::parse(to_json(of({good("lock", "free"), warning("space", "little", "make room"),
                                               bad("scope", Exit::refused, "none", "a"), skipped("record", "no")})));
    EXPECT_EQ(value, json::parse(R"({"exit":77,"sources":[{"name":"jira","findings":[
        {"item":"lock","result":"ok","text":"free","advice":null,"exit":0},
        {"item":"space","result":"warning","text":"little","advice":"make room","exit":0},
        {"item":"scope","result":"failed","text":"none","advice":"a","exit":77},
        {"item":"record","result":"skipped","text":"no","advice":null,"exit":0}]}]})"));
    EXPECT_TRUE(json::parse(to_json(List{{"", {}}})).at("sources").at(0).at("name").is_null());
    EXPECT_TRUE(json::accept(to_json(of({good("record", "\xFF\xFE")}))));
}

TEST(Finding, TheWorstDecidesTheExitCode) {
    EXPECT_EQ(worst(of({})), Exit::ok);
    EXPECT_EQ(worst(of({good("a", ""), warning("b", "", ""), skipped("c", "")})), Exit::ok);
    const std::pair<std::vector<Exit>, Exit> cases[] = {
        {{Exit::found}, Exit::found},
        {{Exit::found, Exit::busy}, Exit::busy},
        {{Exit::busy, Exit::unavailable}, Exit::unavailable},
        {{Exit::unavailable, Exit::refused, Exit::found}, Exit::refused},
        {{Exit::refused, Exit::protocol, Exit::cannot_create, Exit::io}, Exit::refused},
        {{Exit::io, Exit::cannot_create}, Exit::cannot_create},
        {{Exit::refused, Exit::data}, Exit::data},
        {{Exit::data, Exit::no_input}, Exit::no_input},
        {{Exit::config, Exit::no_input}, Exit::config},
    };
    for (const auto& [codes, expected] : cases) {
        List forwards{{"x", {}}};
        List backwards{{"x", {}}, {"y", {}}};
        for (const auto code : codes) {
            forwards[0].list.push_back(bad("a", code, "", ""));
            backwards[1].list.insert(backwards[1].list.begin(), bad("a", code, "", ""));
        }
        EXPECT_EQ(worst(forwards), expected);
        EXPECT_EQ(worst(backwards), expected) << "whatever the order, and in whatever source";
        EXPECT_EQ(count_bad(backwards), codes.size());
    }
}

}  // namespace aquila::finding_test
