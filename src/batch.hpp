// Why: the lines about to be written, and all that an announcement says of them, in one place.
// Must not know: where they are written.
#pragma once

#include "aquila_fetch/format.hpp"
#include "aquila_fetch/key.hpp"
#include "aquila_fetch/source.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace aquila {

struct Batch {
    std::string bytes;
    std::vector<Key> keys;
    std::vector<std::uint64_t> lines;                             ///< fingerprints
    std::vector<std::pair<std::uint64_t, std::string>> suffixes;  ///< as runs, see Announcement
    std::uint64_t repaired = 0;

    /// `format`: nullptr: as it was sent, with its page's suffix. A format has no place for a suffix.
    void add(const Record& record, const std::string& page_suffix, LineFormat* format);
};

}  // namespace aquila
