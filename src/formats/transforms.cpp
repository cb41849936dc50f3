// What may be done to a value on its way, by name. docs/mappings.md has a line for each.
#include "value.hpp"

#include "aquila_fetch/number.hpp"
#include "aquila_fetch/time.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <arpa/inet.h>

namespace aquila {
namespace {

using Kind = Value::Kind;

/// A string that is not empty; numbers and truths become their own spelling.
Value text(const Value& value, std::string_view /*argument*/, Desk& /*desk*/) {
    const bool scalar = value.kind == Kind::string || value.kind == Kind::number || value.kind == Kind::boolean;
    return scalar && !value.text.empty() ? Value{Kind::string, value.text, value.node} : Value{};
}

/// Of a number, or of a string of digits; within 64 bits.
Value integer(const Value& value, std::string_view /*argument*/, Desk& desk) {
    const bool may_be = value.kind == Kind::number || value.kind == Kind::string;
    const auto number = may_be ? to_integer<std::int64_t>(value.text) : std::nullopt;
    if (!number) {
        return {};
    }
    auto& digits = desk.texts.fresh();
    digits = std::to_string(*number);
    return {Kind::number, digits, value.node};
}

Value boolean(const Value& value, std::string_view /*argument*/, Desk& /*desk*/) {
    const bool truth = value.text == "true" || value.text == "false";
    return truth ? Value{Kind::boolean, value.text, value.node} : Value{};
}

/// ISO 8601 text, or milliseconds since 1970; nullopt also beyond the year 9999.
std::optional<Instant> to_instant(const Value& value, Desk& desk) {
    constexpr Instant latest{Span{253'402'300'799'999}};
    if (value.kind != Kind::string && value.kind != Kind::number) {
        return std::nullopt;
    }
    const auto characters = plain(value, desk);
    const auto millis = to_integer<std::int64_t>(characters);
    const auto instant = millis ? std::optional{Instant{Span{*millis}}} : parse_instant(characters);
    return instant && *instant >= -latest.time_since_epoch() + Instant{} && *instant <= latest ? instant : std::nullopt;
}

Value time(const Value& value, std::string_view /*argument*/, Desk& desk) {
    const auto instant = to_instant(value, desk);
    if (!instant) {
        return {};
    }
    auto& iso = desk.texts.fresh();
    iso = format_instant(*instant);
    return {Kind::string, iso, value.node};
}

Value millis(const Value& value, std::string_view /*argument*/, Desk& desk) {
    const auto instant = to_instant(value, desk);
    if (!instant) {
        return {};
    }
    auto& digits = desk.texts.fresh();
    digits = format_epoch_millis(*instant);
    return {Kind::number, digits, value.node};
}

Value ip(const Value& value, std::string_view /*argument*/, Desk& desk) {
    if (value.kind != Kind::string || value.text.size() > INET6_ADDRSTRLEN) {
        return {};
    }
    const std::string address{plain(value, desk)};
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    const bool good = ::inet_pton(AF_INET, address.c_str(), bytes.data()) == 1 ||
                      ::inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1;
    return good && address.find('\0') == std::string::npos ? value : Value{};
}

Value string_or_none(std::string_view characters, const Value& from, Desk& desk) {
    if (characters.empty()) {
        return {};
    }
    auto made = string_of(characters, desk);
    made.node = from.node;
    return made;
}

/// ASCII alone: names of actions are nothing else.
Value lower(const Value& value, std::string_view /*argument*/, Desk& desk) {
    const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    if (value.kind != Kind::string || std::none_of(value.text.begin(), value.text.end(), is_upper)) {
        return text(value, {}, desk);
    }
    std::string small{plain(value, desk)};
    std::transform(small.begin(), small.end(), small.begin(),
                   [&](char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; });
    auto result = string_of(small, desk);
    result.node = value.node;
    return result;
}

/// Of a URL: what stands between `://` and the port or the path.
Value host(const Value& value, std::string_view /*argument*/, Desk& desk) {
    auto url = value.kind == Kind::string ? plain(value, desk) : std::string_view{};
    const auto scheme = url.find("://");
    if (scheme == std::string_view::npos) {
        return {};
    }
    url.remove_prefix(scheme + 3);
    url = url.substr(0, url.find_first_of("/?#"));
    const auto user = url.rfind('@');
    url.remove_prefix(user == std::string_view::npos ? 0 : user + 1);
    const bool bracketed = url.starts_with('[') && url.find(']') != std::string_view::npos;
    url = bracketed ? url.substr(1, url.find(']') - 1) : url.substr(0, url.find(':'));
    return url.empty() ? Value{} : string_of(url, desk);
}

/// Of a URL that ends with it: the parameter of that name, if it is plain.
Value parameter(const Value& value, std::string_view argument, Desk& desk) {
    const auto url = value.kind == Kind::string ? plain(value, desk) : std::string_view{};
    const auto equals = url.rfind('=');
    if (equals == std::string_view::npos) {
        return {};
    }
    const auto before = url.substr(0, equals);
    const auto found = url.substr(equals + 1);
    const bool named =
        before.ends_with(argument) && before.size() > argument.size() &&
        (before[before.size() - argument.size() - 1] == '?' || before[before.size() - argument.size() - 1] == '&');
    const bool is_plain = !found.empty() && std::all_of(found.begin(), found.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-';
    });
    return named && is_plain ? string_of(found, desk) : Value{};
}

bool is_uuid(std::string_view id) noexcept {
    if (id.size() != 36) {
        return false;
    }
    for (std::size_t i = 0; i < id.size(); ++i) {
        const char c = id[i];
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (dash ? c != '-' : !digit) {
            return false;
        }
    }
    return true;
}

/// `name:uuid`: where the colon is.
std::optional<std::size_t> colon_before_uuid(std::string_view characters) noexcept {
    const auto colon = characters.rfind(':');
    const bool found = colon != std::string_view::npos && colon > 0 && is_uuid(characters.substr(colon + 1));
    return found ? std::optional{colon} : std::nullopt;
}

Value before_uuid(const Value& value, std::string_view /*argument*/, Desk& desk) {
    if (value.kind != Kind::string) {
        return {};
    }
    const auto characters = plain(value, desk);
    const auto colon = colon_before_uuid(characters);
    return colon ? string_of(characters.substr(0, *colon), desk) : text(value, {}, desk);
}

Value uuid(const Value& value, std::string_view /*argument*/, Desk& desk) {
    if (value.kind != Kind::string) {
        return {};
    }
    const auto characters = plain(value, desk);
    if (const auto colon = colon_before_uuid(characters)) {
        return string_of(characters.substr(*colon + 1), desk);
    }
    return is_uuid(characters) ? value : Value{};
}

/// An account's id, not an app's name: with a colon in it, or a UUID.
Value account(const Value& value, std::string_view /*argument*/, Desk& desk) {
    const bool good =
        value.kind == Kind::string && (value.text.find(':') != std::string_view::npos || is_uuid(plain(value, desk)));
    return good ? value : Value{};
}

Value mail(const Value& value, std::string_view /*argument*/, Desk& /*desk*/) {
    return value.kind == Kind::string && value.text.find('@') != std::string_view::npos ? value : Value{};
}

/// What a schema takes for an address, which is less than standards do: plain ASCII, a dot in the host.
Value email(const Value& value, std::string_view /*argument*/, Desk& /*desk*/) {
    const auto is_word = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    };
    const auto is_local = [&](char c) {
        return is_word(c) || std::string_view{"!#$%&'*+/=?^_`{|}~."}.find(c) != std::string_view::npos;
    };
    const auto at = value.text.find('@');
    if (value.kind != Kind::string || at == std::string_view::npos) {
        return {};
    }
    const auto local = value.text.substr(0, at);
    const auto host = value.text.substr(at + 1);
    const auto dot = host.find('.');
    const bool good = !local.empty() && std::all_of(local.begin(), local.end(), is_local) &&
                      dot != std::string_view::npos && dot > 0 && dot + 1 < host.size() &&
                      std::all_of(host.begin(), host.end(), [&](char c) { return is_word(c) || c == '.'; });
    return good ? value : Value{};
}

