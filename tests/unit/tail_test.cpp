#include "aquila_fetch/tail.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/fingerprint.hpp"
#include "support/scratch.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <zlib.h>

namespace aquila::tail_test {

namespace fs = std::filesystem;
using testing::Each;
using testing::ElementsAre;

/// An output file with something in it before, and three lines announced behind that.
class FindTail : public testing::Test {
  protected:
    FindTail() { announce("before\n", {"one\n", "two\n", "three\n"}); }

    void announce(const std::string& before, const std::vector<std::string>& lines) {
        folder.write("out.json", before);
        struct stat status {};
        ::stat(live.c_str(), &status);
        announced = {};
        announced.place = {live.string(), status.st_dev, status.st_ino, before.size(),
                           fingerprint(before.substr(before.size() > 4096 ? before.size() - 4096 : 0))};
        for (const auto& line : lines) {
            announced.keys.push_back({});
            announced.lines.push_back(fingerprint(line));
        }
        announced.head = lines.empty() ? "" : lines.front().substr(0, head_size);
    }
    void write(const std::string& name, const std::string& text) const { folder.write(name, text); }
    void pack(const std::string& name, const std::string& text) const {
        const gzFile file = ::gzopen((folder / name).c_str(), "wb");
        ::gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
        ::gzclose(file);
    }
    [[nodiscard]] Tail find() const { return find_tail(announced, live); }
    void expect_nothing() const {
        const auto tail = find();
        EXPECT_THAT(tail.written, Each(false));
        EXPECT_EQ(tail.torn, std::nullopt);
    }

