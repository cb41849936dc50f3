#include "aquila_fetch/rotated.hpp"

#include "support/scratch.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aquila::rotated_test {

TEST(MayBeRotated, KnowsHowRotationsNameFiles) {
    for (const auto* name :
         {"flattened.json", "flattened.json.1", "flattened.json-20260101-101010.gz", "flattened.json.1.zst",
          "flattened.json.bak", "flattened.json~", "flattened-20260101.json", "flattened.1.json"}) {
        EXPECT_TRUE(may_be_rotated(name, "flattened.json")) << name;
    }
}

TEST(MayBeRotated, KnowsThoseOfAPackedOutput) {
    for (const auto* name : {"flattened.json.zst", "flattened.json.zst.1", "flattened.json-20260101.zst",
                             "flattened-20260101.json.zst", "flattened.json.zst-20260101.gz"}) {
        EXPECT_TRUE(may_be_rotated(name, "flattened.json.zst")) << name;
    }
    for (const auto* name : {"flattened.json", "flattened.json2.zst", "flattened-eu.json.zst", "flat.json.zst"}) {
        EXPECT_FALSE(may_be_rotated(name, "flattened.json.zst")) << name;
    }
}

TEST(MayBeRotated, TakesNoOtherSourcesFileForOurs) {
    for (const auto* name : {"flattened2.json", "flattened-eu.json", "flattened.txt", "flattened.notes", "flattened",
                             "flat.json", "other.json", ".flattened.json.tmp", "flattened-"}) {
        EXPECT_FALSE(may_be_rotated(name, "flattened.json")) << name;
    }
    EXPECT_FALSE(may_be_rotated("jira-eu.json", "jira.json"));
    EXPECT_TRUE(may_be_rotated("audit-1", "audit"));
    EXPECT_FALSE(may_be_rotated("audit2", "audit"));
}

TEST(FilesBeside, ListsRegularFilesByName) {
    const test::Scratch folder;
    folder.write("out.json-2.gz", "");
    folder.write("out.json", "");
    folder.write("out2.json", "");
    std::filesystem::create_directory(folder / "out.json-dir");
    std::filesystem::create_symlink(folder / "out2.json", folder / "out.json-link");
    EXPECT_THAT(files_beside(folder / "out.json"), testing::ElementsAre(folder / "out.json", folder / "out.json-2.gz"));
    EXPECT_TRUE(files_beside(folder / "none/out.json").empty());
}

}  // namespace aquila::rotated_test
