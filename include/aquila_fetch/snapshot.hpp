// Why: `output_mode = replace` leaves the file as the guides' script does: the newest page, spelt as jq 1.6 spells it.
// Must not know: files, HTTP.
#pragma once

#include "aquila_fetch/format.hpp"
#include "aquila_fetch/source.hpp"

#include <string>
#include <string_view>

namespace aquila {

/// JSON text as `jq -c .` (1.6, Debian 12) prints it: numbers by way of a double, escapes only where JSON wants them
/// and for DEL, the last of equal keys in the place of the first. Failure 76 for a number beyond the range of a double.
[[nodiscard]] std::string jq_text(std::string_view json);

/// The page's records as `jq -c '.offset as $o | .total as $t | .records[] | . + {offset: $o, total: $t}'` prints them.
/// With a format, its lines in the order of the page.
[[nodiscard]] std::string snapshot_lines(const Page& page, LineFormat* format = nullptr);

}  // namespace aquila
