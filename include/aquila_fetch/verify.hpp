// Why: an auditor asks whether anything is missing; the window is read from the server again and compared with every
// output file there is, rotated and packed ones too, by key and by how often. Must not know: HTTP, configuration, how
// the answer is shown beyond its text.
#pragma once

#include "aquila_fetch/ledger.hpp"
#include "aquila_fetch/output_records.hpp"
#include "aquila_fetch/slice.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace aquila {

/// One kind of difference, with how many records it concerns and a few of them.
struct Difference {
    std::uint64_t records = 0;
    std::vector<std::string> examples;  ///< shortened records or lines; of missing and late ones time and number
};

struct Comparison {
    Window window;
    Window asked;  ///< wider than `window` where what was asked for was not collected, and so not compared
    std::uint64_t on_server = 0;
    std::uint64_t in_files = 0;  ///< lines whose time lies in the window
    std::uint64_t lines = 0;     ///< all lines of all files
    std::vector<std::string> files;
    Difference missing;     ///< on the server, and in no file
    Difference late;        ///< missing too, but the next run reads it again and writes it
    Difference duplicated;  ///< in the files more often than on the server
    Difference unexpected;  ///< in the files, and not on the server
    Difference damaged;     ///< lines that are no JSON object, or have no end

    [[nodiscard]] bool clean() const noexcept {
        return missing.records + duplicated.records + unexpected.records + damaged.records == 0;
    }
};

/// What the collector goes by: from `settled` on it reads again, and takes what is in the ledger for written.
struct Belief {
    Instant settled;
    const Ledger& ledger;
};

/// Reads the window from the server by slices, then the files line by line. A record in no file is late where the next
/// run will write it, and missing else: also when the collector once wrote it and something took it away. Memory: about
/// 32 bytes for each record of the window. Failure as the fetching gives it; 74 for a file that cannot be read.
[[nodiscard]] Comparison compare(const Source& source, const Fetch& fetch, Window window, const Belief& belief,
                                 const SliceLimits& limits, const std::vector<Written>& files,
                                 const std::function<void()>& check_stop);

/// For people, or as JSON.
[[nodiscard]] std::string describe(const Comparison& comparison, bool as_json);

}  // namespace aquila
