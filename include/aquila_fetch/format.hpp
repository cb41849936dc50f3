// Why: a SIEM has a language of its own. A format writes a record's line in it, by a table of mappings/, as a function
// of the record and the configuration alone: recovery knows lines by their fingerprints, and completes one that was cut
// short by writing its record again.
// Must not know: clocks, files, HTTP, what a run is.
#pragma once

#include "aquila_fetch/config.hpp"
#include "aquila_fetch/source.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aquila {

/// What a table may ask for beside the record; empty: not known.
struct Facts {
    std::string cloud_id;
    std::string site;
    std::string organization_id;
};

/// Not for two threads at once: it keeps what it works with from record to record.
class LineFormat {
  public:
    /// `table`: the name of one of mappings/, without its ending: "ecs/jira". Failure 70: there is none, or a mistake
    /// is in it.
    LineFormat(std::string_view table, std::string_view product, const Facts& facts);
    ~LineFormat();
    LineFormat(const LineFormat&) = delete;
    LineFormat& operator=(const LineFormat&) = delete;
    LineFormat(LineFormat&&) noexcept;
    LineFormat& operator=(LineFormat&&) noexcept;

    /// Appends the line of a record (Record::body), its line feed with it. Whatever is in the record, there is a line,
    /// and the record is in it. Same record, same bytes.
    void append_line(std::string& lines, std::string_view record);

  private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

/// How the lines of a source are written; nullopt: as they were sent, which needs nothing of this. Older servers have
/// records of other shapes, which is why the row counts, and not the product.
[[nodiscard]] std::optional<LineFormat> make_format(Format format, const Source& row, const Facts& facts);

/// The record a line was made of, in whatever format, as it was sent: of a line that holds one in `event.original` or
/// `raw_data` that, else the line itself. nullopt: the line is damaged. `line` without its line feed.
[[nodiscard]] std::optional<std::string> record_of_line(std::string_view line);

/// The names of all tables there are, those that others include too.
[[nodiscard]] std::vector<std::string_view> mapping_tables();
/// The text of one; empty: there is none of that name.
[[nodiscard]] std::string_view mapping_table(std::string_view name) noexcept;

}  // namespace aquila
