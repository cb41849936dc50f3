// Records and the events they become, written by hand; and, where the samples are at hand, what Elastic's own pipelines
// make of real ones.
#include "aquila_fetch/format.hpp"
#include "aquila_fetch/key.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace aquila::formats_ecs_test {

using Json = nlohmann::json;

std::vector<std::string> records_in(const std::filesystem::path& path) {
    std::ifstream file{path};
    EXPECT_TRUE(file) << path;
    std::vector<std::string> records;
    for (std::string line; std::getline(file, line);) {
        if (!line.empty()) {
            records.push_back(line);
        }
    }
    return records;
}

std::string hash_of(std::string_view record) {
    std::string hex;
    for (const auto byte : key_of_bytes({}, record).digest) {
        hex += fmt::format("{:02x}", byte);
    }
    return hex;
}

/// The event of a record, without what is looked at here: the record in it, and that it says which ECS it is.
Json event_of(LineFormat& format, const std::string& record) {
    std::string line;
    format.append_line(line, record);
    auto event = Json::parse(line);
    EXPECT_EQ(event["event"]["original"], record);
    EXPECT_EQ(record_of_line(line.substr(0, line.size() - 1)), record);
    EXPECT_TRUE(event["ecs"]["version"].is_string());
    event["event"].erase("original");
    event.erase("ecs");
    return event;
}

class Ecs : public testing::TestWithParam<const char*> {
  protected:
    [[nodiscard]] LineFormat format() const { return *make_format(Format::ecs, *find_source(GetParam()), {}); }
};

class ElasticsEcs : public Ecs {};

TEST_P(Ecs, OfOurOwnRecords) {
    const auto base = std::filesystem::path{AQUILA_FETCH_FIXTURES} / "ecs" / GetParam();
    const auto records = records_in(base.native() + ".ndjson");
    const auto expected = Json::parse(std::ifstream{base.native() + ".json"});
    ASSERT_EQ(records.size(), expected.size());
    auto writer = format();
    for (std::size_t i = 0; i < records.size(); ++i) {
        auto wanted = expected[i];
        if (wanted["event"]["id"] == "HASH") {
            wanted["event"]["id"] = hash_of(records[i]);
        }
        const auto event = event_of(writer, records[i]);
        EXPECT_EQ(event, wanted) << i << "\n" << Json::diff(wanted, event).dump(1);
    }
}

/// Left out: tags and the version, geo data from a data base, and whether a type is text or a list of one.
TEST_P(ElasticsEcs, IsOurs) {
    const auto folder = std::filesystem::path{AQUILA_FETCH_FIXTURES} / "../../../shared/samples/ecs";
    const std::string product = GetParam();
    const auto expected_file = folder / (product + ".expected.json");
    if (!std::filesystem::exists(expected_file)) {
        GTEST_SKIP() << expected_file << " is not here";
    }
    const auto records = records_in(folder / (product + ".ndjson"));
    const auto expected = Json::parse(std::ifstream{expected_file});
    ASSERT_EQ(records.size(), expected.size());
    auto writer = format();
    for (std::size_t i = 0; i < records.size(); ++i) {
        auto wanted = expected[i];
        wanted.erase("tags");
        wanted.erase("ecs");
        EXPECT_EQ(wanted["event"]["original"], records[i]);
        wanted["event"].erase("original");
        if (wanted["event"]["type"].is_string()) {
            wanted["event"]["type"] = Json::array({wanted["event"]["type"]});
        }
        if (wanted.contains("source")) {
            wanted["source"].erase("as");
            if (product != "organization") {
                wanted["source"].erase("geo");
            }
        }
        if (!wanted["event"].contains("id")) {
            wanted["event"]["id"] = hash_of(records[i]);
        }
        const auto event = event_of(writer, records[i]);
        EXPECT_EQ(event, wanted) << i << "\n" << Json::diff(wanted, event).dump(1);
    }
}

INSTANTIATE_TEST_SUITE_P(Products, ElasticsEcs, testing::Values("jira", "confluence", "organization"),
                         [](const auto& each) { return std::string{each.param}; });
INSTANTIATE_TEST_SUITE_P(Products, Ecs, testing::Values("jira", "confluence", "organization", "datacenter"),
                         [](const auto& each) { return std::string{each.param}; });

}  // namespace aquila::formats_ecs_test
