#include "aquila_fetch/checkpoint.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/fingerprint.hpp"
#include "support/scratch.hpp"

#include <random>

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aquila::checkpoint_test {

using testing::ElementsAre;
using testing::HasSubstr;

Instant at(std::int64_t millis) {
    return Instant{Span{millis}};
}
Window window(std::int64_t from, std::int64_t to) {
    return {at(from), at(to)};
}

/// Everything a state can hold.
State full_state() {
    State state;
    state.identity = "jira 1324a887";
    state.site = "https://example.atlassian.net";
    state.cloud_id = "1324a887";
    state.door = "gateway";
    state.watermark = at(2000);
    state.settled = at(1000);
    state.covered = {window(-5, 10), window(20, 2000)};
    state.pending = {window(10, 20)};
    state.ledger.add(std::vector{key_of_id(at(1500), 1), key_of_bytes(at(1600), "x"), key_of_bytes(at(1600), "x"),
                                 key_of_id(undated, 5)});
    state.announced = Announcement{window(10, 20),
                                   {"/var/log/\"x\" é\n.json", 1, ~std::uint64_t{0}, 3, 4},
                                   {key_of_id(at(12), 7), key_of_id(at(11), 8)},
                                   {~std::uint64_t{0}, 0},
                                   {{1, "\"offset\":0}"}, {1, ""}},
                                   std::string("{\"id\0\xff", 6)};
    state.resumption = Resumption{
        window(5, 20), {key_of_id(at(5), 1)}, Torn{{"/x", 1, 2, 3, 4}, key_of_id(at(6), 2), "\"total\":1}", "{\"id"}};
    state.records = ~std::uint64_t{0};
    state.last_written = at(1700);
    state.warned_empty = at(1800);
    state.within_line = true;
    return state;
}

/// Either refused with 65, or taken for what it was.
testing::AssertionResult is_refused_or_equal(const std::string& text, const State& state) {
    try {
        return state_from_text(text, "NAME") == state ? testing::AssertionSuccess()
                                                      : testing::AssertionFailure() << "another state: " << text;
    } catch (const Failure& failure) {
        const bool told = std::string{failure.what()}.find("NAME") != std::string::npos && !failure.hint().empty();
        return failure.code() == Exit::data && told ? testing::AssertionSuccess()
                                                    : testing::AssertionFailure() << failure.what();
    }
}

TEST(CheckpointText, GivesBackEveryState) {
    EXPECT_EQ(state_from_text(to_text(State{}), ""), State{});
    const auto state = full_state();
    EXPECT_EQ(state_from_text(to_text(state), ""), state);
    auto without_torn = state;
    without_torn.resumption->torn.reset();
    EXPECT_EQ(state_from_text(to_text(without_torn), ""), without_torn);
}

TEST(CheckpointText, IsOneLine) {
    const auto text = to_text(full_state());
    EXPECT_EQ(text.find('\n'), text.size() - 1);
    EXPECT_TRUE(text.starts_with("{\"version\":1,\"checksum\":\""));
}

TEST(CheckpointText, CutShortAnywhereIsRefused) {
    const auto state = full_state();
    const auto text = to_text(state);
    for (std::size_t size = 0; size + 1 < text.size(); ++size) {
        EXPECT_THROW(static_cast<void>(state_from_text(text.substr(0, size), "")), Failure) << size;
    }
    EXPECT_EQ(state_from_text(text.substr(0, text.size() - 1), ""), state) << "the line feed does not matter";
}

TEST(CheckpointText, WithOneByteChangedIsRefusedOrTheSame) {
    const auto state = full_state();
    const auto text = to_text(state);
    std::mt19937 random{1};
    for (std::size_t place = 0; place < text.size(); ++place) {
        for (const char byte : {'\0', '0', '9', '"', '}', ' ', static_cast<char>(text[place] ^ 1),
                                static_cast<char>(text[place] ^ 0x80), static_cast<char>(random())}) {
            auto changed = text;
            changed[place] = byte;
            EXPECT_TRUE(is_refused_or_equal(changed, state)) << place;
        }
        auto changed = text;
        EXPECT_TRUE(is_refused_or_equal(changed.erase(place, 1), state)) << place;
        EXPECT_TRUE(is_refused_or_equal(changed.insert(place, 2, text[place]), state)) << place;
    }
}

TEST(CheckpointText, OfSomethingElseIsRefused) {
    for (const char* const text : {"", " ", "null", "[]", "{}", "1", "{\"version\":1}", "{\"version\":\"1\"}", "\xff",
                                   "{\"version\":1,\"checksum\":\"\",\"state\":{}}", "{\"state\":{}}"}) {
        EXPECT_TRUE(is_refused_or_equal(text, full_state())) << text;
    }
}

TEST(CheckpointText, OfANewerVersionIsRefusedWithWordsOfItsOwn) {
    for (const char* const text :
         {"{\"version\":2}", "{\"version\":4294967297}", "{\"version\":999,\"what\":[\"ever\"]}"}) {
        try {
            static_cast<void>(state_from_text(text, "NAME"));
            ADD_FAILURE() << text;
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.code(), Exit::data);
            EXPECT_THAT(failure.what(), HasSubstr("version"));
        }
    }
}

