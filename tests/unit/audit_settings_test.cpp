#include "aquila_fetch/audit_settings.hpp"

#include "aquila_fetch/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace aquila::audit_settings_test {

using nlohmann::json;
using testing::HasSubstr;
using Settings = std::vector<Setting>;
using Words = std::vector<std::string>;

const SettingsResource& resource(std::string_view product, std::string_view name) {
    for (const auto& each : settings_of(product)) {
        if (each.name == name) return each;
    }
    throw std::runtime_error{"no such resource"};
}

struct Refusal {
    int code = 0;
    std::string what;
    std::string hint;
};
Refusal refusal(std::string_view product, const Words& words) {
    try {
        const auto read = read_assignments(product, words);
        return {0, std::to_string(read.size()) + " were taken", ""};
    } catch (const Failure& failure) {
        return {static_cast<int>(failure.code()), failure.what(), failure.hint()};
    }
}

TEST(AuditSettings, AreThoseOfTheirProduct) {
    EXPECT_EQ(settings_of("datacenter").size(), 3U);
    EXPECT_EQ(settings_of("confluence").size(), 1U);
    EXPECT_TRUE(settings_of("jira").empty());
    EXPECT_TRUE(settings_of("organization").empty());
    EXPECT_TRUE(belongs("coverage.security", resource("datacenter", "coverage")));
    EXPECT_TRUE(belongs("retention", resource("datacenter", "retention")));
    EXPECT_FALSE(belongs("retention-file", resource("datacenter", "retention")));
}

TEST(AuditSettings, AreReadFromTheServersJson) {
    EXPECT_EQ(resource("datacenter", "coverage").read(R"({"levelByArea":{"security":"full","ecosystem":"base"}})"),
              (Settings{{"coverage.security", "full"}, {"coverage.ecosystem", "base"}}));
    const auto period = resource("datacenter", "retention").read;
    EXPECT_EQ(period(R"({"period":{"years":10,"months":0,"days":0}})"), (Settings{{"retention", "10y"}}));
    EXPECT_EQ(period(R"({"period":{"years":1,"months":6,"days":3}})"), (Settings{{"retention", "1y6m3d"}}));
    EXPECT_EQ(period(R"({"period":{"days":90}})"), (Settings{{"retention", "90d"}}));
    EXPECT_EQ(period(R"({"period":{}})"), (Settings{{"retention", "0d"}}));
    EXPECT_EQ(resource("datacenter", "retention-file").read(R"({"maxFileCount":100})"),
              (Settings{{"retention-file", "100"}}));
    const auto number = resource("confluence", "retention").read;
    EXPECT_EQ(number(R"({"number":1,"units":"YEARS"})"), (Settings{{"retention", "1y"}}));
    EXPECT_EQ(number(R"({"number":26,"units":"WEEKS"})"), (Settings{{"retention", "26w"}}));
    EXPECT_EQ(number(R"({"number":1,"units":"FOREVER"})"), (Settings{{"retention", "1 FOREVER"}}));
}

TEST(AuditSettings, RefuseOtherJson) {
    for (const auto product : {"datacenter", "confluence"}) {
        for (const auto& each : settings_of(product)) {
            for (const auto* body :
                 {"", "[]", "{}", "<html>", R"({"levelByArea":7,"period":"x","maxFileCount":"many"})",
                  R"({"levelByArea":{"security":1},"period":{"years":"x"},"number":"1","units":7})"}) {
                EXPECT_THROW(static_cast<void>(each.read(body)), Failure) << each.name << ' ' << body;
            }
        }
    }
}

TEST(AuditSettings, AreWrittenAsTheServerWantsThem) {
    const auto written = [](std::string_view product, std::string_view name, const Settings& settings) {
        return json::parse(resource(product, name).write(settings));
    };
    EXPECT_EQ(written("datacenter", "coverage", {{"coverage.security", "full"}, {"coverage.ecosystem", "off"}}),
              json::parse(R"({"levelByArea":{"security":"full","ecosystem":"off"}})"));
    EXPECT_EQ(written("datacenter", "retention", {{"retention", "10y"}}),
              json::parse(R"({"period":{"years":10,"months":0,"days":0}})"));
    EXPECT_EQ(written("datacenter", "retention", {{"retention", "1y6m"}}),
              json::parse(R"({"period":{"years":1,"months":6,"days":0}})"));
    EXPECT_EQ(written("datacenter", "retention-file", {{"retention-file", "20"}}),
              json::parse(R"({"maxFileCount":20})"));
    EXPECT_EQ(written("confluence", "retention", {{"retention", "6m"}}),
              json::parse(R"({"number":6,"units":"MONTHS"})"));
    EXPECT_EQ(written("confluence", "retention", {{"retention", "26w"}}),
              json::parse(R"({"number":26,"units":"WEEKS"})"));
}

