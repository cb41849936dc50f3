#include "aquila_fetch/log.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>

#include <fmt/core.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <sys/stat.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

namespace aquila::log {
namespace {

/// By Level: spdlog's level, and syslog's number for the journal.
struct LevelRow {
    spdlog::level::level_enum level;
    std::string_view name;
    std::string_view priority;
};
constexpr std::array<LevelRow, 5> level_rows{{
    {spdlog::level::debug, "debug", "<7>"},
    {spdlog::level::info, "info", "<6>"},
    {spdlog::level::warn, "warning", "<4>"},
    {spdlog::level::err, "error", "<3>"},
    {spdlog::level::off, "", ""},
}};

constexpr const LevelRow& level_row(Level level) {
    return level_rows[static_cast<std::size_t>(level)];
}

struct Logging {
    // Made by hand: spdlog's registry and its default logger cost start-up time and are not needed.
    spdlog::logger logger{"", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
    Options options;
    std::string source;
    bool journal = false;
    bool shows = false;  ///< a line of show() stands on the terminal
    std::mutex mutex{};  ///< a line and what show() left are one thing
};

/// systemd names the stream it gave us as "device:inode"; a redirection since then makes it another one.
bool stderr_is_journal() {
    const char* const stream = std::getenv("JOURNAL_STREAM");
    struct stat status {};
    return stream != nullptr && ::fstat(STDERR_FILENO, &status) == 0 &&
           stream == fmt::format("{}:{}", status.st_dev, status.st_ino);
}

std::string json_text(std::string_view text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void reshape(Logging& state) {
    const bool json = state.options.format == Format::json;
    std::string pattern = "%v";
    if (json) {
        const std::string source = state.source.empty() ? "" : "\"source\":" + json_text(state.source) + ",";
        pattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",)";
        for (const char letter : source) {
            pattern += letter == '%' ? "%%" : std::string(1, letter);
        }
        pattern += R"("message":%v})";
    }
    state.journal = !json && stderr_is_journal();
    state.logger.set_pattern(pattern, spdlog::pattern_time_type::utc);
    state.logger.set_level(level_row(state.options.level).level);
}

Logging& state() {
    // Never destroyed: something may still be said while the program ends.
    static Logging& only = []() -> Logging& {
        auto& made = *new Logging;
        reshape(made);
        return made;
    }();
    return only;
}

struct Character {
    std::size_t length = 1;
    std::uint32_t code = 0;
    bool valid = false;
};

/// The first UTF-8 character of `text`, or one invalid byte.
Character first_character(std::string_view text) {
    const auto byte = [text](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
    const std::uint32_t lead = byte(0);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xC2 ? 0
                               : lead < 0xE0 ? 2
                               : lead < 0xF0 ? 3
                               : lead < 0xF5 ? 4
                                             : 0;
    if (length == 0 || length > text.size()) {
        return {.code = lead};
    }
    std::uint32_t code = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) {
            return {.code = lead};
        }
        code = (code << 6U) | (byte(i) & 0x3FU);
    }
    constexpr std::array<std::uint32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
    if (code < smallest[length] || (code >= 0xD800 && code < 0xE000) || code > 0x10FFFF) {
        return {.code = lead};
    }
    return {.length = length, .code = code, .valid = true};
}

/// What moves the cursor, ends the line, or turns the direction of writing around.
bool acts_on_terminals(std::uint32_t code) {
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x061C || (code >= 0x200E && code <= 0x200F) ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

std::string visible(std::string_view text) {
    std::string safe;
    safe.reserve(text.size());
    while (!text.empty()) {
        const auto character = first_character(text);
        if (character.code == '\n') {
            safe += "\\n";
        } else if (!character.valid || (character.length == 1 && acts_on_terminals(character.code))) {
            safe += fmt::format("\\x{:02x}", character.code);
        } else if (acts_on_terminals(character.code)) {
            safe += fmt::format("\\u{:04x}", character.code);
        } else {
            safe += text.substr(0, character.length);
        }
        text.remove_prefix(character.length);
    }
    return safe;
}

void show_alone(Logging& to, std::string_view line) {
    constexpr std::string_view clear = "\r\x1b[K";
    if ((line.empty() && !to.shows) || !is_watched()) {
        return;
    }
    to.shows = !line.empty();
    const auto text = std::string{clear} + visible(line);
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
}

/// `label` is what stands before a text line's message, and `prefix` what belongs to the message in JSON.
void say(Level level, std::string_view label, std::string_view prefix, std::string_view message) {
    auto& to = state();
    const auto& row = level_row(level);
    if (!to.logger.should_log(row.level)) {
        return;
    }
    const std::string line =
        to.options.format == Format::json
            ? json_text(std::string{prefix}.append(message))
            : fmt::format("{}aquila-fetch: {}: {}", to.journal ? row.priority : "", label, visible(message));
    const std::lock_guard lock{to.mutex};
    show_alone(to, "");
    to.logger.log(row.level, spdlog::string_view_t{line.data(), line.size()});
}

void say(Level level, std::string_view message) {
    say(level, level_row(level).name, "", message);
}

}  // namespace

void configure(const Options& options) {
    auto& current = state();
    current.options = options;
    reshape(current);
}

void set_source(std::string_view source) {
    auto& current = state();
    current.source = source;
    reshape(current);
}

bool is_watched() noexcept {
    const auto& options = state().options;
    return options.format == Format::text && options.level <= Level::info && ::isatty(STDERR_FILENO) == 1;
}

void show(std::string_view line) {
    auto& to = state();
    const std::lock_guard lock{to.mutex};
    show_alone(to, line);
}

void debug(std::string_view message) {
    say(Level::debug, message);
}
void info(std::string_view message) {
    say(Level::info, message);
}
void warning(std::string_view message) {
    say(Level::warning, message);
}
void error(std::string_view message) {
    say(Level::error, message);
}
void hint(std::string_view message) {
    say(Level::error, "hint", "hint: ", message);
}

}  // namespace aquila::log
