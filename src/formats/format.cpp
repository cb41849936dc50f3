#include "aquila_fetch/format.hpp"

#include "json_text.hpp"
#include "rendering.hpp"

#include "aquila_fetch/config_keys.hpp"
#include "aquila_fetch/error.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

namespace aquila {
namespace {

/// What an answer calls its records tells what they look like, whichever product gives it.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> shapes{{
    {"records", "jira"},
    {"results", "confluence"},
    {"data", "organization"},
    {"entities", "datacenter"},
}};

/// Where a format keeps the record.
struct Keeping {
    std::string_view sign;     ///< no line without it holds one
    std::string_view outside;  ///< the object it is in; empty: the line itself
    std::string_view name;
};
constexpr std::array<Keeping, 2> keepings{{
    {R"("original":")", "event", "original"},
    {R"("raw_data":")", "", "raw_data"},
}};

std::string_view string_inside(const JsonTree& tree, std::uint32_t node) noexcept {
    return node != 0 && tree[node].kind == '"' ? tree[node].text.substr(1, tree[node].text.size() - 2)
                                               : std::string_view{};
}

}  // namespace

struct LineFormat::Inside {
    Rendering rendering;
};

LineFormat::LineFormat(std::string_view table, std::string_view product, const Facts& facts)
    : inside_{std::make_unique<Inside>(Inside{Rendering{
          parse_mapping(table, mapping_table),
          {std::string{product}, facts.cloud_id, facts.site, facts.organization_id, AQUILA_FETCH_VERSION}}})} {}
LineFormat::~LineFormat() = default;
LineFormat::LineFormat(LineFormat&&) noexcept = default;
LineFormat& LineFormat::operator=(LineFormat&&) noexcept = default;

void LineFormat::append_line(std::string& lines, std::string_view record) {
    inside_->rendering.append_line(lines, record);
}

std::optional<LineFormat> make_format(Format format, const Source& row, const Facts& facts) {
    if (format == Format::flattened) {
        return std::nullopt;
    }
    const auto* const shape =
        std::find_if(shapes.begin(), shapes.end(), [&](const auto& each) { return each.first == row.records; });
    if (shape == shapes.end()) {
        throw Failure{Exit::software, fmt::format("no mapping knows records called '{}'", row.records)};
    }
    return LineFormat{fmt::format("{}/{}", name_of(format), shape->second), row.name, facts};
}

std::optional<std::string> record_of_line(std::string_view line) {
    for (const auto& [sign, outside, name] : keepings) {
        if (line.find(sign) == std::string_view::npos) {
            continue;
        }
        thread_local JsonTree tree;
        if (!is_json_object(line) || !tree.read(line)) {
            return std::nullopt;
        }
        const auto object = outside.empty() ? 0 : tree.member(0, outside);
        const bool found = outside.empty() || (object != 0 && tree[object].kind == '{');
        const auto record = found ? string_inside(tree, tree.member(object, name)) : std::string_view{};
        if (auto inner = unescaped(record); inner.starts_with('{') || inner.starts_with('[')) {
            return inner;
        }
    }
    return std::string{line};
}

}  // namespace aquila
