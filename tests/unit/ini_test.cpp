#include "aquila_fetch/ini.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace aquila::ini_test {

struct Result {
    std::vector<IniSection> sections;
    std::vector<Mistake> mistakes;
};

/// The text must outlive the result.
Result read(std::string_view text) {
    Result result;
    result.sections = read_ini(
        text, [](std::string_view key) { return key == "token"; }, result.mistakes);
    return result;
}

/// The only value of `[s]` with that line below it.
std::string value_of(const std::string& line) {
    const std::string text = "[s]\n" + line;
    const auto result = read(text);
    EXPECT_TRUE(result.mistakes.empty()) << line << ": " << result.mistakes.front().what;
    return std::string{result.sections.at(0).entries.at(0).value};
}

std::vector<std::size_t> lines_of_mistakes(std::string_view text) {
    std::vector<std::size_t> lines;
    for (const auto& mistake : read(text).mistakes) {
        lines.push_back(mistake.line);
    }
    return lines;
}

TEST(Ini, IsTakenApart) {
    const auto [sections, mistakes] =
        read("; comment\n\n[one]\na = 1\nb=2\n# comment\n  [two]  ; comment\n\tc\t=\t3 4\t\n");
    ASSERT_TRUE(mistakes.empty());
    ASSERT_EQ(sections.size(), 2U);
    EXPECT_EQ(sections[0].name, "one");
    EXPECT_EQ(sections[0].line, 3U);
    ASSERT_EQ(sections[0].entries.size(), 2U);
    EXPECT_EQ(sections[0].entries[1].key, "b");
    EXPECT_EQ(sections[0].entries[1].value, "2");
    EXPECT_EQ(sections[0].entries[1].line, 5U);
    EXPECT_EQ(sections[1].name, "two");
    EXPECT_EQ(sections[1].entries.at(0).key, "c");
    EXPECT_EQ(sections[1].entries.at(0).value, "3 4");
}

