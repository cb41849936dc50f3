#include "aquila_fetch/verify.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/format.hpp"
#include "support/fake_log.hpp"
#include "support/scratch.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <zlib.h>
#include <nlohmann/json.hpp>

namespace aquila::verify_test {

using namespace std::chrono_literals;
using test::noon;

/// A log of twenty records, two of them equal where that can be, and files that hold them.
class Compare : public testing::TestWithParam<std::string_view> {
  protected:
    Compare() {
        for (int i = 0; i < 19; ++i) {
            log.add(noon + i * 1min, std::to_string(i));
        }
        if (!log.source.has_ids) {
            log.add(noon + 18min, "18");  // a twin
        }
        lines = log.bodies();
    }

    void write(const std::string& name, std::size_t from, std::size_t to) const {
        std::string text;
        for (std::size_t i = from; i < to; ++i) {
            text += lines[i] + "\n";
        }
        folder.write(name, text);
    }
    [[nodiscard]] Comparison compare_with(const std::vector<std::string>& names, Instant settled = noon + 1h) {
        std::vector<Written> files;
        for (const auto& name : names) {
            files.push_back({name, [path = folder / name] { return PackedReader{path}; }});
        }
        return compare(log.source, log.fetcher(), {noon, noon + 1h}, {settled, ledger}, {.page_size = 7}, files, [] {});
    }
    /// The collector believes these to be written.
    void believe(std::size_t from, std::size_t to) {
        const auto slice = read_slice(log.source, log.fetcher(), {noon, noon + 1h}, {.page_size = 100});
        for (std::size_t i = from; i < to; ++i) {
            ledger.add({{slice.lines[i].record->key}});
        }
    }

