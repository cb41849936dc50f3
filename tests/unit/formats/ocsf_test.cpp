// Every event is valid by the checker (tests/support/ocsf_checker.hpp), whatever the record; some are compared with
// what was written by hand.
#include "aquila_fetch/format.hpp"
#include "aquila_fetch/repair.hpp"
#include "aquila_fetch/source.hpp"

#include "support/ocsf_checker.hpp"
#include "support/sim_generator.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aquila::formats_ocsf_test {

using Json = nlohmann::ordered_json;
using testing::IsEmpty;
namespace fs = std::filesystem;

const fs::path fixtures = AQUILA_FETCH_FIXTURES;

std::string text_of(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    EXPECT_TRUE(file) << path;
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream{text};
    for (std::string line; std::getline(stream, line);) {
        lines.push_back(line);
    }
    return lines;
}

const ocsf::Table& schema() {
    static const auto table = ocsf::read_table(text_of(fixtures / "../support/ocsf_table.txt"));
    return table;
}

class Ocsf : public testing::TestWithParam<std::string> {
  protected:
    /// The event of a record, which has to be valid and to hold the record.
    Json event_of(const std::string& record) {
        std::string line;
        format_.append_line(line, record);
        EXPECT_EQ(line.find('\n'), line.size() - 1);
        line.pop_back();
        EXPECT_THAT(ocsf::violations(schema(), line), IsEmpty()) << record << "\n" << line;
        EXPECT_EQ(record_of_line(line), record);
        auto event = Json::parse(line, nullptr, false);
        EXPECT_EQ(event.value("raw_data", ""), record);
        ++seen_[event.value("class_name", "")];
        return event;
    }

    /// Of a page as a server sends it.
    std::size_t look_at_page(std::string body) {
        const auto page = find_source(GetParam())->parse(std::move(body), {std::nullopt, 0, 1000});
        for (const Record& record : page.records) {
            const auto event = event_of(std::string{record.body});
            const auto& time =
                event.contains("/metadata/logged_time"_json_pointer) ? event["metadata"]["logged_time"] : event["time"];
            EXPECT_EQ(time, record.key.time == undated ? 0 : record.key.time.time_since_epoch().count()) << event;
        }
        return page.records.size();
    }

    [[nodiscard]] static std::vector<std::string> own_records() {
        return lines_of(text_of(fixtures / "ocsf" / (GetParam() + ".ndjson")));
    }

    [[nodiscard]] static std::string generated(sim::Dice& dice, std::int64_t number, std::string_view odd) {
        const sim::Millis time = 1'775'984'400'000 + number;
        if (GetParam() == "jira") return sim::jira_record(dice, number, time, odd);
        if (GetParam() == "confluence") return sim::confluence_record(dice, time, odd);
        if (GetParam() == "organization") return sim::organization_record(dice, time, time + 5, odd);
        return sim::datacenter_record(dice, time, odd);
    }

    /// A record in which nothing but this happened.
    [[nodiscard]] static Json record_of_action(const std::string& action, bool with_group) {
        if (GetParam() == "jira") {
            return {{"summary", action},
                    {"changedValues", {{{"fieldName", "Group"}, {"changedTo", with_group ? "admins" : ""}}}}};
        }
        if (GetParam() == "confluence") {
            return {{"summary", action},
                    {"changedValues", {{{"name", "Group"}, {"newValue", with_group ? "admins" : ""}}}}};
        }
        if (GetParam() == "organization") {
            return {{"attributes",
                     {{"action", action}, {"context", {{{"type", with_group ? "groups" : "sites"}, {"id", "7"}}}}}}};
        }
        return {{"type", {{"actionI18nKey", action}}},
                {"affectedObjects", {{{"type", with_group ? "GROUP" : "PROJECT"}, {"name", "admins"}}}}};
    }

    std::map<std::string, int> seen_;

  private:
    LineFormat format_ = *make_format(Format::ocsf, *find_source(GetParam()), {});
};

INSTANTIATE_TEST_SUITE_P(Products, Ocsf, testing::Values("jira", "confluence", "organization", "datacenter"),
                         [](const auto& product) { return product.param; });

TEST_P(Ocsf, IsWhatWasWrittenByHand) {
    const auto records = own_records();
    const auto expected = Json::parse(text_of(fixtures / "ocsf" / (GetParam() + ".json")));
    ASSERT_GE(expected.size(), 3U);
    ASSERT_GE(records.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        auto event = event_of(records[i]);
        event.erase("raw_data");
        // Without regard to the order of members.
        const nlohmann::json is = event;
        const nlohmann::json wanted = expected[i];
        EXPECT_EQ(is, wanted) << records[i] << "\n" << nlohmann::json::diff(wanted, is).dump(1);
    }
}

