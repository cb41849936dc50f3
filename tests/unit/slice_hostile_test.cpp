// Servers that do not keep to what the API promises: reading ends, after a bounded number of requests, with what is
// inside the window or with a Failure 76.
#include "aquila_fetch/error.hpp"
#include "support/fake_log.hpp"
#include "support/multiset.hpp"
#include "support/slices.hpp"

#include <limits>
#include <stdexcept>

#include <gtest/gtest.h>

namespace aquila::slice_hostile_test {

using namespace std::chrono_literals;
using test::FakeLog;
using test::holds_exactly;
using test::noon;
using test::read_window;

class EveryServer : public testing::TestWithParam<const char*> {
  protected:
    [[nodiscard]] const Source& source() const { return *find_source(GetParam()); }

    /// A record as the product spells it.
    [[nodiscard]] std::string record(std::string_view time, std::int64_t id) const {
        return source().has_ids ? fmt::format(R"({{"id":{},"created":{}}})", id, time)
                                : fmt::format(R"({{"creationDate":{},"summary":"{}"}})", time, id);
    }
    [[nodiscard]] std::string record(Instant time, std::int64_t id) const {
        return record(std::to_string(time.time_since_epoch().count()), id);
    }

    /// Answers with what `records` gives, and refuses to go on for ever.
    [[nodiscard]] Fetch answer(std::function<std::vector<std::string>(const Query&)> records, std::string more = "") {
        return [this, records, more = std::move(more)](const Query& query) {
            if (++requests_ > 3000) {
                throw std::logic_error{"it does not end"};
            }
            const auto body = fmt::format(R"({{"{}":[{}]{}}})", source().has_ids ? "records" : "results",
                                          fmt::join(records(query), ","), more);
            return source().parse(body, query);
        };
    }

    /// Reads an hour; the number of its records, or nullopt where it was refused as it should be.
    std::optional<std::size_t> read(const Fetch& fetch, SliceLimits limits = {.page_size = 10, .endless = 100}) {
        try {
            return read_window(source(), fetch, {noon, noon + 1h}, limits).size();
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.code(), Exit::protocol) << failure.what();
            EXPECT_NE(failure.hint(), "");
            return std::nullopt;
        }
    }

    std::size_t requests_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Products, EveryServer, testing::Values("jira", "confluence"),
                         [](const auto& product) { return std::string{product.param}; });

TEST_P(EveryServer, MayIgnoreTheOffset) {
    FakeLog log{GetParam()};
    log.ignores_offset = true;
    for (int i = 0; i < 10; ++i) {
        log.add(noon + 1min, std::to_string(i));
    }
    EXPECT_THROW(static_cast<void>(read_window(log, {noon, noon + 1h}, {.page_size = 10})), Failure);
    EXPECT_LE(log.requests, 200);
}

TEST_P(EveryServer, ThatIgnoresTheWindowMayHoldABlockOfOneTimeOutsideIt) {
    for (const auto block : {noon + 2h, noon + 1h, noon - 1ms, noon - 2h}) {
        FakeLog log{GetParam()};
        log.ignores_window = true;
        std::vector<std::string> inside;
        for (int i = 0; i < 40; ++i) {
            log.add(noon + i * 1min, std::to_string(i));
        }
        inside = log.bodies();
        for (int i = 0; i < 40; ++i) {
            log.add(block, "block " + std::to_string(i));
        }
        EXPECT_TRUE(holds_exactly(read_window(log, {noon, noon + 1h}, {.page_size = 10}), inside));
        EXPECT_LE(log.requests, 200) << format_instant(block);
    }
}

TEST_P(EveryServer, MaySendTheSamePageForEver) {
    for (const int count : {1, 9, 10, 11, 50}) {
        requests_ = 0;
        const auto got = read(answer([&](const Query&) {
            std::vector<std::string> records;
            for (int i = 0; i < count; ++i) {
                records.push_back(record(noon + i * 1s, i));
            }
            return records;
        }));
        EXPECT_EQ(got, count < 10 ? std::optional<std::size_t>(count) : std::nullopt) << count;
        EXPECT_LE(requests_, 200) << count;
    }
}

