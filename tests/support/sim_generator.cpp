#include "support/sim_generator.hpp"

#include <algorithm>

namespace aquila::sim {
namespace {

constexpr std::string_view half_pair = R"(cut short \ud83e)";

/// Evenly spread, with some jitter, never going back; the block of equal times stands in the middle.
class Timetable {
  public:
    Timetable(const GenerateOrder& order, Dice& dice) : order_(order), dice_(dice), step_(step_of(order)) {}

    Millis at(std::int64_t index) {
        const auto block = std::min(order_.same_ms, order_.count);
        const auto start = (order_.count - block) / 2;
        if (block > 0 && index >= start && index < start + block) return place(start);
        return std::min(place(index) + static_cast<Millis>(dice_.next() % static_cast<std::uint64_t>(step_)),
                        order_.to);
    }

  private:
    static Millis step_of(const GenerateOrder& order) {
        return std::max<Millis>(1, (order.to - order.from) / std::max<std::int64_t>(1, order.count));
    }
    [[nodiscard]] Millis place(std::int64_t index) const {
        const auto share = static_cast<long double>(order_.to - order_.from) / static_cast<long double>(order_.count);
        return order_.from + static_cast<Millis>(share * static_cast<long double>(index));
    }

    const GenerateOrder& order_;
    Dice& dice_;
    Millis step_;
};

}  // namespace

std::uint64_t Dice::next() noexcept {
    state_ += 0x9E3779B97F4A7C15U;
    auto mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
    return mixed ^ (mixed >> 31U);
}

void generate(RecordLog& log, const GenerateOrder& order) {
    Dice dice(order.seed);
    Timetable timetable(order, dice);
    log.reserve(static_cast<std::size_t>(std::max<std::int64_t>(order.count, 0)));
    std::string text;
    Millis happened = 0;
    Millis time = 0;
    for (std::int64_t index = 0; index < order.count; ++index) {
        const bool twin = index > 0 && order.product != Product::jira && dice.chance(order.twins);
        if (!twin) {
            time = timetable.at(index);
            happened = time;
            const auto odd = dice.chance(order.lone_surrogates) ? half_pair : std::string_view{};
            switch (order.product) {
                case Product::jira:
                    text = jira_record(dice, log.next_id, time, odd);
                    log.next_id += 1 + static_cast<std::int64_t>(dice.below(3));
                    break;
                case Product::confluence:
                    text = confluence_record(dice, time, odd);
                    break;
                case Product::organization:
                    happened = time - static_cast<Millis>(dice.below(dice.chance(0.05) ? 3'600'000 : 3'000));
                    text = organization_record(dice, happened, time, odd);
                    break;
                case Product::datacenter:
                    text = datacenter_record(dice, time, odd);
                    break;
            }
        }
        log.append({.time = time, .event_time = happened, .sequence = 0, .text = text});
    }
    log.settle();
}

}  // namespace aquila::sim
