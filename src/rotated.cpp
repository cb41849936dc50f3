#include "aquila_fetch/rotated.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/packed.hpp"

#include <fmt/core.h>

#include <algorithm>

#include <sys/stat.h>

namespace aquila {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view separators = "-._~";

bool is_separator(char c) noexcept {
    return separators.find(c) != std::string_view::npos;
}

}  // namespace

bool may_be_rotated(std::string_view name, std::string_view output_name) noexcept {
    if (name.starts_with(output_name)) {
        return name.size() == output_name.size() || is_separator(name[output_name.size()]);
    }
    // Of flattened.json.zst the date may stand before either ending.
    for (auto stem = output_name; stem.find('.') != std::string_view::npos;) {
        const bool was_packed = is_packed(stem);
        stem = stem.substr(0, stem.rfind('.'));
        const auto rest = name.substr(std::min(stem.size(), name.size()));
        if (!stem.empty() && name.starts_with(stem) && rest.size() >= 2 && is_separator(rest[0]) && rest[1] >= '0' &&
            rest[1] <= '9') {
            return true;
        }
        if (!was_packed) {
            return false;
        }
    }
    return false;
}

std::vector<fs::path> files_beside(const fs::path& output) {
    std::vector<fs::path> files;
    std::error_code error;
    const auto folder = output.has_parent_path() ? output.parent_path() : fs::path{"."};
    for (auto entry = fs::directory_iterator{folder, error}; entry != fs::directory_iterator{};
         entry.increment(error)) {
        struct stat status {};
        const bool regular = ::lstat(entry->path().c_str(), &status) == 0 && S_ISREG(status.st_mode);
        if (regular && may_be_rotated(entry->path().filename().native(), output.filename().native())) {
            files.push_back(entry->path());
        }
    }
    if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory) {
        throw Failure{Exit::io, fmt::format("{} cannot be listed: {}", folder.native(), describe_errno(error.value())),
                      "lines of the output may be in the files there: the program needs to see them"};
    }
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace aquila
