#include "aquila_fetch/snapshot.hpp"

#include "aquila_fetch/error.hpp"
#include "support/scratch.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace aquila::snapshot_test {

TEST(JqText, SpellsAsJqDoes) {
    const std::pair<const char*, const char*> cases[] = {
        {R"( { "b" : [ 1 , true ] , "a" : { } , "c" : null } )", R"({"b":[1,true],"a":{},"c":null})"},
        {R"({"a":1,"b":2,"a":3})", R"({"a":3,"b":2})"},
        {R"("\u00e9\u2028\/\ud83e\udd14\u0000\u001f\u007f\b\f\n\r\t\"\\")",
         "\"é\u2028/🤔\\u0000\\u001f\\u007f\\b\\f\\n\\r\\t\\\"\\\\\""},
        {"1.10", "1.1"},
        {"-0.0", "-0"},
        {"0.0", "0"},
        {"1e-400", "0"},
        {"12345678901234567890123", "12345678901234568000000"},
        {"123456789012345678", "123456789012345680"},
        {"100000000000000000", "1e+17"},
        {"0.00001", "1e-05"},
        {"1.5e300", "1.5e+300"},
        {"9007199254740993", "9007199254740992"},
    };
    for (const auto& [json, text] : cases) {
        EXPECT_EQ(jq_text(json), text) << json;
    }
}

TEST(JqText, RefusesANumberBeyondADouble) {
    try {
        static_cast<void>(jq_text("[1e400]"));
        ADD_FAILURE();
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.code(), Exit::protocol);
        EXPECT_NE(failure.hint(), "");
    }
}

TEST(SnapshotLines, AreThePageInItsOrder) {
    const auto& jira = *find_source("jira");
    const auto page = jira.parse(
        R"({"offset":0,"limit":2,"total":9,"records":[{"id":2,"x":1.0},{"id":1,"total":3,"offset":4}]})", {});
    EXPECT_EQ(snapshot_lines(page),
              "{\"id\":2,\"x\":1,\"offset\":0,\"total\":9}\n{\"id\":1,\"total\":9,\"offset\":0}\n");
    const auto& confluence = *find_source("confluence");
    EXPECT_EQ(snapshot_lines(confluence.parse(R"({"results":[{"creationDate":1.7e12}]})", {})),
              "{\"creationDate\":1700000000000}\n");
    EXPECT_EQ(snapshot_lines(confluence.parse(R"({"results":[]})", {})), "");
}

/// A document by chance, spelt in all the ways JSON allows.
class Author {
  public:
    explicit Author(unsigned seed) : random_{seed} {}

    std::string value(int depth) {
        switch (below(depth > 0 ? 8 : 6)) {
            case 0:
                return "null";
            case 1:
                return "true";
            case 2:
                return string();
            case 3:
                return std::to_string(
                    static_cast<std::int64_t>((static_cast<std::uint64_t>(random_()) << 32U | random_())));
            case 4:
                return number();
            case 5:
                return std::to_string(below(100));
            case 6:
                return list('[', ']', [&] { return value(depth - 1); });
            default:
                return list('{', '}', [&] { return string() + ":" + value(depth - 1); });
        }
    }

  private:
    int below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }

    std::string number() {
        auto text = fmt::format("{}{}.{}", below(2) == 0 ? "-" : "", below(1'000'000), below(1'000'000));
        return below(2) == 0 ? text : text + fmt::format("e{}", below(600) - 300);
    }

    std::string string() {
        constexpr std::array pieces{
            "a",     "key",   " ",     "é",     "🤔",      "\x7F",   R"(\u0000)", R"(\u007f)", R"(\ud83e\udd14)",
            R"(\/)", R"(\n)", R"(\")", R"(\\)", R"(\u00e9)", "\u2028", R"(\u001B)", "/",         "<>&'"};
        std::string text = "\"";
        for (int count = below(4); count > 0; --count) {
            text += pieces[static_cast<std::size_t>(below(static_cast<int>(pieces.size())))];
        }
        return text + "\"";
    }

    template <typename Element>
    std::string list(char open, char close, Element element) {
        std::string text{open};
        for (int count = below(5); count > 0; --count) {
            text += (text.size() > 1 ? " , " : " ") + element();
        }
        return text + close;
    }

    std::mt19937 random_;
};

TEST(JqText, IsTheSameAsJqs) {
    if (std::system("jq --version 2>/dev/null | grep -q '^jq-1\\.6'") != 0) {
        GTEST_SKIP() << "jq 1.6 is not here";
    }
    std::string documents;
    std::string ours;
    Author author{17};
    for (int i = 0; i < 5000; ++i) {
        const auto document = author.value(4);
        documents += document + "\n";
        ours += jq_text(document) + "\n";
    }
    const test::Scratch folder;
    folder.write("documents", documents);
    ASSERT_EQ(std::system(fmt::format("jq -c . {0}/documents > {0}/jq", folder.path().string()).c_str()), 0);
    const auto theirs = folder.read("jq");
    const auto place = std::mismatch(ours.begin(), ours.end(), theirs.begin(), theirs.end()).first - ours.begin();
    const auto begin = ours.rfind('\n', static_cast<std::size_t>(place)) + 1;
    EXPECT_TRUE(ours == theirs) << "ours " << ours.substr(begin, 300) << "\njq's " << theirs.substr(begin, 300);
}

}  // namespace aquila::snapshot_test