TEST_P(EveryServer, MayMakeUpRecordsForEver) {
    std::int64_t id = 0;
    for (const bool at_the_end : {false, true}) {
        requests_ = 0;
        EXPECT_EQ(read(answer([&](const Query& query) {
                      std::vector<std::string> records;
                      for (int i = 0; i < query.limit; ++i) {
                          const auto back = at_the_end ? 0ms : ++id * 1s % (query.window->to - query.window->from);
                          records.push_back(record(query.window->to - back, ++id));
                      }
                      return records;
                  })),
                  std::nullopt);
    }
}

TEST_P(EveryServer, MayPromiseMoreForEver) {
    for (const int count : {0, 3}) {
        requests_ = 0;
        const auto got = read(answer(
            [&](const Query&) {
                std::vector<std::string> records;
                for (int i = 0; i < count; ++i) {
                    records.push_back(record(noon + i * 1s, i));
                }
                return records;
            },
            R"(,"_links":{"next":"/x"})"));
        EXPECT_LE(got.value_or(0), count);
        EXPECT_LE(requests_, 200);
    }
}

TEST_P(EveryServer, MaySendTimesOfAllKinds) {
    const std::string times[] = {"-9223372036854775808",
                                 "9223372036854775807",
                                 "9223372036854775808",
                                 "0",
                                 "-1",
                                 "1e12",
                                 "\"yesterday\"",
                                 "null",
                                 "{}",
                                 "\"2026-04-12T12:00:01.000+0000\"",
                                 "\"0001-01-01\"",
                                 "\"9999-12-31T23:59:60Z\""};
    for (const auto& first : times) {
        for (const auto& second : times) {
            requests_ = 0;
            EXPECT_NO_THROW(read(answer([&](const Query& query) {
                std::vector<std::string> records;
                for (std::int64_t i = query.offset; i < std::min<std::int64_t>(query.offset + query.limit, 40); ++i) {
                    records.push_back(record(i % 10 == 0 ? first : second, i));
                }
                return records;
            }))) << first
                 << " and " << second;
        }
    }
}

TEST_P(EveryServer, MayEchoAnyLimit) {
    for (const char* const limit : {"0", "-1", "1", "2147483647", "99999999999999999999", "\"10\"", "null"}) {
        requests_ = 0;
        const auto got = read(answer(
            [&](const Query& query) {
                std::vector<std::string> records;
                for (std::int64_t i = query.offset; i < std::min<std::int64_t>(query.offset + query.limit, 40); ++i) {
                    records.push_back(record(noon + 1h - i * 1min - 1s, i));
                }
                return records;
            },
            fmt::format(R"(,"limit":{})", limit)));
        EXPECT_EQ(got, 40) << limit;
    }
}

TEST_P(EveryServer, MaySendMoreThanWasAskedFor) {
    const auto got = read(answer([&](const Query& query) {
        std::vector<std::string> records;
        for (std::int64_t i = query.offset; i < std::min<std::int64_t>(query.offset + 33, 95); ++i) {
            records.push_back(record(noon + 1h - i * 1s - 1s, i));
        }
        return records;
    }));
    EXPECT_EQ(got, 95);
}

TEST_P(EveryServer, MaySpellItsRecordsAnewEveryTime) {
    int reading = 0;
    const auto got = read(answer([&](const Query& query) {
        ++reading;
        std::vector<std::string> records;
        for (std::int64_t i = query.offset; i < std::min<std::int64_t>(query.offset + query.limit, 35); ++i) {
            records.push_back(
                record(fmt::format("{},\"reading\":{}", (noon + i / 20 * 1s).time_since_epoch().count(), reading), i));
        }
        return records;
    }));
    EXPECT_EQ(got, source().has_ids ? std::optional<std::size_t>{35} : std::nullopt);
}

