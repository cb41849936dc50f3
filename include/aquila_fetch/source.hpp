// Why: a product is data plus two pure functions, so that a new one is one file in src/sources, one row in the table
// and its fixtures; the loop, the retry, the disk know nothing of products.
// Must not know: curl, files, clocks, the checkpoint.
#pragma once

#include "aquila_fetch/key.hpp"
#include "aquila_fetch/time.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace aquila {

/// A stretch of time, `from` included, `to` not. What the collector thinks in; see Query for what servers are asked.
struct Window {
    Instant from;
    Instant to;

    [[nodiscard]] bool empty() const noexcept { return from >= to; }
    friend bool operator==(const Window&, const Window&) = default;
};

/// One request of a window. Servers include both ends, and may keep finer times than the millisecond they show: so they
/// are asked for [from, to], and what lies at `to` is left to the window that begins there.
struct Query {
    std::optional<Window> window;  ///< nullopt: no dates at all (the newest page)
    std::int64_t offset = 0;       ///< records to skip
    int limit = 0;                 ///< records asked for
};

/// One audit record: the server's own bytes, minified and repaired, a view into its page's text.
struct Record {
    std::string_view body;
    Key key;
    bool repaired = false;  ///< it held a lone surrogate or invalid UTF-8
};

/// One answer, taken apart.
struct Page {
    std::unique_ptr<const std::string> text;  ///< owns the bytes of the records; stays where it is when the page moves
    std::vector<Record> records;              ///< in the server's order
    std::string suffix;  ///< what ends each record in place of its closing brace (Jira: offset and total); mostly empty
    bool recognised = false;   ///< the JSON names records, a limit or a total: it is a page, be it an empty one
    std::optional<bool> more;  ///< the server says that more pages follow (Confluence), or that none does
    std::optional<std::int64_t> total;  ///< of the whole log, where the server tells
    std::optional<int> limit;           ///< the limit the server says it used
    std::optional<Instant> served;      ///< the answer's Date, set by whoever fetched it

    Page() = default;
    Page(const Page&) = delete;
    Page& operator=(const Page&) = delete;
    Page(Page&&) = default;
    Page& operator=(Page&&) = default;
};

/// One row of the table of products.
struct Source {
    std::string_view name;               ///< as in `product =`
    std::string_view title;              ///< for people: "Jira Cloud"
    std::string_view summary;            ///< one line for `aquila-fetch sources`
    std::string_view gateway;            ///< below api_url, before the cloud id: "/ex/jira/"
    std::string_view path;               ///< below the gateway prefix or the site
    std::string_view scopes;             ///< what a token needs, for hints
    std::string_view permission;         ///< what the account needs, for hints
    std::string_view oauth_scopes{};     ///< what `login` asks for, blanks between; empty: no OAuth
    std::string_view records;            ///< the name of the array of records in an answer
    int page_size;                       ///< the largest sensible page, and the most that may be asked for
    bool has_ids;                        ///< records carry an id; else equal records are told apart by counting only
    std::string (*query)(const Query&);  ///< the query string, with its `?`
    Page (*parse)(std::string body, const Query&);  ///< Failure 76 when the body is not what the API promises
};

/// The table, one row per product (sources/*.cpp).
[[nodiscard]] std::span<const Source* const> sources() noexcept;
/// nullptr: no such product.
[[nodiscard]] const Source* find_source(std::string_view name) noexcept;

}  // namespace aquila
