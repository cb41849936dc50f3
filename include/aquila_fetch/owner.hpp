// Why: what root makes in a folder of the collector's own account locks that account out of its next run. So whoever
// makes something asks first whose the folder is.
// Must not know: what is in the folder.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <sys/types.h>

namespace aquila {

/// For root: whose the folder is, or the nearest one above it that is there. nullopt: root's, or this is not root.
[[nodiscard]] std::optional<uid_t> foreign_owner(const std::filesystem::path& folder);

/// Failure 73 when root is about to make something in another user's folder; the hint tells how to run `source` as
/// that user.
void refuse_foreign_folder(const std::filesystem::path& folder, const std::string& source);

/// The account's name, or "uid 1000" where it has none.
[[nodiscard]] std::string user_name(uid_t user);

}  // namespace aquila
