// Times that are spelt or placed oddly: offsets, the leap second, the hour that comes twice, the edges of the epoch,
// clocks of records that stand still, go back or ahead. Both clocks, the server's and ours, are set to where that is.
#include "e2e/fixture.hpp"

#include "support/sim_time.hpp"

#include <fmt/format.h>

namespace aquila::e2e::times_test {

class Times : public ProductTest {
  protected:
    /// From now on it is that moment, at the server and for us.
    void set_clocks(std::string_view moment) {
        const auto wanted = sim::parse_iso(moment);
        ASSERT_TRUE(wanted) << moment;
        shift_ = std::chrono::seconds{(wanted->millis - sim::system_now()) / 1'000};
        sim.configure([&](auto& settings) { settings.clock_offset_s = shift_.count(); });
    }
    Outcome collect_there(const Strings& arguments = {}) {
        auto call = launch(arguments);
        shift_clock(call, shift_);
        if (!zone_.empty()) call.environment.push_back("TZ=" + zone_);
        auto done = run(call);
        EXPECT_EQ(done.status, 0) << done.err;
        return done;
    }
    /// A record with its time in exactly these words (Jira), or at that moment (Confluence has no words for times).
    void add(std::string_view created) {
        const auto text =
            product == Product::jira
                ? fmt::format(R"({{"id":{},"summary":"x","created":"{}"}})", ++id_, created)
                : fmt::format(R"({{"summary":"{}","creationDate":{}}})", ++id_ % 3, sim::parse_iso(created)->millis);
        sim.add(product, text);
    }

    std::string zone_;

  private:
    std::chrono::seconds shift_{};
    int id_ = 0;
};
FOR_EACH_PRODUCT(Times);

TEST_P(Times, WithOffsetsAreMomentsAllTheSame) {
    set_clocks("2026-03-10T12:00:00Z");
    const Strings inOrder{"2026-03-10T16:30:00.000+0530", "2026-03-10T07:30:00.001-0330",
                          "2026-03-10T11:00:00.002+0000", "2026-03-11T01:00:00.003+14:00",
                          "2026-03-09T23:00:00.004-1200", "2026-03-10T11:00:00.005Z"};
    for (const auto& created : inOrder) add(created);
    collect_there();
    EXPECT_TRUE(exact());
    const auto got = lines();
    const auto held = sim.records(product);
    EXPECT_TRUE(std::equal(got.begin(), got.end(), held.begin(), held.end(), [](const auto& line, const auto& record) {
        return as_sent(line) == record;
    })) << "oldest first, whatever the words";
    add("2026-03-10T17:29:59.000+0530");  // a second before noon
    collect_there();
    collect_there();
    EXPECT_TRUE(exact());
}

TEST_P(Times, InTheLeapSecond) {
    set_clocks("2016-12-31T23:59:58Z");
    add("2016-12-31T23:59:57.000+0000");
    collect_there();
    for (const auto* created :
         {"2016-12-31T23:59:59.999+0000", "2016-12-31T23:59:60.000+0000", "2016-12-31T23:59:60.000+0000",
          "2017-01-01T05:29:60.999+0530", "2017-01-01T00:00:00.000+0000", "2017-01-01T00:00:01.000+0000"}) {
        add(created);
    }
    for (const auto* moment : {"2016-12-31T23:59:59Z", "2017-01-01T00:00:00Z", "2017-01-01T00:00:01Z",
                               "2017-01-01T00:00:02Z", "2017-01-01T00:30:00Z"}) {
        set_clocks(moment);
        collect_there();
    }
    EXPECT_TRUE(exact());
}

TEST_P(Times, InTheHoursThatAClockOnTheWallSkipsAndRepeats) {
    // As rules, so that no table of zones need be there: Berlin, and Lord Howe, which turns by half an hour.
    for (const auto* zone : {"CET-1CEST,M3.5.0,M10.5.0/3", "LHST-10:30LHDT-11,M10.1.0,M4.1.0"}) {
        zone_ = zone;
        for (const auto* day : {"2026-03-29", "2026-10-25", "2026-04-04", "2026-10-03"}) {
            const std::string_view hours = std::string_view{day}.ends_with("-10-25") ? "01" : "00";
            for (const auto* minute : {"10", "30", "50"}) {
                set_clocks(fmt::format("{}T{}:{}:00Z", day, hours, minute));
                add(fmt::format("{}T{}:{}:30.000+0000", day, hours, minute));
                collect_there();
            }
            set_clocks(fmt::format("{}T02:20:00Z", day));
            add(fmt::format("{}T01:05:00.000+0000", day));
            add(fmt::format("{}T02:19:59.000+0000", day));
            // A date without a zone is UTC's, wherever the machine stands: the same window whatever the season.
            collect_there({"--since", day});
            collect_there();
            EXPECT_TRUE(exact()) << zone << ", " << day;
            std::filesystem::remove_all(scratch / "out");
            std::filesystem::remove_all(scratch / "state");
            sim.clear_records(product);
        }
    }
}

TEST_P(Times, AtTheEdgesOfTheEpoch) {
    const std::pair<const char*, Strings> edges[] = {
        {"1970-01-01T00:00:00Z", {"1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00.001Z"}},
        {"2001-09-09T01:46:40Z", {"2001-09-09T01:46:39.999Z", "2001-09-09T01:46:40.000Z", "2001-09-09T01:46:40.001Z"}},
        {"2038-01-19T03:14:08Z", {"2038-01-19T03:14:07.999Z", "2038-01-19T03:14:08.000Z", "2038-01-19T03:14:08.001Z"}},
        {"2106-02-07T06:28:16Z", {"2106-02-07T06:28:15.999Z", "2106-02-07T06:28:16.000Z", "2106-02-07T06:28:16.001Z"}},
    };
    for (const auto& [moment, records] : edges) {
        set_clocks(moment);
        collect_there();
        for (const auto& created : records) add(created);
        collect_there();
        const auto late = sim::parse_iso(moment)->millis + 3'600'000;
        set_clocks(sim::format_iso(late, 0, "Z"));
        collect_there();
        EXPECT_TRUE(exact()) << moment;
        collect_there();
        EXPECT_TRUE(exact()) << moment;
        std::filesystem::remove_all(scratch / "out");
        std::filesystem::remove_all(scratch / "state");
        sim.clear_records(product);
    }
}

TEST_P(Times, ThatStandStillOrGoBackCostNothing) {
    set_clocks("2026-03-10T12:00:00Z");
    configure({{"page_size", "3"}});
    collect_there();
    // Each record is newer at the server than the one before it, and older by what it says; some say the same.
    for (int step = 0; step < 12; ++step) {
        for (int twin = 0; twin < 5; ++twin) add(fmt::format("2026-03-10T11:{:02}:00.000+0000", 59 - step * 4));
        collect_there();
    }
    EXPECT_TRUE(exact());
    EXPECT_EQ(lines().size(), 60U);
}

TEST_P(Times, AheadOfTheClocksAreCollectedWhenTheyCome) {
    set_clocks("2026-03-10T12:00:00Z");
    add("2026-03-10T11:59:00.000+0000");
    add("2026-03-10T12:10:00.000+0000");
    add("2026-03-10T14:00:00.000+0000");
    collect_there();
    EXPECT_EQ(lines().size(), 1U);
    for (const auto* moment : {"2026-03-10T12:09:00Z", "2026-03-10T12:11:00Z", "2026-03-10T13:59:00Z",
                               "2026-03-10T14:00:01Z", "2026-03-10T17:00:00Z"}) {
        set_clocks(moment);
        collect_there();
    }
    EXPECT_TRUE(exact());
}

}  // namespace aquila::e2e::times_test
