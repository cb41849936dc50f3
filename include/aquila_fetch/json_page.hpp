// Why: every API answers with an object that holds an array of records; records are cut out of the body as they are,
// never parsed and printed again, which would change numbers and cost twenty times as much.
// Must not know: paths, dates of a product. simdjson is used in json_page.cpp and the sources alone.
#pragma once

#include "aquila_fetch/source.hpp"

#include <string>
#include <string_view>

namespace aquila {

/// How an envelope and its records are spelt.
struct PageShape {
    std::string_view records;  ///< "records", "results"
    std::string_view id;       ///< the records' id field; empty: they have none
    std::string_view time;     ///< "created", "creationDate": ISO 8601 text or epoch milliseconds
    std::string_view limit;    ///< envelope field with the limit used
    std::string_view offset;   ///< envelope field copied into the suffix, with `total`; empty: no suffix
    bool links = false;        ///< `_links.next` tells whether more follows

    std::string_view inside{};  ///< the records' object that holds their times; empty: the record itself does
    std::string_view rules{};   ///< a second time there, which counts where it is: the order of the pages
    std::string_view paging{};  ///< envelope object with what follows
    std::string_view next{};    ///< its member with the cursor: text, or an object that holds it as `cursor`
    std::string_view last{};    ///< its member that is true on the last page

    std::string_view kind{};  ///< the records' object whose `action` tells what happened
    std::string_view action{};
    std::string_view search{};  ///< the action of a look into this very log
    std::string_view author{};  ///< the records' member that tells who did it
};

/// Takes a body apart. Missing or null records are none. Failure 76: no JSON, not an object, a record that is no
/// object, bytes behind the end.
[[nodiscard]] Page slice_page(std::string body, const PageShape& shape);

}  // namespace aquila
