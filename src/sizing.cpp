#include "sizing.hpp"

#include "density.hpp"
#include "slice_lines.hpp"

#include "aquila_fetch/error.hpp"

#include <algorithm>

namespace aquila {
namespace {

/// Of what a slice may hold: no burst is ever so large, and no offset beyond what a server could bear.
constexpr double farthest_probe = 50;

}  // namespace

Sizing::Sizing(const Source& source, const Fetch& fetch, const SliceLimits& limits, Slice& slice)
    : source_{source}, fetch_{fetch}, limits_{limits}, slice_{slice} {}

void Sizing::note(const Page& page, std::size_t skipped) {
    for (std::size_t i = std::min(skipped, page.records.size()); i < page.records.size(); ++i) {
        const Instant time = page.records[i].key.time;
        slice_.before += !is_late_order(source_) && time < slice_.window.from ? 1 : 0;
        slice_.after += !is_late_order(source_) && time != undated && time > slice_.window.to + rounding ? 1 : 0;
        inside_ += is_inside(page.records[i], slice_.window) ? 1 : 0;
        ++seen_;
    }
    skipped_.push_back(skipped);
}

void Sizing::begin_again() {
    skipped_.clear();
    slice_.before = slice_.after = inside_ = seen_ = 0;
}

bool Sizing::is_too_large(const Page& page, std::size_t bytes, int page_limit) {
    if (slice_.before > 0 || slice_.after > 0) {
        return false;  // the server does not keep to the window: a smaller one would not help
    }
    const auto budget = limits_.pages * static_cast<std::size_t>(page_limit);
    if (page.records.empty()) {
        return bytes > limits_.bytes && ask_for(half());
    }
    const double evenly = expected_evenly(page.records, slice_.window, inside_, is_late_order(source_));
    const auto wanted = static_cast<double>((slice_.window.to - slice_.window.from).count()) * limits_.aim *
                        static_cast<double>(budget) / std::max(evenly, 1.0);
    const Span smaller{static_cast<std::int64_t>(std::min(wanted, static_cast<double>(half().count())))};
    if (inside_ > budget || bytes > limits_.bytes) {
        return cut(time_within(budget)) || ask_for(smaller);
    }
    const double hopeless = 2.0 * static_cast<double>(budget);
    const bool probes = limits_.cuts && source_.paging == Paging::offset && page.records.size() < budget;
    // With anything of the window; only probes make up for what the very end of it may hold.
    const bool is_first = probes ? inside_ > 0 && inside_ <= page.records.size() : slice_.pages.size() == 1;
    if (!is_first || (evenly <= hopeless && (!probes || expected_behind(page.records, slice_.window) <= hopeless))) {
        return false;
    }
    // A log as dense as its newest page, or a burst at the end of a quiet time? One record far behind tells.
    const double far = std::min(evenly / 4, farthest_probe * static_cast<double>(budget));
    if (probes && (evenly <= hopeless || !probe(page, std::max(far, static_cast<double>(budget))))) {
        return cut(probe(page, static_cast<double>(budget - 1)));
    }
    return evenly > hopeless && ask_for(smaller);
}

/// The time of record number `budget` of those that were read, newest first; nullopt: there is none.
std::optional<Instant> Sizing::time_within(std::size_t budget) const {
    if (is_late_order(source_)) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < slice_.pages.size(); ++i) {
        const auto& records = slice_.pages[i].records;
        for (auto at = i < skipped_.size() ? skipped_[i] : 0; at < records.size(); ++at) {
            budget -= is_inside(records[at], slice_.window) ? 1 : 0;
            if (budget == 0) {
                return records[at].key.time;
            }
        }
    }
    return std::nullopt;
}

/// The time of the record at that offset in the window, which costs less than to read all up to it; nullopt: there
/// is none. What lies at the window's very end comes before it. A server that does not take such an offset tells
/// nothing: then the page's own end is as good.
std::optional<Instant> Sizing::probe(const Page& page, double offset) {
    ++slice_.requests;
    const auto before = static_cast<std::int64_t>(seen_ - inside_);
    const Instant last = page.records.back().key.time;
    try {
        const Page answer = fetch_(Query{slice_.window, before + static_cast<std::int64_t>(offset), 1, {}});
        const bool there = !answer.records.empty() && answer.records.front().key.time <= last;
        return there ? std::optional{answer.records.front().key.time} : std::nullopt;
    } catch (const Failure& failure) {
        if (failure.code() != Exit::protocol) {
            throw;
        }
        return last;
    }
}

bool Sizing::cut(std::optional<Instant> moment) {
    if (!limits_.cuts || !moment || *moment >= slice_.window.to) {
        return false;  // what has no time lies nowhere
    }
    const Instant at = *moment + shortest < slice_.window.to ? *moment + shortest : *moment;
    const bool inside = at > slice_.window.from && at < slice_.window.to;
    if (inside) {
        slice_.smaller = at - slice_.window.from;
        slice_.rest_fits = true;
    }
    return inside;
}

bool Sizing::ask_for(Span span) {
    const Span whole = slice_.window.to - slice_.window.from;
    slice_.smaller = std::clamp(span, shortest, std::max(shortest, whole - std::max(shortest, whole / 8)));
    return true;
}

}  // namespace aquila
