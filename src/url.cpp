#include "aquila_fetch/url.hpp"

#include "aquila_fetch/http.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>

namespace aquila {
namespace {

constexpr std::string_view not_a_url = "must be a URL such as https://your-domain.atlassian.net";

bool is_alphanumeric(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/// The address a host spells, in the family asked for. Strict: no `127.1`, no octal, no zone.
template <std::size_t Size>
std::optional<std::array<unsigned char, Size>> address(int family, std::string_view host) noexcept {
    std::array<char, INET6_ADDRSTRLEN> text{};
    std::array<unsigned char, Size> bytes{};
    if (host.size() >= text.size()) {
        return std::nullopt;
    }
    host.copy(text.data(), host.size());
    return ::inet_pton(family, text.data(), bytes.data()) == 1 ? std::optional{bytes} : std::nullopt;
}

struct Authority {
    std::string_view host;  ///< without brackets
    bool is_ipv6 = false;
};

/// host[:port] or [ipv6][:port].
std::optional<Authority> parse_authority(std::string_view text) noexcept {
    Authority authority;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) {
            return std::nullopt;
        }
        authority = {text.substr(1, end - 1), true};
        text.remove_prefix(end + 1);
        if (!address<16>(AF_INET6, authority.host)) {
            return std::nullopt;
        }
    } else {
        authority = {text.substr(0, text.find(':')), false};
        text.remove_prefix(authority.host.size());
        const auto allowed = [](char c) { return is_alphanumeric(c) || c == '.' || c == '-' || c == '_'; };
        if (authority.host.empty() || !is_alphanumeric(authority.host.front()) ||
            !std::ranges::all_of(authority.host, allowed)) {
            return std::nullopt;
        }
    }
    if (!text.empty()) {
        unsigned port = 0;
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data() + 1, end, port);
        if (text.front() != ':' || error != std::errc{} || stop != end || port < 1 || port > 65535) {
            return std::nullopt;
        }
    }
    return authority;
}

bool is_loopback(const Authority& authority) noexcept {
    if (authority.is_ipv6) {
        const auto bytes = address<16>(AF_INET6, authority.host);
        return bytes && bytes->back() == 1 &&
               std::all_of(bytes->begin(), bytes->end() - 1, [](auto b) { return b == 0; });
    }
    const auto bytes = address<4>(AF_INET, authority.host);
    return equals_ignoring_case(authority.host, "localhost") || (bytes && bytes->front() == 127);
}

}  // namespace

std::string_view url_problem(std::string_view url) noexcept {
    const auto colon = url.find("://");
    if (colon == std::string_view::npos) {
        return not_a_url;
    }
    const auto scheme = url.substr(0, colon);
    const bool plain = equals_ignoring_case(scheme, "http");
    if (!plain && !equals_ignoring_case(scheme, "https")) {
        return "must begin with https://";
    }
    const auto rest = url.substr(colon + 3);
    const auto authority_text = rest.substr(0, rest.find_first_of("/?#\\"));
    if (authority_text.find('@') != std::string_view::npos) {
        return "must not hold a user name or password";
    }
    const auto odd = [](char c) { return c <= ' ' || c >= 0x7F || std::strchr("\\\"<>^`{|}", c) != nullptr; };
    if (std::ranges::any_of(rest, odd)) {
        return "must not hold blanks, backslashes or characters beyond ASCII";
    }
    if (rest.find_first_of("?#") != std::string_view::npos) {
        return "must not have a query or fragment";
    }
    const auto authority = parse_authority(authority_text);
    if (!authority) {
        return not_a_url;
    }
    if (plain && !is_loopback(*authority)) {
        return "must begin with https://: plain http is for loopback hosts only";
    }
    return {};
}

bool is_permitted_url(std::string_view url) noexcept {
    return url_problem(url).empty();
}

}  // namespace aquila
