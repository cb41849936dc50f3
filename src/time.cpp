#include "aquila_fetch/time.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace aquila {
namespace {

using namespace std::chrono;

constexpr Instant first_instant = sys_days{year{0} / January / 1};
constexpr Instant last_instant = Instant{sys_days{year{10000} / January / 1}} - Span{1};

/// Takes text apart from the left. After a mismatch `ok` is false, and stays so; callers look once, at the end.
struct Cursor {
    std::string_view rest;
    bool ok = true;

    [[nodiscard]] bool next_is(char wanted) const noexcept { return !rest.empty() && rest.front() == wanted; }
    [[nodiscard]] bool next_is_digit() const noexcept {
        return !rest.empty() && rest.front() >= '0' && rest.front() <= '9';
    }
    [[nodiscard]] bool finished() const noexcept { return ok && rest.empty(); }

    bool take(char wanted) noexcept {
        const bool found = next_is(wanted);
        rest.remove_prefix(found ? 1 : 0);
        return found;
    }
    bool take(std::string_view wanted) noexcept {
        const bool found = rest.starts_with(wanted);
        rest.remove_prefix(found ? wanted.size() : 0);
        return found;
    }
    void expect(char wanted) noexcept { ok = take(wanted) && ok; }
    void expect(std::string_view wanted) noexcept { ok = take(wanted) && ok; }

    int digits(int count) noexcept {
        int value = 0;
        for (; count > 0 && next_is_digit(); --count) {
            value = value * 10 + (rest.front() - '0');
            rest.remove_prefix(1);
        }
        ok = ok && count == 0;
        return value;
    }
    int digits(int count, int most) noexcept {
        const int value = digits(count);
        ok = ok && value <= most;
        return value;
    }
};

std::optional<sys_days> date_of(int y, int m, int d) noexcept {
    const year_month_day date{year{y}, month{static_cast<unsigned>(m)}, day{static_cast<unsigned>(d)}};
    if (y < 1 || !date.ok()) {
        return std::nullopt;
    }
    return sys_days{date};
}

/// `.943` as milliseconds; nothing taken where there is no fraction.
int fraction(Cursor& text) noexcept {
    if (!text.take('.')) {
        return 0;
    }
    text.ok = text.ok && text.next_is_digit();
    int value = 0;
    int place = 100;
    for (int count = 0; count < 9 && text.next_is_digit(); ++count, place /= 10) {
        value += text.digits(1) * place;
    }
    return value;
}

/// The offset from UTC: none, Z, +HH, +HHMM, +HH:MM.
minutes zone(Cursor& text) noexcept {
    if (text.rest.empty() || text.take('Z') || text.take('z')) {
        return minutes{0};
    }
    const bool west = text.next_is('-');
    text.ok = (text.take('+') || text.take('-')) && text.ok;
    minutes offset = hours{text.digits(2, 23)};
    if (!text.rest.empty()) {
        text.take(':');
        offset += minutes{text.digits(2, 59)};
    }
    return west ? -offset : offset;
}

/// `HH:MM:SS`, the shape all HTTP dates share.
seconds http_time(Cursor& text) noexcept {
    const hours h{text.digits(2, 23)};
    text.expect(':');
    const minutes m{text.digits(2, 59)};
    text.expect(':');
    return h + m + seconds{text.digits(2, 60)};
}

/// 1 to 12, or not ok.
int month_name(Cursor& text) noexcept {
    static constexpr std::array<std::string_view, 12> names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto found = std::ranges::find(names, text.rest.substr(0, 3));
    text.ok = text.ok && found != names.end();
    text.rest.remove_prefix(std::min<std::size_t>(3, text.rest.size()));
    return static_cast<int>(found - names.begin()) + 1;
}

/// `2026-04-12T16:28:36.943+0000`, which a hundred thousand records carry: at fixed places, a third of the work.
/// nullopt: it may be another form.
std::optional<Instant> usual_form(std::string_view text) noexcept {
    constexpr std::string_view form = "0000-00-00T00:00:00.000";
    if (text.size() <= form.size()) {
        return std::nullopt;
    }
    const auto zone = text.substr(form.size());
    bool fits = zone == "+0000" || zone == "Z";
    for (std::size_t i = 0; i < form.size(); ++i) {
        const bool digit = text[i] >= '0' && text[i] <= '9';
        fits = fits && (form[i] == '0' ? digit : text[i] == form[i]);
    }
    if (!fits) {
        return std::nullopt;
    }
    const auto number = [text](std::size_t at, int count) {
        int value = 0;
        for (const auto end = at + static_cast<std::size_t>(count); at < end; ++at) {
            value = value * 10 + (text[at] - '0');
        }
        return value;
    };
    const auto date = date_of(number(0, 4), number(5, 2), number(8, 2));
    const int h = number(11, 2);
    const int m = number(14, 2);
    const int s = number(17, 2);
    if (!date || h > 23 || m > 59 || s > 59) {
        return std::nullopt;
    }
    return *date + hours{h} + minutes{m} + seconds{s} + milliseconds{number(20, 3)};
}

struct Unit {
    std::string_view name;
    Span span;
};

/// Largest first; the order in which spans are told.
constexpr std::array<Unit, 6> units{
    {{"w", weeks{1}}, {"d", days{1}}, {"h", hours{1}}, {"m", minutes{1}}, {"s", seconds{1}}, {"ms", milliseconds{1}}}};
constexpr std::size_t days_index = 1;

}  // namespace

