// Why: between the bytes of a record and the bytes of a line a string stays as it is escaped; only what is compared,
// changed or quoted as a whole is taken out of its escapes or put into them.
// Must not know: records, tables.
#pragma once

#include <string>
#include <string_view>

namespace aquila {

/// Plain UTF-8 as the inside of a JSON string.
void append_escaped(std::string& json, std::string_view plain);
/// The inside of a JSON string as plain UTF-8. Empty where an escape is broken.
[[nodiscard]] std::string unescaped(std::string_view inside);

}  // namespace aquila
