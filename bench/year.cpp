// What a year leaves behind: a run every ten minutes, with so many records an hour: the ledger, the checkpoint, and
// what a run costs, on the first day and a year later. year RECORDS_AN_HOUR [DAYS]
#include "aquila_fetch/collect.hpp"

#include "prepared_log.hpp"
#include "void_sink.hpp"

#include <cstdio>
#include <cstdlib>
#include <ctime>

int main(int argc, char** argv) {
    using namespace aquila;
    using namespace std::chrono_literals;
    const std::int64_t hourly = argc > 1 ? std::atoll(argv[1]) : 0;
    const int days = argc > 2 ? std::atoi(argv[2]) : 365;
    if (hourly <= 0 || days <= 0) {
        std::fputs("usage: year RECORDS_AN_HOUR [DAYS]\n", stderr);
        return 64;
    }
    const bench::PreparedLog log{"confluence", hourly * 24 * days, 3'600'000ms / hourly};
    bench::Void sink;
    State state;
    std::size_t checkpoint = 0;
    std::uint64_t written = 0;
    constexpr int daily = 24 * 6;
    for (int day = 0; day < days; ++day) {
        const auto begun = std::clock();
        for (int run = 1; run <= daily; ++run) {
            const Wish wish{bench::beginning + 24h * day + 10min * run, 24h, 1h, {}, {}};
            const Collecting collecting{log.source,
                                        wish,
                                        {},
                                        [&log](const Query& query) { return log.fetch(query); },
                                        [&checkpoint](State& saved) { checkpoint = to_text(saved).size(); },
                                        [] {}};
            written += collect(collecting, state, sink, "").written;
        }
        if (day == 0 || day == 1 || day == days - 1) {
            const double spent = 1e3 * static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC;
            std::printf("day=%d records=%llu ledger=%zu checkpoint_bytes=%zu run_cpu_ms=%.3f\n", day + 1,
                        static_cast<unsigned long long>(written), state.ledger.size(), checkpoint, spent / daily);
        }
    }
    return 0;
}
