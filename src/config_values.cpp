#include "aquila_fetch/config_values.hpp"

#include "aquila_fetch/bucket.hpp"
#include "aquila_fetch/destination.hpp"
#include "aquila_fetch/url.hpp"

#include <algorithm>

namespace aquila::read {
namespace {

using namespace std::string_view_literals;

constexpr auto letters_and_digits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"sv;

}  // namespace

std::optional<std::string> plain(std::string_view value, std::string& problem) {
    if (value.size() > 1 && value.front() == value.back() && (value.front() == '"' || value.front() == '\'')) {
        return no(problem, "must stand without quotes");
    }
    return std::string{value};
}

std::optional<std::string> word(std::string_view value, std::string& problem) {
    return value.find_first_of(" \t") == std::string_view::npos ? plain(value, problem)
                                                                : no(problem, "must not hold blanks");
}

std::optional<std::string> id(std::string_view value, std::string& problem) {
    const bool safe = std::ranges::all_of(
        value, [](char c) { return c == '-' || letters_and_digits.find(c) != std::string_view::npos; });
    return safe ? plain(value, problem)
                : no(problem, "must be made of letters, digits and dashes, as in 1324a887-45db-1bf4-1e99-ef0ff456d421");
}

std::optional<std::string> user(std::string_view value, std::string& problem) {
    // RFC 7617: the first colon ends the user.
    return value.find(':') == std::string_view::npos ? plain(value, problem) : no(problem, "must not hold a colon");
}

std::optional<Secret> secret(std::string_view value, std::string& problem) {
    return value.find('\t') == std::string_view::npos ? std::optional<Secret>{Secret{value}}
                                                      : no<Secret>(problem, "must not hold a tab");
}

std::optional<std::string> directory(std::string_view value, std::string& problem) {
    return value.starts_with("~/") ? no(problem, "must be the whole path: ~ means nothing here")
                                   : plain(value, problem);
}

std::optional<std::string> file(std::string_view value, std::string& problem) {
    return value.ends_with('/') ? no(problem, "must name a file, not a directory") : directory(value, problem);
}

std::optional<std::string> metrics_file(std::string_view value, std::string& problem) {
    return value.ends_with(".prom") ? file(value, problem)
                                    : no(problem, "must end in .prom: node_exporter reads no others");
}

std::optional<std::string> output(std::string_view value, std::string& problem) {
    if (destination_of(value) == Destination::bucket) {
        problem = bucket_problem(value);
        return problem.empty() ? std::optional<std::string>{value} : std::nullopt;
    }
    const bool other_scheme = value.find("://") != std::string_view::npos;
    const bool almost_bucket = value.size() > 2 && (value[0] == 's' || value[0] == 'S') && value.substr(1, 2) == "3:";
    return other_scheme || almost_bucket ? no(problem, "must be a file, s3://bucket/prefix/ or -")
                                         : file(value, problem);
}

std::optional<std::string> region(std::string_view value, std::string& problem) {
    const bool safe =
        std::ranges::all_of(value, [](char c) { return c == '-' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
    return safe ? plain(value, problem) : no(problem, "must be a region, as in eu-central-1");
}

std::optional<std::string> url(std::string_view value, std::string& problem) {
    problem = url_problem(value);
    return problem.empty() ? std::optional<std::string>{value} : std::nullopt;
}

std::optional<std::string> base_url(std::string_view value, std::string& problem) {
    auto text = url(value, problem);
    while (text && text->ends_with('/')) {
        text->pop_back();
    }
    return text;
}

std::optional<std::string> proxy(std::string_view value, std::string& problem) {
    static constexpr std::array schemes{"http"sv, "https"sv, "socks4"sv, "socks4a"sv, "socks5"sv, "socks5h"sv};
    const auto end = value.find("://");
    if (end != std::string_view::npos && std::ranges::find(schemes, value.substr(0, end)) == schemes.end()) {
        return no(problem, fmt::format("must begin with one of {}, and ://", list_names(schemes)));
    }
    return word(value, problem);
}

std::optional<std::string> scopes(std::string_view value, std::string& problem) {
    return value.find_first_of(",;\"'\\") == std::string_view::npos
               ? plain(value, problem)
               : no(problem, "must be scopes with blanks between them");
}

}  // namespace aquila::read
