#include "support/sim_log.hpp"

#include <algorithm>
#include <array>
#include <tuple>

namespace aquila::sim {
namespace {

constexpr std::array<std::string_view, product_count> names{"jira", "confluence", "organization", "datacenter"};
constexpr std::size_t block_size = std::size_t{1} << 20U;

/// The text after `"name"`, blanks and the colon.
std::optional<std::string_view> find_value(std::string_view record, std::string_view name) {
    const auto quoted = '"' + std::string(name) + '"';
    for (auto at = record.find(quoted); at != std::string_view::npos; at = record.find(quoted, at + 1)) {
        auto rest = record.substr(at + quoted.size());
        rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of(" \t\r\n")));
        if (!rest.starts_with(':')) continue;
        rest.remove_prefix(1);
        rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of(" \t\r\n")));
        return rest;
    }
    return std::nullopt;
}

std::optional<Millis> find_iso(std::string_view record, std::string_view name) {
    const auto value = find_value(record, name);
    if (!value || !value->starts_with('"')) return std::nullopt;
    const auto time = parse_iso(value->substr(1, value->find('"', 1) - 1));
    return time ? std::optional(time->millis) : std::nullopt;
}

std::optional<Millis> find_number(std::string_view record, std::string_view name) {
    const auto value = find_value(record, name);
    return value ? parse_integer(value->substr(0, value->find_first_not_of("-0123456789"))) : std::nullopt;
}

std::tuple<Millis, std::int64_t> place_of(const LogEntry& entry) {
    return {entry.time, entry.sequence};
}

}  // namespace

std::optional<Product> product_of(std::string_view name) noexcept {
    const auto* const found = std::ranges::find(names, name);
    return found == names.end() ? std::nullopt : std::optional(static_cast<Product>(found - names.begin()));
}

std::string_view name_of(Product product) noexcept {
    return names.at(static_cast<std::size_t>(product));
}

std::optional<LogEntry> read_times(Product product, std::string_view record) {
    std::optional<Millis> time;
    std::optional<Millis> event_time;
    switch (product) {
        case Product::jira:
            time = find_iso(record, "created");
            break;
        case Product::confluence:
            time = find_number(record, "creationDate");
            break;
        case Product::datacenter:
            time = find_iso(record, "timestamp");
            break;
        case Product::organization:
            event_time = find_iso(record, "time");
            time = find_iso(record, "processedAt");
            if (!time) time = event_time;
            break;
    }
    if (!time) return std::nullopt;
    return LogEntry{.time = *time, .event_time = event_time.value_or(*time), .sequence = 0, .text = record};
}

std::int64_t read_id(std::string_view record) {
    return find_number(record, "id").value_or(0);
}

std::int64_t RecordLog::append(LogEntry entry) {
    entry.sequence = ++sequence_;
    entry.text = keep(entry.text);
    entries_.push_back(entry);
    return sequence_;
}

void RecordLog::settle() {
    if (!std::ranges::is_sorted(entries_, {}, &LogEntry::time)) std::ranges::stable_sort(entries_, {}, &LogEntry::time);
}

std::int64_t RecordLog::add(LogEntry entry) {
    const auto place = std::ranges::upper_bound(entries_, entry.time, {}, &LogEntry::time);
    entry.sequence = ++sequence_;
    entry.text = keep(entry.text);
    entries_.insert(place, entry);
    return sequence_;
}

void RecordLog::clear() {
    entries_.clear();
    blocks_.clear();
}

std::size_t RecordLog::lower(Millis time) const {
    return static_cast<std::size_t>(std::ranges::lower_bound(entries_, time, {}, &LogEntry::time) - entries_.begin());
}

std::size_t RecordLog::after(Millis time, std::int64_t sequence) const {
    return static_cast<std::size_t>(std::ranges::upper_bound(entries_, std::tuple(time, sequence), {}, place_of) -
                                    entries_.begin());
}

std::size_t RecordLog::before(Millis time, std::int64_t sequence) const {
    return static_cast<std::size_t>(std::ranges::lower_bound(entries_, std::tuple(time, sequence), {}, place_of) -
                                    entries_.begin());
}

std::pair<std::size_t, std::size_t> RecordLog::window(Millis from, Millis to) const {
    if (from > to) return {0, 0};
    const auto end = std::ranges::upper_bound(entries_, to, {}, &LogEntry::time) - entries_.begin();
    return {lower(from), static_cast<std::size_t>(end)};
}

std::string_view RecordLog::keep(std::string_view text) {
    if (blocks_.empty() || blocks_.back().capacity() - blocks_.back().size() < text.size()) {
        blocks_.emplace_back().reserve(std::max(block_size, text.size()));
    }
    auto& block = blocks_.back();
    const auto start = block.size();
    block.append(text);
    return std::string_view(block).substr(start);
}

}  // namespace aquila::sim