    test::FakeLog log{GetParam()};
    test::Scratch folder;
    Ledger ledger;
    std::vector<std::string> lines;
};

TEST_P(Compare, FindsNothingWhereEverythingIsInSeveralFilesOnce) {
    write("a", 0, 8);
    write("b", 8, lines.size());
    const auto comparison = compare_with({"a", "b"});
    EXPECT_TRUE(comparison.clean()) << describe(comparison, false);
    EXPECT_EQ(comparison.on_server, lines.size());
    EXPECT_EQ(comparison.in_files, lines.size());
}

TEST_P(Compare, ReadsPackedFiles) {
    const gzFile file = ::gzopen((folder / "a.gz").c_str(), "wb");
    for (const auto& line : lines) {
        ::gzputs(file, (line + "\n").c_str());
    }
    ::gzclose(file);
    EXPECT_TRUE(compare_with({"a.gz"}).clean());
}

TEST_P(Compare, APackedFileThatIsCutShortIsDamagedAndTheNextOneIsRead) {
    std::string first;
    for (std::size_t i = 0; i < 8; ++i) {
        first += lines[i] + "\n";
    }
    const auto torn = pack(lines[8] + "\n", Packing::zstd);
    folder.write("a.zst", pack(first, Packing::zstd) + torn.substr(0, torn.size() - 5));
    write("b", 8, lines.size());
    const auto comparison = compare_with({"a.zst", "b"});
    EXPECT_EQ(comparison.missing.records, 0) << describe(comparison, false);
    EXPECT_GE(comparison.damaged.records, 1);
    EXPECT_NE(describe(comparison, false).find("a.zst"), std::string::npos);
}

TEST_P(Compare, FindsRecordsInEveryFormat) {
    auto format = make_format(Format::ecs, log.source, {});
    std::string mapped;
    const gzFile file = ::gzopen((folder / "a.gz").c_str(), "wb");
    for (std::size_t i = 0; i < lines.size(); ++i) {
        std::string line;
        format->append_line(line, lines[i]);
        if (i < 5) {
            ::gzputs(file, line.c_str());
        } else {
            mapped += i % 3 == 0 ? lines[i] + "\n" : line;
        }
    }
    ::gzclose(file);
    folder.write("b", mapped);
    const auto comparison = compare_with({"a.gz", "b"});
    EXPECT_TRUE(comparison.clean()) << describe(comparison, false);
    EXPECT_EQ(comparison.in_files, lines.size());
}

TEST_P(Compare, TellsMissingFromLate) {
    write("a", 0, lines.size() - 3);
    EXPECT_EQ(compare_with({"a"}).missing.records, 3);
    const auto late = compare_with({"a"}, noon);
    EXPECT_EQ(late.missing.records, 0);
    EXPECT_EQ(late.late.records, 3);
    EXPECT_TRUE(late.clean());
}

TEST_P(Compare, TellsWhatWasWrittenAndIsGone) {
    write("a", 0, lines.size() - 4);
    believe(0, lines.size() - 1);
    const auto comparison = compare_with({"a"}, noon);
    EXPECT_EQ(comparison.missing.records, 3) << "the next run takes them for written";
    EXPECT_EQ(comparison.late.records, 1);
    EXPECT_FALSE(comparison.clean());
}

TEST_P(Compare, CountsHowOften) {
    write("a", 0, lines.size());
    write("b", 4, 6);
    const auto comparison = compare_with({"a", "b"});
    EXPECT_EQ(comparison.duplicated.records, 2);
    EXPECT_EQ(comparison.missing.records, 0);
    EXPECT_FALSE(comparison.clean());
}

TEST_P(Compare, TellsWhatTheServerDoesNotHold) {
    test::FakeLog other{GetParam()};
    for (int i = 0; i < 100; ++i) {
        other.add(noon + 30min, "strange");
    }
    write("a", 0, lines.size());
    folder.write("b", other.bodies().back() + "\n");
    EXPECT_EQ(compare_with({"a", "b"}).unexpected.records, 1);
}

TEST_P(Compare, LeavesOutWhatIsOutsideTheWindow) {
    test::FakeLog other{GetParam()};
    other.add(noon - 1min, "before");
    write("a", 0, lines.size());
    folder.write("b", other.bodies().front() + "\n");
    const auto comparison = compare_with({"a", "b"});
    EXPECT_TRUE(comparison.clean());
    EXPECT_EQ(comparison.lines, lines.size() + 1);
}

TEST_P(Compare, ShowsDamagedLinesAndReadsTheOthers) {
    write("a", 0, lines.size());
    folder.write("b", "{\"torn\n\nnull\n" + lines[0] + lines[1] + "\n{\"no end");
    const auto comparison = compare_with({"a", "b"});
    EXPECT_EQ(comparison.damaged.records, 5) << describe(comparison, false);
    EXPECT_EQ(comparison.missing.records, 0);
    EXPECT_EQ(comparison.duplicated.records, 0);
    EXPECT_THROW(static_cast<void>(compare_with({"none"})), Failure);
}

TEST_P(Compare, DescribesItselfAsJson) {
    write("a", 0, lines.size() - 1);
    const auto json = nlohmann::json::parse(describe(compare_with({"a"}), true));
    EXPECT_FALSE(json["clean"].get<bool>());
    EXPECT_EQ(json["missing"]["records"], 1);
    EXPECT_EQ(json["missing"]["examples"].size(), 1);
}

TEST_P(Compare, NamesMissingRecordsByTimeAndByTheirNumberWhereTheyHaveOne) {
    write("a", 0, lines.size() - 1);
    const auto missing = compare_with({"a"}).missing;
    ASSERT_EQ(missing.examples.size(), 1);
    const auto number = nlohmann::json::parse(lines.back()).value("id", nlohmann::json{}).dump();
    EXPECT_EQ(missing.examples.front(),
              log.source.has_ids ? "2026-04-12T12:18:00.000Z  id " + number : "2026-04-12T12:18:00.000Z");
}

TEST_P(Compare, TellsWhatWasAskedForAndNotCollected) {
    write("a", 0, lines.size());
    auto comparison = compare_with({"a"});
    EXPECT_EQ(describe(comparison, false).find("asked for"), std::string::npos);
    comparison.asked = {noon - 48h, noon + 2h};
    const auto text = describe(comparison, false);
    EXPECT_NE(text.find("asked for from 2026-04-10T12:00:00.000Z; collected only since 2026-04-12T12:00:00.000Z "
                        "(older: --since on a run)\n"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("asked for until 2026-04-12T14:00:00.000Z; collected only until 2026-04-12T13:00:00.000Z"),
              std::string::npos)
        << text;
    const auto json = nlohmann::json::parse(describe(comparison, true));
    EXPECT_EQ(json["asked_from"], "2026-04-10T12:00:00.000Z");
    EXPECT_EQ(json["from"], "2026-04-12T12:00:00.000Z");
    EXPECT_EQ(json["asked_to"], "2026-04-12T14:00:00.000Z");
}

INSTANTIATE_TEST_SUITE_P(Products, Compare, testing::Values("jira", "confluence"),
                         [](const auto& each) { return std::string{each.param}; });

}  // namespace aquila::verify_test
