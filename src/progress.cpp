#include "aquila_fetch/progress.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace aquila {
namespace {

using namespace std::chrono_literals;

constexpr Span short_run = 1s;
constexpr Span between = 200ms;

std::string grouped(std::uint64_t number) {
    auto digits = std::to_string(number);
    for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
        digits.insert(digits.begin() + at, ',');
    }
    return digits;
}

}  // namespace

std::string describe(const Advance& advance, Span elapsed) {
    const double whole = std::max(1.0, static_cast<double>((advance.to - advance.from).count()));
    const double part = std::clamp(static_cast<double>((advance.at - advance.from).count()) / whole, 0.0, 1.0);
    const double passed = std::max(0.001, static_cast<double>(elapsed.count()) / 1000);
    auto text = fmt::format("{} records, read to {} ({:.0f} %), {}/s", grouped(advance.records),
                            format_instant(advance.at).substr(0, 16), part * 100,
                            grouped(static_cast<std::uint64_t>(static_cast<double>(advance.records) / passed)));
    if (part > 0 && part < 1) {
        const auto left = std::chrono::seconds{static_cast<std::int64_t>(passed / part * (1 - part)) + 1};
        text += fmt::format(", {} left", describe_span(left));
    }
    return text;
}

Progress::Progress(const Clock& clock, std::function<void(std::string_view)> show)
    : clock_{clock}, show_{std::move(show)}, began_{clock.elapsed()}, shown_{began_ + short_run - between} {}

Progress::~Progress() {
    show_("");
}

void Progress::update(const Advance& advance) {
    const Span now = clock_.elapsed();
    if (now - shown_ >= between) {
        shown_ = now;
        show_(describe(advance, now - began_));
    }
}

}  // namespace aquila