TEST_P(Ocsf, IsValidForOwnRecords) {
    for (const auto& record : own_records()) {
        event_of(record);
    }
    for (const auto* name : {"page.json", "last.json", "hostile.json"}) {
        EXPECT_GT(look_at_page(text_of(fixtures / GetParam() / name)), 0U);
    }
    EXPECT_GE(seen_.size(), 5U) << "classes";
}

TEST_P(Ocsf, IsValidForWhatTheSimulatorMakes) {
    sim::Dice dice{7};
    for (std::int64_t i = 1; i <= 1000; ++i) {
        const auto record = generated(dice, i, i % 20 == 0 ? R"(half \ud83e of a pair)" : "");
        event_of(repair_json(record).text);
    }
    EXPECT_GE(seen_.size(), 3U) << "classes";
}

TEST_P(Ocsf, IsValidForTheSamples) {
    const auto folder = fixtures / "../../../shared/samples";
    if (!fs::exists(folder)) {
        GTEST_SKIP() << "the samples are not at hand in " << folder;
    }
    const std::map<std::string, std::vector<std::string>> files{
        {"jira", {"jira_cloud_records", "ecs/jira"}},
        {"confluence", {"confluence_cloud_records", "ecs/confluence"}},
        {"organization", {"org_events_stream", "ecs/organization"}},
        {"datacenter", {"jira_dc_events", "confluence_dc_events"}},
    };
    for (const auto& file : files.at(GetParam())) {
        for (const auto& record : lines_of(text_of(folder / (file + ".ndjson")))) {
            EXPECT_NE(event_of(record)["time"], 0) << record;
        }
    }
}

/// Each value of each own record replaced by each odd one, or left out.
TEST_P(Ocsf, IsValidWhateverIsOdd) {
    const Json odd[] = {nullptr,
                        "",
                        Json::array(),
                        Json::object(),
                        12345678901234567890U,
                        -0.5,
                        true,
                        {{{"name", Json::array()}, {"id", Json::object()}, {"type", 7}, {"attributes", "x"}}},
                        "a@b.c",
                        "\u2028\"\\ 1970-01-01T00:00:00Z"};
    for (const auto& text : own_records()) {
        const auto record = Json::parse(text);
        std::set<std::string> places;
        const auto flat = record.flatten();
        for (const auto& [pointer, value] : flat.items()) {
            for (Json::json_pointer at{pointer}; !at.empty(); at = at.parent_pointer()) {
                places.insert(at.to_string());  // the value, and all that it is in
            }
        }
        for (const auto& place : places) {
            const Json::json_pointer at{place};
            auto changed = record;
            for (const Json& other : odd) {
                changed[at] = other;
                event_of(changed.dump());
            }
            if (auto& parent = changed[at.parent_pointer()]; parent.is_object()) {
                parent.erase(at.back());
                event_of(changed.dump());
            }
            if (HasFailure()) {
                return;  // the first is enough to look at
            }
        }
    }
}

TEST_P(Ocsf, IsValidForWhatIsHardlyARecord) {
    for (const std::string record :
         {"{}", R"({"":""})", R"({"id":1e300,"created":-1,"timestamp":1e200,"creationDate":9999999999999999})",
          R"({"summary":"a","summary":"User created","type":{},"type":[]})",
          R"({"raw_data":"x","unmapped":[1],"class_uid":7,"event":{"original":"y"}})"}) {
        EXPECT_EQ(event_of(record)["class_uid"], record.find("User created") == std::string::npos ||
                                                         (GetParam() != "jira" && GetParam() != "confluence")
                                                     ? 3004
                                                     : 3001)
            << record;
    }
}

TEST_P(Ocsf, SaysWhatItsTableOfActionsSays) {
    std::size_t rows = 0;
    for (const auto& line : lines_of(std::string{mapping_table("ocsf/" + GetParam() + "_actions")})) {
        std::vector<std::string> cells;
        std::istringstream stream{line};
        for (std::string cell; std::getline(stream, cell, '|');) {
            const auto begin = cell.find_first_not_of(' ');
            cells.push_back(begin == std::string::npos ? ""
                                                       : cell.substr(begin, cell.find_last_not_of(' ') - begin + 1));
        }
        if (cells.size() != 5 || cells[0] == "action") {
            continue;
        }
        ++rows;
        for (const bool with_group : {false, true}) {
            auto action = cells[0];
            std::replace(action.begin(), action.end(), '*', 'x');
            std::transform(action.begin(), action.end(), action.begin(), [&](unsigned char c) {
                return static_cast<char>(with_group ? std::toupper(c) : c);  // and it is all one in capitals
            });
            const auto event = event_of(record_of_action(action, with_group).dump());
            const std::string kind = cells[1] != "Permission" ? cells[1]
                                     : with_group             ? "Group Management"
                                                              : "User Access Management";
            EXPECT_EQ(event["type_name"], kind + ": " + cells[2]) << line;
            EXPECT_EQ(event["activity_name"], cells[2] == "Other" ? action : cells[2]) << line;
            EXPECT_EQ(event["status"], cells[3]) << line;
        }
    }
    EXPECT_GT(rows, 25U);
}

