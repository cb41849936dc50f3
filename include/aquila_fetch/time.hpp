// Why: every API spells time differently, and a date without a zone is an empty 200 at the gateway; all shapes are
// read and written here, so that the rest of the program handles instants only.
// Must not know: clocks, configuration, products.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace aquila {

using Span = std::chrono::milliseconds;
/// A moment in UTC, to the millisecond (what Jira and Confluence give).
using Instant = std::chrono::sys_time<Span>;

/// With its fraction.
[[nodiscard]] constexpr double in_seconds(Span span) noexcept {
    return static_cast<double>(span.count()) / 1000;
}

/// Reads ISO 8601 as the Atlassian APIs write it: `2026-04-12T16:28:36.943+0000`, `...Z`, `+00:00`, `+00`, 0 to 9
/// fractional digits (cut to milliseconds), seconds left out (`2026-03-26T16:00Z`), a leap second `:60` (read as the
/// first instant of the next minute), a blank for the `T`, lower-case `t` and `z`, and a date alone (midnight UTC).
/// A time without a zone is read as UTC. Years 0001 to 9999. Anything else, or trailing text: nullopt.
[[nodiscard]] std::optional<Instant> parse_instant(std::string_view text) noexcept;

/// `YYYY-MM-DDTHH:MM:SS.mmmZ`: the one form seen to work everywhere (Jira Cloud returns an empty 200 without a zone).
/// Years outside 0000..9999 are clamped.
[[nodiscard]] std::string format_instant(Instant instant);

/// Milliseconds since 1970 as decimal text, for Confluence and organisation events.
[[nodiscard]] std::string format_epoch_millis(Instant instant);

/// `90s`, `15m`, `1h`, `30d`, also `500ms` and `2w`; one unit, no sign, no blank. Overflow or anything else: nullopt.
[[nodiscard]] std::optional<Span> parse_span(std::string_view text) noexcept;

/// What parse_span reads back, in the largest unit that is exact (days at most): `90s`, `15m`, `1h`, `30d`, `1500ms`.
[[nodiscard]] std::string format_span(Span span);

/// For people, the two largest units, cut: `1m 30s`, `2h 5m`, `3d 4h`; below a second `250ms`.
[[nodiscard]] std::string describe_span(Span span);

/// RFC 9110 dates as in the `Date` and `Retry-After` headers (IMF-fixdate; the two obsolete forms too, where two-digit
/// years are 1970 to 2069). The day of the week is not compared with the date.
[[nodiscard]] std::optional<Instant> parse_http_date(std::string_view text) noexcept;

/// A date, an ISO 8601 time, or a span before `now` (`30d`), as --since and --until take it.
[[nodiscard]] std::optional<Instant> parse_moment(std::string_view text, Instant now) noexcept;

}  // namespace aquila
