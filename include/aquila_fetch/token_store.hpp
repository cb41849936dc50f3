// Why: OAuth's tokens outlive a run, and each refresh token works once: they lie in one private file, replaced as a
// whole, next to the lock that keeps two processes from renewing at once.
// Must not know: HTTP, how tokens are got.
#pragma once

#include "aquila_fetch/clock.hpp"
#include "aquila_fetch/lock.hpp"
#include "aquila_fetch/secret.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace aquila {

struct Tokens {
    std::string auth;       ///< "oauth" or "client_credentials"
    std::string auth_url;   ///< who gave them: they are sent nowhere else
    std::string client_id;  ///< and to whom

    Secret access_token;
    Instant obtained;  ///< by our clock
    Instant expires;   ///< the same
    Secret refresh_token;
    std::string scopes;  ///< as granted, blanks between

    std::string cloud_id;  ///< the site chosen at login
    std::string site;      ///< its URL

    std::optional<Instant> renewing;  ///< a renewal was begun then and has not ended: the server may have rotated
    std::optional<Instant> dead;      ///< the refresh token was refused then, and is gone: only a login helps
};

/// The file's text: JSON with version and checksum.
[[nodiscard]] Secret to_text(const Tokens& tokens);
/// Failure 65: damaged, or of a version this program does not know. `name` is for the message.
[[nodiscard]] Tokens tokens_from_text(std::string_view text, std::string_view name);

class TokenStore {
  public:
    /// `directory`/tokens.json and tokens.lock.
    explicit TokenStore(const std::filesystem::path& directory);

    /// nullopt: there are none. Failure 65 damaged, 74 unreadable, 78 others can read or write the file.
    [[nodiscard]] std::optional<Tokens> load() const;
    /// Durable when it returns, 0600. The caller holds the lock. Failure 73, 74.
    void save(const Tokens& tokens) const;
    /// Waits for whoever holds it, at most `patience`. Makes the directory. Failure 73 (see
    /// refuse_foreign_folder too), 74, 75.
    [[nodiscard]] Lock lock(Clock& clock, Span patience) const;

    /// Tokens that root stores in the folder of the user who collects could not be read by the runs. Failure 73.
    void refuse_foreign_folder() const;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  private:
    std::filesystem::path path_;
    std::filesystem::path lock_path_;
};

}  // namespace aquila
