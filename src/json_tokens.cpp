#include "json_tokens.hpp"

#include <fmt/core.h>

namespace aquila {
namespace {

constexpr std::size_t deepest = 512;

constexpr bool is_blank(char c) noexcept {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}
constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

/// RFC 8259, section 6.
constexpr bool is_number(std::string_view text) noexcept {
    std::size_t at = 0;
    const auto digits = [&] {
        const auto first = at;
        while (at < text.size() && is_digit(text[at])) {
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
    count_ = 0;
    compact_ = true;
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
    starts_ = parser_.implementation->structural_indexes.get();
    count_ = parser_.implementation->n_structural_indexes;
    return simdjson::SUCCESS;
}

std::size_t JsonTokens::end(std::size_t token) const noexcept {
    std::size_t end = token + 1 < count_ ? starts_[token + 1] : text_.size();
    while (end > starts_[token] + 1 && is_blank(text_[end - 1])) {
        --end;
    }
    return end;
}

void JsonTokens::check_string(std::size_t token) {
    if (kind(token) != '"') {
        fail(token);
    }
    const std::size_t next = token + 1 < count_ ? starts_[token + 1] : text_.size();
    if (text_[next - 1] == '"' && next - starts_[token] >= 2) {
        return;
    }
    compact_ = false;
    const auto quoted = text(token);
    if (quoted.size() < 2 || quoted.back() != '"') {
        fail(token);
    }
}

void JsonTokens::check_scalar(std::size_t token) {
    const auto scalar = text(token);
    compact_ = compact_ && (token + 1 >= count_ || starts_[token] + scalar.size() == starts_[token + 1]);
    const bool good = scalar == "true" || scalar == "false" || scalar == "null" || is_number(scalar);
    if (!good) {
        fail(token);
    }
}

std::size_t JsonTokens::skip(std::size_t token) {
    containers_.clear();
    while (true) {
        // A value is expected here.
        switch (kind(token)) {
            case '"':
                check_string(token++);
                break;
            case '{':
                note_gap(token);
                if (kind(token + 1) == '}') {
                    token = closed(token + 1);
                    break;
                }
                if (containers_.size() >= deepest) {
                    throw BadJson{fmt::format("nested deeper than {} levels", deepest)};
                }
                containers_ += '}';
                check_string(++token);
                expect(++token, ':');
                ++token;
                continue;
            case '[':
                note_gap(token);
                if (kind(token + 1) == ']') {
                    token = closed(token + 1);
                    break;
                }
                if (containers_.size() >= deepest) {
                    throw BadJson{fmt::format("nested deeper than {} levels", deepest)};
                }
                containers_ += ']';
                ++token;
                continue;
            default:
                check_scalar(token);
                ++token;
        }
        // A value has ended: what holds it ends too, or goes on behind a comma.
        while (!containers_.empty() && kind(token) == containers_.back()) {
            token = closed(token);
            containers_.pop_back();
        }
        if (containers_.empty()) {
            return token;
        }
        expect(token++, ',');
        if (containers_.back() == '}') {
            check_string(token++);
            expect(token++, ':');
        }
    }
}

void JsonTokens::fail(std::size_t token) const {
    if (token >= count_) {
        throw BadJson{fmt::format("it ends in the middle, after {} bytes", text_.size())};
    }
    throw BadJson{fmt::format("unexpected token at byte {}", starts_[token])};
}

}  // namespace aquila
