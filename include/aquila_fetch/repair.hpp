// Why: names and values in audit records are typed by users and cut by servers; a lone surrogate or a stray byte must
// not cost the record, and never its neighbours.
// Must not know: products, where records begin.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace aquila {

enum class Escapes {
    fine,             ///< every escape is one JSON knows, surrogates come in pairs
    lone_surrogates,  ///< for repair_json
    bad,              ///< a backslash that begins no escape
};

/// Looks at every backslash of a JSON text (they occur inside strings only). Costs next to nothing where there are few.
[[nodiscard]] Escapes inspect_escapes(std::string_view json) noexcept;

struct Repaired {
    std::string text;
    std::vector<std::size_t> places;  ///< offsets in `text` where something was put right, ascending
};

/// JSON text with, inside its strings, each lone surrogate escape and each invalid UTF-8 sequence (a maximal subpart,
/// Unicode 3.9) replaced by U+FFFD, and raw control characters escaped. Everything else stays as it is.
[[nodiscard]] Repaired repair_json(std::string_view json);

}  // namespace aquila
