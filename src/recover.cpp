// What a stopped run left is found in the output, and noted before anything new is read.
#include "aquila_fetch/collect.hpp"
#include "aquila_fetch/log.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace aquila {
namespace {

std::string suffix_of(const Announcement& announced, std::size_t line) {
    for (const auto& [count, suffix] : announced.suffixes) {
        if (line < count) {
            return suffix;
        }
        line -= count;
    }
    return {};
}

/// Both of them; that of a page of a stream is empty, and joins nothing.
Window joined(const Window& a, const Window& b) {
    return a.empty() ? b : b.empty() ? a : Window{std::min(a.from, b.from), std::max(a.to, b.to)};
}

}  // namespace

std::string recover(State& state, const Look& look, const std::function<void(const State&)>& save) {
    if (!state.announced && !(state.resumption && state.resumption->torn)) {
        return {};
    }
    const bool announced = state.announced.has_value();
    auto what = announced ? *state.announced
                          : Announcement{state.resumption->window,    state.resumption->torn->place, {}, {}, {},
                                         state.resumption->torn->head};
    auto tail = look(what);
    auto resumption = state.resumption.value_or(Resumption{what.window, {}, std::nullopt});
    resumption.window = joined(resumption.window, what.window);
    std::size_t found = 0;
    for (std::size_t i = 0; i < what.keys.size(); ++i) {
        if (tail.written[i]) {
            resumption.written.push_back(what.keys[i]);
            ++found;
        }
    }
    if (announced) {
        const auto cut =
            static_cast<std::size_t>(std::find(tail.written.begin(), tail.written.end(), false) - tail.written.begin());
        resumption.torn.reset();
        if (tail.torn && cut < what.keys.size()) {
            resumption.torn =
                Torn{*tail.torn, what.keys[cut], suffix_of(what, cut), tail.torn_bytes.substr(0, head_size)};
        }
        log::info(
            fmt::format("the last run was stopped while it wrote: {} of {} lines are in the output{}, the rest follows",
                        found, what.keys.size(), resumption.torn ? ", one of them cut short" : ""));
    } else if (tail.torn) {
        resumption.torn->place = *tail.torn;
    } else {
        resumption.torn.reset();
    }
    if (!tail.recognised && what.place.offset > 0) {
        log::warning(
            fmt::format("output {} is gone, and no file beside it holds what was in it; what the last run wrote "
                        "there is written again",
                        what.place.path));
    }
    state.records += found;
    state.announced.reset();
    state.resumption = std::move(resumption);
    save(state);
    return std::move(tail.torn_bytes);
}

}  // namespace aquila
