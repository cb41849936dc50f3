// Why: a product is data plus two pure functions, so that a new one is one file in src/sources, one row in the table
// and its fixtures; the loop, the retry, the disk know nothing of products.
// Must not know: curl, files, clocks, the checkpoint.
#pragma once

#include "aquila_fetch/error.hpp"
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

struct SourceConfig;

/// A stretch of time, `from` included, `to` not. What the collector thinks in; see Query for what servers are asked.
struct Window {
    Instant from;
    Instant to;

    [[nodiscard]] bool empty() const noexcept { return from >= to; }
    friend bool operator==(const Window&, const Window&) = default;
};

/// The end of a window without one.
inline constexpr Instant open_end = Instant::max();

/// One request of a window. Servers include both ends, and may keep finer times than the millisecond they show: so they
/// are asked for [from, to], and what lies at `to` is left to the window that begins there.
struct Query {
    std::optional<Window> window;  ///< nullopt: no dates at all (the newest page); `to` of open_end: from then on
    std::int64_t offset = 0;       ///< records to skip
    int limit = 0;                 ///< records asked for
    std::string cursor{};          ///< where the page before ended, for sources that page so; empty: the first page
};

/// One audit record: the server's own bytes, minified and repaired, a view into its page's text.
struct Record {
    std::string_view body;
    Key key;
    bool repaired = false;  ///< it held a lone surrogate or invalid UTF-8
    /// Who searched, where the record tells of nothing but a look into this very log (Data Center); else empty. The
    /// JSON of the record's author.
    std::string_view searcher;
};

/// One answer, taken apart.
struct Page {
    std::unique_ptr<const std::string> text;  ///< owns the bytes of the records; stays where it is when the page moves
    std::vector<Record> records;              ///< in the server's order
    std::string suffix;  ///< what ends each record in place of its closing brace (Jira: offset and total); mostly empty
    bool recognised = false;   ///< the JSON names records, a limit or a total: it is a page, be it an empty one
    std::optional<bool> more;  ///< the server says that more pages follow (Confluence), or that none does
    std::string next;          ///< the cursor of the page that follows; empty: none was given
    std::size_t own = 0;       ///< records of our own searches among those of this page
    std::size_t dropped = 0;   ///< of these, left out because the configuration says so
    std::optional<std::int64_t> total;  ///< of the whole log, where the server tells
    std::optional<int> limit;           ///< the limit the server says it used
    std::optional<Instant> served;      ///< the answer's Date, set by whoever fetched it
    std::optional<Span> waited;         ///< likewise: how long the server took before it answered

    Page() = default;
    Page(const Page&) = delete;
    Page& operator=(const Page&) = delete;
    Page(Page&&) = default;
    Page& operator=(Page&&) = default;
};

/// The server refuses a cursor that was good once: what follows has to be found by time. Exit 76 for who cannot.
class StaleCursor : public Failure {
  public:
    using Failure::Failure;
};

/// What the address of an API is made of.
enum class Realm {
    cloud,         ///< the gateway with a cloud id, or the site itself
    organization,  ///< the gateway with an organisation's id
    server,        ///< the site alone
};

/// How the pages of a window are chained.
enum class Paging {
    offset,  ///< newest first, by counting; pages shift when records arrive
    newest,  ///< newest first, by a cursor that stays where it is
    oldest,  ///< oldest first, by such a cursor
};

/// One row of the table of products.
struct Source {
    std::string_view name;     ///< as in `product =`
    std::string_view title;    ///< for people: "Jira Cloud"
    std::string_view summary;  ///< one line for `aquila-fetch sources`
    Realm realm = Realm::cloud;
    std::string_view gateway;         ///< below api_url, before the id: "/ex/jira/"; empty in the realm of a server
    std::string_view path;            ///< below the gateway prefix or the site
    std::string_view scopes;          ///< what a token needs, for hints
    std::string_view permission;      ///< what the account needs, for hints
    std::string_view oauth_scopes{};  ///< what `login` asks for, blanks between; empty: no OAuth
    std::string_view records;         ///< the name of the array of records in an answer
    int page_size;                    ///< the largest sensible page, and the most that may be asked for
    Paging paging = Paging::offset;
    bool stream = false;                 ///< its cursor outlives the run: what is new follows the page read last
    std::optional<int> per_minute{};     ///< requests, where a limit is published
    bool has_ids;                        ///< records carry an id; else equal records are told apart by counting only
    std::string (*query)(const Query&);  ///< the query string, with its `?`
    Page (*parse)(std::string body, const Query&);          ///< Failure 76 when the body is not what the API promises
    std::string (*filters)(const SourceConfig&) = nullptr;  ///< what the section adds to every query, with its `&`
    const Source* alternative = nullptr;  ///< the API of the same product to use where this one is not there
};

/// The table, one row per product (sources/*.cpp).
[[nodiscard]] std::span<const Source* const> sources() noexcept;
/// The row of `source`, or of one of its alternatives, whose path is `path`; `source` itself where there is none.
[[nodiscard]] const Source& row_with_path(const Source& source, std::string_view path) noexcept;
/// nullptr: no such product.
[[nodiscard]] const Source* find_source(std::string_view name) noexcept;

}  // namespace aquila
