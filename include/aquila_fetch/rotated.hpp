// Why: lines of an output may be in files that a rotation, a copy or a packer put beside it; which of its neighbours
// those can be is decided here, once, so that another source's file is never taken for one of them. Must not know: what
// is in the files.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

namespace aquila {

/// True for the name itself, the name with `-`, `.`, `_` or `~` and more behind it (flattened.json-20260101.gz), and
/// the name with a number or date before its extension (flattened-20260101.json); not for flattened2.json or
/// flattened-eu.json.
[[nodiscard]] bool may_be_rotated(std::string_view name, std::string_view output_name) noexcept;

/// The regular files in the output's folder that may hold its lines, the output among them, by name. Failure 74.
[[nodiscard]] std::vector<std::filesystem::path> files_beside(const std::filesystem::path& output);

}  // namespace aquila
