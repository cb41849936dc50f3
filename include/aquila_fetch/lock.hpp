// Why: two runs of the same source never overlap, and two sources never write the same output file.
// Must not know: what the lock protects.
#pragma once

#include "aquila_fetch/file.hpp"

#include <filesystem>
#include <optional>

namespace aquila {

/// An exclusive flock(2), held as long as the object lives; the kernel drops it when the process dies, however it dies.
class Lock {
  public:
    /// Opens (makes, 0600, not following a link) and locks the file. nullopt: somebody else holds it.
    /// Failure 73 when the file cannot be made, 74 when it cannot be locked.
    [[nodiscard]] static std::optional<Lock> acquire(const std::filesystem::path& path);

    /// Whether somebody holds it at this moment, for those who only look; nothing is made. nullopt: it cannot be looked
    /// at. (To find out, a shared lock is taken for an instant; acquire() does not mind.)
    [[nodiscard]] static std::optional<bool> is_held(const std::filesystem::path& path) noexcept;

    /// Locks a file that is open already. False: somebody else holds it.
    [[nodiscard]] static bool lock_descriptor(int descriptor);

  private:
    explicit Lock(Fd file) noexcept : file_{std::move(file)} {}
    Fd file_;
};

}  // namespace aquila