/// What stands before the first `argument`; all of it where there is none.
Value before(const Value& value, std::string_view argument, Desk& desk) {
    if (value.kind != Kind::string) {
        return {};
    }
    const auto characters = plain(value, desk);
    const auto end = characters.find(argument);
    return end == std::string_view::npos ? text(value, {}, desk)
                                         : string_or_none(characters.substr(0, end), value, desk);
}

/// What stands behind the first `argument`; all of it where there is none.
Value after(const Value& value, std::string_view argument, Desk& desk) {
    if (value.kind != Kind::string) {
        return {};
    }
    const auto characters = plain(value, desk);
    const auto begin = characters.find(argument);
    return begin == std::string_view::npos ? text(value, {}, desk)
                                           : string_or_none(characters.substr(begin + argument.size()), value, desk);
}

/// The words of a cell, as a list.
Value words(const Value& value, std::string_view /*argument*/, Desk& desk) {
    if (value.kind != Kind::string) {
        return {};
    }
    auto& list = desk.texts.fresh();
    list = "[";
    for (auto rest = value.text; !rest.empty();) {
        const auto blank = std::min(rest.find(' '), rest.size());
        if (blank > 0) {
            list += list.size() > 1 ? ",\"" : "\"";
            list += rest.substr(0, blank);
            list += '"';
        }
        rest.remove_prefix(std::min(blank + 1, rest.size()));
    }
    list += ']';
    return list.size() > 2 ? Value{Kind::array, list} : Value{};
}

Value copy_but(Empty empty, const Value& value, Desk& desk) {
    if (value.node == 0 || (value.kind != Kind::object && value.kind != Kind::array)) {
        const bool nothing = value.kind == Kind::null || (empty == Empty::drop && value.text.empty());
        return nothing ? Value{} : value;
    }
    auto& json = desk.texts.fresh();
    return append_node(json, desk.tree, value.node, empty) ? Value{value.kind, json, value.node} : Value{};
}

/// As it was sent, whatever it is, but null.
Value copy(const Value& value, std::string_view /*argument*/, Desk& desk) {
    return copy_but(Empty::keep, value, desk);
}

/// The same without nulls, empty strings, empty lists and empty objects.
Value prune(const Value& value, std::string_view /*argument*/, Desk& desk) {
    return copy_but(Empty::drop, value, desk);
}

constexpr std::array<std::pair<std::string_view, TransformFunction>, 19> transform_table{{
    {"text", text},           {"integer", integer},
    {"boolean", boolean},     {"time", time},
    {"millis", millis},       {"ip", ip},
    {"lower", lower},         {"host", host},
    {"parameter", parameter}, {"before_uuid", before_uuid},
    {"uuid", uuid},           {"account", account},
    {"mail", mail},           {"words", words},
    {"email", email},         {"before", before},
    {"after", after},         {"copy", copy},
    {"prune", prune},
}};

}  // namespace

TransformFunction find_transform(std::string_view name) noexcept {
    const auto* const found = std::find_if(transform_table.begin(), transform_table.end(),
                                           [name](const auto& entry) { return entry.first == name; });
    return found == transform_table.end() ? nullptr : found->second;
}

}  // namespace aquila
