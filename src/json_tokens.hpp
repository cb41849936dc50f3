// Why: simdjson's first stage finds where every token of a document begins, at several GB/s; walking those positions
// validates the whole text and cuts pieces out of it as they were sent, for a fraction of what parsing costs.
// Must not know: what the members mean.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace aquila {

/// Thrown by the walk; turned into a Failure where the page is known.
struct BadJson {
    std::string what;
};

/// The tokens of one text. Strings are checked for their ends only: see inspect_escapes for what is in them.
class JsonTokens {
  public:
    /// `SUCCESS`, or what the first stage found: no UTF-8, raw control characters, an unclosed string, nothing.
    [[nodiscard]] simdjson::error_code read(std::string_view text);

    [[nodiscard]] std::size_t size() const noexcept { return count_; }
    /// False when white space stands between tokens. Known for what has been walked.
    [[nodiscard]] bool compact() const noexcept { return gaps_ == 0; }

    /// The token's first byte; NUL behind the last one.
    [[nodiscard]] char kind(std::size_t token) const noexcept { return token < count_ ? bytes_[starts_[token]] : '\0'; }
    /// From the token's first byte to the last byte of `last`.
    [[nodiscard]] std::string_view slice(std::size_t token, std::size_t last) const noexcept {
        return text_.substr(starts_[token], end(last) - starts_[token]);
    }
    [[nodiscard]] std::string_view text(std::size_t token) const noexcept { return slice(token, token); }
    /// A string token without its quotes, escapes untouched.
    [[nodiscard]] std::string_view string(std::size_t token) const noexcept {
        const auto quoted = text(token);
        return quoted.substr(1, quoted.size() - 2);
    }

    /// Validates the value that begins at `token`, and gives the token behind it.
    std::size_t skip(std::size_t token) {
        const char first = kind(token);
        if (first == '{' || first == '[') {
            return skip_container(token);
        }
        first == '"' ? check_string(token) : check_scalar(token);
        return token + 1;
    }

    /// Walks the members of the object at `token`: `member(key, value)` must give the token behind the value.
    template <typename Member>
    std::size_t members(std::size_t token, Member member) {
        expect(token++, '{');
        if (kind(token) == '}') {
            return closed(token);
        }
        while (true) {
            const auto value = check_name(token);
            token = member(string(token), value);
            if (kind(token) == '}') {
                return closed(token);
            }
            expect(token++, ',');
        }
    }

    /// Walks the elements of the array at `token`, likewise.
    template <typename Element>
    std::size_t elements(std::size_t token, Element element) {
        expect(token++, '[');
        if (kind(token) == ']') {
            return closed(token);
        }
        while (true) {
            token = element(token);
            if (kind(token) == ']') {
                return closed(token);
            }
            expect(token++, ',');
        }
    }

  private:
    static constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
    /// Behind the token's last byte.
    [[nodiscard]] std::size_t end(std::size_t token) const noexcept {
        std::size_t end = starts_[token + 1];
        while (end > starts_[token] + 1 && is_blank(bytes_[end - 1])) {
            --end;
        }
        return end;
    }
    std::size_t closed(std::size_t token) noexcept {
        note_gap(token);
        return token + 1;
    }
    void expect(std::size_t token, char kind_wanted) {
        if (kind(token) != kind_wanted) {
            fail(token);
        }
        note_gap(token);
    }
    /// For the tokens of one byte.
    void note_gap(std::size_t token) noexcept { gaps_ |= starts_[token + 1] - starts_[token] - 1; }
    /// Between a string without blanks behind it and the next token nothing stands but its closing quote.
    void check_string(std::size_t token) {
        const std::size_t next = starts_[token + 1];
        if (kind(token) != '"' || bytes_[next - 1] != '"' || next - starts_[token] < 2) {
            check_spaced_string(token);
        }
    }
    std::size_t check_name(std::size_t token) {
        check_string(token);
        expect(token + 1, ':');
        return token + 2;
    }
    std::size_t skip_container(std::size_t token);
    void check_spaced_string(std::size_t token);
    void check_scalar(std::size_t token);
    [[noreturn]] void fail(std::size_t token) const;

    simdjson::dom::parser parser_;
    std::string_view text_;
    const char* bytes_ = nullptr;            ///< of the text; what is looked at lies in it, whatever the text is
    const std::uint32_t* starts_ = nullptr;  ///< of each token, and twice the end of the text behind them
    std::size_t count_ = 0;
    std::uint32_t gaps_ = 0;  ///< 0 as long as no white space was seen between tokens
};

}  // namespace aquila
