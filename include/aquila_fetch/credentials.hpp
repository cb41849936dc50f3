// Why: one place where secrets enter the program, and where a file that others can read is refused.
// Must not know: products, HTTP.
#pragma once

#include "aquila_fetch/config_file.hpp"
#include "aquila_fetch/secret.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace aquila {

/// Reads a secret file: a regular file (a link to one is followed), at most 64 KiB, not readable or writable by others.
/// The group may read it only when root owns it, we are not root, and the group is our own or an ACL decides (so it is
/// with systemd's credentials). One trailing line end is dropped, surrounding blanks too; empty, control characters or
/// several lines: refused.
/// Failure 66 missing or unreadable, 78 too open or malformed. Never shows the content.
[[nodiscard]] Secret read_secret_file(const std::filesystem::path& path);

/// Where the shipped unit takes a credential of a source from: `token`, `client_secret` or `s3_secret_key`.
[[nodiscard]] std::filesystem::path shipped_secret(const SourceConfig& source, std::string_view credential);

/// True when nobody but its owner (and root, or the group exception of read_secret_file) can read or write the file.
[[nodiscard]] bool is_private_file(const std::filesystem::path& path);

/// The API token, PAT or API key: `token_file`, `token` of the INI, the systemd credential `token` in
/// $CREDENTIALS_DIRECTORY, $AQUILA_FETCH_TOKEN, in this order. Failure 66 that says where it looked.
[[nodiscard]] Secret find_token(const SourceConfig& source, const Environment& environment);

/// The same for `client_secret_file`, `client_secret`, the credential `client_secret`, $AQUILA_FETCH_CLIENT_SECRET.
[[nodiscard]] Secret find_client_secret(const SourceConfig& source, const Environment& environment);

/// What requests to a bucket are signed with.
struct BucketCredential {
    std::string access_key_id;
    Secret secret_key;
    Secret session_token;  ///< empty: none
};

/// `s3_access_key_id`, else $AWS_ACCESS_KEY_ID with $AWS_SESSION_TOKEN; `s3_secret_key_file`, `s3_secret_key`, the
/// credential `s3_secret_key`, $AWS_SECRET_ACCESS_KEY. Failure 66 that says where it looked, 78 malformed.
[[nodiscard]] BucketCredential find_bucket_credential(const SourceConfig& source, const Environment& environment);

/// The value of the Authorization header: `Basic base64(email:token)` (RFC 7617).
[[nodiscard]] Secret basic_authorization(std::string_view email, const Secret& token);
/// `Bearer token` (RFC 6750).
[[nodiscard]] Secret bearer_authorization(const Secret& token);

}  // namespace aquila
