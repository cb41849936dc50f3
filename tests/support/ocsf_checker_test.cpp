// A checker that cannot fail is worth nothing: a valid event of each kind, and each kind of wrong in it.
#include "support/ocsf_checker.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <functional>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aquila::ocsf::ocsf_checker_test {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

const Table& table() {
    static const Table table = [] {
        std::ifstream file{std::string{AQUILA_FETCH_FIXTURES} + "/../support/ocsf_table.txt"};
        return read_table({std::istreambuf_iterator<char>{file}, {}});
    }();
    return table;
}

json group_event() {
    return json::parse(R"({
        "class_uid": 3006, "class_name": "Group Management", "category_uid": 3,
        "category_name": "Identity & Access Management", "activity_id": 3, "activity_name": "Add User",
        "type_uid": 300603, "type_name": "Group Management: Add User", "time": 1775986867318,
        "severity_id": 1, "severity": "Informational",
        "metadata": {"version": "1.8.0", "product": {"name": "Jira", "vendor_name": "Atlassian"}},
        "actor": {"user": {"uid": "712020:1", "email_addr": "ada@example.com", "type_id": 1}},
        "src_endpoint": {"ip": "2001:db8::1", "location": {"city": "Wien"}},
        "group": {"name": "admins"}, "user": {"name": "grace"}, "privileges": ["a", "b"],
        "unmapped": {"time": [null, {"x": 1.5}]}, "raw_data": "{}"})");
}

json api_event() {
    auto event = group_event();
    for (const auto* name : {"group", "user", "privileges"}) {
        event.erase(name);
    }
    event.update(json::parse(R"({
        "class_uid": 6003, "class_name": "API Activity", "category_uid": 6, "category_name": "Application Activity",
        "activity_id": 99, "activity_name": "Space exported", "type_uid": 600399, "type_name": "API Activity: Other",
        "api": {"operation": "Space exported"}, "resources": [{"name": "Wiki", "type": "Space"}]})"));
    return event;
}

json session_event() {
    auto event = group_event();
    event.erase("group");
    event.update(json::parse(R"({
        "class_uid": 3003, "class_name": "Authorize Session", "activity_id": 1, "activity_name": "Assign Privileges",
        "type_uid": 300301, "type_name": "Authorize Session: Assign Privileges"})"));
    return event;
}

std::vector<std::string> look(const json& event) {
    return violations(table(), event.dump());
}

TEST(OcsfChecker, PassesWhatIsValid) {
    EXPECT_THAT(look(group_event()), IsEmpty());
    EXPECT_THAT(look(api_event()), IsEmpty());
    EXPECT_THAT(look(session_event()), IsEmpty());
}

struct Wrong {
    const char* name;
    std::function<void(json&)> make;
    const char* told;
};

void PrintTo(const Wrong& wrong, std::ostream* out) {
    *out << wrong.name;
}

class OcsfCheckerTells : public testing::TestWithParam<Wrong> {};

TEST_P(OcsfCheckerTells, ByItsPath) {
    auto event = group_event();
    GetParam().make(event);
    EXPECT_THAT(look(event), ElementsAre(GetParam().told));
}

