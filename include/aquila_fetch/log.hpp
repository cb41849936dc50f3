// Why: everything but the records and one summary line goes to standard error, once, in one shape: text for people,
// `<N>` priorities under systemd, JSON objects for machines.
// Must not know: what the lines mean. spdlog is used in log.cpp alone.
#pragma once

#include <array>
#include <string_view>
#include <utility>

namespace aquila::log {

enum class Level { debug, info, warning, error, off };
enum class Format { text, json };

/// As the INI and the command line spell them.
inline constexpr std::array<std::pair<std::string_view, Level>, 5> level_names{{
    {"debug", Level::debug},
    {"info", Level::info},
    {"warning", Level::warning},
    {"error", Level::error},
    {"off", Level::off},
}};
inline constexpr std::array<std::pair<std::string_view, Format>, 2> format_names{{
    {"text", Format::text},
    {"json", Format::json},
}};

struct Options {
    Level level = Level::info;
    Format format = Format::text;
};

/// May be called again once the configuration is read, but not while other threads log; before the first call the
/// defaults hold. Journal priorities are used when $JOURNAL_STREAM names the
/// device and inode of standard error, and the format is text.
void configure(const Options& options);
/// The source whose run this is, as a field of JSON lines ("source"); empty: left out.
void set_source(std::string_view source);

/// True when a person looks on: standard error is a terminal, the format is text and the level not above info.
[[nodiscard]] bool is_watched() noexcept;
/// Shows a line that the next one replaces, whichever it is; empty: takes it away. Nothing where nobody looks on.
void show(std::string_view line);

/// Lines read `aquila-fetch: error: what` (text) or {"time","level","source","message"} (json). Control characters and
/// line feeds in a message are escaped, and in text what a terminal would act upon (a log line is one line, whatever
/// the server put into a name); a message of several lines written by ourselves is passed line by line.
void debug(std::string_view message);
void info(std::string_view message);
void warning(std::string_view message);
void error(std::string_view message);
/// Follows an error; printed at the error's level with the prefix `hint: `.
void hint(std::string_view message);

}  // namespace aquila::log
