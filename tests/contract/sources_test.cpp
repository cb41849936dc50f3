// What every row of the table of products keeps to, tried on the answers in tests/fixtures/NAME: page.json (a full
// page), last.json (a short one), empty.json, and hostile.json (eight records, of which the first and the last are
// good, and four have to be repaired).
#include "aquila_fetch/collect.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/source.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aquila::sources_test {

using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;
using testing::HasSubstr;
using testing::Not;

class EverySource : public testing::TestWithParam<const Source*> {
  protected:
    [[nodiscard]] static const Source& source() { return *GetParam(); }

    [[nodiscard]] static std::string fixture(std::string_view name) {
        const auto path =
            std::string{AQUILA_FETCH_FIXTURES} + "/" + std::string{source().name} + "/" + std::string{name};
        std::ifstream file{path, std::ios::binary};
        EXPECT_TRUE(file) << path << " is missing: a product needs its fixtures";
        return {std::istreambuf_iterator<char>{file}, {}};
    }
    [[nodiscard]] static Page parse(std::string body) {
        return source().parse(std::move(body), {std::nullopt, 0, 1000});
    }

    /// The one array of objects in a fixture.
    [[nodiscard]] static Json records_of(const std::string& body) {
        const auto envelope = Json::parse(body);
        for (const auto& value : envelope) {
            if (value.is_array() && !value.empty() && value.front().is_object()) {
                return value;
            }
        }
        return Json::array();
    }
    [[nodiscard]] static std::string line_of(const Page& page, const Record& record) {
        std::string line;
        append_line(line, record.body, page.suffix);
        return line;
    }
    [[nodiscard]] static bool by_offset() { return source().paging == Paging::offset; }
    [[nodiscard]] static std::string query(std::optional<Window> window, std::int64_t offset = 0, int limit = 1000) {
        return source().query({window, offset, limit});
    }

    static constexpr Instant from{Span{1'775'984'400'123}};  // 2026-04-12T09:00:00.123Z
    static constexpr Instant to{Span{1'775'988'000'456}};    // 2026-04-12T10:00:00.456Z
};
INSTANTIATE_TEST_SUITE_P(Sources, EverySource, testing::ValuesIn(sources().begin(), sources().end()),
                         [](const auto& row) { return std::string{row.param->name}; });

TEST_P(EverySource, IsWhollyFilledIn) {
    EXPECT_EQ(find_source(source().name), &source());
    for (const auto text :
         {source().name, source().title, source().summary, source().path, source().permission, source().records}) {
        EXPECT_FALSE(text.empty());
    }
    const bool at_gateway = source().realm != Realm::server;
    EXPECT_NE(at_gateway, source().gateway.empty());
    EXPECT_NE(at_gateway, source().scopes.empty());
    EXPECT_TRUE(!at_gateway || (source().gateway.starts_with('/') && source().gateway.ends_with('/')));
    EXPECT_TRUE(!source().stream || source().paging == Paging::oldest);
    EXPECT_EQ(source().oauth_scopes.empty(), source().realm != Realm::cloud);
    EXPECT_TRUE(source().path.starts_with('/') && !source().path.ends_with('/'));
    EXPECT_THAT(std::string{source().summary}, HasSubstr(source().path));
    EXPECT_GT(source().page_size, 0);
}

TEST_P(EverySource, AsksWithFullTimesPercentEncoded) {
    const auto text = query(Window{from, to}, 3000, 500);
    EXPECT_TRUE(text.starts_with('?'));
    EXPECT_EQ(text.find("=3000&") != std::string::npos, by_offset());
    EXPECT_THAT(text, HasSubstr("=500&"));
    // To the millisecond and in UTC: either epoch milliseconds, or ISO 8601 with its zone and nothing a server could
    // misread.
    const bool iso = text.find("2026-04-12T") != std::string::npos;
    EXPECT_THAT(text, HasSubstr(iso ? "=2026-04-12T09%3A00%3A00.123Z&" : "=1775984400123&"));
    EXPECT_TRUE(text.ends_with(iso ? "=2026-04-12T10%3A00%3A00.456Z" : "=1775988000456")) << text;
    for (const char c : text.substr(1)) {
        EXPECT_TRUE(std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                    std::string_view{"-._~%&="}.find(c) != std::string_view::npos)
            << text;
    }
}

