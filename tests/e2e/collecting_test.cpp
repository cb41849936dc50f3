// The plain way: a first run, a second, more records, several pages; and the bytes that arrive.
#include "e2e/fixture.hpp"

#include "support/sim_time.hpp"

#include <fmt/format.h>

namespace aquila::e2e::collecting_test {

class Collecting : public ProductTest {
  protected:
    [[nodiscard]] std::string summary(std::size_t records) const {
        return fmt::format("Flattened {} records into {}\n", records, output_path());
    }
    static void expect_ascending(Product product, const Strings& lines, std::size_t first = 0) {
        sim::Millis before = 0;
        for (auto i = first; i < lines.size(); ++i) {
            const auto entry = sim::read_times(product, lines[i]);
            ASSERT_TRUE(entry) << lines[i];
            ASSERT_GE(entry->time, before) << "line " << i;
            before = entry->time;
        }
    }
};
FOR_EACH_PRODUCT(Collecting);

TEST_P(Collecting, ReadsInitialLookbackOnTheFirstRun) {
    generate(60, 23h);
    auto wanted = sim.records(product);
    generate(40, 72h, 25h);
    const auto done = collect();
    EXPECT_EQ(done.out, summary(60));
    EXPECT_TRUE(same(read(output_path()), wanted));
}

TEST_P(Collecting, ReadsAsFarBackAsToldOnTheFirstRun) {
    generate(60, 1h + 50min);
    auto wanted = sim.records(product);
    generate(40, 72h, 2h + 1min);
    configure({{"initial_lookback", "2h"}});
    EXPECT_EQ(collect().out, summary(60));
    EXPECT_TRUE(same(read(output_path()), wanted));
}

TEST_P(Collecting, AsksOnceWhenNothingIsNew) {
    generate(123);
    EXPECT_EQ(collect().out, summary(123));
    const auto before = read(output_path());
    sim.clear_requests();
    EXPECT_EQ(collect().out, summary(0));
    EXPECT_EQ(sim.requests().size(), 1U);
    EXPECT_EQ(read(output_path()), before);
}

TEST_P(Collecting, AppendsWhatIsNew) {
    generate(77);
    collect();
    const auto before = read(output_path());
    generate(13, 30s, 1s);
    EXPECT_EQ(collect().out, summary(13));
    EXPECT_TRUE(read(output_path()).starts_with(before));
    EXPECT_TRUE(exact());
}

TEST_P(Collecting, IsSilentOnAnEmptyLog) {
    EXPECT_EQ(collect().out, summary(0));
    EXPECT_EQ(read(output_path()), "");
}

TEST_P(Collecting, ReadsEveryPage) {
    generate(1'733);
    configure({{"page_size", "100"}});
    EXPECT_EQ(collect().out, summary(1'733));
    EXPECT_TRUE(exact());
    EXPECT_GE(asked().size(), 18U);
    expect_ascending(product, lines());
}

TEST_P(Collecting, ReadsLogsThatEndWithAFullPage) {
    for (const int count : {1, 99, 100, 101, 200}) {
        sim.clear_records(product);
        std::filesystem::remove_all(scratch / "out");
        std::filesystem::remove_all(scratch / "state");
        generate(count);
        configure({{"page_size", "100"}});
        collect();
        EXPECT_TRUE(exact()) << count;
    }
}

TEST_P(Collecting, WritesOldestFirstInEveryRun) {
    generate(500);
    collect();
    const auto first = lines();
    expect_ascending(product, first);
    generate(300, 50s, 1s);
    collect();
    expect_ascending(product, lines(), first.size());
}

TEST_P(Collecting, TakesPrettyAndChunkedAnswers) {
    sim.configure([](auto& settings) { settings.pretty = settings.chunked = true; });
    generate(1'200);
    collect();
    EXPECT_TRUE(exact());
}

TEST_P(Collecting, TakesLargeRecords) {
    const auto text = std::string(3'000'000, 'x');
    for (const auto age : {9min, 8min, 7min, 6min}) {
        sim.add(product, product == Product::jira
                             ? fmt::format(R"({{"id":{},"created":"{}","changedValues":[{{"changedTo":"{}"}}]}})",
                                           age.count(), sim::format_iso(ago(age), 3, "+0000"), text)
                             : fmt::format(R"({{"creationDate":{},"description":"{}"}})", ago(age), text));
    }
    generate(100, 20min);
    collect();
    EXPECT_TRUE(exact());
    EXPECT_EQ(collect().out, summary(0));
}

TEST_P(Collecting, GoesOnFromASmallLookback) {
    configure({{"lookback", "0s"}});
    generate(300);
    collect();
    generate(50, 5s, 1s);
    collect();
    collect();
    EXPECT_TRUE(exact());
}

// --- the bytes -------------------------------------------------------------------------------------------------------

class JiraBytes : public ProgramTest {};

TEST_F(JiraBytes, AreTheServersWithOffsetAndTotalAsLastKeys) {
    generate(430);
    configure({{"page_size", "100"}});
    collect();
    const auto records = sim.records(product);
    std::string wanted;
    for (std::size_t i = 0; i < records.size(); ++i) {
        const auto offset = (records.size() - 1 - i) / 100 * 100;  // newest first at the server
        wanted +=
            records[i].substr(0, records[i].size() - 1) + fmt::format(R"(,"offset":{},"total":430}})", offset) + "\n";
    }
    EXPECT_EQ(read(output_path()), wanted);
}

TEST_F(JiraBytes, KeepNumbersOrderAndEscapes) {
    const auto created = sim::format_iso(ago(5min), 3, "+0000");
    const std::string record =
        R"({"zeta":1.10,"id":9007199254740993,"big":123456789012345678901234567890,"exp":1E+2,"minus":-0.0,)"
        R"("created":")" +
        created + R"(","a":"\u00e9\/\u0041\t\ud83e\udd86é","empty":{},"list":[ ],"null":null,"a":"twice"})";
    sim.add(product, record);
    collect();
    auto compact = record;
    compact.replace(compact.find("[ ]"), 3, "[]");
    EXPECT_EQ(read(output_path()), compact.substr(0, compact.size() - 1) + ",\"offset\":0,\"total\":1}\n");
}

class ConfluenceBytes : public ProgramTest {
  protected:
    ConfluenceBytes() : ProgramTest{Product::confluence} {}
};

TEST_F(ConfluenceBytes, AreTheServersAndNothingElse) {
    generate(430);
    configure({{"page_size", "100"}});
    collect();
    std::string wanted;
    for (const auto& record : sim.records(product)) wanted += record + "\n";
    EXPECT_EQ(read(output_path()), wanted);
}

TEST_F(ConfluenceBytes, KeepNumbersOrderAndEscapes) {
    const auto record = fmt::format(
        R"({{"zeta":1.10,"creationDate":{},"big":123456789012345678901234567890,"exp":1E+2,"a":"\u00e9\/\u0041é"}})",
        ago(5min));
    sim.add(product, record);
    collect();
    EXPECT_EQ(read(output_path()), record + "\n");
}

// --- broken text -----------------------------------------------------------------------------------------------------

class Repairing : public ProductTest {
  protected:
    [[nodiscard]] std::string record(std::string_view text, std::chrono::seconds age) {
        return product == Product::jira ? fmt::format(R"({{"id":{},"created":"{}","summary":"{}"}})",
                                                      1000 - age.count(), sim::format_iso(ago(age), 3, "+0000"), text)
                                        : fmt::format(R"({{"creationDate":{},"summary":"{}"}})", ago(age), text);
    }
};
FOR_EACH_PRODUCT(Repairing);

TEST_P(Repairing, CostsNeitherTheRecordNorItsNeighbours) {
    const std::pair<std::string, std::string> texts[] = {
        {"whole \\ud83e\\udd86", "whole \\ud83e\\udd86"},
        {"cut \\ud83e", "cut \xEF\xBF\xBD"},
        {"\\udd86 other half", "\xEF\xBF\xBD other half"},
        {"latin \xE9 one", "latin \xEF\xBF\xBD one"},
        {"whole again é", "whole again é"},
    };
    auto age = 600s;
    for (const auto& [sent, written] : texts) {
        sim.add(product, record(sent, age));
        age -= 1s;
    }
    const auto held = sim.records(product);
    const auto done = collect();
    const auto got = lines();
    ASSERT_EQ(got.size(), 5U);
    for (std::size_t i = 0; i < got.size(); ++i) {
        auto line = held[i];
        const auto& [sent, written] = texts[i];
        line.replace(line.find(sent), sent.size(), written);
        EXPECT_EQ(as_sent(got[i]), line);
    }
    EXPECT_TRUE(done.says("warning")) << done.err;
    EXPECT_TRUE(done.says("3 records held")) << done.err;
}

TEST_P(Repairing, IsDoneOnce) {
    sim.generate({.product = product, .count = 400, .from = ago(50min), .to = ago(1min), .lone_surrogates = 0.2});
    EXPECT_TRUE(collect().says("surrogate"));
    const auto before = read(output_path());
    EXPECT_EQ(lines().size(), 400U);
    EXPECT_FALSE(collect().says("surrogate"));
    EXPECT_EQ(read(output_path()), before);
}

}  // namespace aquila::e2e::collecting_test
