#include "aquila_fetch/http.hpp"

#include <algorithm>
#include <cstdint>

namespace aquila {
namespace {

constexpr std::string_view redacted = "[redacted]";

constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
constexpr bool is_upper(char c) noexcept {
    return c >= 'A' && c <= 'Z';
}
constexpr bool is_lower(char c) noexcept {
    return c >= 'a' && c <= 'z';
}
constexpr char lowered(char c) noexcept {
    return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}
constexpr bool same_letter(char a, char b) noexcept {
    return lowered(a) == lowered(b);
}

/// What base64, base64url, JWTs and Atlassian's tokens are made of.
constexpr bool is_token_char(char c) noexcept {
    return is_digit(c) || is_upper(c) || is_lower(c) || std::string_view{"+/=_-.~"}.find(c) != std::string_view::npos;
}

struct CodePoint {
    std::size_t length = 1;
    bool shown = false;  ///< neither invalid nor one that moves the cursor or turns the direction of what follows
};

CodePoint first_code_point(std::string_view text) noexcept {
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead < 0x80) {
        return {1, lead >= 0x20 && lead != 0x7F};
    }
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < length) {
        return {};
    }
    std::uint32_t value = lead & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if ((byte & 0xC0U) != 0x80) {
            return {};
        }
        value = value << 6U | (byte & 0x3FU);
    }
    constexpr std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (value < smallest[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
        return {};
    }
    const bool unseen = value < 0xA0 || (value >= 0x200B && value <= 0x200F) || (value >= 0x2028 && value <= 0x202E) ||
                        (value >= 0x2060 && value <= 0x206F) || value == 0xFEFF;
    return {length, !unseen};
}

/// A word that mixes digits, capitals and small letters over 24 characters and more is no prose.
bool is_opaque(std::string_view word) noexcept {
    return word.size() >= 24 && std::ranges::any_of(word, is_digit) && std::ranges::any_of(word, is_upper) &&
           std::ranges::any_of(word, is_lower);
}

/// What follows `Basic ` or `Bearer `, unless it is prose ("Basic Authentication has been disabled").
bool is_credential(std::string_view word) noexcept {
    const auto prose = [](char c) { return is_lower(c) || c == '.'; };
    return word.size() >= 20 || (word.size() >= 6 && !std::all_of(word.begin() + 1, word.end(), prose));
}

bool ends_in(std::string_view word, std::string_view tail) noexcept {
    return word.size() >= tail.size() && equals_ignoring_case(word.substr(word.size() - tail.size()), tail);
}

std::string redact(std::string_view text) {
    std::string result;
    bool after_scheme = false;
    while (!text.empty()) {
        const auto end = std::ranges::find_if_not(text, is_token_char);
        std::string_view word = text.substr(0, static_cast<std::size_t>(end - text.begin()));
        if (word.starts_with('/') && !after_scheme) {
            word = word.substr(0, word.find('/', 1));  // a path, to be judged step by step
        }
        if (word.empty()) {
            result += text[0];
            text.remove_prefix(1);
            continue;
        }
        result += is_opaque(word) || (after_scheme && is_credential(word)) ? redacted : word;
        after_scheme = ends_in(word, "basic") || ends_in(word, "bearer");
        text.remove_prefix(word.size());
    }
    return result;
}

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
    return std::ranges::equal(a, b, same_letter);
}

bool contains_ignoring_case(std::string_view text, std::string_view part) noexcept {
    return std::search(text.begin(), text.end(), part.begin(), part.end(), same_letter) != text.end() || part.empty();
}

std::string_view Response::header(std::string_view name) const noexcept {
    const auto found = std::find_if(headers.rbegin(), headers.rend(),
                                    [&](const auto& header) { return equals_ignoring_case(header.first, name); });
    return found == headers.rend() ? std::string_view{} : std::string_view{found->second};
}

std::optional<Instant> Response::date() const noexcept {
    return parse_http_date(header("Date"));
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string result;
    result.reserve(text.size());
    for (const char c : text) {
        if (is_digit(c) || is_upper(c) || is_lower(c) || c == '-' || c == '.' || c == '_' || c == '~') {
            result += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            result += {'%', digits[byte >> 4U], digits[byte & 15U]};
        }
    }
    return result;
}

std::string origin_of(std::string_view url) {
    const std::size_t colon = url.find("://");
    if (colon == 0 || colon == std::string_view::npos) {
        return {};
    }
    const std::string_view scheme = url.substr(0, colon);
    const std::string_view rest = url.substr(colon + 3);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    const std::string_view host = authority.substr(authority.rfind('@') + 1);  // npos + 1 is 0: no user part
    // A backslash is part of the user to some readers and ends the host to others.
    const auto fits = [](char c) { return static_cast<unsigned char>(c) > ' ' && c != 0x7F && c != '\\'; };
    const auto fits_scheme = [](char c) { return is_digit(c) || is_upper(c) || is_lower(c) || c == '+'; };
    if (host.empty() || host[0] == ':' || !std::ranges::all_of(authority, fits) ||
        !std::ranges::all_of(scheme, fits_scheme)) {
        return {};
    }
    std::string result{scheme};
    result.append("://").append(host);
    std::ranges::transform(result, result.begin(), lowered);
    constexpr std::pair<std::string_view, std::string_view> default_ports[] = {{"http://", ":80"},
                                                                               {"https://", ":443"}};
    for (const auto& [start, port] : default_ports) {
        if (result.starts_with(start) && result.ends_with(port)) {
            result.resize(result.size() - port.size());
        }
    }
    return result;
}

std::string printable_url(std::string_view url) {
    url = url.substr(0, url.find_first_of("?#"));
    const std::size_t slashes = url.find("//");
    const std::size_t start = slashes == std::string_view::npos ? 0 : slashes + 2;
    const std::string_view authority = url.substr(start, url.find('/', start) - start);
    std::string result{url};
    result.erase(start, authority.rfind('@') + 1);
    return result;
}

std::string printable_text(std::string_view text, std::size_t limit) {
    // Redacting comes before cutting, and looks far enough ahead that half a token is known for what it is.
    constexpr std::size_t ahead = 1024;
    constexpr std::string_view ellipsis = "…";
    std::string line;
    while (!text.empty() && line.size() < limit + ahead) {
        const CodePoint point = first_code_point(text);
        const std::string_view bytes = point.shown ? text.substr(0, point.length) : " ";
        if (bytes != " " || (!line.empty() && line.back() != ' ')) {
            line += bytes;
        }
        text.remove_prefix(point.length);
    }
    const bool cut_in_word = !text.empty() && is_token_char(text[0]);
    while (cut_in_word && line.size() > limit && is_token_char(line.back())) {
        line.pop_back();
    }
    line = redact(without_secrets(std::move(line)));
    while (line.ends_with(' ')) {
        line.pop_back();
    }
    if (line.size() <= limit && text.empty()) {
        return line;
    }
    std::size_t end = std::min(line.size(), limit - std::min(limit, ellipsis.size()));
    while (end > 0 && end < line.size() && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80) {
        --end;
    }
    return line.substr(0, end).append(limit < ellipsis.size() ? std::string_view{} : ellipsis);
}

}  // namespace aquila
