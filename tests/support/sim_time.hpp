// Why: the simulator judges the times that the program under test writes, so it reads and writes them with code of its
// own: a mistake shared by both sides would go unseen.
// Must not know: anything else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace aquila::sim {

/// Milliseconds since 1970.
using Millis = std::int64_t;

inline constexpr Millis second = 1000;
inline constexpr Millis day = 86'400 * second;

struct ParsedTime {
    Millis millis = 0;
    bool has_zone = false;
    bool has_time = false;
};

[[nodiscard]] Millis system_now();
/// ISO 8601 as far as Atlassian's servers read it: date, optionally time with 0..9 decimals, optionally Z or an offset.
[[nodiscard]] std::optional<ParsedTime> parse_iso(std::string_view text);
/// An integer that takes up the whole text.
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text);
/// What the control endpoints take: ISO 8601, epoch milliseconds, "now", or a span before or after now ("-180d",
/// "+5m").
[[nodiscard]] std::optional<Millis> parse_moment(std::string_view text, Millis now);
/// "250ms", "90s", "15m", "2h", "180d".
[[nodiscard]] std::optional<Millis> parse_span(std::string_view text);

/// The decimals of a second to write: 0, 3 or 6.
[[nodiscard]] std::string format_iso(Millis time, int decimals, std::string_view zone);
[[nodiscard]] std::string format_iso_minutes(Millis time);  ///< 2026-03-26T16:00Z
[[nodiscard]] std::string format_http_date(Millis time);

}  // namespace aquila::sim
