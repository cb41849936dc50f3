#include "aquila_fetch/spool.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/file.hpp"

#include <fmt/core.h>

namespace aquila {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view marker = "spool-";
constexpr std::string_view temporary = ".spool-";  // as AtomicFile names what it has not swapped in yet
constexpr std::size_t largest = std::size_t{1} << 30U;

}  // namespace

fs::path Spool::path_of(std::string_view name) const {
    return directory_ / fmt::format("{}{}", marker, name);
}

void Spool::put(std::string_view name, std::string_view bytes) const {
    AtomicFile file{path_of(name), state_file_mode};
    file.write(bytes);
    file.commit();
}

std::optional<std::string> Spool::get(std::string_view name) const {
    return read_file(path_of(name), largest);
}

void Spool::keep_only(std::string_view name) const {
    const auto kept = name.empty() ? fs::path{} : path_of(name);
    std::error_code error;
    for (auto entry = fs::directory_iterator{directory_, error}; entry != fs::directory_iterator{};
         entry.increment(error)) {
        const auto file = entry->path().filename().native();
        const bool is_ours = file.starts_with(marker) || file.starts_with(temporary);
        if (is_ours && entry->path() != kept) {
            std::error_code failed;
            if (!fs::remove(entry->path(), failed) && failed) {
                throw Failure{Exit::io,
                              fmt::format("{} cannot be removed: {}", entry->path().native(), failed.message()),
                              "the user this runs as needs to write to the state folder"};
            }
        }
    }
    if (error) {
        throw Failure{Exit::io, fmt::format("{} cannot be listed: {}", directory_.native(), error.message()),
                      "the user this runs as needs to read the state folder"};
    }
}

}  // namespace aquila
