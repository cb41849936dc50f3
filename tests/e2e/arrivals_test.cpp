// Records that come while pages are read, late, in blocks of one time, or twice.
#include "e2e/fixture.hpp"

#include "support/sim_time.hpp"

#include <fmt/format.h>

namespace aquila::e2e::arrivals_test {

class Arrivals : public ProductTest {};
FOR_EACH_PRODUCT(Arrivals);

TEST_P(Arrivals, AreCollectedByTheNextRunWhenNewerThanTheWindow) {
    configure({{"page_size", "100"}});
    collect();
    sim.clear_requests();
    generate(1'000, 50min, 1s);
    sim.configure([&](auto& settings) { settings.insert_while_paging = {.product = product}; });
    const auto start = sim::system_now();
    const auto wanted = sim.records(product);
    collect();
    EXPECT_TRUE(same(read(output_path()), wanted));
    const auto key = std::string_view{product == Product::jira ? "to" : "endDate"};
    for (const auto& seen : asked()) {
        const auto fields = sim::parse_parameters(seen.query);
        const auto end = std::ranges::find(fields, key, [](const auto& field) { return field.first; });
        ASSERT_NE(end, fields.end()) << seen.query;
        const auto time = sim::parse_moment(end->second, 0);
        ASSERT_TRUE(time) << seen.query;
        EXPECT_LE(*time, start + 5'000) << "the window is frozen when the run begins";
    }
    sim.configure([](auto& settings) { settings.insert_while_paging = {}; });
    EXPECT_GT(sim.records(product).size(), wanted.size());
    std::this_thread::sleep_for(5ms);  // the last one may have this very millisecond
    collect();
    EXPECT_TRUE(exact());
}

TEST_P(Arrivals, AmidThePagesCostNothing) {
    for (const int every : {1, 2, 3, 7}) {
        sim.clear_records(product);
        std::filesystem::remove_all(scratch / "out");
        std::filesystem::remove_all(scratch / "state");
        generate(1'500, 50min, 1min);
        configure({{"page_size", "100"}});
        sim.configure([&](auto& settings) {
            settings.insert_while_paging = {.product = product, .every = every, .count = 3, .created = "-10m"};
        });
        collect();
        sim.configure([](auto& settings) { settings.insert_while_paging = {}; });
        collect();
        EXPECT_GT(sim.records(product).size(), 1'500U);
        EXPECT_TRUE(exact()) << "every " << every;
    }
}

TEST_P(Arrivals, OnceAtAnyPageCostNothing) {
    for (int page = 1; page <= 12; ++page) {
        sim.clear_records(product);
        std::filesystem::remove_all(scratch / "out");
        std::filesystem::remove_all(scratch / "state");
        generate(550, 50min, 1min);
        configure({{"page_size", "50"}});
        sim.configure([&](auto& settings) {
            settings.insert_while_paging = {
                .product = product, .every = page, .count = 2, .times = 1, .created = "-20m"};
        });
        collect();
        collect();
        EXPECT_EQ(sim.records(product).size(), 552U);
        EXPECT_TRUE(exact()) << "page " << page;
    }
}

TEST_P(Arrivals, LateOnesAreSeenWithinLookback) {
    generate(50);
    collect();
    add_one(50min);
    add_one(5min);
    const auto wanted = sim.records(product);
    add_one(3h);
    EXPECT_NE(collect().out.find("Flattened 2 records"), std::string::npos);
    EXPECT_TRUE(same(read(output_path()), wanted));
}

TEST_P(Arrivals, LateOnesAreSeenWithinALongerLookback) {
    configure({{"lookback", "6h"}});
    generate(50);
    collect();
    add_one(5h);
    add_one(3h);
    const auto wanted = sim.records(product);
    add_one(7h);
    EXPECT_NE(collect().out.find("Flattened 2 records"), std::string::npos);
    EXPECT_TRUE(same(read(output_path()), wanted));
}

TEST_P(Arrivals, ManyOfOneMillisecondAreAllCollected) {
    sim.generate({.product = product, .count = 4'000, .from = ago(20h), .to = ago(1h), .same_ms = 3'500});
    collect();
    EXPECT_TRUE(exact());
    EXPECT_NE(collect().out.find("Flattened 0 records"), std::string::npos);
}

TEST_P(Arrivals, ManyOfOneMillisecondWithinLookbackAreNotDoubled) {
    sim.generate({.product = product, .count = 4'000, .from = ago(40min), .to = ago(1min), .same_ms = 3'500});
    collect();
    EXPECT_NE(collect().out.find("Flattened 0 records"), std::string::npos);
    EXPECT_TRUE(exact());
}

TEST_P(Arrivals, ComeWholeFromAServerThatCapsThePage) {
    sim.configure([](auto& settings) { settings.page_cap = 100; });
    generate(1'234);
    collect();
    EXPECT_TRUE(exact());
}

TEST_P(Arrivals, OfLongAgoAreNotTakenFromAServerThatIgnoresTheStart) {
    generate(200);
    const auto wanted = sim.records(product);
    generate(900, 60 * 24h, 25h);
    sim.configure([](auto& settings) { settings.ignore_from = true; });
    const auto done = collect();
    EXPECT_TRUE(same(read(output_path()), wanted));
    EXPECT_TRUE(done.says("warning")) << done.err;
}

// --- twins: records without an id that equal each other byte for byte ------------------------------------------------

class Twins : public ProgramTest {
  protected:
    Twins() : ProgramTest{Product::confluence} {}
};

TEST_F(Twins, AreWrittenAsOftenAsTheServerHoldsThem) {
    sim.generate({.product = product, .count = 2'500, .from = ago(20h), .to = ago(1min), .twins = 0.3});
    configure({{"page_size", "200"}});
    collect();
    EXPECT_TRUE(exact());
    collect();
    EXPECT_TRUE(exact());
}

TEST_F(Twins, ThatComeLaterAreNew) {
    generate(20, 30min);
    collect();
    const auto copy = sim.records(product).at(7);
    for (int run = 0; run < 3; ++run) {
        sim.add(product, copy);
        EXPECT_NE(collect().out.find("Flattened 1 records"), std::string::npos);
    }
    EXPECT_TRUE(exact());
}

TEST_F(Twins, MayFillPages) {
    const auto record = fmt::format(R"({{"creationDate":{},"summary":"the same"}})", ago(10min));
    for (int i = 0; i < 350; ++i) sim.add(product, record);
    generate(100, 50min);
    configure({{"page_size", "100"}});
    collect();
    EXPECT_TRUE(exact());
    collect();
    EXPECT_TRUE(exact());
}

TEST_F(Twins, AcrossPagesWithArrivals) {
    sim.generate({.product = product, .count = 1'000, .from = ago(50min), .to = ago(1min), .twins = 0.5});
    configure({{"page_size", "100"}});
    sim.configure([](auto& settings) {
        settings.insert_while_paging = {.product = Product::confluence, .every = 2, .created = "-25m"};
    });
    collect();
    sim.configure([](auto& settings) { settings.insert_while_paging = {}; });
    collect();
    EXPECT_TRUE(exact());
}

}  // namespace aquila::e2e::arrivals_test
