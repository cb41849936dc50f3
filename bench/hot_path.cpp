// What a record costs between the network and the disk: pages taken apart, keys, ledger, lines, checkpoints, by the
// program's own loop. hot_path PRODUCT RECORDS prints what was written, and the CPU milliseconds of it.
#include "prepared_log.hpp"

#include <cstdio>
#include <cstdlib>
#include <ctime>

int main(int argc, char** argv) {
    using namespace aquila;
    using namespace std::chrono_literals;
    if (argc != 3 || find_source(argv[1]) == nullptr) {
        std::fputs("usage: hot_path PRODUCT RECORDS\n", stderr);
        return 64;
    }
    const std::int64_t records = std::atoll(argv[2]);
    const bench::PreparedLog log{argv[1], records, 1s};
    bench::Void sink;
    State state;
    std::size_t checkpoint = 0;
    const Wish wish{log.time_of(records) + 10min, log.time_of(records) - bench::beginning + 1h, 1h, {}, {}};
    const Collecting collecting{log.source,
                                wish,
                                {},
                                [&log](const Query& query) { return log.fetch(query); },
                                [&checkpoint](State& saved) { checkpoint = to_text(saved).size(); },
                                [] {}};
    const Tally tally = collect(collecting, state, sink, "");
    std::printf("records=%llu bytes=%zu checkpoint=%zu cpu_ms=%.1f\n", static_cast<unsigned long long>(tally.written),
                sink.bytes, checkpoint, 1e3 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC);
    return static_cast<std::int64_t>(tally.written) == records ? 0 : 1;
}
