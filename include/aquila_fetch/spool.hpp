// Why: what goes into a bucket is on our own disk first, so that it can be put there again, byte for byte, whatever
// became of the first try.
// Must not know: buckets, what the bytes are.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace aquila {

/// Files in the source's state folder, 0600. The caller holds the source's lock.
class Spool {
  public:
    explicit Spool(std::filesystem::path directory) : directory_{std::move(directory)} {}

    /// Durable when it returns. Failure 73, 74.
    void put(std::string_view name, std::string_view bytes) const;
    /// nullopt: there is none. Failure 74.
    [[nodiscard]] std::optional<std::string> get(std::string_view name) const;
    /// Removes all but that one; empty: all. What a stopped run left half written goes, too. Failure 74.
    void keep_only(std::string_view name) const;

  private:
    [[nodiscard]] std::filesystem::path path_of(std::string_view name) const;

    std::filesystem::path directory_;
};

}  // namespace aquila