std::optional<Instant> parse_instant(std::string_view text) noexcept {
    if (const auto usual = usual_form(text)) {
        return usual;
    }
    Cursor cursor{text};
    const int y = cursor.digits(4);
    cursor.expect('-');
    const int m = cursor.digits(2);
    cursor.expect('-');
    const int d = cursor.digits(2);
    const auto date = cursor.ok ? date_of(y, m, d) : std::nullopt;
    if (!date || cursor.rest.empty()) {
        return date;
    }

    cursor.ok = cursor.take('T') || cursor.take('t') || cursor.take(' ');
    Span time = hours{cursor.digits(2, 23)};
    cursor.expect(':');
    time += minutes{cursor.digits(2, 59)};
    if (cursor.take(':')) {
        const int s = cursor.digits(2, 60);
        const int ms = fraction(cursor);
        time += seconds{s} + milliseconds{s == 60 ? 0 : ms};
    }
    time -= zone(cursor);
    if (!cursor.finished()) {
        return std::nullopt;
    }
    return *date + time;
}

std::string format_instant(Instant instant) {
    instant = std::clamp(instant, first_instant, last_instant);
    const auto midnight = floor<days>(instant);
    const year_month_day date{midnight};
    const hh_mm_ss time{instant - midnight};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                       time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

std::string format_epoch_millis(Instant instant) {
    return fmt::format("{}", instant.time_since_epoch().count());
}

std::optional<Span> parse_span(std::string_view text) noexcept {
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{}) {
        return std::nullopt;
    }
    const auto unit = std::ranges::find(units, std::string_view{stop, end}, &Unit::name);
    if (unit == units.end()) {
        return std::nullopt;
    }
    const auto most = static_cast<std::uint64_t>(std::numeric_limits<Span::rep>::max() / unit->span.count());
    if (number > most) {
        return std::nullopt;
    }
    return unit->span * static_cast<Span::rep>(number);
}

std::string format_span(Span span) {
    if (span == Span::zero()) {
        return "0s";
    }
    const auto unit = std::find_if(units.begin() + days_index, units.end(),
                                   [span](const Unit& each) { return span % each.span == Span::zero(); });
    return fmt::format("{}{}", span / unit->span, unit->name);
}

std::string describe_span(Span span) {
    if (span < Span::zero()) {
        // The smallest value has no positive twin.
        return "-" + describe_span(span == Span::min() ? Span::max() : -span);
    }
    if (span < seconds{1}) {
        return fmt::format("{}ms", span.count());
    }
    const auto unit =
        std::find_if(units.begin() + days_index, units.end(), [span](const Unit& each) { return span >= each.span; });
    std::string text = fmt::format("{}{}", span / unit->span, unit->name);
    const auto& smaller = *(unit + 1);
    const auto rest = span % unit->span / smaller.span;
    if (rest > 0 && unit->name != "s") {
        text += fmt::format(" {}{}", rest, smaller.name);
    }
    return text;
}

std::optional<Instant> parse_http_date(std::string_view text) noexcept {
    static constexpr std::array<std::string_view, 7> weekdays{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                              "Friday", "Saturday", "Sunday"};
    Cursor cursor{text};
    const auto day_name = std::ranges::find_if(
        weekdays, [&](std::string_view name) { return cursor.rest.starts_with(name.substr(0, 3)); });
    if (day_name == weekdays.end()) {
        return std::nullopt;
    }
    const bool whole_name = cursor.take(*day_name);
    if (!whole_name) {
        cursor.rest.remove_prefix(3);
    }

    int y = 0;
    int m = 0;
    int d = 0;
    seconds time{};
    if (cursor.take(", ")) {
        // IMF-fixdate `06 Nov 1994`, or RFC 850 `06-Nov-94`.
        const char separator = whole_name ? '-' : ' ';
        d = cursor.digits(2);
        cursor.expect(separator);
        m = month_name(cursor);
        cursor.expect(separator);
        y = cursor.digits(whole_name ? 2 : 4);
        if (whole_name) {
            y += y < 70 ? 2000 : 1900;
        }
        cursor.expect(' ');
        time = http_time(cursor);
        cursor.expect(" GMT");
    } else {
        // asctime: `Nov  6 08:49:37 1994`.
        cursor.expect(' ');
        m = month_name(cursor);
        cursor.expect(' ');
        d = cursor.take(' ') ? cursor.digits(1) : cursor.digits(2);
        cursor.expect(' ');
        time = http_time(cursor);
        cursor.expect(' ');
        y = cursor.digits(4);
    }
    const auto date = cursor.finished() ? date_of(y, m, d) : std::nullopt;
    if (!date) {
        return std::nullopt;
    }
    return Instant{*date} + time;
}

std::optional<Instant> parse_moment(std::string_view text, Instant now) noexcept {
    if (const auto span = parse_span(text)) {
        // Subtracting in this order cannot overflow.
        if (now < first_instant || now > last_instant || *span > now - first_instant) {
            return std::nullopt;
        }
        return now - *span;
    }
    return parse_instant(text);
}

}  // namespace aquila
