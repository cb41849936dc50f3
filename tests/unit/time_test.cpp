#include "aquila_fetch/time.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <initializer_list>
#include <random>
#include <string>
#include <vector>

namespace aquila::time_test {

using namespace std::chrono_literals;

constexpr Instant at(std::int64_t millis) {
    return Instant{Span{millis}};
}

struct Spelling {
    const char* text;
    std::int64_t millis;
};

void expect_read(std::initializer_list<Spelling> spellings) {
    for (const auto& [text, millis] : spellings) {
        EXPECT_EQ(parse_instant(text), at(millis)) << text;
    }
}

TEST(Instant, IsReadAsJiraWritesIt) {
    expect_read({{"2026-04-12T16:28:36.943+0000", 1776011316943},
                 {"2026-04-12T16:28:36.943Z", 1776011316943},
                 {"2026-04-12T16:28:36.943+00:00", 1776011316943},
                 {"2026-04-12T16:28:36.943+00", 1776011316943},
                 {"2026-04-12T16:28:36.943-0000", 1776011316943},
                 {"2026-04-12T16:28:36.943", 1776011316943},
                 {"2026-04-12t16:28:36.943z", 1776011316943},
                 {"2026-04-12 16:28:36.943Z", 1776011316943},
                 {"2022-01-01T00:00:00.000Z", 1640995200000},
                 {"2022-01-01T00:00:00Z", 1640995200000},
                 {"2026-01-01T00:00:00.000+0000", 1767225600000},
                 {"2024-06-01", 1717200000000}});
}

TEST(Instant, IsTheSameInTheUsualFormAsInAnyOther) {
    const std::string usual = "2026-04-12T16:28:36.943";
    for (std::size_t i = 0; i < usual.size(); ++i) {
        for (std::size_t j = i; j < usual.size(); ++j) {
            for (const char c : std::string_view{"0123456789:;-/ .TtZ+\0", 21}) {
                auto text = usual;
                text[i] = text[j] = c;
                const auto other = parse_instant(text + "+00:00");
                ASSERT_EQ(parse_instant(text + "+0000"), other) << text;
                ASSERT_EQ(parse_instant(text + "Z"), other) << text;
            }
        }
    }
}

TEST(Instant, IsReadWithAnyOffset) {
    expect_read({{"2026-04-12T18:28:36.943+0200", 1776011316943},
                 {"2026-04-12T18:28:36.943+02:00", 1776011316943},
                 {"2026-04-12T18:28:36.943+02", 1776011316943},
                 {"2026-04-12T11:28:36.943-0500", 1776011316943},
                 {"2026-04-12T21:58:36.943+0530", 1776011316943},
                 {"2026-04-13T00:28:36.943+08:00", 1776011316943},
                 {"2026-04-12T12:58:36.943-03:30", 1776011316943}});
}

TEST(Instant, IsReadWithAnyFraction) {
    // Cut and never rounded: rounding could carry a record into the next window.
    expect_read({{"2026-05-19T10:03:00Z", 1779184980000},
                 {"2026-05-19T10:03:00.1Z", 1779184980100},
                 {"2026-05-19T10:03:00.12Z", 1779184980120},
                 {"2026-05-19T10:03:00.123Z", 1779184980123},
                 {"2026-05-19T10:03:00.1239Z", 1779184980123},
                 {"2026-05-19T10:03:00.123999Z", 1779184980123},
                 {"2026-05-19T10:03:00.999999999Z", 1779184980999},
                 {"2026-05-19T10:03:00.000999999+0000", 1779184980000}});
}

TEST(Instant, IsReadAsRateLimitsWriteIt) {
    expect_read({{"2025-10-08T15:00:00Z", 1759935600000},
                 {"2026-03-26T16:00Z", 1774540800000},
                 {"2026-03-26T16:00", 1774540800000},
                 {"2026-03-26T17:00+01:00", 1774540800000}});
}

TEST(Instant, IsReadAtTheEdges) {
    expect_read({{"1970-01-01T00:00:00Z", 0},
                 {"1969-12-31T23:59:59.999Z", -1},
                 {"0001-01-01", -62135596800000},
                 {"9999-12-31T23:59:59.999Z", 253402300799999},
                 {"2024-02-29", 1709164800000},
                 {"2000-02-29", 951782400000},
                 {"2016-12-31T23:59:60Z", 1483228800000},
                 {"2016-12-31T23:59:60.999Z", 1483228800000},
                 {"2017-01-01T05:29:60+05:30", 1483228800000}});
}

TEST(Instant, ThatIsNoneIsRefused) {
    for (const char* text : {"",
                             " ",
                             "x",
                             "2026",
                             "2026-04",
                             "2026-4-12",
                             "26-04-12",
                             "20260412",
                             "2026/04/12",
                             "02026-04-12",
                             "+2026-04-12",
                             "-2026-04-12",
                             "2026-04-12 ",
                             " 2026-04-12",
                             "2026-04-12T",
                             "2026-04-12T16",
                             "2026-04-12T16:",
                             "2026-04-12T16:2",
                             "2026-04-12T16:28:",
                             "2026-04-12T16:28:3",
                             "2026-04-12T16:28:36.",
                             "2026-04-12T16:28:36.Z",
                             "2026-04-12T16:28:36,943Z",
                             "2026-04-12T16:28:36.0123456789Z",
                             "2026-04-12T16:28.5Z",
                             "2026-04-12T16:28:36ZZ",
                             "2026-04-12T16:28:36Z ",
                             "2026-04-12T16:28:36 Z",
                             "2026-04-12T16:28:36.943 0000",
                             "2026-04-12T16:28:36+",
                             "2026-04-12T16:28:36+0",
                             "2026-04-12T16:28:36+000",
                             "2026-04-12T16:28:36+00:",
                             "2026-04-12T16:28:36+00:0",
                             "2026-04-12T16:28:36+00000",
                             "2026-04-12T16:28:36+24:00",
                             "2026-04-12T16:28:36+00:60",
                             "2026-04-12T16:28:36+-1:00",
                             "2026-04-12T24:00:00Z",
                             "2026-04-12T16:60:00Z",
                             "2026-04-12T16:28:61Z",
                             "2026-04-12T-1:00:00Z",
                             "2026-00-01",
                             "2026-13-01",
                             "2026-01-00",
                             "2026-01-32",
                             "2026-02-29",
                             "1900-02-29",
                             "2026-04-31",
                             "0000-01-01",
                             "2026-04-12TT6:28:36Z",
                             "2026-04-12X16:28:36Z",
                             "1776011316943",
                             "30d",
                             "today",
                             "2026-04-12T16:28:36\xC2\xA0Z",
                             "\xEF\xBC\x92"
                             "026-04-12"}) {
        EXPECT_EQ(parse_instant(text), std::nullopt) << text;
    }
}

TEST(Instant, WithNulBytesIsNone) {
    EXPECT_EQ(parse_instant(std::string_view{"2026-04-12\0", 11}), std::nullopt);
    EXPECT_EQ(parse_instant(std::string_view{"2026-04-12T16:28:36Z\0", 21}), std::nullopt);
}

TEST(Instant, IsNotReadBeyondTheView) {
    const std::string_view whole = "2026-04-12T16:28:36.943Z";
    EXPECT_EQ(parse_instant(whole.substr(0, 10)), at(1775952000000));
    EXPECT_EQ(parse_instant(whole.substr(0, 16)), at(1776011280000));
}

TEST(Instant, EveryPrefixOfAllShapesIsReadOrRefusedButNeverWrong) {
    // With a zone behind it a prefix may be a valid time, but then it lies within the day it names.
    for (const std::string_view whole : {"2026-04-12T16:28:36.943123456+05:30", "2026-04-12 16:28:36.943Z"}) {
        for (std::size_t length = 0; length < whole.size(); ++length) {
            if (const auto instant = parse_instant(whole.substr(0, length))) {
                EXPECT_GE(*instant, at(1775952000000) - 24h);
                EXPECT_LE(*instant, at(1775952000000) + 48h);
            }
        }
    }
}

TEST(Instant, DoesNotDependOnTheTimeZoneOfTheMachine) {
    const char* const before = std::getenv("TZ");
    const std::string saved = before == nullptr ? "" : before;
    for (const char* zone : {"America/New_York", "Europe/Berlin", "Pacific/Apia", "UTC"}) {
        ::setenv("TZ", zone, 1);
        ::tzset();
        // Inside the hour that Berlin skips, and the one that New York has twice.
        EXPECT_EQ(parse_instant("2026-03-29T01:30:00Z"), at(1774747800000));
        EXPECT_EQ(parse_instant("2026-11-01T06:30:00Z"), at(1793514600000));
        EXPECT_EQ(format_instant(at(1774747800000)), "2026-03-29T01:30:00.000Z");
        EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), at(784111777000));
    }
    before == nullptr ? ::unsetenv("TZ") : ::setenv("TZ", saved.c_str(), 1);
    ::tzset();
}

