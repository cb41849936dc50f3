// How records get into the log, from C++ and from the control endpoints alike.
#include "support/sim_generator.hpp"
#include "support/sim_state.hpp"

#include <algorithm>
#include <stdexcept>

namespace aquila::sim {

bool store(SimState& state, Product product, std::string_view record) {
    const auto entry = read_times(product, record);
    if (!entry) return false;
    auto& log = state.log(product);
    log.add(*entry);
    if (product == Product::jira) log.next_id = std::max(log.next_id, read_id(record) + 1);
    return true;
}

std::size_t store_lines(SimState& state, Product product, std::string_view lines) {
    std::vector<LogEntry> entries;
    for (std::size_t number = 1; !lines.empty(); ++number) {
        const auto line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(std::min(lines.size(), line.size() + 1));
        if (line.empty()) continue;
        const auto entry = read_times(product, line);
        if (!entry) throw std::invalid_argument("line " + std::to_string(number) + ": no time found");
        entries.push_back(*entry);
    }
    auto& log = state.log(product);
    for (const auto& entry : entries) {
        log.append(entry);
        if (product == Product::jira) log.next_id = std::max(log.next_id, read_id(entry.text) + 1);
    }
    log.settle();
    return entries.size();
}

void store_generated(SimState& state, Product product, Millis time) {
    auto& log = state.log(product);
    Dice dice(static_cast<std::uint64_t>(log.size()) + 7'777);
    std::string text;
    switch (product) {
        case Product::jira:
            text = jira_record(dice, log.next_id++, time);
            break;
        case Product::confluence:
            text = confluence_record(dice, time);
            break;
        case Product::organization:
            text = organization_record(dice, time, time);
            break;
        case Product::datacenter:
            text = datacenter_record(dice, time);
            break;
    }
    log.add({.time = time, .event_time = time, .sequence = 0, .text = text});
}

}  // namespace aquila::sim
