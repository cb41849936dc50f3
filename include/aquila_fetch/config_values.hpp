// Why: how the value of each kind of INI key is read: the value, or nullopt and why not, to follow the key's name
// ("must …"). No reader shows the value: people paste tokens behind the wrong key.
// Must not know: the keys.
#pragma once

#include "aquila_fetch/nearest.hpp"
#include "aquila_fetch/secret.hpp"
#include "aquila_fetch/time.hpp"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace aquila::read {

/// Anything, but not in quotes.
[[nodiscard]] std::optional<std::string> plain(std::string_view value, std::string& problem);
/// One word.
[[nodiscard]] std::optional<std::string> word(std::string_view value, std::string& problem);
/// Goes into the path of a URL.
[[nodiscard]] std::optional<std::string> id(std::string_view value, std::string& problem);
/// A mail address or user name, as Basic authorisation can carry it.
[[nodiscard]] std::optional<std::string> user(std::string_view value, std::string& problem);
[[nodiscard]] std::optional<Secret> secret(std::string_view value, std::string& problem);
[[nodiscard]] std::optional<std::string> directory(std::string_view value, std::string& problem);
[[nodiscard]] std::optional<std::string> file(std::string_view value, std::string& problem);
/// *.prom.
[[nodiscard]] std::optional<std::string> metrics_file(std::string_view value, std::string& problem);
/// A file, s3://bucket/prefix/ or -.
[[nodiscard]] std::optional<std::string> output(std::string_view value, std::string& problem);
/// As in eu-central-1; goes into a host's name.
[[nodiscard]] std::optional<std::string> region(std::string_view value, std::string& problem);
[[nodiscard]] std::optional<std::string> url(std::string_view value, std::string& problem);
/// Without the slashes at its end.
[[nodiscard]] std::optional<std::string> base_url(std::string_view value, std::string& problem);
/// As curl takes it: [scheme://][user:password@]host[:port].
[[nodiscard]] std::optional<std::string> proxy(std::string_view value, std::string& problem);
[[nodiscard]] std::optional<std::string> scopes(std::string_view value, std::string& problem);

/// What a reader returns that refuses.
template <typename T = std::string>
std::optional<T> no(std::string& problem, std::string_view why) {
    problem = why;
    return std::nullopt;
}

template <int Least, int Most>
std::optional<int> number(std::string_view value, std::string& problem) {
    int result = 0;
    const char* const end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, result);
    if (error != std::errc{} || stop != end || result < Least || result > Most) {
        return no<int>(problem, Most == std::numeric_limits<int>::max()
                                    ? fmt::format("must be a whole number of at least {}", Least)
                                    : fmt::format("must be a whole number from {} to {}", Least, Most));
    }
    return result;
}

template <Span::rep Least, Span::rep Most>
std::optional<Span> span(std::string_view value, std::string& problem) {
    const auto result = parse_span(value);
    if (!result) {
        return no<Span>(problem, "must be a span such as 90s, 15m, 1h or 30d");
    }
    if (*result < Span{Least} || *result > Span{Most}) {
        return no<Span>(problem,
                        fmt::format("must be a span from {} to {}", format_span(Span{Least}), format_span(Span{Most})));
    }
    return result;
}

template <const auto& Names>
auto choice(std::string_view value, std::string& problem)
    -> std::optional<std::remove_cvref_t<decltype(Names[0].second)>> {
    std::array<std::string_view, Names.size()> valid;
    for (std::size_t i = 0; i < valid.size(); ++i) {
        if (Names[i].first == value) {
            return Names[i].second;
        }
        valid[i] = Names[i].first;
    }
    problem = fmt::format("must be one of {}{}", list_names(valid), suggestion(value, valid));
    return std::nullopt;
}

}  // namespace aquila::read