INSTANTIATE_TEST_SUITE_P(
    Everything, OcsfCheckerTells,
    testing::Values(
        Wrong{"RequiredIsMissing", [](json& e) { e.erase("severity_id"); }, "severity_id: required, and missing"},
        Wrong{"RequiredByItsClassIsMissing", [](json& e) { e.erase("group"); }, "group: required, and missing"},
        Wrong{"RequiredIsMissingInAnObject", [](json& e) { e["metadata"].erase("product"); },
              "metadata.product: required, and missing"},
        Wrong{"NoTypeUid", [](json& e) { e.erase("type_uid"); }, "type_uid: required, and missing"},
        Wrong{"Unknown", [](json& e) { e["changed"] = 1; }, "changed: unknown"},
        Wrong{"UnknownDeepDown", [](json& e) { e["src_endpoint"]["location"]["town"] = "Wien"; },
              "src_endpoint.location.town: unknown"},
        Wrong{"OfAProfileThatIsNotNamed", [](json& e) { e["action_id"] = 1; }, "action_id: unknown"},
        Wrong{"RequiredByAProfile", [](json& e) { e["metadata"]["profiles"] = {"cloud"}; },
              "cloud: required, and missing"},
        Wrong{"Deprecated", [](json& e) { e["actor"]["invoked_by"] = "x"; }, "actor.invoked_by: deprecated"},
        Wrong{"NumberForText", [](json& e) { e["message"] = 1; }, "message: 1 is no string_t"},
        Wrong{"Null", [](json& e) { e["message"] = nullptr; }, "message: null is no string_t"},
        Wrong{"TextForTime", [](json& e) { e["time"] = "2026"; }, "time: \"2026\" is no timestamp_t"},
        Wrong{"TimeWithPoint", [](json& e) { e["time"] = 1.5; }, "time: 1.5 is no timestamp_t"},
        Wrong{"TimeBeyondALong", [](json& e) { e["time"] = 9223372036854775808U; },
              "time: 9223372036854775808 is no timestamp_t"},
        Wrong{"TextForObject", [](json& e) { e["group"] = "admins"; }, "group: no object"},
        Wrong{"ListForObject",
              [](json& e) {
                  e["group"] = json::array({{{"name", "admins"}}});
              },
              "group: no object"},
        Wrong{"TextForList", [](json& e) { e["privileges"] = "a"; }, "privileges: no list"},
        Wrong{"WrongWithinAList",
              [](json& e) {
                  e["privileges"] = {"a", 2};
              },
              "privileges[1]: 2 is no string_t"},
        Wrong{"TextForUnmapped", [](json& e) { e["unmapped"] = "rest"; }, "unmapped: no object"},
        Wrong{"NoAddress", [](json& e) { e["src_endpoint"]["ip"] = "10.0.0.256"; },
              "src_endpoint.ip: \"10.0.0.256\" is no ip_t"},
        Wrong{"NoEmail", [](json& e) { e["actor"]["user"]["email_addr"] = "Atlassian app"; },
              "actor.user.email_addr: \"Atlassian app\" is no email_t"},
        Wrong{"PortOutOfRange", [](json& e) { e["src_endpoint"]["port"] = 65536; },
              "src_endpoint.port: 65536 is out of range"},
        Wrong{"NotInTheEnumeration", [](json& e) { e["severity_id"] = 7; }, "severity_id: 7 is not in the enumeration"},
        Wrong{"NotInTheEnumerationOfAnObject", [](json& e) { e["actor"]["user"]["type_id"] = 5; },
              "actor.user.type_id: 5 is not in the enumeration"},
        Wrong{"CaptionOfAnother", [](json& e) { e["severity"] = "Low"; },
              "severity_id: 1 with the caption \"Low\", not Informational"},
        Wrong{"ActivityNameOfAnother", [](json& e) { e["activity_name"] = "Remove User"; },
              "activity_id: 3 with the caption \"Remove User\", not Add User"},
        Wrong{"TypeUid", [](json& e) { e["type_uid"] = 300604; }, "type_uid: 300604 where 300603 belongs"},
        Wrong{"TypeName", [](json& e) { e["type_name"] = "Group Management"; },
              "type_name: \"Group Management\" where \"Group Management: Add User\" belongs"},
        Wrong{"Category", [](json& e) { e["category_uid"] = 6; }, "category_uid: 6 where 3 belongs"},
        Wrong{"CategoryName", [](json& e) { e["category_name"] = "IAM"; },
              "category_name: \"IAM\" where \"Identity & Access Management\" belongs"},
        Wrong{"ClassName", [](json& e) { e["class_name"] = "Groups"; },
              "class_name: \"Groups\" where \"Group Management\" belongs"},
        Wrong{"NoSuchClass", [](json& e) { e["class_uid"] = 4001; }, "class_uid: no class 4001 in the table"},
        Wrong{"NoClass", [](json& e) { e.erase("class_uid"); }, "class_uid: no number"},
        Wrong{"OtherVersion", [](json& e) { e["metadata"]["version"] = "1.7.0"; }, "metadata.version: not 1.8.0"},
        Wrong{"NoneOfTheNames", [](json& e) { e["group"].erase("name"); }, "group: none of name, uid"},
        Wrong{"ObjectThatTheTableLacks", [](json& e) { e["http_request"] = json::object(); },
              "http_request: of type http_request, which the table does not have"}),
    [](const auto& wrong) { return std::string{wrong.param.name}; });

TEST(OcsfChecker, KnowsTheActivitiesOfEachClass) {
    auto event = group_event();
    event["activity_id"] = 9;
    event["type_uid"] = 300609;
    EXPECT_THAT(look(event), ElementsAre("activity_id: 9 is not in the enumeration"));
}

TEST(OcsfChecker, LetsOtherBeCalledAnything) {
    EXPECT_EQ(api_event()["activity_name"], "Space exported");
    auto event = api_event();
    event["type_name"] = "API Activity: Space exported";
    EXPECT_THAT(look(event),
                ElementsAre(R"(type_name: "API Activity: Space exported" where "API Activity: Other" belongs)"));
}

TEST(OcsfChecker, TellsWhatAnApiActivityNeeds) {
    auto event = api_event();
    event.erase("src_endpoint");
    event["api"] = json::object();
    event["resources"][0].clear();
    event["actor"] = json::object();
    EXPECT_THAT(look(event), ElementsAre("src_endpoint: required, and missing",
                                         "actor: none of process, user, invoked_by, session, app_name, app_uid",
                                         "api.operation: required, and missing", "resources[0]: none of name, uid"));
}

TEST(OcsfChecker, TellsWhenNotJustOneIsThere) {
    auto event = session_event();
    event["group"] = {{"name", "admins"}};
    EXPECT_THAT(look(event), ElementsAre(": not just one of privileges, group"));
    event.erase("group");
    event.erase("privileges");
    EXPECT_THAT(look(event), ElementsAre(": not just one of privileges, group"));
}

TEST(OcsfChecker, TellsOfNamesThatComeTwice) {
    auto text = group_event().dump();
    text.insert(1, R"("time":1,)");
    EXPECT_THAT(violations(table(), text), ElementsAre("time: the name time comes twice"));
    text = group_event().dump();
    text.insert(text.find(R"("name":"admins")"), R"("name":"x",)");
    EXPECT_THAT(violations(table(), text), ElementsAre("group: the name name comes twice"));
    text = group_event().dump();
    text.insert(text.find(R"("x":1.5)"), R"("x":2,)");
    EXPECT_THAT(violations(table(), text), IsEmpty()) << "below unmapped everything is as it was sent";
}

TEST(OcsfChecker, TellsWhatIsNoEvent) {
    for (const auto* text : {"", "[]", "{", "null", R"({"a":"\ud83d"})"}) {
        EXPECT_THAT(violations(table(), text), ElementsAre(": no JSON object")) << text;
    }
}

}  // namespace aquila::ocsf::ocsf_checker_test
