// Why: a token, password or client secret must not reach a log, an error, a core file or a child process; a type that
// no stream, formatter or JSON library accepts makes the compiler say so.
// Must not know: where secrets come from.
#pragma once

#include <string>
#include <string_view>

namespace aquila {

/// Text that cannot be printed. The only way to the bytes is reveal(), a word to grep for. Wiped on destruction,
/// assignment and move.
class Secret {
  public:
    Secret() = default;
    explicit Secret(std::string&& text);
    explicit Secret(std::string_view text);
    Secret(const Secret& other);
    Secret(Secret&& other) noexcept;
    Secret& operator=(const Secret& other);
    Secret& operator=(Secret&& other) noexcept;
    ~Secret();

    [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
    [[nodiscard]] std::string_view reveal() const noexcept { return text_; }

    template <typename Stream>
    friend Stream& operator<<(Stream&, const Secret&) = delete;

  private:
    std::string text_;
};

/// From now on without_secrets() knows it. One of fewer than four bytes is not, as it would be found in any text.
void conceal(const Secret& secret);
/// `text` with [redacted] in the place of every concealed secret: servers repeat what they were sent.
[[nodiscard]] std::string without_secrets(std::string text);

/// Overwrites the bytes so that the compiler cannot leave it out, then empties the string.
void wipe(std::string& text) noexcept;

}  // namespace aquila