TEST(AuditSettings, AreTakenFromTheCommandLine) {
    EXPECT_EQ(read_assignments("datacenter", Words{"coverage.security=full", "retention=10y", "retention-file=100"}),
              (Settings{{"coverage.security", "full"}, {"retention", "10y"}, {"retention-file", "100"}}));
    EXPECT_EQ(read_assignments("datacenter", Words{"coverage=base"}).size(), 7U);
    EXPECT_EQ(read_assignments("datacenter", Words{"retention=1y0m3d"}), (Settings{{"retention", "1y3d"}}));
    EXPECT_EQ(read_assignments("confluence", Words{"retention=12m"}), (Settings{{"retention", "12m"}}));
    EXPECT_TRUE(read_assignments("confluence", Words{}).empty());
    const auto last = read_assignments("datacenter", Words{"coverage=base", "coverage.security=full"});
    EXPECT_EQ(last.size(), 7U);
    EXPECT_THAT(last, testing::Contains(Setting{"coverage.security", "full"}));
}

TEST(AuditSettings, RefuseWhatIsNotThereAndListWhatIs) {
    const struct {
        std::string_view product;
        Words words;
        std::string_view what;
        std::string_view hint;
    } cases[] = {
        {"jira", {}, "no audit settings", "Confluence Cloud has retention"},
        {"organization", {"retention=1y"}, "no audit settings", "Data Center has"},
        {"datacenter", {"coverage.securty=full"}, "'securty'; did you mean 'security'?", "end-user-activity"},
        {"datacenter", {"coverage.security=ful"}, "'ful'; did you mean 'full'?", "off, base, advanced, full"},
        {"datacenter", {"coverage.security="}, "no level ''", "advanced"},
        {"datacenter", {"coverage.=full"}, "no area ''", "ecosystem"},
        {"datacenter", {"retention"}, "'retention' sets nothing", "NAME=VALUE"},
        {"datacenter", {"retension=1y"}, "did you mean 'retention'?", "coverage, retention, retention-file"},
        {"datacenter", {"retention.x=1y"}, "sets nothing", "retention"},
        {"datacenter", {"=1y"}, "sets nothing", "retention"},
        {"datacenter", {"retention=2w"}, "does not count in 'w'", "months"},
        {"datacenter", {"retention=10"}, "no period", "10y"},
        {"datacenter", {"retention=6m1y"}, "no period", "1y6m"},
        {"datacenter", {"retention=-1y"}, "no period", "10y"},
        {"datacenter", {"retention=0d"}, "no period", "10y"},
        {"datacenter", {"retention=99999999999y"}, "no period", "10y"},
        {"datacenter", {"retention-file=0"}, "no number of files", "retention-file=100"},
        {"datacenter", {"retention-file=ten"}, "no number of files", "retention-file=100"},
        {"confluence", {"retention=2y"}, "cannot keep '2y'", "a year at most"},
        {"confluence", {"retention=1y1d"}, "cannot keep", "one unit"},
        {"confluence", {"retention=13m"}, "cannot keep", "a year at most"},
        {"confluence", {"coverage=full"}, "sets nothing", "retention"},
    };
    for (const auto& each : cases) {
        SCOPED_TRACE(each.words.empty() ? "-" : each.words.front());
        const auto said = refusal(each.product, each.words);
        EXPECT_EQ(said.code, 64);
        EXPECT_THAT(said.what, HasSubstr(each.what));
        EXPECT_THAT(said.hint, HasSubstr(each.hint));
    }
}

TEST(AuditSettings, ChangeOnlyWhatIsDifferent) {
    const Settings now{{"coverage.security", "base"}, {"coverage.ecosystem", "full"}, {"retention", "3y"}};
    EXPECT_EQ(
        changes(now, Settings{{"retention", "10y"}, {"coverage.ecosystem", "full"}, {"coverage.security", "full"}}),
        (std::vector<SettingChange>{{"coverage.security", "base", "full"}, {"retention", "3y", "10y"}}));
    EXPECT_TRUE(changes(now, now).empty());
    EXPECT_THROW(static_cast<void>(changes(now, Settings{{"retention-file", "7"}})), Failure);
}

}  // namespace aquila::audit_settings_test