TEST_P(EveryServer, MayListOldestFirst) {
    const auto got = read(answer([&](const Query& query) {
        std::vector<std::string> records;
        std::int64_t seen = 0;
        for (int i = 0; i < 100; ++i) {
            const auto time = noon + i * 30s;
            if (time >= query.window->from && time <= query.window->to && seen++ >= query.offset &&
                seen <= query.offset + query.limit) {
                records.push_back(record(time, i));
            }
        }
        return records;
    }));
    EXPECT_EQ(got, 100);
}

TEST_P(EveryServer, MayHoldABurstWithARecordThatHasNoTime) {
    // The one that a slice would be cut at.
    const auto fetch = answer([this](const Query& query) {
        std::vector<std::string> records;
        for (int i = 0; i < 100; ++i) {
            const auto time = noon + 59min - i * 1s;
            if (i == 59) {
                records.push_back(record(R"("some day")", i));
            } else if (time >= query.window->from && time <= query.window->to) {
                records.push_back(record(time, i));
            }
        }
        const auto size = static_cast<std::int64_t>(records.size());
        const auto first = records.begin() + std::min(query.offset, size);
        return std::vector<std::string>{first, records.begin() + std::min(query.offset + query.limit, size)};
    });
    for (const std::size_t pages : {1, 6, 20}) {
        EXPECT_GE(read(fetch, {.page_size = 10, .pages = pages, .endless = 100}).value_or(100), 100) << "or refused";
    }
}

TEST_P(EveryServer, MayRefuseToLookFarBehind) {
    FakeLog log{GetParam()};
    for (int i = 0; i < 500; ++i) {
        log.add(noon + 1min + i * 10ms, std::to_string(i));
    }
    const auto refusing = [&log](const Query& query) {
        if (query.offset > 100) {
            throw Failure{Exit::protocol, "400", "offset"};
        }
        return log.fetch(query);
    };
    const auto bodies = read_window(log.source, refusing, {noon, noon + 1h}, {.page_size = 10});
    EXPECT_TRUE(holds_exactly(bodies, log.bodies()));
}

TEST_P(EveryServer, MayBeAskedForMoreThanAnybodyHas) {
    FakeLog log{GetParam()};
    log.cap = 100;
    for (int i = 0; i < 300; ++i) {
        log.add(noon + 59min + i * 1ms, std::to_string(i));
    }
    const auto bodies = read_window(log, {noon - 24h * 40, noon + 1h}, {.page_size = 2'000'000'000});
    EXPECT_TRUE(holds_exactly(bodies, log.bodies()));
}

/// A moment cannot be made smaller: where its cursor is forgotten between two pages, it is begun again.
TEST(OneMoment, OfAServerThatForgetsItsCursorIsBegunAgain) {
    FakeLog log{"datacenter"};
    for (int i = 0; i < 10; ++i) {
        log.add(noon, std::to_string(i));
    }
    for (const std::size_t forgets_after : {1, 2, 3}) {
        log.stale_after = forgets_after;
        EXPECT_TRUE(holds_exactly(read_window(log, {noon, noon + 1ms}, {.page_size = 3}), log.bodies()));
    }
}

TEST(OneMoment, OfAServerThatForgetsEachCursorEndsTheRun) {
    FakeLog log{"datacenter"};
    for (int i = 0; i < 10; ++i) {
        log.add(noon, std::to_string(i));
    }
    const auto forgetful = [&log](const Query& query) {
        if (!query.cursor.empty()) {
            throw StaleCursor{Exit::protocol, "a cursor that is not known any more"};
        }
        return log.fetch(query);
    };
    EXPECT_THROW(static_cast<void>(read_window(log.source, forgetful, {noon, noon + 1ms}, {.page_size = 3})),
                 StaleCursor);
    EXPECT_LE(log.requests, 5);
}

}  // namespace aquila::slice_hostile_test
