// What a record costs between the network and the disk: pages taken apart, keys, ledger, lines, checkpoints, by the
// program's own loop, of pages that lie ready. hot_path PRODUCT RECORDS prints what was written, and the CPU
// milliseconds of it.
#include "aquila_fetch/collect.hpp"
#include "aquila_fetch/http.hpp"

#include "prepared_pages.hpp"
#include "void_sink.hpp"

#include <cstdio>
#include <cstdlib>
#include <ctime>

int main(int argc, char** argv) {
    using namespace aquila;
    using namespace std::chrono_literals;
    const auto product = argc == 3 ? sim::product_of(argv[1]) : std::nullopt;
    if (!product || find_source(argv[1]) == nullptr) {
        std::fputs("usage: hot_path jira|confluence RECORDS\n", stderr);
        return 64;
    }
    const Source& source = *find_source(argv[1]);
    const std::int64_t records = std::atoll(argv[2]);
    constexpr Instant begin{std::chrono::seconds{1'775'001'600}};
    const Span span = 1s * records;
    const bench::PreparedPages log{*product, records, begin.time_since_epoch().count(), span.count()};
    const Instant now = begin + span + 10min;
    const Fetch fetch = [&](const Query& query) {
        bench::PreparedPages::Asked asked{.offset = query.offset, .limit = query.limit};
        if (query.window) {
            asked.from = query.window->from.time_since_epoch().count();
            asked.to = query.window->to.time_since_epoch().count();
        }
        const auto prepared = log.page(asked);
        std::string body;
        body.reserve(prepared.size() + body_padding);
        body.append(prepared.before).append(prepared.records).append(prepared.after);
        Page page = source.parse(std::move(body), query);
        page.served = now;
        return page;
    };
    bench::Void sink;
    State state;
    std::size_t checkpoint = 0;
    const Collecting collecting{source,
                                {now, span + 1h, 1h, {}, {}},
                                {},
                                fetch,
                                [&checkpoint](State& saved) { checkpoint = to_text(saved).size(); },
                                [] {}};
    const auto begun = std::clock();
    const Tally tally = collect(collecting, state, sink, "");
    std::printf("records=%llu bytes=%zu checkpoint=%zu cpu_ms=%.1f\n", static_cast<unsigned long long>(tally.written),
                sink.bytes, checkpoint, 1e3 * static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC);
    return static_cast<std::int64_t>(tally.written) == records ? 0 : 1;
}
