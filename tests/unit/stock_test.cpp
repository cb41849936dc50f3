#include "aquila_fetch/stock.hpp"

#include "aquila_fetch/error.hpp"
#include "support/fake_log.hpp"
#include "support/scratch.hpp"

#include <gtest/gtest.h>

namespace aquila::stock_test {

using namespace std::chrono_literals;
using test::noon;

TEST(Stock, CountsWhatIsInTheTextsSinceThen) {
    test::FakeLog log{"confluence"};
    log.add(noon - 1min, "before");
    log.add(noon, "one");
    log.add(noon + 1min, "twin");
    log.add(noon + 1min, "twin");
    const auto lines = log.bodies();
    test::Scratch folder;
    folder.write("a", "no record\n" + lines[0] + "\n" + lines[1] + "\n");
    folder.write("b", lines[2] + "\n" + lines[3] + "\n" + lines[3].substr(0, 20));
    const std::vector<Written> texts{{"a", [&] { return PackedReader{folder / "a"}; }},
                                     {"b", [&] { return PackedReader{folder / "b"}; }}};
    const auto page = log.fetch({std::nullopt, 0, 10});
    const auto ledger = take_stock(log.source, texts, noon, [] {});
    EXPECT_EQ(ledger.size(), 2U);
    for (const Record& record : page.records) {
        const auto held = record.key.time < noon ? 0U : record.key.time == noon ? 1U : 2U;
        EXPECT_EQ(ledger.count(record.key), held) << record.body;
    }
}

TEST(Stock, StopsWhenAsked) {
    test::FakeLog log{"jira"};
    log.add(noon, "one");
    test::Scratch folder;
    folder.write("a", log.bodies().front() + "\n");
    const std::vector<Written> texts{{"a", [&] { return PackedReader{folder / "a"}; }}};
    const auto stop = [] { throw 1; };
    EXPECT_THROW(static_cast<void>(take_stock(log.source, texts, noon, stop)), int);
}

TEST(Stock, ATornFrameIsNoObstacle) {
    test::FakeLog log{"jira"};
    log.add(noon, "one");
    log.add(noon, "two");
    const auto lines = log.bodies();
    const test::Scratch folder;
    const auto torn = pack(lines[1] + "\n", Packing::gzip);
    folder.write("a", pack(lines[0] + "\n", Packing::gzip) + torn.substr(0, 12));
    const std::vector<Written> texts{{"a", [&] { return PackedReader{folder / "a"}; }}};
    EXPECT_EQ(take_stock(log.source, texts, noon, [] {}).size(), 1);
}

TEST(Stock, OfWhatMayNotBeLookedIntoIsNone) {
    const test::FakeLog log{"jira"};
    const auto refusing = [](Exit code) { return [code]() -> std::vector<Written> { throw Failure{code, "no"}; }; };
    EXPECT_EQ(take_stock_if_allowed(log.source, refusing(Exit::refused), noon, [] {}), std::nullopt);
    EXPECT_THROW(static_cast<void>(take_stock_if_allowed(log.source, refusing(Exit::unavailable), noon, [] {})),
                 Failure);
    const auto nothing = [] { return std::vector<Written>{}; };
    EXPECT_EQ(take_stock_if_allowed(log.source, nothing, noon, [] {}), Ledger{});
}

}  // namespace aquila::stock_test
