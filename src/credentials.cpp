#include "aquila_fetch/credentials.hpp"

#include "aquila_fetch/base64.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/file.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace aquila {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t secret_cap = std::size_t{64} << 10U;

[[noreturn]] void refuse_file(const fs::path& path, std::string_view why, std::string hint = {}) {
    throw Failure{Exit::config, fmt::format("the secret file {} {}", path.native(), why), std::move(hint)};
}

/// Wipes a text on every way out.
struct Wiped {
    std::string text;
    Wiped() = default;
    Wiped(const Wiped&) = delete;
    Wiped& operator=(const Wiped&) = delete;
    ~Wiped() { wipe(text); }
};

bool has_acl(int descriptor) noexcept {
    return ::fgetxattr(descriptor, "system.posix_acl_access", nullptr, 0) > 0;
}

bool is_private(int descriptor, const struct stat& status) noexcept {
    if ((status.st_mode & 0077U) == 0) {
        return true;
    }
    // With an ACL the group's bits are its mask: root has said who may read, and it is not the group.
    return (status.st_mode & 0037U) == 0 && status.st_uid == 0 && ::geteuid() != 0 &&
           (status.st_gid == ::getegid() || has_acl(descriptor));
}

/// O_NONBLOCK: a FIFO must not hold us up before we see that it is one.
Fd open_for_reading(const fs::path& path) noexcept {
    return Fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
}

/// Into `buffer`, which has room for what may be there and does not move: no copy stays behind. False: errno tells.
bool read_all(int descriptor, std::string& buffer) {
    std::size_t filled = 0;
    while (filled < buffer.size()) {
        const auto got = ::read(descriptor, buffer.data() + filled, buffer.size() - filled);
        if (got < 0 && errno != EINTR) {
            return false;
        }
        if (got == 0) {
            break;
        }
        filled += got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    buffer.resize(filled);
    return true;
}

std::string_view without_blanks(std::string_view text) {
    if (text.ends_with('\n')) {
        text.remove_suffix(text.ends_with("\r\n") ? 2 : 1);
    }
    constexpr std::string_view blanks = " \t";
    const auto begin = text.find_first_not_of(blanks);
    return begin == std::string_view::npos ? std::string_view{}
                                           : text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// What makes it no secret, to follow "the secret file X"; empty: nothing.
std::string_view malformation(std::string_view secret) {
    if (secret.empty()) {
        return "is empty";
    }
    if (secret.find('\n') != std::string_view::npos) {
        return "holds several lines: one is expected, with nothing but the secret";
    }
    const auto control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; };
    return std::ranges::any_of(secret, control) ? "holds control characters" : std::string_view{};
}

/// One secret and the places it may be in, the INI's first.
struct Places {
    std::string_view what;  ///< "API token"
    std::string_view file_key;
    const std::string& file;
    const Secret& inline_value;
    const char* credential;  ///< its name in $CREDENTIALS_DIRECTORY
    const char* variable;
};

Secret find(const Places& places, const SourceConfig& source, const Environment& environment) {
    if (!places.file.empty()) {
        return read_secret_file(places.file);
    }
    if (!places.inline_value.empty()) {
        return places.inline_value;
    }
    const auto directory = environment("CREDENTIALS_DIRECTORY");
    if (directory) {
        const auto path = fs::path{*directory} / places.credential;
        // The shipped unit passes an empty one where there is none.
        const auto is_blank = [&path] {
            auto text = read_file(path, 16);
            return text && without_blanks(*text).empty();
        };
        if (std::error_code error; fs::exists(path, error) && !(fs::file_size(path, error) <= 16 && is_blank())) {
            return read_secret_file(path);
        }
    }
    if (auto value = environment(places.variable)) {
        Secret secret{std::string_view{without_blanks(*value)}};
        wipe(*value);
        if (const auto why = malformation(secret.reveal()); !why.empty()) {
            throw Failure{Exit::config, fmt::format("${} {}", places.variable, why)};
        }
        return secret;
    }
    const auto shipped = shipped_secret(source, places.credential);
    std::error_code error;
    const bool in_unit = environment("INVOCATION_ID").has_value() || directory;
    throw Failure{Exit::no_input,
                  fmt::format("source '{}' has no {}: neither '{}' nor '{}' is set, there is no systemd credential "
                              "'{}'{}, and ${} is empty",
                              source.name, places.what, places.file_key, places.credential, places.credential,
                              directory ? fmt::format(" in {}", *directory) : "", places.variable),
                  in_unit ? fmt::format("write it into {} (root's, chmod 600): the unit hands it on", shipped.native())
                  : fs::exists(shipped, error)
                      ? fmt::format("the unit hands {0} to its runs; for one by hand: sudo systemd-run --pipe --wait "
                                    "--quiet -p User=aquila-fetch -p LoadCredential={1}:{0} aquila-fetch --source {2}",
                                    shipped.native(), places.credential, source.name)
                      : fmt::format("write it into a file that only you can read (chmod 600), and name that with '{}'",
                                    places.file_key)};
}

/// Found, and repeated by no message.
Secret concealed(const Places& places, const SourceConfig& source, const Environment& environment) {
    auto secret = find(places, source, environment);
    conceal(secret);
    return secret;
}

}  // namespace