TEST(IniValues, KeepEveryByte) {
    EXPECT_EQ(value_of("k = a#b;c=d"), "a#b;c=d");
    EXPECT_EQ(value_of("k = ===="), "====");
    EXPECT_EQ(value_of("k==x"), "=x");
    EXPECT_EQ(value_of("k = [x]"), "[x]");
    EXPECT_EQ(value_of("k = \"quoted\""), "\"quoted\"");
    EXPECT_EQ(value_of("k = back\\slash\\"), "back\\slash\\");
    EXPECT_EQ(value_of("k = $HOME %(x)s ${y}"), "$HOME %(x)s ${y}");
    EXPECT_EQ(value_of("k = caf\xC3\xA9 \xFF"), "caf\xC3\xA9 \xFF");
    EXPECT_EQ(value_of("k =;x"), ";x") << "no blank before it";
    for (const std::size_t length : {192U, 4000U, 300'000U}) {
        const std::string value(length, 'x');
        EXPECT_EQ(value_of("k = " + value), value);
    }
}

TEST(IniComments, FollowABlank) {
    EXPECT_EQ(value_of("k = a ; comment"), "a");
    EXPECT_EQ(value_of("k = a # comment"), "a");
    EXPECT_EQ(value_of("k = a\t;comment"), "a");
    EXPECT_EQ(value_of("k = a;b ;c ;d"), "a;b");
    EXPECT_EQ(value_of("k = ; comment"), "");
    EXPECT_EQ(value_of("k ="), "");
    EXPECT_EQ(value_of("k = a ;"), "a");
}

TEST(IniComments, AreNoneInASecret) {
    EXPECT_EQ(value_of("token = a ; b # c"), "a ; b # c");
    EXPECT_EQ(value_of("token = ;#;"), ";#;");
    EXPECT_EQ(value_of("  token =  x = y  "), "x = y");
}

TEST(IniLines, EndAsOnAnySystem) {
    const std::string text = "\xEF\xBB\xBF[s]\r\nk = v\r\n\r\n; c\r\nl = w";
    const auto [sections, mistakes] = read(text);
    EXPECT_TRUE(mistakes.empty());
    ASSERT_EQ(sections.size(), 1U);
    ASSERT_EQ(sections[0].entries.size(), 2U);
    EXPECT_EQ(sections[0].entries[0].value, "v");
    EXPECT_EQ(sections[0].entries[1].value, "w");
    EXPECT_EQ(sections[0].entries[1].line, 5U);
}

TEST(IniMistakes, AreAllToldWithTheirLines) {
    EXPECT_EQ(lines_of_mistakes("k = before\nl = before\n[s]\njust words\n= value\n[bad\nk = 1\n[s]\n"),
              (std::vector<std::size_t>{1, 4, 5, 6, 8}));
    EXPECT_EQ(
        lines_of_mistakes(std::string_view{"[s]\nk = a\0b\n; \0\nl = \x1b[0m\nm = a\rb\nn = \x7f\no = fine\n", 48}),
        (std::vector<std::size_t>{2, 3, 4, 5, 6}));
    EXPECT_TRUE(lines_of_mistakes("").empty());
    EXPECT_TRUE(lines_of_mistakes("\n\n \n").empty());
}

TEST(IniMistakes, NeverShowALine) {
    for (const auto& mistake :
         read("ATATTsecret\n[s]\nATATTsecret\n=ATATTsecret\n[ATATTsecret!]\ntoken = ATATTsecret\x01\n").mistakes) {
        EXPECT_EQ(mistake.what.find("ATATT"), std::string::npos) << mistake.what;
    }
}

TEST(IniHeaders, AreNamesForFolders) {
    for (const char* name : {"jira", "a.b_c-D9", "-x", "_", "1"}) {
        EXPECT_TRUE(is_section_name(name)) << name;
    }
    for (const std::string& name : {std::string{""}, std::string{"."}, std::string{".."}, std::string{".hidden"},
                                    std::string{"a/b"}, std::string{"../x"}, std::string{"a b"}, std::string{"a\0b", 3},
                                    std::string{"caf\xC3\xA9"}, std::string(129, 'x')}) {
        EXPECT_FALSE(is_section_name(name)) << name;
    }
    for (const char* header : {"[]", "[ ]", "[a", "[a]b", "[a]]", "[[a]", "[a/b]", "[.a]", "[a b]", "[a] = b"}) {
        const std::string text = std::string{header} + "\nk = v\n";
        const auto [sections, mistakes] = read(text);
        EXPECT_EQ(mistakes.size(), 1U) << header;
        ASSERT_EQ(sections.size(), 1U) << header;
        EXPECT_EQ(sections[0].name, "");
        EXPECT_EQ(sections[0].entries.size(), 1U) << "what is below it is looked over all the same";
    }
    EXPECT_EQ(read("[ a ]").sections.at(0).name, "a");
    EXPECT_EQ(read("[a];x").sections.at(0).name, "a");
}

TEST(IniHeaders, StandOnce) {
    const auto [sections, mistakes] = read("[a]\n[b]\n[a]\n");
    ASSERT_EQ(mistakes.size(), 1U);
    EXPECT_EQ(mistakes[0].line, 3U);
    EXPECT_EQ(mistakes[0].what, "section [a] stands at line 1 already");
    EXPECT_EQ(sections.at(2).name, "");
}

TEST(Ini, SurvivesAnyBytes) {
    std::mt19937_64 random{7};
    constexpr std::string_view letters{"[]=;#\n\r \t\0ak\xEF\xBB\xBF\x1b", 17};
    for (int round = 0; round < 20'000; ++round) {
        std::string text(random() % 40, ' ');
        for (auto& letter : text) {
            letter = letters[random() % letters.size()];
        }
        for (const auto& section : read(text).sections) {
            EXPECT_GE(section.line, 1U);
            for (const auto& entry : section.entries) {
                EXPECT_FALSE(entry.key.empty());
                EXPECT_GE(entry.key.data(), text.data());
                EXPECT_LE(entry.value.data() + entry.value.size(), text.data() + text.size());
            }
        }
    }
}

}  // namespace aquila::ini_test
