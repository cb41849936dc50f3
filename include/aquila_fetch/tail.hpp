// Why: after a run was stopped between its announcement and its checkpoint, the lines it got out must be found again,
// in the file, or wherever a rotation has put them since: renamed, copied away and cut to nothing, or packed.
// Must not know: what a line means, what is done about it.
#pragma once

#include "aquila_fetch/checkpoint.hpp"
#include "aquila_fetch/error.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aquila {

struct Tail {
    std::vector<bool> written;  ///< for each announced line: it is in an output file, whole
    std::optional<Place> torn;  ///< the file at `live` ends with a line cut short, which begins here
    std::string torn_bytes;     ///< what there is of it
    std::size_t foreign = 0;    ///< whole lines behind the announced place that were not announced
    bool recognised = false;    ///< a file was found that is the announced one, or was made from it
};

/// Looks behind the announced place in the announced file, and in the files beside it that could be its successors
/// (same inode, or a name that begins like it; .gz is unpacked). What was found is made durable (fdatasync), as the
/// stopped run may not have come to it. A line cut short at the end of any file but `live` (the output as it is
/// configured now; empty where that is no file) is taken back there: its reader has moved on, and the record is written
/// again. Failure 74.
/// Failure 78 for what was announced in a bucket.
[[nodiscard]] Tail find_tail(const Announcement& announced, const std::filesystem::path& live);

/// Says that lines were announced in another destination, a bucket, and what to do.
[[nodiscard]] Failure elsewhere(std::string_view announced);

}  // namespace aquila
