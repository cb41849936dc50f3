// Why: the collecting core is tried against a log that behaves as the audit APIs do (newest first, paged by offset or
// by a cursor, or a stream oldest first; both ends of a window included; records that come while pages are read), in
// memory, its bad habits to be switched on.
#pragma once

#include "aquila_fetch/slice.hpp"
#include "aquila_fetch/source.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aquila::test {

inline constexpr Instant noon{std::chrono::seconds{1'775'995'200}};  // 2026-04-12T12:00:00Z

class FakeLog {
  public:
    /// `product`: "jira" (records with ids), "confluence" (without), "datacenter" (without, by cursor), "organization"
    /// (a stream with ids).
    explicit FakeLog(std::string_view product) : source{*find_source(product)} {}

    /// A record of that time; it can be seen from `visible` on, or at once.
    void add(Instant time, std::string_view text = "", std::optional<Instant> visible = std::nullopt) {
        if (source.stream) {
            // Ordered by when records come into it.
            time = visible && *visible > now ? *visible : requests > 0 ? std::max(time, now) : time;
        }
        Entry entry{time, ++last_id_, spell(time, text)};
        if (visible && *visible > now) {
            hidden_.emplace(*visible, std::move(entry));
        } else {
            insert(std::move(entry));
        }
    }

    /// From now on the records say `to` where they said `from`.
    void respell(std::string_view from, std::string_view to) {
        for (Entry& entry : entries_) {
            if (const auto place = entry.body.find(from); place != std::string::npos) {
                entry.body.replace(place, from.size(), to);
            }
        }
    }

    [[nodiscard]] Page fetch(const Query& query) {
        if (before_answer) {
            before_answer();
        }
        ++requests;
        reveal();
        auto answer = source.parse(page(query), query);
        if (date_skew) {
            answer.served = std::chrono::floor<std::chrono::seconds>(now + *date_skew);
        }
        return answer;
    }

    [[nodiscard]] Fetch fetcher() {
        return [this](const Query& query) { return fetch(query); };
    }

    /// The bodies of all records, those not visible yet too, sorted.
    [[nodiscard]] std::vector<std::string> bodies() const {
        std::vector<std::string> all;
        for (const Entry& entry : entries_) {
            all.push_back(entry.body);
        }
        for (const auto& [visible, entry] : hidden_) {
            all.push_back(entry.body);
        }
        std::sort(all.begin(), all.end());
        return all;
    }
    void clear() {
        entries_.clear();
        hidden_.clear();
    }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size() + hidden_.size(); }

    const Source& source;
    Instant now = noon;                       ///< the server's time; what was hidden until then can be seen
    std::optional<Span> date_skew = Span{0};  ///< how far Date is ahead of that; nullopt: no Date
    std::size_t cap = 1000;                   ///< records of a page at most
    bool echoes_cap = true;                   ///< else it repeats the limit that was asked for
    bool ignores_window = false;
    bool ignores_offset = false;
    bool ends_without_cursor = false;  ///< a stream: the last page that holds records names no cursor
    bool repeats_cursor = false;       ///< a stream: the last page names the cursor that was asked with
    std::size_t stale_after = 0;       ///< a stream: so many cursors are taken, the next one is refused; 0: all are
    std::string hidden;                ///< records whose text holds this are not shown; empty: all are
    std::function<void()> before_answer;
    std::size_t requests = 0;

  private:
    struct Entry {
        Instant time;
        std::int64_t id = 0;
        std::string body;

        [[nodiscard]] bool is_older(const Entry& other) const noexcept {
            return time != other.time ? time < other.time : id < other.id;
        }
    };

    [[nodiscard]] std::string spell(Instant time, std::string_view text) const {
        if (source.stream) {
            return fmt::format(R"({{"id":"event-{}","message":"{}","attributes":{{"time":"{}","processedAt":"{}"}}}})",
                               last_id_, text, format_instant(time - std::chrono::seconds{1}), format_instant(time));
        }
        if (source.paging == Paging::newest) {
            return fmt::format(R"({{"timestamp":"{}","method":"{}"}})", format_instant(time), text);
        }
        if (!source.has_ids) {
            return fmt::format(R"({{"creationDate":{},"summary":"{}"}})", time.time_since_epoch().count(), text);
        }
        const auto created = format_instant(time);
        return fmt::format(R"({{"id":{},"summary":"{}","created":"{}+0000"}})", last_id_, text,
                           created.substr(0, created.size() - 1));
    }

    void insert(Entry entry) {
        const auto place = std::upper_bound(entries_.begin(), entries_.end(), entry,
                                            [](const Entry& a, const Entry& b) { return a.is_older(b); });
        entries_.insert(place, std::move(entry));
    }

    void reveal() {
        while (!hidden_.empty() && hidden_.begin()->first <= now) {
            insert(std::move(hidden_.begin()->second));
            hidden_.erase(hidden_.begin());
        }
    }

    [[nodiscard]] static std::string cursor_of(const Entry& entry) {
        return fmt::format("{},{}", entry.time.time_since_epoch().count(), entry.id);
    }

    /// The entry that a cursor names.
    [[nodiscard]] static Entry place_of(const std::string& cursor) {
        const auto comma = cursor.find(',');
        return {Instant{Span{std::stoll(cursor)}}, std::stoll(cursor.substr(comma + 1)), ""};
    }

    [[nodiscard]] static bool holds(const Window& window, const Entry& entry) {
        return entry.time >= window.from && entry.time <= window.to;
    }

    /// Newest first or oldest first, behind the entry that the cursor names.
    [[nodiscard]] std::string chained_page(const Query& query) {
        const bool upwards = source.paging == Paging::oldest && (query.window || !query.cursor.empty());
        std::vector<const Entry*> found;
        for (const Entry& entry : entries_) {
            const bool inside = ignores_window || !query.window || (source.stream && !query.cursor.empty()) ||
                                holds(*query.window, entry);
            const bool behind = query.cursor.empty() || (upwards ? place_of(query.cursor).is_older(entry)
                                                                 : entry.is_older(place_of(query.cursor)));
            const bool shown = hidden.empty() || entry.body.find(hidden) == std::string::npos;
            if (inside && behind && shown) {
                found.push_back(&entry);
            }
        }
        if (!upwards) {
            std::reverse(found.begin(), found.end());
        }
        const auto limit = std::min(static_cast<std::size_t>(query.limit), cap);
        const bool more = found.size() > limit;
        found.resize(more ? limit : found.size());
        std::vector<std::string_view> bodies;
        for (const Entry* entry : found) {
            bodies.push_back(entry->body);
        }
        if (source.stream) {
            const bool none = found.empty() || (!more && ends_without_cursor);
            const bool repeated = !more && repeats_cursor && !query.cursor.empty();
            return fmt::format(
                R"({{"data":[{}],"meta":{{"next":{}}}}})", fmt::join(bodies, ","),
                none ? "null" : fmt::format("\"{}\"", repeated ? query.cursor : cursor_of(*found.back())));
        }
        return fmt::format(R"({{"entities":[{}],"pagingInfo":{{"lastPage":{}{}}}}})", fmt::join(bodies, ","), !more,
                           more ? fmt::format(R"(,"nextPageCursor":"{}")", cursor_of(*found.back())) : "");
    }

    [[nodiscard]] std::string page(const Query& query) {
        if (source.paging != Paging::offset) {
            if (stale_after > 0 && !query.cursor.empty() && ++cursors_ > stale_after) {
                stale_after = 0;
                throw StaleCursor{Exit::protocol, "a cursor that is not known any more"};
            }
            return chained_page(query);
        }
        auto begin = entries_.rbegin();
        auto end = entries_.rend();
        if (query.window && !ignores_window) {
            begin = std::partition_point(begin, end, [&](const Entry& entry) { return entry.time > query.window->to; });
            end =
                std::partition_point(begin, end, [&](const Entry& entry) { return entry.time >= query.window->from; });
        }
        std::vector<std::string_view> bodies;
        for (; begin != end; ++begin) {
            if (hidden.empty() || begin->body.find(hidden) == std::string::npos) {
                bodies.push_back(begin->body);
            }
        }
        const auto limit = std::min(static_cast<std::size_t>(query.limit), cap);
        const auto offset = ignores_offset ? 0 : std::min(bodies.size(), static_cast<std::size_t>(query.offset));
        const bool more = bodies.size() - offset > limit;
        bodies.resize(more ? offset + limit : bodies.size());
        bodies.erase(bodies.begin(), bodies.begin() + static_cast<std::ptrdiff_t>(offset));
        const auto echoed = echoes_cap ? limit : static_cast<std::size_t>(query.limit);
        if (source.has_ids) {
            return fmt::format(R"({{"offset":{},"limit":{},"total":{},"records":[{}]}})", query.offset, echoed,
                               entries_.size(), fmt::join(bodies, ","));
        }
        return fmt::format(R"({{"results":[{}],"start":{},"limit":{},"size":{},"_links":{{{}}}}})",
                           fmt::join(bodies, ","), query.offset, echoed, bodies.size(),
                           more ? R"("next":"/rest/api/audit")" : "");
    }

    std::vector<Entry> entries_;  ///< oldest first
    std::multimap<Instant, Entry> hidden_;
    std::int64_t last_id_ = 10'000;
    std::size_t cursors_ = 0;
};

}  // namespace aquila::test