TEST(Instant, IsFormattedInTheOneFormThatWorksEverywhere) {
    EXPECT_EQ(format_instant(at(0)), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(format_instant(at(-1)), "1969-12-31T23:59:59.999Z");
    EXPECT_EQ(format_instant(at(1776011316943)), "2026-04-12T16:28:36.943Z");
    EXPECT_EQ(format_instant(at(1776011316003)), "2026-04-12T16:28:36.003Z");
    EXPECT_EQ(format_instant(at(-62135596800000)), "0001-01-01T00:00:00.000Z");
}

TEST(Instant, BeyondFourDigitYearsIsClamped) {
    EXPECT_EQ(format_instant(at(253402300799999)), "9999-12-31T23:59:59.999Z");
    EXPECT_EQ(format_instant(at(253402300800000)), "9999-12-31T23:59:59.999Z");
    EXPECT_EQ(format_instant(Instant::max()), "9999-12-31T23:59:59.999Z");
    EXPECT_EQ(format_instant(Instant::min()), "0000-01-01T00:00:00.000Z");
}

TEST(Instant, SurvivesFormattingAndReading) {
    std::mt19937_64 random{20260412};
    std::uniform_int_distribution<std::int64_t> millis{-62135596800000, 253402300799999};
    for (int i = 0; i < 20000; ++i) {
        const auto instant = at(millis(random));
        ASSERT_EQ(parse_instant(format_instant(instant)), instant) << format_instant(instant);
    }
}

TEST(Instant, IsWrittenAsEpochMilliseconds) {
    EXPECT_EQ(format_epoch_millis(at(1775984400123)), "1775984400123");
    EXPECT_EQ(format_epoch_millis(at(0)), "0");
    EXPECT_EQ(format_epoch_millis(at(-1)), "-1");
}

TEST(Spans, AreRead) {
    EXPECT_EQ(parse_span("90s"), Span{90s});
    EXPECT_EQ(parse_span("15m"), Span{15min});
    EXPECT_EQ(parse_span("1h"), Span{1h});
    EXPECT_EQ(parse_span("30d"), Span{24h * 30});
    EXPECT_EQ(parse_span("500ms"), Span{500});
    EXPECT_EQ(parse_span("2w"), Span{24h * 14});
    EXPECT_EQ(parse_span("0s"), Span{0});
    EXPECT_EQ(parse_span("0d"), Span{0});
    EXPECT_EQ(parse_span("007m"), Span{7min});
    EXPECT_EQ(parse_span("9223372036854775807ms"), Span::max());
}

TEST(Spans, ThatAreNoneAreRefused) {
    for (const char* text : {"",
                             "s",
                             "5",
                             "-5s",
                             "+5s",
                             " 5s",
                             "5s ",
                             "5 s",
                             "5S",
                             "5D",
                             "1.5h",
                             "1h30m",
                             "5y",
                             "5mo",
                             "5sec",
                             "0",
                             "1e3s",
                             "0x10s",
                             "9223372036854775808ms",
                             "9223372036854775807s",
                             "99999999999999999999d",
                             "106751991168d"}) {
        EXPECT_EQ(parse_span(text), std::nullopt) << text;
    }
    EXPECT_EQ(parse_span("106751991167d"), Span{24h} * 106751991167);  // the last that fits
}

TEST(Spans, AreWrittenSoThatTheyCanBeReadBack) {
    EXPECT_EQ(format_span(0s), "0s");
    EXPECT_EQ(format_span(90s), "90s");
    EXPECT_EQ(format_span(15min), "15m");
    EXPECT_EQ(format_span(60min), "1h");
    EXPECT_EQ(format_span(25h), "25h");
    EXPECT_EQ(format_span(24h * 30), "30d");
    EXPECT_EQ(format_span(24h * 14), "14d");
    EXPECT_EQ(format_span(1500ms), "1500ms");
    std::mt19937_64 random{1};
    for (const Span::rep unit : {1, 1000, 60'000, 3'600'000, 86'400'000}) {
        for (int i = 0; i < 1000; ++i) {
            const Span span{unit * static_cast<Span::rep>(random() % 100'000)};
            ASSERT_EQ(parse_span(format_span(span)), span) << format_span(span);
        }
    }
    EXPECT_EQ(parse_span(format_span(Span::max())), Span::max());
}

TEST(Spans, AreToldToPeople) {
    EXPECT_EQ(describe_span(0s), "0ms");
    EXPECT_EQ(describe_span(250ms), "250ms");
    EXPECT_EQ(describe_span(1s), "1s");
    EXPECT_EQ(describe_span(1999ms), "1s");
    EXPECT_EQ(describe_span(90s), "1m 30s");
    EXPECT_EQ(describe_span(60s), "1m");
    EXPECT_EQ(describe_span(2h + 5min), "2h 5m");
    EXPECT_EQ(describe_span(2h + 59s), "2h");
    EXPECT_EQ(describe_span(76h), "3d 4h");
    EXPECT_EQ(describe_span(-90s), "-1m 30s");
    EXPECT_EQ(describe_span(Span::min()), describe_span(-Span::max()));
}

TEST(HttpDate, IsReadInItsThreeForms) {
    EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), at(784111777000));
    EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), at(784111777000));
    EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), at(784111777000));
    EXPECT_EQ(parse_http_date("Wed Nov 16 08:49:37 1994"), at(784975777000));
    EXPECT_EQ(parse_http_date("Thu, 29 Feb 2024 00:00:00 GMT"), at(1709164800000));
    EXPECT_EQ(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT"), at(1483228800000));
    EXPECT_EQ(parse_http_date("Thursday, 01-Jan-70 00:00:00 GMT"), at(0));
    EXPECT_EQ(parse_http_date("Tuesday, 31-Dec-69 00:00:00 GMT"), parse_instant("2069-12-31"));
}

