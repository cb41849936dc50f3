#include "json_tokens.hpp"

#include <fmt/core.h>

#include <bitset>

namespace aquila {
namespace {

constexpr std::size_t deepest = 512;

constexpr bool is_decimal(char c) noexcept {
    return c >= '0' && c <= '9';
}

/// RFC 8259, section 6.
constexpr bool is_number(std::string_view text) noexcept {
    std::size_t at = 0;
    const auto digits = [&] {
        const auto first = at;
        while (at < text.size() && is_decimal(text[at])) {
            ++at;
        }
        return at > first;
    };
    const auto take = [&](char wanted) {
        const bool there = at < text.size() && text[at] == wanted;
        at += there ? 1 : 0;
        return there;
    };
    take('-');
    if (!take('0') && !digits()) {
        return false;
    }
    if (take('.') && !digits()) {
        return false;
    }
    if (take('e') || take('E')) {
        static_cast<void>(take('+') || take('-'));
        if (!digits()) {
            return false;
        }
    }
    return at == text.size();
}

static_assert(is_number("-0.10e+5") && is_number("12345678901234567890123") && !is_number("01") && !is_number("1."));

}  // namespace

simdjson::error_code JsonTokens::read(std::string_view text) {
    text_ = text;
    bytes_ = text.data();
    count_ = 0;
    gaps_ = 0;
    if (text.empty()) {
        return simdjson::EMPTY;  // with no room made for the first stage yet, there may be none to call
    }
    if (parser_.capacity() < text.size()) {
        // Some room to grow, so that pages of about the same size share one allocation.
        const auto error = parser_.allocate(text.size() + text.size() / 4 + 4096, 8);
        if (error != simdjson::SUCCESS) {
            return error;
        }
    }
    const auto error = parser_.implementation->stage1(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                                                      simdjson::stage1_mode::regular);
    if (error != simdjson::SUCCESS) {
        return error;
    }
    auto* const starts = parser_.implementation->structural_indexes.get();
    starts_ = starts;
    count_ = parser_.implementation->n_structural_indexes;
    // Where the last token ends is where another one would begin; who looks there need not ask whether there is one.
    auto end = text.size();
    while (is_blank(text[end - 1])) {
        --end;  // there is a token, or the first stage would have found nothing
    }
    starts[count_] = starts[count_ + 1] = static_cast<std::uint32_t>(end);
    return simdjson::SUCCESS;
}

void JsonTokens::check_spaced_string(std::size_t token) {
    if (kind(token) != '"') {
        fail(token);
    }
    gaps_ = 1;
    const auto quoted = text(token);
    if (quoted.size() < 2 || quoted.back() != '"') {
        fail(token);
    }
}

void JsonTokens::check_scalar(std::size_t token) {
    const auto scalar = text(token);
    gaps_ |= starts_[token + 1] - starts_[token] - static_cast<std::uint32_t>(scalar.size());
    const bool good = scalar == "true" || scalar == "false" || scalar == "null" || is_number(scalar);
    if (!good) {
        fail(token);
    }
}

std::size_t JsonTokens::skip_container(std::size_t token) {
    std::bitset<deepest> objects;  // which of the containers that are open are objects; the others are arrays
    std::size_t depth = 0;
    while (true) {
        // A value is expected here.
        const char first = kind(token);
        if (first == '"') {
            check_string(token++);
        } else if (first == '{' || first == '[') {
            const bool is_object = first == '{';
            note_gap(token++);
            if (kind(token) != (is_object ? '}' : ']')) {
                if (depth == deepest) {
                    throw BadJson{fmt::format("nested deeper than {} levels", deepest)};
                }
                objects[depth++] = is_object;
                token = is_object ? check_name(token) : token;
                continue;
            }
            note_gap(token++);
        } else {
            check_scalar(token++);
        }
        // A value has ended: what holds it ends too, or goes on behind a comma.
        while (depth > 0 && kind(token) != ',') {
            expect(token++, objects[--depth] ? '}' : ']');
        }
        if (depth == 0) {
            return token;
        }
        note_gap(token++);
        token = objects[depth - 1] ? check_name(token) : token;
    }
}

void JsonTokens::fail(std::size_t token) const {
    if (token >= count_) {
        throw BadJson{fmt::format("it ends in the middle, after {} bytes", text_.size())};
    }
    throw BadJson{fmt::format("unexpected token at byte {}", starts_[token])};
}

}  // namespace aquila
