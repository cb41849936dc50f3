#include "aquila_fetch/consent.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/http.hpp"
#include "aquila_fetch/oauth.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>

#include <sys/random.h>

namespace aquila {
namespace {

constexpr std::string_view offline = "offline_access";

bool holds_word(std::string_view list, std::string_view word) {
    return fmt::format(" {} ", list).find(fmt::format(" {} ", word)) != std::string::npos;
}

/// As a form spells it: `+` is a blank. What is no escape stays as it is.
Secret decode(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    while (!text.empty()) {
        unsigned char byte = 0;
        const char* const digits = text.data() + 1;
        if (text[0] == '%' && text.size() >= 3 && std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
            decoded.push_back(static_cast<char>(byte));
            text.remove_prefix(3);
        } else {
            decoded.push_back(text[0] == '+' ? ' ' : text[0]);
            text.remove_prefix(1);
        }
    }
    return Secret{std::move(decoded)};
}

/// The first parameter of that name.
std::optional<Secret> query_parameter(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const auto pair = query.substr(0, query.find('&'));
        const auto equals = std::min(pair.find('='), pair.size());
        if (pair.substr(0, equals) == name) {
            return decode(pair.substr(std::min(equals + 1, pair.size())));
        }
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
    }
    return std::nullopt;
}

/// How long it takes tells nothing about where they differ.
bool same(std::string_view a, std::string_view b) noexcept {
    volatile unsigned char difference = a.size() == b.size() ? 0 : 1;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
        difference = static_cast<unsigned char>(difference |
                                                (static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i])));
    }
    return difference == 0;
}

}  // namespace

std::string consent_scopes(const SourceConfig& config, const Source& product) {
    auto scopes = config.scopes.empty() ? std::string{product.oauth_scopes} : config.scopes;
    return holds_word(scopes, offline) ? scopes : fmt::format("{} {}", scopes, offline);
}

std::string make_state() {
    std::array<unsigned char, 32> bytes{};
    if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
        throw Failure{Exit::software, "the system gives no random bytes: " + describe_errno(errno)};
    }
    std::string text;
    for (const auto byte : bytes) {
        text += fmt::format("{:02x}", byte);
    }
    return text;
}

std::string consent_url(const SourceConfig& config, std::string_view scopes, std::string_view state) {
    return fmt::format(
        "{}/authorize?audience=api.atlassian.com&client_id={}&scope={}&redirect_uri={}&state={}&response_type=code"
        "&prompt=consent",
        config.auth_url, percent_encode(config.client_id), percent_encode(scopes), percent_encode(config.redirect_uri),
        percent_encode(state));
}

Consent read_redirect(std::string_view query, std::string_view state) {
    query = query.substr(0, query.find('#'));
    const auto shown = query_parameter(query, "state");
    Consent consent;
    if (!shown || state.empty() || !same(shown->reveal(), state)) {
        return consent;
    }
    if (const auto error = query_parameter(query, "error")) {
        consent.kind = Consent::Kind::refused;
        const auto description = query_parameter(query, "error_description").value_or(Secret{});
        consent.error = printable_text(error->reveal(), 60);
        if (!description.empty()) {
            consent.error += fmt::format(": {}", printable_text(description.reveal()));
        }
    } else if (auto code = query_parameter(query, "code"); code && is_token(code->reveal())) {
        consent.kind = Consent::Kind::code;
        consent.code = *std::move(code);
    }
    return consent;
}

Consent read_pasted(std::string_view text, std::string_view state) {
    constexpr std::string_view blanks = " \t\r\n";
    const auto begin = std::min(text.find_first_not_of(blanks), text.size());
    text = text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
    if (text.find_first_of("?&=") != std::string_view::npos) {
        const auto question = text.find('?');
        return read_redirect(question == std::string_view::npos ? text : text.substr(question + 1), state);
    }
    Consent consent;
    auto code = decode(text);
    if (is_token(code.reveal()) && text.find("//") == std::string_view::npos) {
        consent.kind = Consent::Kind::code;
        consent.code = std::move(code);
    }
    return consent;
}

}  // namespace aquila
