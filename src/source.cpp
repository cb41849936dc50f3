#include "aquila_fetch/source.hpp"

#include <algorithm>
#include <array>

namespace aquila {

extern const Source jira_source;
extern const Source confluence_source;
extern const Source organization_source;
extern const Source datacenter_source;

namespace {

constexpr std::array<const Source*, 4> source_table{
    &jira_source,
    &confluence_source,
    &organization_source,
    &datacenter_source,
};

}  // namespace

std::span<const Source* const> sources() noexcept {
    return source_table;
}

const Source& row_with_path(const Source& source, std::string_view path) noexcept {
    const Source* row = &source;
    while (row != nullptr && row->path != path) {
        row = row->alternative;
    }
    return row == nullptr ? source : *row;
}

const Source* find_source(std::string_view name) noexcept {
    const auto* const found = std::find_if(source_table.begin(), source_table.end(),
                                           [name](const Source* source) { return source->name == name; });
    return found == source_table.end() ? nullptr : *found;
}

}  // namespace aquila