TEST_P(EverySource, AsksForTheNewestPageWithoutTimes) {
    const auto text = query(std::nullopt, 0, 1);
    EXPECT_EQ(text.find("=0&") != std::string::npos, by_offset()) << text;
    EXPECT_THAT(text, HasSubstr("limit=1"));
    EXPECT_EQ(text.ends_with("&sortOrder=desc"), source().paging == Paging::oldest) << text;
    for (const char* const dated : {"from", "to=", "Date"}) {
        EXPECT_THAT(text, Not(HasSubstr(dated)));
    }
}

TEST_P(EverySource, EveryPartOfAQueryCounts) {
    const std::set<std::string> different{query(Window{from, to}),         query(Window{from + 1ms, to}),
                                          query(Window{from, to + 1ms}),   query(Window{from, to}, 1),
                                          query(Window{from, to}, 0, 999), query(std::nullopt)};
    EXPECT_EQ(different.size(), by_offset() ? 6 : 5);
    EXPECT_THAT(query(Window{Instant{Span{-1}}, to}, std::int64_t{1} << 40U), Not(HasSubstr("--")));
}

TEST_P(EverySource, ACursorIsPercentEncoded) {
    if (by_offset()) {
        EXPECT_EQ(source().query({Window{from, to}, 0, 10, "a+b/c="}), query(Window{from, to}, 0, 10));
        return;
    }
    const auto text = source().query({Window{from, to}, 0, 10, "a+b/c=,{"});
    EXPECT_TRUE(text.ends_with("ursor=a%2Bb%2Fc%3D%2C%7B")) << text;
    EXPECT_THAT(text, HasSubstr("limit=10&"));
}

TEST_P(EverySource, ReadsAFullPage) {
    const auto body = fixture("page.json");
    const auto wanted = records_of(body);
    const auto page = parse(body);
    EXPECT_TRUE(page.recognised);
    ASSERT_GE(page.records.size(), 3);
    ASSERT_EQ(page.records.size(), wanted.size());
    EXPECT_TRUE(!by_offset() || page.limit == static_cast<int>(wanted.size())) << "it is full";
    EXPECT_NE(page.more, false);
    EXPECT_EQ(page.next.empty(), by_offset());
    std::set<Key> keys;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const Record& record = page.records[i];
        EXPECT_EQ(Json::parse(record.body).dump(), wanted[i].dump()) << "members and their order";
        EXPECT_EQ(record.body.find('\n'), std::string_view::npos);
        EXPECT_FALSE(record.repaired);
        EXPECT_NE(record.key.time, undated);
        const auto before = i == 0 ? record.key.time : page.records[i - 1].key.time;
        EXPECT_TRUE(source().paging == Paging::oldest ? before <= record.key.time : before >= record.key.time);
        keys.insert(record.key);
    }
    EXPECT_EQ(keys.size(), wanted.size());
}

TEST_P(EverySource, ReadsTheLastPage) {
    const auto page = parse(fixture("last.json"));
    EXPECT_FALSE(page.records.empty());
    EXPECT_TRUE(!by_offset() || page.records.size() < static_cast<std::size_t>(page.limit.value_or(0)));
    EXPECT_FALSE(page.more.value_or(false));
    EXPECT_TRUE(page.next.empty());
}

TEST_P(EverySource, ReadsAnEmptyPage) {
    const auto page = parse(fixture("empty.json"));
    EXPECT_TRUE(page.recognised);
    EXPECT_TRUE(page.records.empty());
    EXPECT_EQ(page.limit.has_value(), by_offset());
    EXPECT_FALSE(page.more.value_or(false));
}

