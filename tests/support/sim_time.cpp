#include "support/sim_time.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>

namespace aquila::sim {
namespace {

using std::chrono::floor;
using std::chrono::milliseconds;
using std::chrono::sys_days;
using std::chrono::sys_time;

/// Takes `count` digits off the front.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
    if (text.size() < count) return std::nullopt;
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + count, value);
    if (error != std::errc{} || end != text.data() + count || value < 0) return std::nullopt;
    text.remove_prefix(count);
    return value;
}

bool take(std::string_view& text, char letter) {
    if (text.empty() || text.front() != letter) return false;
    text.remove_prefix(1);
    return true;
}

/// "Z", "+0000", "+00:00", "-0330": minutes east of UTC.
std::optional<int> take_zone(std::string_view& text) {
    if (take(text, 'Z')) return 0;
    const int sign = !text.empty() && text.front() == '-' ? -1 : 1;
    if (!take(text, '+') && !take(text, '-')) return std::nullopt;
    const auto hours = take_digits(text, 2);
    take(text, ':');
    const auto minutes = take_digits(text, 2);
    if (!hours || !minutes) return std::nullopt;
    return sign * (*hours * 60 + *minutes);
}

struct Fields {
    std::chrono::year_month_day date{};
    std::chrono::hh_mm_ss<milliseconds> time;
    std::chrono::weekday weekday{};
};

Fields split(Millis time) {
    const sys_time<milliseconds> instant{milliseconds(time)};
    const auto days = floor<std::chrono::days>(instant);
    return {.date = days, .time = std::chrono::hh_mm_ss(instant - days), .weekday = std::chrono::weekday(days)};
}

std::string format_minutes(const Fields& fields) {
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}", static_cast<int>(fields.date.year()),
                       static_cast<unsigned>(fields.date.month()), static_cast<unsigned>(fields.date.day()),
                       fields.time.hours().count(), fields.time.minutes().count());
}

}  // namespace

Millis system_now() {
    return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::optional<ParsedTime> parse_iso(std::string_view text) {
    const auto year = take_digits(text, 4);
    if (!year || !take(text, '-')) return std::nullopt;
    const auto month = take_digits(text, 2);
    if (!month || !take(text, '-')) return std::nullopt;
    const auto day_of_month = take_digits(text, 2);
    if (!day_of_month) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day_of_month))};
    if (!date.ok()) return std::nullopt;
    ParsedTime result;
    result.millis = std::chrono::duration_cast<milliseconds>(sys_days(date).time_since_epoch()).count();
    if (text.empty()) return result;

    if (!take(text, 'T')) return std::nullopt;
    const auto hour = take_digits(text, 2);
    if (!hour || !take(text, ':')) return std::nullopt;
    const auto minute = take_digits(text, 2);
    if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
    result.has_time = true;
    result.millis += (Millis{*hour} * 3600 + Millis{*minute} * 60) * second;
    if (take(text, ':')) {
        const auto seconds = take_digits(text, 2);
        if (!seconds || *seconds > 60) return std::nullopt;
        result.millis += *seconds * second;
    }
    if (take(text, '.')) {
        Millis weight = 100;
        bool any = false;
        while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
            result.millis += weight * (text.front() - '0');
            weight /= 10;
            any = true;
            text.remove_prefix(1);
        }
        if (!any) return std::nullopt;
    }
    if (text.empty()) return result;
    const auto zone = take_zone(text);
    if (!zone || !text.empty()) return std::nullopt;
    result.has_zone = true;
    result.millis -= Millis{*zone} * 60 * second;
    return result;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<Millis> parse_span(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || value < 0) return std::nullopt;
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    if (unit == "ms") return value;
    if (unit == "s") return value * second;
    if (unit == "m") return value * 60 * second;
    if (unit == "h") return value * 3600 * second;
    if (unit == "d") return value * day;
    return std::nullopt;
}

std::optional<Millis> parse_moment(std::string_view text, Millis now) {
    if (text == "now") return now;
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
        const auto span = parse_span(text.substr(1));
        if (!span) return std::nullopt;
        return text.front() == '-' ? now - *span : now + *span;
    }
    if (const auto number = parse_integer(text)) return number;
    const auto time = parse_iso(text);
    return time ? std::optional(time->millis) : std::nullopt;
}

std::string format_iso(Millis time, int decimals, std::string_view zone) {
    const auto fields = split(time);
    auto text = format_minutes(fields) + fmt::format(":{:02}", fields.time.seconds().count());
    if (decimals > 0) text += fmt::format(".{:03}", fields.time.subseconds().count());
    text.append(decimals > 3 ? static_cast<std::size_t>(decimals - 3) : 0, '0');
    return text.append(zone);
}

std::string format_iso_minutes(Millis time) {
    return format_minutes(split(time)) + 'Z';
}

std::string format_http_date(Millis time) {
    constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto fields = split(time);
    return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", days.at(fields.weekday.c_encoding()),
                       static_cast<unsigned>(fields.date.day()),
                       months.at(static_cast<unsigned>(fields.date.month()) - 1), static_cast<int>(fields.date.year()),
                       fields.time.hours().count(), fields.time.minutes().count(), fields.time.seconds().count());
}

}  // namespace aquila::sim
