// Why: benchmarks, the demo and the crash tests need any number of records that look like Atlassian's, the same ones
// for the same seed. Must not know: HTTP.
#pragma once

#include "support/sim_log.hpp"

#include <cstdint>
#include <string>

namespace aquila::sim {

struct GenerateOrder {
    Product product = Product::jira;
    std::int64_t count = 0;
    Millis from = 0;  ///< spread evenly from here
    Millis to = 0;    ///< to here (both inclusive)
    std::uint64_t seed = 1;
    double twins = 0;            ///< share of records that repeat the one before byte by byte (not Jira: it has ids)
    std::int64_t same_ms = 0;    ///< that many records in the middle share one timestamp
    double lone_surrogates = 0;  ///< share of records that hold half a surrogate pair, as an escape
};

/// Small, quick, the same everywhere (splitmix64).
class Dice {
  public:
    explicit Dice(std::uint64_t seed) noexcept : state_(seed) {}
    std::uint64_t next() noexcept;
    std::size_t below(std::size_t bound) noexcept { return static_cast<std::size_t>(next() % bound); }
    bool chance(double share) noexcept { return static_cast<double>(next() >> 11U) * 0x1p-53 < share; }

    template <typename Pool>
    const auto& pick(const Pool& pool) noexcept {
        return pool[below(pool.size())];
    }

  private:
    std::uint64_t state_;
};

/// Appends to the log; deterministic in order.seed and the log's next id.
void generate(RecordLog& log, const GenerateOrder& order);

/// One record of each product. `odd` is put into a name; it must be valid inside a JSON string.
[[nodiscard]] std::string jira_record(Dice& dice, std::int64_t id, Millis time, std::string_view odd = {});
[[nodiscard]] std::string confluence_record(Dice& dice, Millis time, std::string_view odd = {});
[[nodiscard]] std::string organization_record(Dice& dice, Millis happened, Millis processed, std::string_view odd = {});
[[nodiscard]] std::string datacenter_record(Dice& dice, Millis time, std::string_view odd = {});

}  // namespace aquila::sim