TEST_P(EverySource, KeysDoNotDependOnWhiteSpaceOrOnThePage) {
    const auto body = fixture("page.json");
    const auto pretty = parse(body);
    const auto plain = parse(Json::parse(body).dump());
    ASSERT_EQ(pretty.records.size(), plain.records.size());
    for (std::size_t i = 0; i < plain.records.size(); ++i) {
        EXPECT_EQ(pretty.records[i].body, plain.records[i].body);
        EXPECT_EQ(pretty.records[i].key, plain.records[i].key);
    }
}

TEST_P(EverySource, LosesNoRecordToItsNeighbours) {
    const auto page = parse(fixture("hostile.json"));
    ASSERT_EQ(page.records.size(), 8);
    for (std::size_t i = 0; i < page.records.size(); ++i) {
        const Record& record = page.records[i];
        EXPECT_EQ(record.repaired, i >= 1 && i <= 4) << i;
        EXPECT_NE(record.key.time, undated);
        const auto line = line_of(page, record);
        EXPECT_EQ(line.find('\n'), line.size() - 1);
        EXPECT_TRUE(Json::accept(line)) << line;
    }
    EXPECT_THAT(std::string{page.records.front().body}, HasSubstr(R"("summary":"good")"));
    EXPECT_THAT(std::string{page.records[2].body}, HasSubstr("\xEF\xBF\xBD\\ud83d\\ude00 the wrong way round"));
    EXPECT_THAT(std::string{page.records[3].body},
                HasSubstr("Z\xEF\xBF\xBDrich \xEF\xBF\xBD\xEF\xBF\xBD, UTF-8 cut short: \xEF\xBF\xBD\""));
    EXPECT_THAT(std::string{page.records[4].body}, HasSubstr(R"(line\u000afeed, a tab\u0009and \u0001)"));
    EXPECT_THAT(std::string{page.records[6].body},
                HasSubstr(R"([1.10,-0.0,12345678901234567890123,1E+2,2e-9,{"a":{},"a":[]}])"));
}

TEST_P(EverySource, LinesAreTheRecordsWithTheirSuffix) {
    const auto body = fixture("page.json");
    const auto wanted = records_of(body);
    const auto page = parse(body);
    const auto suffix = page.suffix.empty() ? Json::object() : Json::parse("{" + page.suffix);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        auto with_suffix = wanted[i];
        with_suffix.update(suffix);
        EXPECT_EQ(Json::parse(line_of(page, page.records[i])).dump(), with_suffix.dump());
    }
}

TEST_P(EverySource, RefusesWhatIsCutShort) {
    for (const char* const name : {"page.json", "hostile.json"}) {
        auto body = fixture(name);
        body.erase(body.find_last_of('}'));
        for (std::size_t size = 0; size <= body.size(); size += 1 + size / 50) {
            EXPECT_THROW(static_cast<void>(parse(body.substr(0, size))), Failure) << size;
        }
    }
}

TEST(Sources, HaveNamesOfTheirOwn) {
    std::set<std::string_view> names;
    std::set<std::string_view> paths;
    for (const Source* source : sources()) {
        names.insert(source->name);
        paths.insert(source->path);
    }
    EXPECT_EQ(names.size(), sources().size());
    EXPECT_EQ(paths.size(), sources().size());
    for (const Source* source : sources()) {
        for (const auto* other = source->alternative; other != nullptr; other = other->alternative) {
            EXPECT_TRUE(paths.insert(other->path).second);
            EXPECT_EQ(other->name, source->name);
            EXPECT_EQ(&row_with_path(*source, other->path), other);
        }
        EXPECT_EQ(&row_with_path(*source, "/elsewhere"), source);
    }
    EXPECT_EQ(find_source(""), nullptr);
    EXPECT_EQ(find_source("Jira"), nullptr);
}

}  // namespace aquila::sources_test
