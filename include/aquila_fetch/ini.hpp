// Why: the INI readers at hand cut tokens at `#` and `;` or at 200 characters; this one keeps every byte of a value and
// knows the line each came from.
// Must not know: which keys there are, what values mean.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace aquila {

struct Mistake {
    std::size_t line = 0;  ///< from 1; 0: the file as a whole
    std::string what;      ///< never holds a value: it may be a secret, or a piece of one
};

struct IniEntry {
    std::string_view key;
    std::string_view value;
    std::size_t line = 0;
};

struct IniSection {
    std::string_view name;  ///< empty: the header is wrong or a repetition; the entries are only to be looked over
    std::size_t line = 0;
    std::vector<IniEntry> entries;
};

/// Takes the text apart; the views point into it. A comment is a line that begins with `;` or `#`, or what follows a
/// blank and one of them in the value of a key that is not secret, or after a section's header. Blanks around names and
/// values go; CRLF and a byte-order mark are accepted. What is no INI is added to `mistakes`.
[[nodiscard]] std::vector<IniSection> read_ini(std::string_view text, bool (*is_secret)(std::string_view key),
                                               std::vector<Mistake>& mistakes);

/// The names a section may have, and so the directories below state_dir.
[[nodiscard]] bool is_section_name(std::string_view name) noexcept;

}  // namespace aquila