    test::Scratch folder;
    fs::path live = folder / "out.json";
    Announcement announced;
};

TEST_F(FindTail, FindsWholeLinesBehindThePlace) {
    write("out.json", "before\none\ntwo\nthree\n");
    const auto tail = find();
    EXPECT_THAT(tail.written, ElementsAre(true, true, true));
    EXPECT_EQ(tail.torn, std::nullopt);
    EXPECT_EQ(tail.foreign, 0);
    EXPECT_TRUE(tail.recognised);
}

TEST_F(FindTail, FindsNoneWhereNoneIs) {
    expect_nothing();
    EXPECT_TRUE(find().recognised);
    announce("", {"one\n"});
    expect_nothing();
    announce("before\none\n", {});
    expect_nothing();
}

TEST_F(FindTail, TellsWhereALineIsCutShort) {
    write("out.json", "before\none\ntw");
    const auto tail = find();
    EXPECT_THAT(tail.written, ElementsAre(true, false, false));
    EXPECT_EQ(tail.torn_bytes, "tw");
    ASSERT_TRUE(tail.torn);
    EXPECT_EQ(tail.torn->offset, 11);
    EXPECT_EQ(tail.torn->inode, announced.place.inode);
    EXPECT_EQ(tail.torn->path, live);
    EXPECT_EQ(tail.torn->before, fingerprint("before\none\n"));
    EXPECT_EQ(folder.read("out.json"), "before\none\ntw") << "it is left to be finished";
}

TEST_F(FindTail, ThePackedOutputOfNowIsNoPackersWork) {
    write("out.json", "before\none\n");
    write("out.json.zst", "");
    const auto tail = find_tail(announced, folder / "out.json.zst");
    EXPECT_THAT(tail.written, ElementsAre(true, false, false)) << "`compress` was switched on after a crash";
    write("out.json.gz", "");
    EXPECT_THROW(static_cast<void>(find_tail(announced, folder / "out.json.zst")), Failure) << "another one is";
}

TEST(Elsewhere, NamesBucketAndPrefix) {
    for (const auto& [announced, output] :
         {std::pair{"s3://logs/a/b/source=jira/year=2026/x.ndjson", " s3://logs/a/b/ "},
          std::pair{"s3://logs/source=jira/undated/x.ndjson", " s3://logs/ "},
          std::pair{"s3://logs/source=old/source=jira/undated/x.ndjson", " s3://logs/source=old/ "}}) {
        EXPECT_NE(elsewhere(announced).hint().find(output), std::string::npos) << elsewhere(announced).hint();
    }
}

TEST_F(FindTail, CountsEqualLines) {
    announce("before\n", {"twin\n", "twin\n", "other\n", "twin\n"});
    write("out.json", "before\ntwin\ntwin\nother\n");
    EXPECT_THAT(find().written, ElementsAre(true, true, true, false));
}

TEST_F(FindTail, PassesOverForeignLines) {
    write("out.json", "before\none\nwhat is this\ntwo\n");
    const auto tail = find();
    EXPECT_THAT(tail.written, ElementsAre(true, true, false));
    EXPECT_EQ(tail.foreign, 1);
}

TEST_F(FindTail, LooksAtMoreThanOneChunk) {
    const std::string before(1'000'000, 'b');
    const std::string big(700'000, 'x');
    announce(before + "\n", {big + "\n", "small\n", big + "y\n"});
    write("out.json", before + "\n" + big + "\nsmall\n" + big + "y\n");
    EXPECT_THAT(find().written, Each(true));
    write("out.json", before + "\n" + big + "\nsmall\n" + big);
    EXPECT_EQ(find().torn_bytes.size(), big.size());
}

TEST_F(FindTail, FollowsTheInodeWhateverItsName) {
    write("out.json", "before\none\ntw");
    fs::rename(live, folder / "elsewhere");
    write("out.json", "");
    const auto tail = find();
    EXPECT_THAT(tail.written, ElementsAre(true, false, false));
    EXPECT_EQ(tail.torn, std::nullopt);
    EXPECT_EQ(folder.read("elsewhere"), "before\none\n") << "its reader has moved on: the half line is taken back";
}

TEST_F(FindTail, FindsACopyOfAFileThatWasCutToNothing) {
    write("out.json-1", "before\none\ntw");
    write("out.json", "");
    const auto tail = find();
    EXPECT_THAT(tail.written, ElementsAre(true, false, false));
    EXPECT_EQ(tail.torn, std::nullopt);
    EXPECT_EQ(folder.read("out.json-1"), "before\none\n");
}

TEST_F(FindTail, FindsLinesInAFileThatWasCutJustBeforeTheyWereWritten) {
    write("out.json-1", "before\n");
    write("out.json", "one\ntw");
    const auto tail = find();
    EXPECT_THAT(tail.written, ElementsAre(true, false, false));
    ASSERT_TRUE(tail.torn);
    EXPECT_EQ(tail.torn->offset, 4);
    EXPECT_EQ(tail.torn_bytes, "tw");
}

TEST_F(FindTail, LooksIntoPackedFiles) {
    pack("out.json-1.gz", "before\none\ntwo\nth");
    fs::remove(live);
    write("out.json", "something new\n");
    EXPECT_THAT(find().written, ElementsAre(true, true, false));
    EXPECT_TRUE(find().recognised);
}

TEST_F(FindTail, LooksIntoNoPackedFileWhereAPlainOneIsTheOne) {
    write("out.json", "before\none\n");
    write("out.json-1.gz", "this is no gzip");
    EXPECT_THAT(find().written, ElementsAre(true, false, false));
    write("out.json", "");
    pack("out.json-1.gz", "before\none\n");
    EXPECT_THAT(find().written, ElementsAre(true, false, false));
}

TEST_F(FindTail, ADamagedPackedFileIsNotTakenForNothing) {
    fs::remove(live);
    pack("out.json-1.gz", "before\none\ntwo\nthree\n" + std::string(100'000, 'x'));
    fs::resize_file(folder / "out.json-1.gz", fs::file_size(folder / "out.json-1.gz") - 10);
    EXPECT_THROW(static_cast<void>(find()), Failure);
}

/// Its packer may have passed the end before the lines came, and removes it next.
TEST_F(FindTail, AFileThatIsBeingPackedIsNotReliedOn) {
    write("out.json", "before\none\n");
    fs::rename(live, folder / "out.json-1");
    write("out.json-1.gz", "");
    EXPECT_THROW(static_cast<void>(find()), Failure);
    pack("out.json-1.gz", "before\n");
    EXPECT_THROW(static_cast<void>(find()), Failure);
    fs::remove(folder / "out.json-1");
    const auto tail = find();
    EXPECT_TRUE(tail.recognised);
    EXPECT_THAT(tail.written, Each(false)) << "they were lost with it, and are written again";
}

TEST_F(FindTail, AFileThatIsNotTheOneIsLeftAlone) {
    fs::remove(live);
    const std::string strangers[] = {"BEFORE\none\ntwo\n", "before\n", "befor", "", "before\r\none\n"};
    for (const auto& text : strangers) {
        write("out.json-1", text);
        const auto tail = find();
        EXPECT_EQ(tail.recognised, text == "before\n") << text;
        EXPECT_THAT(tail.written, Each(false)) << text;
        EXPECT_EQ(folder.read("out.json-1"), text);
    }
}

TEST_F(FindTail, NothingBeforeThePlaceTheCopyHoldsNothingElse) {
    announce("", {"{\"id\":1}\n", "{\"id\":2}\n"});
    fs::remove(live);
    write("out.json-1", "{\"id\":1}\n{\"id\":2");
    EXPECT_THAT(find().written, ElementsAre(true, false));
    EXPECT_EQ(folder.read("out.json-1"), "{\"id\":1}\n");
    write("out.json-1", "{\"id\"");
    EXPECT_THAT(find().written, Each(false));
    EXPECT_EQ(folder.read("out.json-1"), "");
}

TEST_F(FindTail, NothingBeforeThePlaceAnOlderFileIsNotTheCopy) {
    announce("", {"{\"id\":1}\n", "{\"id\":2}\n"});
    const std::string others[] = {
        "{\"id\":0}\n{\"id\":1}\n",  // a twin was written long ago
        "{\"id\":2}\n",              // not from the first on
        "{\"id\":1}\nno\n",          //
        "{\"id\":0}\n{",             // another source's file, being written at this moment
        "{}",
        "{\"id\":3",
    };
    for (const auto& text : others) {
        write("out.json-1", text);
        expect_nothing();
        EXPECT_EQ(folder.read("out.json-1"), text) << "and is not cut";
    }
}

TEST_F(FindTail, AnInodeUsedAgainIsNotTheFile) {
    announce("", {"{\"id\":1}\n"});
    fs::rename(live, folder / "notes.txt");  // as if the number had been given to another file
    write("notes.txt", "first\nsecond");
    expect_nothing();
    EXPECT_EQ(folder.read("notes.txt"), "first\nsecond");
}

TEST_F(FindTail, WhatThePowerCutLeftIsTornToo) {
    announce("", {"one\n"});
    write("out.json", std::string(3, '\0'));
    EXPECT_EQ(find().torn_bytes, std::string(3, '\0'));
    announce("before\n", {"one\n"});
    write("out.json", "before\n" + std::string(3, '\0'));
    EXPECT_EQ(find().torn_bytes, std::string(3, '\0'));
}

TEST_F(FindTail, AnOutputThatMovedIsLookedForWhereItWas) {
    write("out.json", "before\none\ntw");
    const auto tail = find_tail(announced, folder / "new/out.json");
    EXPECT_THAT(tail.written, ElementsAre(true, false, false));
    EXPECT_EQ(tail.torn, std::nullopt);
    EXPECT_EQ(folder.read("out.json"), "before\none\n");
}

TEST_F(FindTail, AFolderThatIsGoneHoldsNothingAndOneThatCannotBeReadIsAnError) {
    announced.place.path = folder / "gone/out.json";
    EXPECT_FALSE(find_tail(announced, folder / "gone/too/out.json").recognised);
    announced.place.path = live / "out.json";
    expect_nothing();
    announced.place.path = live;
    struct rlimit before {};
    ::getrlimit(RLIMIT_NOFILE, &before);
    const struct rlimit none { 0, before.rlim_max };
    ::setrlimit(RLIMIT_NOFILE, &none);  // so that the folder cannot be opened, even by root
    EXPECT_THROW(static_cast<void>(find()), Failure);
    ::setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace aquila::tail_test
