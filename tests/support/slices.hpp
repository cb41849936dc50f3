// Why: tests read a whole window slice by slice, as the collecting loop does, but for its disk.
#pragma once

#include "aquila_fetch/slice.hpp"
#include "support/fake_log.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace aquila::test {

/// The bodies of a window's records, sorted.
inline std::vector<std::string> read_window(const Source& source, const Fetch& fetch, Window window,
                                            const SliceLimits& limits) {
    std::vector<std::string> bodies;
    read_slices(
        source, fetch, window, limits, [] {},
        [&bodies](std::span<const Slice> slices) {
            for (const Slice& slice : slices) {
                for (const auto& line : slice.lines) {
                    bodies.emplace_back(line.record->body);
                }
            }
        });
    std::sort(bodies.begin(), bodies.end());
    return bodies;
}

inline std::vector<std::string> read_window(FakeLog& log, Window window, const SliceLimits& limits) {
    return read_window(log.source, log.fetcher(), window, limits);
}

}  // namespace aquila::test
