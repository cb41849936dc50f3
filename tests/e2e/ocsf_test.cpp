// format = ocsf: what is collected from each product is a valid event a record, and every record is there once.
#include "e2e/fixture.hpp"

#include "support/ocsf_checker.hpp"

#include <nlohmann/json.hpp>

#include <gmock/gmock.h>

namespace aquila::e2e::ocsf_test {

using Json = nlohmann::json;

class OcsfEvents : public ProductTest {
  protected:
    void SetUp() override { configure({{"format", "ocsf"}, {"page_size", "100"}}); }

    /// The records in the events of the output, each of which is valid.
    [[nodiscard]] std::string records_of(const std::string& text) const {
        std::string records;
        for (const auto& line : lines_of(text)) {
            EXPECT_THAT(ocsf::violations(table_, line), testing::IsEmpty()) << line;
            records += Json::parse(line).value("raw_data", "") + "\n";
        }
        return records;
    }

  private:
    ocsf::Table table_ = ocsf::read_table(read(std::string{AQUILA_FETCH_FIXTURES} + "/../support/ocsf_table.txt"));
};
FOR_EVERY_PRODUCT(OcsfEvents);

TEST_P(OcsfEvents, HoldEveryRecordOnce) {
    generate(450);
    EXPECT_EQ(collect().out, "Flattened 450 records into " + output_path() + "\n");
    generate(30, 30s, 1s);
    EXPECT_EQ(collect().out, "Flattened 30 records into " + output_path() + "\n");
    EXPECT_TRUE(exact(records_of(read(output_path()))));
    const auto verified = run({"verify", "--since", "2d"});
    EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
    EXPECT_THAT(run({"check"}).out, testing::HasSubstr("ocsf: each record as an event"));
}

TEST_P(OcsfEvents, MissAndDoubleNothingThatVerifyWouldNotSee) {
    generate(40);
    collect();
    auto kept = lines();
    kept.erase(kept.begin() + 7);
    kept.push_back(kept[3]);
    std::string text;
    for (const auto& line : kept) {
        text += line + "\n";
    }
    scratch.write("out/flattened.json", text);
    const auto verified = run({"verify", "--since", "1d", "--json"});
    EXPECT_EQ(verified.status, 1) << verified.err;
    const auto found = Json::parse(verified.out);
    EXPECT_EQ(found["missing"]["records"], 1);
    EXPECT_EQ(found["duplicated"]["records"], 1);
    EXPECT_EQ(found["damaged"]["records"], 0);
}

TEST_P(OcsfEvents, AreShownByADryRun) {
    generate(60);
    const auto shown = collect({"--dry-run"}).out;
    EXPECT_TRUE(exact(records_of(shown)));
    collect();
    EXPECT_EQ(read(output_path()), shown) << "the same record, the same line";
}

}  // namespace aquila::e2e::ocsf_test