Secret read_secret_file(const fs::path& path) {
    const Fd file = open_for_reading(path);
    const auto unreadable = [&path](int error_number) {
        return Failure{Exit::no_input,
                       fmt::format("cannot read the secret file {}: {}", path.native(), describe_errno(error_number)),
                       error_number == EACCES
                           ? fmt::format("let its owner be the user who runs this: chown USER {}", path.native())
                           : ""};
    };
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0) {
        throw unreadable(errno);
    }
    if (!S_ISREG(status.st_mode)) {
        refuse_file(path, "is not a regular file");
    }
    if (!is_private(file.get(), status)) {
        refuse_file(path, "can be read or written by other users", "chmod 600 " + path.native());
    }
    Wiped content;
    content.text.resize(secret_cap + 1);
    if (!read_all(file.get(), content.text)) {
        throw unreadable(errno);
    }
    if (content.text.size() > secret_cap) {
        refuse_file(path, "is larger than 64 KiB");
    }
    const auto secret = without_blanks(content.text);
    if (const auto why = malformation(secret); !why.empty()) {
        refuse_file(path, why, "write the secret alone into it, on one line");
    }
    return Secret{secret};
}

fs::path shipped_secret(const SourceConfig& source, std::string_view credential) {
    return fmt::format("/etc/aquila-fetch/{}.{}", source.name, credential);
}

bool is_private_file(const fs::path& path) {
    const Fd file = open_for_reading(path);
    struct stat status {};
    return file && ::fstat(file.get(), &status) == 0 && is_private(file.get(), status);
}

Secret find_token(const SourceConfig& source, const Environment& environment) {
    return concealed({.what = "token",
                      .file_key = "token_file",
                      .file = source.token_file,
                      .inline_value = source.token,
                      .credential = "token",
                      .variable = "AQUILA_FETCH_TOKEN"},
                     source, environment);
}

Secret find_client_secret(const SourceConfig& source, const Environment& environment) {
    return concealed({.what = "client secret",
                      .file_key = "client_secret_file",
                      .file = source.client_secret_file,
                      .inline_value = source.client_secret,
                      .credential = "client_secret",
                      .variable = "AQUILA_FETCH_CLIENT_SECRET"},
                     source, environment);
}

BucketCredential find_bucket_credential(const SourceConfig& source, const Environment& environment) {
    BucketCredential credential;
    credential.access_key_id = source.s3_access_key_id;
    if (credential.access_key_id.empty()) {
        const auto id = environment("AWS_ACCESS_KEY_ID");
        if (!id) {
            throw Failure{Exit::no_input,
                          fmt::format("source '{}' has no key for its bucket: neither 's3_access_key_id' nor "
                                      "$AWS_ACCESS_KEY_ID is set",
                                      source.name),
                          "set 's3_access_key_id', and 's3_secret_key_file' to a file that only you can read"};
        }
        credential.access_key_id = *id;
        if (auto token = environment("AWS_SESSION_TOKEN")) {
            credential.session_token = Secret{std::string_view{without_blanks(*token)}};
            conceal(credential.session_token);
            wipe(*token);
        }
    }
    for (const auto& [name, text] : {std::pair{"the access key id", std::string_view{credential.access_key_id}},
                                     std::pair{"$AWS_SESSION_TOKEN", credential.session_token.reveal()}}) {
        if (const auto why = text.empty() ? std::string_view{} : malformation(text); !why.empty()) {
            throw Failure{Exit::config, fmt::format("{} {}", name, why)};
        }
    }
    credential.secret_key = concealed({.what = "secret key for its bucket",
                                       .file_key = "s3_secret_key_file",
                                       .file = source.s3_secret_key_file,
                                       .inline_value = source.s3_secret_key,
                                       .credential = "s3_secret_key",
                                       .variable = "AWS_SECRET_ACCESS_KEY"},
                                      source, environment);
    return credential;
}

Secret basic_authorization(std::string_view email, const Secret& token) {
    Wiped pair;
    pair.text.reserve(email.size() + 1 + token.reveal().size());  // grown step by step it would leave copies behind
    pair.text.append(email).append(":").append(token.reveal());
    Wiped encoded;
    encoded.text = base64_encode(pair.text);
    std::string value;
    value.reserve(6 + encoded.text.size());
    return Secret{std::move(value.append("Basic ").append(encoded.text))};
}

Secret bearer_authorization(const Secret& token) {
    std::string value;
    value.reserve(7 + token.reveal().size());
    return Secret{std::move(value.append("Bearer ").append(token.reveal()))};
}

}  // namespace aquila
