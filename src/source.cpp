#include "aquila_fetch/source.hpp"

#include <algorithm>
#include <array>

namespace aquila {

extern const Source jira_source;
extern const Source confluence_source;

namespace {

constexpr std::array<const Source*, 2> table{
    &jira_source,
    &confluence_source,
};

}  // namespace

std::span<const Source* const> sources() noexcept {
    return table;
}

const Source* find_source(std::string_view name) noexcept {
    const auto* const found =
        std::find_if(table.begin(), table.end(), [name](const Source* source) { return source->name == name; });
    return found == table.end() ? nullptr : *found;
}

}  // namespace aquila
