#include "json_text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace aquila {

void append_escaped(std::string& json, std::string_view plain) {
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
    if (std::any_of(plain.begin(), plain.end(), is_control)) {
        // Rare: what comes from a record is escaped already.
        for (const char c : plain) {
            json += is_control(c) ? fmt::format("\\u{:04x}", static_cast<unsigned>(c))
                                  : std::string(c == '"' || c == '\\' ? "\\" : "") + c;
        }
        return;
    }
    const auto begin = json.size();
    json.resize(begin + 2 * plain.size());
    char* to = json.data() + begin;
    for (const char c : plain) {
        // Without a branch: a quoted record is full of quotes.
        *to = '\\';
        to += c == '"' || c == '\\' ? 1 : 0;
        *to++ = c;
    }
    json.resize(static_cast<std::size_t>(to - json.data()));
}

std::string unescaped(std::string_view inside) {
    std::string plain;
    plain.reserve(inside.size());
    while (true) {
        const auto escape = inside.find('\\');
        plain += inside.substr(0, escape);
        if (escape == std::string_view::npos) {
            return plain;
        }
        inside.remove_prefix(escape);
        if (inside.size() > 1 && (inside[1] == '"' || inside[1] == '\\')) {
            plain += inside[1];
            inside.remove_prefix(2);
            continue;
        }
        // Up to here everything is plain, and a pair of surrogates is not cut in two: the library does the rest.
        const auto rest = nlohmann::json::parse(fmt::format("\"{}\"", inside), nullptr, false);
        return rest.is_string() ? plain + rest.get<std::string>() : std::string{};
    }
}

}  // namespace aquila
