#include "aquila_fetch/snapshot.hpp"

#include "aquila_fetch/collect.hpp"
#include "aquila_fetch/error.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace aquila {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::pair<char, char>, 7> short_escapes{
    {{'"', '"'}, {'\\', '\\'}, {'\b', 'b'}, {'\f', 'f'}, {'\n', 'n'}, {'\r', 'r'}, {'\t', 't'}}};

void put_string(std::string& text, std::string_view value) {
    text += '"';
    for (const char c : value) {
        const auto* const escape =
            std::find_if(short_escapes.begin(), short_escapes.end(), [c](const auto& pair) { return pair.first == c; });
        if (escape != short_escapes.end()) {
            text += '\\';
            text += escape->second;
        } else if (static_cast<unsigned char>(c) < 0x20 || c == '\x7f') {
            text += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
            text += c;
        }
    }
    text += '"';
}

/// The shortest digits that give the double back, without an exponent up to fifteen zeros behind the digits and four
/// before them.
void put_number(std::string& text, double value) {
    if (value == 0) {
        text += std::signbit(value) ? "-0" : "0";
        return;
    }
    std::array<char, 40> buffer{};
    const auto result = std::to_chars(buffer.begin(), buffer.end(), std::abs(value), std::chars_format::scientific);
    const std::string_view scientific{buffer.data(), static_cast<std::size_t>(result.ptr - buffer.data())};
    const auto mark = scientific.find('e');
    std::string digits{scientific.substr(0, mark)};
    std::erase(digits, '.');
    int exponent = 0;
    const auto* const exponent_text = scientific.data() + mark + (scientific[mark + 1] == '+' ? 2 : 1);
    std::from_chars(exponent_text, result.ptr, exponent);
    const int count = static_cast<int>(digits.size());
    const int point = exponent + 1;  // digits before the decimal point
    text += value < 0 ? "-" : "";
    if (point <= -4 || point > count + 15) {
        text += digits.substr(0, 1);
        text += count > 1 ? "." + digits.substr(1) : "";
        text += fmt::format("e{}{:02}", exponent < 0 ? '-' : '+', std::abs(exponent));
    } else if (point <= 0) {
        text += "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
    } else if (point >= count) {
        text += digits + std::string(static_cast<std::size_t>(point - count), '0');
    } else {
        text +=
            digits.substr(0, static_cast<std::size_t>(point)) + "." + digits.substr(static_cast<std::size_t>(point));
    }
}

// Records are no deeper than the page reader lets through.
void put_json(std::string& text, const Json& value) {  // NOLINT(misc-no-recursion)
    if (value.is_string()) {
        put_string(text, value.get_ref<const std::string&>());
    } else if (value.is_number()) {
        put_number(text, value.get<double>());
    } else if (value.is_structured()) {
        text += value.is_object() ? '{' : '[';
        const auto begin = text.size();
        for (const auto& [key, member] : value.items()) {
            text += text.size() > begin ? "," : "";
            if (value.is_object()) {
                put_string(text, key);
                text += ':';
            }
            put_json(text, member);
        }
        text += value.is_object() ? '}' : ']';
    } else {
        text += value.dump();
    }
}

}  // namespace

std::string jq_text(std::string_view json) {
    try {
        std::string text;
        put_json(text, Json::parse(json));
        return text;
    } catch (const nlohmann::json::exception&) {
        throw Failure{Exit::protocol, "a record holds a number that is out of range",
                      "use `output_mode = append`, which keeps records as they were sent"};
    }
}

std::string snapshot_lines(const Page& page, LineFormat* format) {
    std::string lines;
    for (const Record& record : page.records) {
        if (format != nullptr) {
            format->append_line(lines, record.body);
            continue;
        }
        std::string line;
        append_line(line, record.body, page.suffix);
        lines += jq_text(line) + "\n";
    }
    return lines;
}

}  // namespace aquila
