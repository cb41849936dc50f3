#include "support/ocsf_table.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace aquila::ocsf::ocsf_table_test {

namespace fs = std::filesystem;

const fs::path tests = fs::path{AQUILA_FETCH_FIXTURES}.parent_path();

std::string text_of(const fs::path& path) {
    std::ifstream file{path, std::ios::binary};
    EXPECT_TRUE(file) << path;
    return {std::istreambuf_iterator<char>{file}, {}};
}

TEST(OcsfTable, SaysWhatTheSchemaSays) {
    const auto schema = tests.parent_path().parent_path() / "shared" / "ocsf";
    if (!fs::exists(schema)) {
        GTEST_SKIP() << "the schema is not at hand in " << schema;
    }
    const auto text = text_of(tests / "support/ocsf_table.txt");
    const auto made = table_of_schema(schema, text);
    if (made != text) {
        const auto path = fs::temp_directory_path() / "ocsf_table.txt";
        std::ofstream{path} << made;
        FAIL() << "tests/support/ocsf_table.txt is not what the schema says; as it should be, it is in " << path;
    }
}

TEST(OcsfTable, HoldsWhatIsInherited) {
    const auto table = read_table(text_of(tests / "support/ocsf_table.txt"));
    EXPECT_EQ(table.version, "1.8.0");
    const Shape& shape = *table.classes.at(3006);
    EXPECT_EQ(shape.caption, "Group Management");
    EXPECT_EQ(shape.category, 3);
    EXPECT_EQ(shape.category_caption, "Identity & Access Management");
    EXPECT_EQ(shape.attributes.at("group").requirement, Requirement::required) << "its own";
    EXPECT_EQ(shape.attributes.at("src_endpoint").type, "network_endpoint") << "of its category";
    EXPECT_EQ(shape.attributes.at("metadata").requirement, Requirement::required) << "of every event";
    EXPECT_EQ(shape.attributes.at("device").profile, "host");
    EXPECT_EQ(shape.attributes.at("actor").profile, "") << "of a profile once, and here of the category";
    EXPECT_TRUE(shape.attributes.at("privileges").is_array);
    EXPECT_EQ(shape.attributes.at("activity_id").captions.at(99), "Other") << "of every event";
    EXPECT_EQ(shape.attributes.at("activity_id").captions.at(3), "Add User");
    EXPECT_EQ(table.shapes.at("product").at_least_one, (std::vector<std::string>{"name", "uid"})) << "of its parent";
    EXPECT_EQ(table.classes.at(3003)->just_one, (std::vector<std::string>{"privileges", "group"}));
}

TEST(OcsfTable, TellsWhichLineIsWrong) {
    for (const auto* text :
         {"# a table\nclass", "version 1\nobject a of b", "object a\nobject a", " x string_t required", "x string_t",
          "object a\n x string_t | one Two", "type t string short 3", "object a\n x string_t maybe"}) {
        EXPECT_THROW((void)read_table(text), std::runtime_error) << text;
    }
    try {
        (void)read_table("version 1\n\nobject a\n    x string_t often\n");
        FAIL();
    } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "line 4: unknown word often:     x string_t often");
    }
}

}  // namespace aquila::ocsf::ocsf_table_test
