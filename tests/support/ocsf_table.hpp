// Why: what OCSF says of the classes and objects that `format = ocsf` writes, as a table of our own (ocsf_table.txt),
// so that the tests need no copy of the schema; where the schema is at hand, the table is made again from it and
// compared. Must not know: Atlassian, how events are made.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <regex>
#include <string>
#include <vector>

namespace aquila::ocsf {

enum class Requirement { optional, recommended, required };

struct Attribute {
    std::string type;  ///< a type or an object of the table; "object": any object at all
    bool is_array = false;
    Requirement requirement = Requirement::optional;
    std::string profile;  ///< it is there only for events that name this profile; empty: always
    bool is_deprecated = false;
    std::string sibling;                           ///< the attribute that holds the caption of an enumeration's value
    std::map<std::int64_t, std::string> captions;  ///< the enumeration; empty: it is none
};

struct Type {
    std::string base;  ///< "string", "integer", "long", "boolean", "float", "json"
    std::optional<std::regex> pattern;
    std::size_t longest = 0;
    std::int64_t least = 0;
    std::int64_t most = 0;  ///< 0: no range
};

/// A class of events, or an object. `attributes` are all of them, inherited ones too.
struct Shape {
    std::string name;
    std::string parent;
    int uid = 0;  ///< class_uid; 0: an object, or a class that is only extended
    std::string caption;
    int category = 0;
    std::string category_caption;
    std::map<std::string, Attribute> attributes;
    std::vector<std::string> at_least_one;
    std::vector<std::string> just_one;
};

struct Table {
    std::string version;
    std::map<std::string, Type> types;
    std::map<std::string, Shape> shapes;
    std::map<std::int64_t, const Shape*> classes;  ///< by class_uid

    Table() = default;
    Table(const Table&) = delete;
    Table& operator=(const Table&) = delete;
    Table(Table&&) = default;
    Table& operator=(Table&&) = default;
};

/// Throws std::runtime_error with the line that is wrong.
[[nodiscard]] Table read_table(const std::string& text);

/// The table's text made again from the schema's files: the same comments, classes and objects in the same order as in
/// `text`, and what the schema says of them. A new class or object is added by a line with its name.
[[nodiscard]] std::string table_of_schema(const std::filesystem::path& schema, const std::string& text);

}  // namespace aquila::ocsf