TEST(CheckpointText, OfAVersionThereNeverWasIsRefused) {
    auto text = to_text(full_state());
    for (const char* const version : {"0", "-1", "1.5", "true", "18446744073709551617"}) {
        auto changed = text;
        changed.replace(changed.find(":1,") + 1, 1, version);
        EXPECT_THROW(static_cast<void>(state_from_text(changed, "")), Failure) << version;
    }
}

TEST(CheckpointText, WithNumbersThatAreNoneIsRefusedEvenWithAChecksumThatFits) {
    State state;
    state.watermark = at(1234);
    state.records = 5678;
    const auto text = to_text(state);
    const auto changed = [&](const std::string& from, const std::string& to) {
        auto inner = text.substr(text.find("\"state\":") + 8);
        inner.resize(inner.rfind('}'));
        inner.replace(inner.find(from), from.size(), to);
        return fmt::format("{{\"version\":1,\"checksum\":\"{:016x}\",\"state\":{}}}\n", fingerprint(inner), inner);
    };
    EXPECT_EQ(state_from_text(changed("5678", "5678"), ""), state);
    for (const char* const number : {"1.5", "1e30", "-1e30", "1795237222222222222222560582", "true", "\"1\"", "[]"}) {
        EXPECT_THROW(static_cast<void>(state_from_text(changed("1234", number), "")), Failure) << number;
        EXPECT_THROW(static_cast<void>(state_from_text(changed("5678", number), "")), Failure) << number;
    }
    EXPECT_THROW(static_cast<void>(state_from_text(changed("5678", "-1"), "")), Failure);
    EXPECT_THROW(static_cast<void>(state_from_text(changed("1234", "9223372036854775808"), "")), Failure);
}

TEST(CheckpointText, OfBeforeAPipeWasNotedIsRead) {
    const auto text = to_text(State{});
    auto inner = text.substr(text.find("\"state\":") + 8);
    inner.resize(inner.rfind('}'));
    const std::string member = R"(,"within_line":false)";
    ASSERT_NE(inner.find(member), std::string::npos);
    inner.erase(inner.find(member), member.size());
    EXPECT_EQ(state_from_text(
                  fmt::format(R"({{"version":1,"checksum":"{:016x}","state":{}}})", fingerprint(inner), inner), ""),
              State{});
}

TEST(CheckpointFile, IsMadeReplacedAndRead) {
    const test::Scratch folder;
    const Checkpoint checkpoint{folder.path()};
    EXPECT_EQ(checkpoint.path(), folder / "checkpoint.json");
    EXPECT_EQ(checkpoint.load(), std::nullopt);
    checkpoint.save(full_state());
    EXPECT_EQ(test::Scratch::mode_of(checkpoint.path()), 0600);
    EXPECT_EQ(checkpoint.load(), full_state());
    checkpoint.save(State{});
    EXPECT_EQ(checkpoint.load(), State{});
    EXPECT_THAT(folder.names(), ElementsAre("checkpoint.json")) << "no temporary file is left";
}

TEST(CheckpointFile, DamagedIsRefusedAndKept) {
    const test::Scratch folder;
    const Checkpoint checkpoint{folder.path()};
    folder.write("checkpoint.json", "{\"version\":1,");
    EXPECT_THROW(static_cast<void>(checkpoint.load()), Failure);
    EXPECT_EQ(folder.read("checkpoint.json"), "{\"version\":1,");
    folder.write("checkpoint.json", "");
    EXPECT_THROW(static_cast<void>(checkpoint.load()), Failure) << "an empty file is no beginning";
}

}  // namespace aquila::checkpoint_test