TEST(HttpDate, KnowsEveryMonthAndDay) {
    const std::vector<std::string> names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    for (std::size_t i = 0; i < names.size(); ++i) {
        const std::string number = (i < 9 ? "0" : "") + std::to_string(i + 1);
        EXPECT_EQ(parse_http_date("Mon, 15 " + names[i] + " 2026 00:00:00 GMT"),
                  parse_instant("2026-" + number + "-15"));
    }
    for (const char* day : {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}) {
        EXPECT_TRUE(parse_http_date(std::string{day} + ", 15 Jan 2026 00:00:00 GMT")) << day;
    }
}

TEST(HttpDate, ThatIsNoneIsRefused) {
    for (const char* text : {"",
                             "Sun",
                             "Sun,",
                             "0",
                             "120",
                             "Sun, 06 Nov 1994 08:49:37",
                             "Sun, 06 Nov 1994 08:49:37 UTC",
                             "Sun, 06 Nov 1994 08:49:37 GMT ",
                             "Sun, 6 Nov 1994 08:49:37 GMT",
                             "Sun, 06 nov 1994 08:49:37 GMT",
                             "Sun, 06 Nov 94 08:49:37 GMT",
                             "Sun, 31 Feb 2026 08:49:37 GMT",
                             "Sun, 06 Nov 1994 24:49:37 GMT",
                             "Sun, 06 Nov 1994 08:60:37 GMT",
                             "Xyz, 06 Nov 1994 08:49:37 GMT",
                             "Sunday, 06-Nov-1994 08:49:37 GMT",
                             "Sun Nov 6 08:49:37 1994",
                             "Sun Nov  6 08:49:37 94",
                             "2026-04-12T16:28:36Z",
                             "Sun, 06 No"}) {
        EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
    }
}

TEST(Moment, IsADateATimeOrASpanBeforeNow) {
    const auto now = at(1776011316943);
    EXPECT_EQ(parse_moment("30d", now), now - 24h * 30);
    EXPECT_EQ(parse_moment("0s", now), now);
    EXPECT_EQ(parse_moment("2026-04-12", now), at(1775952000000));
    EXPECT_EQ(parse_moment("2026-04-12T16:28:36.943Z", now), now);
    EXPECT_EQ(parse_moment("yesterday", now), std::nullopt);
    EXPECT_EQ(parse_moment("-1d", now), std::nullopt);
    EXPECT_EQ(parse_moment("", now), std::nullopt);
}

TEST(Moment, BeforeTheFirstYearIsNone) {
    EXPECT_EQ(parse_moment("106751991167d", at(0)), std::nullopt);
    EXPECT_EQ(parse_moment("9223372036854775807ms", at(1776011316943)), std::nullopt);
    EXPECT_EQ(parse_moment("1ms", Instant::min()), std::nullopt);
}

}  // namespace aquila::time_test
