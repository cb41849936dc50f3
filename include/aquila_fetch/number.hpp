// Why: what looks like a number and is none, or is one too large, is the same mistake wherever text is read.
// Must not know: what is counted.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>

namespace aquila {

/// The whole text as a decimal number, with nothing before or behind it; nullopt when it is none or does not fit.
template <std::integral Integer>
[[nodiscard]] std::optional<Integer> to_integer(std::string_view text) noexcept {
    Integer value{};
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    return error == std::errc{} && stop == end ? std::optional{value} : std::nullopt;
}

}  // namespace aquila
