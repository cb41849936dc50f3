#include "aquila_fetch/output_records.hpp"

#include "aquila_fetch/error.hpp"
#include "support/fake_log.hpp"
#include "support/scratch.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aquila::output_records_test {

using namespace std::chrono_literals;
using test::noon;
using testing::ElementsAre;
using testing::HasSubstr;

class OutputRecords : public testing::Test {
  protected:
    OutputRecords() {
        for (int i = 0; i < 4; ++i) {
            log.add(noon + i * 1min, std::to_string(i));
        }
        lines = log.bodies();
    }
    void read(const std::string& bytes, std::size_t longest = longest_line) {
        records.clear();
        damaged.clear();
        const OutputReader reader{[this](const Record& record) { records.emplace_back(record.body); },
                                  [this](std::string_view line) { damaged.emplace_back(line); }, [] {}};
        read_records(log.source, PackedReader{bytes, "the text"}, reader, longest);
    }

    test::FakeLog log{"confluence"};
    std::vector<std::string> lines;
    std::vector<std::string> records;
    std::vector<std::string> damaged;
};

TEST_F(OutputRecords, GoOnBehindALineWithoutEnd) {
    const auto ours = lines[0] + "\n";
    const std::string endless(5'000'000, 'x');
    read(ours + endless + "\n" + lines[1] + "\n", 1'000'000);
    EXPECT_THAT(records, ElementsAre(lines[0], lines[1]));
    ASSERT_EQ(damaged.size(), 1) << "told once";
    EXPECT_LT(damaged.front().size(), endless.size()) << "and not held as a whole";
    read(ours + endless, 1'000'000);
    EXPECT_THAT(records, ElementsAre(lines[0]));
    EXPECT_EQ(damaged.size(), 1);
}

TEST_F(OutputRecords, OfPackedDataThatIsCutShortAreThoseBeforeIt) {
    for (const Packing packing : {Packing::gzip, Packing::zstd}) {
        const auto whole = pack(lines[0] + "\n" + lines[1] + "\n", packing) + pack(lines[2] + "\n", packing);
        const auto last = pack(lines[3] + "\n", packing);
        for (const auto size : {std::size_t{1}, std::size_t{5}, last.size() - 9}) {
            read(whole + last.substr(0, size));
            EXPECT_THAT(records, testing::IsSupersetOf({lines[0], lines[1], lines[2]})) << size;
            ASSERT_FALSE(damaged.empty());
            EXPECT_THAT(damaged.back(), HasSubstr("the text")) << "the file is named";
            const auto packed_again = pack(whole + last.substr(0, size), Packing::gzip);
            read(packed_again);
            EXPECT_THAT(records, testing::IsSupersetOf({lines[0], lines[1], lines[2]}))
                << "and so it is where a rotation packed it once more";
            EXPECT_FALSE(damaged.empty());
        }
    }
}

}  // namespace aquila::output_records_test
