#include "aquila_fetch/base64.hpp"

#include <array>
#include <cstdint>
#include <utility>

namespace aquila {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> make_values() {
    std::array<std::int8_t, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
        values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
    }
    return values;
}

constexpr auto values = make_values();

}  // namespace

std::string base64_encode(std::string_view bytes) {
    std::string text((bytes.size() + 2) / 3 * 4, '=');
    // Most of a checkpoint goes through here: plain pointers, as the library's checks would cost as much as the work.
    const auto* in = bytes.data();
    const auto* const end = in + bytes.size();
    const auto* const letters = alphabet.data();
    auto* out = text.data();
    const auto next = [&in] { return static_cast<std::uint32_t>(static_cast<unsigned char>(*in++)); };
    while (end - in >= 3) {
        const std::uint32_t first = next() << 16U;
        const std::uint32_t second = next() << 8U;
        const std::uint32_t group = first | second | next();
        *out++ = letters[group >> 18U];
        *out++ = letters[(group >> 12U) & 63U];
        *out++ = letters[(group >> 6U) & 63U];
        *out++ = letters[group & 63U];
    }
    if (const auto left = end - in; left > 0) {
        const std::uint32_t first = next() << 16U;
        const std::uint32_t group = first | (left == 2 ? next() << 8U : 0U);
        *out++ = letters[group >> 18U];
        *out++ = letters[(group >> 12U) & 63U];
        if (left == 2) {
            *out = letters[(group >> 6U) & 63U];
        }
    }
    return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
    if (text.size() % 4 != 0) {
        return std::nullopt;
    }
    for (int padding = 0; padding < 2 && !text.empty() && text.back() == '='; ++padding) {
        text.remove_suffix(1);
    }
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3 + 2);
    std::uint32_t group = 0;
    unsigned bits = 0;
    for (const char letter : text) {
        const auto value = values[static_cast<unsigned char>(letter)];
        if (value < 0) {
            return std::nullopt;
        }
        group = (group << 6U) | static_cast<std::uint32_t>(value);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes += static_cast<char>((group >> bits) & 0xffU);
        }
    }
    const bool spare_bits = (group & ((1U << bits) - 1)) != 0;
    return spare_bits ? std::nullopt : std::optional{std::move(bytes)};
}

}  // namespace aquila
