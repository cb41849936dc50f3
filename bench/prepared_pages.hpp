// Why: a server, or a function in its place, that takes next to no time: a log lies in memory as the text of one page,
// newest record first, so that each page of it is a stretch of that. The records are those of atlassian_sim.
// Must not know: HTTP, the program under test.
#pragma once

#include "support/sim_generator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace aquila::bench {

class PreparedPages {
  public:
    /// Evenly spread over `span` milliseconds from `from` on. Jira or Confluence.
    PreparedPages(sim::Product product, std::int64_t records, sim::Millis from, sim::Millis span) : product_{product} {
        sim::Dice dice{1};
        for (auto i = records; i-- > 0;) {
            const auto time = from + span * i / records;
            times_.push_back(time);
            begins_.push_back(text_.size());
            text_ += product == sim::Product::jira ? sim::jira_record(dice, 10'000 + i, time)
                                                   : sim::confluence_record(dice, time);
            text_ += ',';
            if (i == records - 1) {
                text_.reserve(text_.size() * 5 / 4 * static_cast<std::size_t>(records));  // ten million need it
            }
        }
        begins_.push_back(text_.size());
    }

    /// Both ends of the window are included.
    struct Asked {
        std::int64_t offset = 0;
        std::int64_t limit = 1000;
        sim::Millis from = 0;
        sim::Millis to = std::numeric_limits<sim::Millis>::max();
    };
    /// What stands before the records, the records, what stands behind them.
    struct Page {
        std::string before;
        std::string_view records;
        std::string after;

        [[nodiscard]] std::size_t size() const noexcept { return before.size() + records.size() + after.size(); }
    };
    [[nodiscard]] Page page(const Asked& asked) const {
        const auto newest = std::ranges::lower_bound(times_, asked.to, std::greater{}) - times_.begin();
        const auto end =
            std::max(newest, std::ranges::upper_bound(times_, asked.from, std::greater{}) - times_.begin());
        const auto first = std::min(newest + asked.offset, end);
        const auto last = std::min(first + asked.limit, end);
        const auto records = first < last ? std::string_view{text_}.substr(at(first), at(last) - at(first) - 1) : "";
        if (product_ == sim::Product::jira) {
            return {fmt::format(R"({{"offset":{},"limit":{},"total":{},"records":[)", asked.offset, asked.limit,
                                times_.size()),
                    records, "]}"};
        }
        return {R"({"results":[)", records,
                fmt::format(R"(],"start":{},"limit":{},"size":{},"_links":{{"context":"/wiki"{}}}}})", asked.offset,
                            asked.limit, last - first, last < end ? R"(,"next":"/rest/api/audit")" : "")};
    }

  private:
    [[nodiscard]] std::size_t at(std::ptrdiff_t record) const { return begins_[static_cast<std::size_t>(record)]; }

    sim::Product product_;
    std::vector<sim::Millis> times_;  ///< newest first
    std::vector<std::size_t> begins_;
    std::string text_;
};

}  // namespace aquila::bench
