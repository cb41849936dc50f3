// Why: the output can be read back, whatever rotation and format have made of it: its lines are the records that were
// collected. Must not know: the server, the checkpoint, why somebody asks.
#pragma once

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
    std::function<void(std::string_view)> damaged;  ///< a line that is no record of the source, or has no end
    std::function<void()> check_stop;
};

/// Every line of a text as the record it was made of. About 1 MiB is in memory at a time, or the longest line.
/// Failure 74: it cannot be read.
void read_records(const Source& source, PackedReader text, const OutputReader& reader);

}  // namespace aquila
