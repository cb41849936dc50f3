// Why: the output can be read back, whatever rotation and format have made of it: its lines are the records that were
// collected. Must not know: the server, the checkpoint, why somebody asks.
#pragma once

#include "aquila_fetch/http.hpp"
#include "aquila_fetch/packed.hpp"
#include "aquila_fetch/source.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace aquila {

/// A text that lines were written into, opened when its turn comes.
struct Written {
    std::string name;
    std::function<PackedReader()> open;
};

/// Who takes what is read.
struct OutputReader {
    std::function<void(const Record&)> record;
    /// A line that is no record of the source, or has no end; and what names a text whose packed data is cut short.
    std::function<void(std::string_view)> damaged;
    std::function<void()> check_stop;
};

/// No record is longer than a body may be, and no format's line more than eight times its record; a "line" that is
/// belongs to a file that is none of ours.
inline constexpr std::size_t longest_line = 8 * body_cap;

/// Every line of a text as the record it was made of. About 1 MiB is in memory at a time, or the longest line; one
/// beyond `longest` is damaged, and passed over. So is what follows where packed data is cut short.
/// Failure 74: it cannot be read.
void read_records(const Source& source, PackedReader packed, const OutputReader& reader,
                  std::size_t longest = longest_line);

}  // namespace aquila
