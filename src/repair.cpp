#include "aquila_fetch/repair.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>

namespace aquila {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// The value of `\uXXXX` at the start of `text`.
std::optional<unsigned> unit_escape(std::string_view text) noexcept {
    if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') {
        return std::nullopt;
    }
    unsigned value = 0;
    for (const char digit : text.substr(2, 4)) {
        value <<= 4U;
        if (digit >= '0' && digit <= '9') {
            value |= static_cast<unsigned>(digit - '0');
        } else if (digit >= 'a' && digit <= 'f') {
            value |= static_cast<unsigned>(digit - 'a' + 10);
        } else if (digit >= 'A' && digit <= 'F') {
            value |= static_cast<unsigned>(digit - 'A' + 10);
        } else {
            return std::nullopt;
        }
    }
    return value;
}

bool is_high(unsigned unit) noexcept {
    return unit >= 0xD800 && unit <= 0xDBFF;
}
bool is_low(unsigned unit) noexcept {
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

struct Sequence {
    std::size_t length;  ///< bytes to take
    bool valid;
};

/// The UTF-8 sequence at the start of `text` (Unicode table 3-7); an invalid one is as long as its maximal subpart.
Sequence next_sequence(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned lead = byte(0);
    if (lead < 0x80) {
        return {1, true};
    }
    std::size_t length = 0;
    unsigned low = 0x80;
    unsigned high = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF) {
        length = 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        length = 3;
        low = lead == 0xE0 ? 0xA0 : low;
        high = lead == 0xED ? 0x9F : high;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        length = 4;
        low = lead == 0xF0 ? 0x90 : low;
        high = lead == 0xF4 ? 0x8F : high;
    } else {
        return {1, false};
    }
    for (std::size_t i = 1; i < length; ++i) {
        if (i >= text.size() || byte(i) < low || byte(i) > high) {
            return {i, false};
        }
        low = 0x80;
        high = 0xBF;
    }
    return {length, true};
}

void append_control(std::string& text, unsigned char control) {
    constexpr std::string_view digits = "0123456789abcdef";
    text += "\\u00";
    text += digits[control >> 4U];
    text += digits[control & 15U];
}

}  // namespace

Escapes inspect_escapes(std::string_view json) noexcept {
    constexpr std::string_view short_escapes = R"("\/bfnrt)";
    auto result = Escapes::fine;
    while (!json.empty()) {
        const auto* found = static_cast<const char*>(std::memchr(json.data(), '\\', json.size()));
        if (found == nullptr) {
            return result;
        }
        json.remove_prefix(static_cast<std::size_t>(found - json.data()));
        if (json.size() >= 2 && short_escapes.find(json[1]) != std::string_view::npos) {
            json.remove_prefix(2);
        } else if (const auto unit = unit_escape(json)) {
            const auto second = is_high(*unit) ? unit_escape(json.substr(6)) : std::nullopt;
            const bool pair = second && is_low(*second);
            result = !pair && (is_high(*unit) || is_low(*unit)) ? Escapes::lone_surrogates : result;
            json.remove_prefix(pair ? 12 : 6);
        } else {
            return Escapes::bad;
        }
    }
    return result;
}

Repaired repair_json(std::string_view json) {
    Repaired result;
    result.text.reserve(json.size() + 64);
    bool in_string = false;
    const auto replace = [&] {
        result.places.push_back(result.text.size());
        result.text += replacement;
    };
    while (!json.empty()) {
        const char first = json.front();
        if (!in_string || first == '"') {
            in_string = in_string != (first == '"');
            result.text += first;
            json.remove_prefix(1);
            continue;
        }
        std::size_t taken = 1;
        if (first == '\\') {
            const auto unit = unit_escape(json);
            taken = unit ? 6 : (json.size() >= 2 ? 2 : 1);
            if (unit && is_high(*unit)) {
                const auto second = unit_escape(json.substr(6));
                if (second && is_low(*second)) {
                    taken = 12;
                    result.text += json.substr(0, taken);
                } else {
                    replace();
                }
            } else if (unit && is_low(*unit)) {
                replace();
            } else if (taken == 2 && static_cast<unsigned char>(json[1]) >= 0x80) {
                taken = 1;  // a bad escape: left for the parser to refuse, but the byte behind it is looked at
                result.text += first;
            } else {
                result.text += json.substr(0, taken);
            }
        } else if (static_cast<unsigned char>(first) < 0x20) {
            result.places.push_back(result.text.size());
            append_control(result.text, static_cast<unsigned char>(first));
        } else {
            const Sequence sequence = next_sequence(json);
            taken = sequence.length;
            if (sequence.valid) {
                result.text += json.substr(0, taken);
            } else {
                replace();
            }
        }
        json.remove_prefix(taken);
    }
    return result;
}

}  // namespace aquila
