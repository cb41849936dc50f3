#include "aquila_fetch/owner.hpp"

#include "aquila_fetch/error.hpp"

#include <fmt/core.h>

#include <array>

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace aquila {

std::optional<uid_t> foreign_owner(const std::filesystem::path& folder) {
    if (::geteuid() != 0) {
        return std::nullopt;
    }
    auto nearest = std::filesystem::absolute(folder);
    struct stat status {};
    while (::stat(nearest.c_str(), &status) != 0 && nearest.has_relative_path()) {
        nearest = nearest.parent_path();
    }
    return status.st_uid != 0 ? std::optional{status.st_uid} : std::nullopt;
}

void refuse_foreign_folder(const std::filesystem::path& folder, const std::string& source) {
    if (const auto owner = foreign_owner(folder)) {
        const auto user = user_name(*owner);
        throw Failure{
            Exit::cannot_create,
            fmt::format("{} is {}'s, who could not go on with what root makes there", folder.native(), user),
            fmt::format("collect by the unit, `systemctl start aquila-fetch@{0}`, or by hand as that user: sudo "
                        "systemd-run --pipe --wait --quiet -p User={1} -p "
                        "LoadCredential=token:/etc/aquila-fetch/{0}.token aquila-fetch --source {0}",
                        source, user)};
    }
}

std::string user_name(uid_t user) {
    std::array<char, 4096> texts{};
    passwd entry{};
    passwd* found = nullptr;
    const bool known = ::getpwuid_r(user, &entry, texts.data(), texts.size(), &found) == 0 && found != nullptr;
    return known ? std::string{entry.pw_name} : fmt::format("uid {}", user);
}

}  // namespace aquila