TEST_P(Ocsf, IsAnEventOfTheGeneralClassWhereNothingIsKnown) {
    const auto event = event_of(record_of_action("frobnicated the splines", false).dump());
    EXPECT_EQ(event["class_uid"], 3004);
    EXPECT_EQ(event["activity_id"], 99);
    EXPECT_EQ(event["activity_name"], "frobnicated the splines");
    EXPECT_EQ(event["status_id"], 0);
    EXPECT_EQ(event["time"], 0);
    EXPECT_EQ(event["actor"]["user"]["name"], "Unknown");
}

TEST_P(Ocsf, KnowsAnActionByItsVerb) {
    const std::pair<const char*, const char*> verbs[] = {
        {"Dashboard created", "Entity Management: Create"},
        {"dashboard.deleted", "Entity Management: Delete"},
        {"dashboard_updated", "Entity Management: Update"},
        {"Dashboard update failed", "Entity Management: Other"},
        {"Dashboard exported", "API Activity: Read"},
        {"Some app installed", "Application Lifecycle: Install"},
        {"some_app_uninstalled", "Application Lifecycle: Remove"},
        {"some.plugin.disabled", "Application Lifecycle: Disable"},
    };
    for (const auto& [action, type] : verbs) {
        EXPECT_EQ(event_of(record_of_action(action, false).dump())["type_name"], type) << action;
    }
}

TEST(OcsfFormat, CallsClassesAndActivitiesAsTheSchemaDoes) {
    const std::string text{mapping_table("ocsf/classes")};
    std::set<std::string> rows;
    for (auto line : lines_of(text)) {
        line.erase(std::remove(line.begin(), line.end(), ' '), line.end());
        rows.insert(line);
    }
    std::size_t activities = 0;
    for (const auto& [uid, shape] : schema().classes) {
        const auto squeezed = [](std::string words) {
            words.erase(std::remove(words.begin(), words.end(), ' '), words.end());
            return words;
        };
        EXPECT_TRUE(rows.contains(squeezed(shape->caption + "|" + std::to_string(uid) + "|" +
                                           std::to_string(shape->category) + "|" + shape->category_caption)))
            << shape->caption;
        for (const auto& [id, caption] : shape->attributes.at("activity_id").captions) {
            ++activities;
            EXPECT_TRUE(rows.contains(squeezed(shape->caption + ":" + caption + "|" + std::to_string(id) + "|" +
                                               std::to_string(uid * 100 + id))))
                << shape->caption << ": " << caption;
        }
    }
    EXPECT_EQ(activities, 72U);
}

TEST(OcsfFormat, TellsWhoseLogItIs) {
    auto jira =
        *make_format(Format::ocsf, *find_source("jira"), {.cloud_id = "c-1", .site = "", .organization_id = ""});
    std::string line;
    jira.append_line(line, "{}");
    EXPECT_EQ(Json::parse(line)["metadata"]["tenant_uid"], "c-1");
    auto events = *make_format(Format::ocsf, *find_source("organization"),
                               {.cloud_id = "", .site = "", .organization_id = "o-1"});
    line.clear();
    events.append_line(line, "{}");
    EXPECT_EQ(Json::parse(line)["metadata"]["tenant_uid"], "o-1");
}

/// Jira and Confluence before Data Center's log: the records are the clouds'.
TEST(OcsfFormat, KnowsOlderServers) {
    const Source* row = find_source("datacenter");
    auto events = *make_format(Format::ocsf, *row, {});
    auto jira = *make_format(Format::ocsf, *row->alternative, {});
    auto confluence = *make_format(Format::ocsf, *row->alternative->alternative, {});
    std::string line;
    jira.append_line(line, R"({"id":1,"summary":"Group created","objectItem":{"name":"x","typeName":"GROUP"}})");
    EXPECT_EQ(Json::parse(line)["group"]["name"], "x");
    line.clear();
    confluence.append_line(line, R"({"summary":"Group created","affectedObject":{"name":"y","objectType":"Group"}})");
    EXPECT_EQ(Json::parse(line)["group"]["name"], "y");
}

}  // namespace aquila::formats_ocsf_test
