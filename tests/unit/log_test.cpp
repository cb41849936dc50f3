#include "aquila_fetch/log.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "aquila_fetch/time.hpp"

namespace aquila::log_test {

std::string said(const log::Options& options, const std::function<void()>& speak) {
    testing::internal::CaptureStderr();
    log::configure(options);
    speak();
    auto text = testing::internal::GetCapturedStderr();
    log::set_source("");
    log::configure({});
    return text;
}

std::string text_of(std::string_view message) {
    return said({}, [&] { log::info(message); });
}

void all_levels() {
    log::debug("d");
    log::info("i");
    log::warning("w");
    log::error("e");
    log::hint("h");
}

TEST(LogText, NamesTheProgramAndTheLevel) {
    EXPECT_EQ(said({.level = log::Level::debug}, all_levels),
              "aquila-fetch: debug: d\naquila-fetch: info: i\naquila-fetch: warning: w\naquila-fetch: error: e\n"
              "aquila-fetch: hint: h\n");
}

TEST(LogText, IsFilteredByLevel) {
    EXPECT_EQ(said({.level = log::Level::warning}, all_levels),
              "aquila-fetch: warning: w\naquila-fetch: error: e\naquila-fetch: hint: h\n");
    EXPECT_EQ(said({.level = log::Level::error}, all_levels), "aquila-fetch: error: e\naquila-fetch: hint: h\n");
    EXPECT_EQ(said({.level = log::Level::off}, all_levels), "");
    EXPECT_EQ(said({}, [] { log::debug("d"); }), "");
}

TEST(LogText, StaysOnOneLineAndLeavesTheTerminalAlone) {
    EXPECT_EQ(text_of("a\nb\r\t"), "aquila-fetch: info: a\\nb\\x0d\\x09\n");
    EXPECT_EQ(text_of("\x1b[31mred\x7f"), "aquila-fetch: info: \\x1b[31mred\\x7f\n");
    EXPECT_EQ(text_of("\xC2\x9B"
                      "31m"),
              "aquila-fetch: info: \\u009b31m\n");
    EXPECT_EQ(text_of("\x9B"
                      "31m"),
              "aquila-fetch: info: \\x9b31m\n");
    EXPECT_EQ(text_of("\xE2\x80\xAE"
                      "evil"),
              "aquila-fetch: info: \\u202eevil\n");
    EXPECT_EQ(text_of(std::string_view{"a\0b", 3}), "aquila-fetch: info: a\\x00b\n");
}

TEST(LogText, KeepsEveryLanguage) {
    EXPECT_EQ(text_of("Jos\xC3\xA9 \xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\xA6\x85"),
              "aquila-fetch: info: Jos\xC3\xA9 \xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\xA6\x85\n");
}

TEST(LogText, ShowsBytesThatAreNoUtf8) {
    EXPECT_EQ(text_of("\xC3"), "aquila-fetch: info: \\xc3\n");
    EXPECT_EQ(text_of("\xC0\xAF"), "aquila-fetch: info: \\xc0\\xaf\n");                    // overlong
    EXPECT_EQ(text_of("\xED\xA0\xBD"), "aquila-fetch: info: \\xed\\xa0\\xbd\n");           // a surrogate
    EXPECT_EQ(text_of("\xF4\x90\x80\x80"), "aquila-fetch: info: \\xf4\\x90\\x80\\x80\n");  // beyond Unicode
    EXPECT_EQ(text_of("\xE2\x82"
                      "x"),
              "aquila-fetch: info: \\xe2\\x82x\n");
    EXPECT_EQ(text_of("\xFF\xFE"), "aquila-fetch: info: \\xff\\xfe\n");
}

TEST(LogText, IsNoFormatString) {
    EXPECT_EQ(text_of("{} {0} %s %v %n {"), "aquila-fetch: info: {} {0} %s %v %n {\n");
    EXPECT_EQ(text_of(""), "aquila-fetch: info: \n");
    EXPECT_EQ(text_of(std::string(100'000, 'x')).size(), 100'000 + std::string{"aquila-fetch: info: \n"}.size());
}

TEST(LogJson, IsOneObjectALine) {
    const auto text = said({log::Level::debug, log::Format::json}, [] {
        log::set_source("jira");
        all_levels();
    });
    std::istringstream lines{text};
    std::vector<std::pair<std::string, std::string>> seen;
    for (std::string line; std::getline(lines, line);) {
        const auto object = nlohmann::json::parse(line);
        EXPECT_EQ(object.size(), 4U) << line;
        EXPECT_EQ(object["source"], "jira");
        EXPECT_TRUE(parse_instant(object["time"].get<std::string>())) << line;
        EXPECT_TRUE(object["time"].get<std::string>().ends_with("Z"));
        seen.emplace_back(object["level"], object["message"]);
    }
    const std::vector<std::pair<std::string, std::string>> expected{
        {"debug", "d"}, {"info", "i"}, {"warning", "w"}, {"error", "e"}, {"error", "hint: h"}};
    EXPECT_EQ(seen, expected);
}

TEST(LogJson, SurvivesEveryMessageAndSource) {
    for (const std::string& message : {std::string{"\"quoted\" \\ {} %v"}, std::string{"a\nb\x1b\x7f"},
                                       std::string{"nul\0here", 8}, std::string{"Jos\xC3\xA9"}}) {
        const auto text = said({log::Level::info, log::Format::json}, [&] {
            log::set_source("a\"b%v");
            log::info(message);
        });
        const auto object = nlohmann::json::parse(text);
        EXPECT_EQ(object["message"], message);
        EXPECT_EQ(object["source"], "a\"b%v");
        EXPECT_EQ(text.find('\n'), text.size() - 1);
    }
    const auto text = said({log::Level::info, log::Format::json}, [] { log::info("bad \xFF byte"); });
    EXPECT_EQ(nlohmann::json::parse(text)["message"], "bad \xEF\xBF\xBD byte");
    EXPECT_FALSE(nlohmann::json::parse(text).contains("source"));
}

TEST(LogJournal, GetsPriorities) {
    const auto with_stream = [](const std::string& shift, log::Format format) {
        testing::internal::CaptureStderr();
        struct stat status {};
        ::fstat(STDERR_FILENO, &status);
        ::setenv("JOURNAL_STREAM",
                 (std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) + shift).c_str(), 1);
        log::configure({log::Level::debug, format});
        all_levels();
        ::unsetenv("JOURNAL_STREAM");
        log::configure({});
        return testing::internal::GetCapturedStderr();
    };
    EXPECT_EQ(with_stream("", log::Format::text),
              "<7>aquila-fetch: debug: d\n<6>aquila-fetch: info: i\n<4>aquila-fetch: warning: w\n"
              "<3>aquila-fetch: error: e\n<3>aquila-fetch: hint: h\n");
    EXPECT_EQ(with_stream("0", log::Format::text).find('<'), std::string::npos) << "another stream than ours";
    EXPECT_EQ(with_stream("", log::Format::json).find('<'), std::string::npos);
}

TEST(LogNames, AreThoseOfTheIni) {
    EXPECT_EQ(log::level_names.front().first, "debug");
    EXPECT_EQ(log::format_names.back().first, "json");
}

}  // namespace aquila::log_test
