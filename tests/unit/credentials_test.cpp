#include "aquila_fetch/credentials.hpp"

#include "aquila_fetch/base64.hpp"
#include "aquila_fetch/error.hpp"
#include "support/caught.hpp"
#include "support/scratch.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

namespace aquila::credentials_test {

namespace fs = std::filesystem;
using test::environment_of;
using test::failure_of;
using test::Scratch;

Failure refusal_of(const fs::path& path) {
    return failure_of([&] { (void)read_secret_file(path); });
}

/// Root for a moment is somebody else, in some other group.
struct Somebody {
    explicit Somebody(gid_t group) {
        EXPECT_EQ(::setegid(group), 0);
        EXPECT_EQ(::seteuid(65534), 0);
    }
    ~Somebody() {
        EXPECT_EQ(::seteuid(0), 0);
        EXPECT_EQ(::setegid(0), 0);
    }
};

TEST(SecretFiles, AreReadWithoutTheirLineEnd) {
    const Scratch scratch;
    const auto secret = [&](std::string_view content) {
        return std::string{read_secret_file(scratch.write("token", content)).reveal()};
    };
    EXPECT_EQ(secret("ATATT=#;x"), "ATATT=#;x");
    EXPECT_EQ(secret("token\n"), "token");
    EXPECT_EQ(secret("token\r\n"), "token");
    EXPECT_EQ(secret(" \ttoken \t\n"), "token");
    EXPECT_EQ(secret("pass word"), "pass word");
    EXPECT_EQ(secret("pa\xC3\xA4ss"), "pa\xC3\xA4ss");
    EXPECT_EQ(secret(std::string(65'536, 'x')), std::string(65'536, 'x'));
}

TEST(SecretFiles, ThatHoldNoSecretAreRefused) {
    const Scratch scratch;
    const auto why = [&](std::string_view content) {
        const auto failure = refusal_of(scratch.write("token", content));
        EXPECT_EQ(failure.code(), Exit::config);
        const std::string text = failure.what();
        const auto begin = "the secret file " + (scratch / "token").native() + " ";
        EXPECT_TRUE(text.starts_with(begin)) << text;
        return text.substr(begin.size());
    };
    EXPECT_EQ(why(""), "is empty");
    EXPECT_EQ(why("\n"), "is empty");
    EXPECT_EQ(why(" \t\r\n"), "is empty");
    EXPECT_EQ(why("one\ntwo"), "holds several lines: one is expected, with nothing but the secret");
    EXPECT_EQ(why("one\n\n"), "holds several lines: one is expected, with nothing but the secret");
    EXPECT_EQ(why("\none"), "holds several lines: one is expected, with nothing but the secret");
    EXPECT_EQ(why(std::string_view{"to\0ken", 6}), "holds control characters");
    EXPECT_EQ(why("to\rken"), "holds control characters");
    EXPECT_EQ(why("to\x1bken"), "holds control characters");
    EXPECT_EQ(why(std::string(65'537, 'x')), "is larger than 64 KiB");
}

TEST(SecretFiles, AreNeverShown) {
    const Scratch scratch;
    for (const std::string_view content : {std::string_view{"SECRET\nSECRET"}, std::string_view{"SECRET\0", 7}}) {
        const auto failure = refusal_of(scratch.write("token", content));
        EXPECT_EQ(std::string{failure.what()}.find("SECRET"), std::string::npos);
        EXPECT_EQ(failure.hint().find("SECRET"), std::string::npos);
    }
}

TEST(SecretFiles, MustBePrivate) {
    const Scratch scratch;
    for (const mode_t mode : {0600U, 0400U, 0700U}) {
        const auto path = scratch.write("token", "secret", mode);
        EXPECT_TRUE(is_private_file(path)) << std::oct << mode;
        EXPECT_EQ(read_secret_file(path).reveal(), "secret");
    }
    for (const mode_t mode : {0640U, 0644U, 0604U, 0620U, 0602U, 0660U, 0610U, 0601U, 0666U, 0444U}) {
        const auto path = scratch.write("token", "secret", mode);
        EXPECT_FALSE(is_private_file(path)) << std::oct << mode;
        const auto failure = refusal_of(path);
        EXPECT_EQ(failure.code(), Exit::config);
        EXPECT_EQ(failure.what(), "the secret file " + path.native() + " can be read or written by other users");
        EXPECT_EQ(failure.hint(), "chmod 600 " + path.native());
    }
}

TEST(SecretFiles, ThroughALinkAreJudgedByWhatItNames) {
    const Scratch scratch;
    const auto path = scratch.write("token", "secret");
    fs::create_symlink("token", scratch / "link");
    EXPECT_TRUE(is_private_file(scratch / "link"));
    EXPECT_EQ(read_secret_file(scratch / "link").reveal(), "secret");
    fs::permissions(path, fs::perms{0644});
    EXPECT_FALSE(is_private_file(scratch / "link"));
    EXPECT_EQ(refusal_of(scratch / "link").code(), Exit::config);
}

TEST(SecretFiles, AreRegularFiles) {
    const Scratch scratch;
    ASSERT_EQ(::mkfifo((scratch / "fifo").c_str(), 0600), 0);
    for (const auto& path : {scratch / "fifo", scratch.path(), fs::path{"/dev/null"}}) {
        const auto failure = refusal_of(path);
        EXPECT_EQ(failure.code(), Exit::config);
        EXPECT_EQ(failure.what(), "the secret file " + path.native() + " is not a regular file");
    }
}

TEST(SecretFiles, ThatAreMissingOrUnreadable) {
    const Scratch scratch;
    fs::create_symlink("nowhere", scratch / "dangling");
    for (const auto& path : {scratch / "none", scratch / "dangling", scratch.write("file", "") / "below"}) {
        EXPECT_EQ(refusal_of(path).code(), Exit::no_input) << path;
        EXPECT_FALSE(is_private_file(path));
    }
    EXPECT_EQ(refusal_of(scratch / "none").what(),
              "cannot read the secret file " + (scratch / "none").native() + ": no such file or directory");
    if (::geteuid() == 0) {
        const auto path = scratch.write("token", "secret", 0600);
        ::chmod(scratch.path().c_str(), 0755);
        const Somebody somebody{65534};
        const auto failure = refusal_of(path);
        EXPECT_EQ(failure.code(), Exit::no_input);
        EXPECT_NE(failure.hint(), "");
    }
}

TEST(SecretFiles, OfRootMayBeReadByOurGroup) {
    if (::geteuid() != 0) {
        GTEST_SKIP() << "only root can make them";
    }
    const Scratch scratch;
    ::chmod(scratch.path().c_str(), 0755);
    const auto path = scratch.write("token", "secret", 0640);
    ASSERT_EQ(::chown(path.c_str(), 0, 4711), 0);
    EXPECT_FALSE(is_private_file(path)) << "root needs no group";
    {
        const Somebody member{4711};
        EXPECT_TRUE(is_private_file(path));
        EXPECT_EQ(read_secret_file(path).reveal(), "secret");
    }
    for (const mode_t mode : {0660U, 0650U, 0644U}) {
        ::chmod(path.c_str(), mode);
        const Somebody member{4711};
        EXPECT_FALSE(is_private_file(path)) << std::oct << mode;
    }
    ::chmod(path.c_str(), 0640);
    ASSERT_EQ(::chown(path.c_str(), 65533, 4711), 0);
    const Somebody member{4711};
    EXPECT_FALSE(is_private_file(path)) << "not root's";
}

TEST(SecretFiles, MayBeOpenedToUsByAnAclOfRoot) {
    if (::geteuid() != 0) {
        GTEST_SKIP() << "only root can make them";
    }
    const Scratch scratch;
    ::chmod(scratch.path().c_str(), 0755);
    const auto path = scratch.write("token", "secret", 0400);
    // As systemd does it for LoadCredential=: user::r--, user:65534:r--, group::---, mask::r--, other::---
    struct Entry {
        std::uint16_t tag;
        std::uint16_t permissions;
        std::uint32_t id;
    };
    struct {
        std::uint32_t version = 2;
        std::array<Entry, 5> entries{{{1, 4, ~0U}, {2, 4, 65534}, {4, 0, ~0U}, {16, 4, ~0U}, {32, 0, ~0U}}};
    } const acl;
    if (::setxattr(path.c_str(), "system.posix_acl_access", &acl, sizeof acl, 0) != 0) {
        GTEST_SKIP() << "this file system has no ACLs";
    }
    ASSERT_EQ(Scratch::mode_of(path), 0440U) << "the mask stands where the group's mode did";
    const Somebody somebody{65534};
    EXPECT_EQ(read_secret_file(path).reveal(), "secret");
}

TEST(BucketCredentials, AreSoughtInOrder) {
    const Scratch scratch;
    const auto found = [](const SourceConfig& source, std::map<std::string, std::string> variables) {
        return find_bucket_credential(source, environment_of(std::move(variables)));
    };
    const std::map<std::string, std::string> aws{
        {"AWS_ACCESS_KEY_ID", "aws-id"}, {"AWS_SECRET_ACCESS_KEY", "aws-key"}, {"AWS_SESSION_TOKEN", "aws-session"}};
    SourceConfig source;
    source.name = "jira";
    EXPECT_EQ(found(source, aws).access_key_id, "aws-id");
    EXPECT_EQ(found(source, aws).secret_key.reveal(), "aws-key");
    EXPECT_EQ(found(source, aws).session_token.reveal(), "aws-session");
    source.s3_access_key_id = "own:id";
    EXPECT_EQ(found(source, aws).access_key_id, "own:id");
    EXPECT_TRUE(found(source, aws).session_token.empty()) << "that is of the other key";
    auto with_credential = aws;
    with_credential["CREDENTIALS_DIRECTORY"] = scratch.path().native();
    scratch.write("s3_secret_key", "systemd-key\n", 0600);
    EXPECT_EQ(found(source, with_credential).secret_key.reveal(), "systemd-key");
    source.s3_secret_key = Secret{std::string_view{"ini-key"}};
    EXPECT_EQ(found(source, with_credential).secret_key.reveal(), "ini-key");
    source.s3_secret_key = {};
    source.s3_secret_key_file = scratch.write("key", "file-key\n", 0600).native();
    EXPECT_EQ(found(source, with_credential).secret_key.reveal(), "file-key");
}

TEST(BucketCredentials, ThatAreMissingAreToldByName) {
    SourceConfig source;
    source.name = "jira";
    const auto no_id = failure_of([&] { static_cast<void>(find_bucket_credential(source, environment_of({}))); });
    EXPECT_EQ(no_id.code(), Exit::no_input);
    EXPECT_NE(std::string{no_id.what()}.find("s3_access_key_id"), std::string::npos);
    source.s3_access_key_id = "id";
    const auto no_key = failure_of([&] { static_cast<void>(find_bucket_credential(source, environment_of({}))); });
    EXPECT_EQ(no_key.code(), Exit::no_input);
    EXPECT_NE(std::string{no_key.what()}.find("AWS_SECRET_ACCESS_KEY"), std::string::npos) << no_key.what();
    const auto in_unit = failure_of([&] {
        static_cast<void>(find_bucket_credential(source, environment_of({{"INVOCATION_ID", "1"}})));
    });
    EXPECT_NE(in_unit.hint().find("/etc/aquila-fetch/jira.s3_secret_key "), std::string::npos) << in_unit.hint();
    source.s3_access_key_id.clear();
    const auto bad = failure_of([&] {
        static_cast<void>(find_bucket_credential(
            source, environment_of({{"AWS_ACCESS_KEY_ID", "a\nb"}, {"AWS_SECRET_ACCESS_KEY", "k"}})));
    });
    EXPECT_EQ(bad.code(), Exit::config);
}

TEST(Tokens, AreSoughtInOrder) {
    const Scratch scratch;
    scratch.write("token", "of the credential\n");
    SourceConfig source;
    source.name = "jira";
    source.token_file = scratch.write("file", "of the file\n").native();
    source.token = Secret{std::string_view{"of the ini"}};
    const auto environment = environment_of(
        {{"CREDENTIALS_DIRECTORY", scratch.path().native()}, {"AQUILA_FETCH_TOKEN", "of the environment"}});
    EXPECT_EQ(find_token(source, environment).reveal(), "of the file");
    source.token_file.clear();
    EXPECT_EQ(find_token(source, environment).reveal(), "of the ini");
    source.token = Secret{};
    EXPECT_EQ(find_token(source, environment).reveal(), "of the credential");
    fs::remove(scratch / "token");
    EXPECT_EQ(find_token(source, environment).reveal(), "of the environment");
}

TEST(Tokens, ThatAreNamedMustBeThere) {
    SourceConfig source;
    source.token_file = "/nonexistent/token";
    const auto failure = failure_of([&] { (void)find_token(source, environment_of({{"AQUILA_FETCH_TOKEN", "x"}})); });
    EXPECT_EQ(failure.code(), Exit::no_input);
}

TEST(Tokens, ThatAreNowhereAreToldWhereTheyWereSought) {
    SourceConfig source;
    source.name = "jira";
    const auto failure = failure_of([&] {
        (void)find_token(source, environment_of({{"CREDENTIALS_DIRECTORY", "/run/c"}}));
    });
    EXPECT_EQ(failure.code(), Exit::no_input);
    const std::string text = failure.what();
    for (const char* place : {"jira", "'token_file'", "'token'", "/run/c", "$AQUILA_FETCH_TOKEN"}) {
        EXPECT_NE(text.find(place), std::string::npos) << place << ": " << text;
    }
    EXPECT_NE(failure.hint().find("/etc/aquila-fetch/jira.token "), std::string::npos) << "as the unit loads it";
    EXPECT_NE(failure.hint().find("chmod 600"), std::string::npos);
}

TEST(Tokens, OfTheEnvironmentAreChecked) {
    const SourceConfig source;
    EXPECT_EQ(find_token(source, environment_of({{"AQUILA_FETCH_TOKEN", " the variable\n"}})).reveal(), "the variable");
    for (const char* value : {" ", "SECRET\nSECRET", "SECRET\x01"}) {
        const auto failure = failure_of([&] {
            (void)find_token(source, environment_of({{"AQUILA_FETCH_TOKEN", value}}));
        });
        EXPECT_EQ(failure.code(), Exit::config);
        EXPECT_EQ(std::string{failure.what()}.find("SECRET"), std::string::npos);
    }
}

TEST(ClientSecrets, AreSoughtInOrder) {
    const Scratch scratch;
    scratch.write("client_secret", "of the credential");
    scratch.write("token", "the token");
    SourceConfig source;
    source.client_secret_file = scratch.write("file", "of the file").native();
    source.client_secret = Secret{std::string_view{"of the ini"}};
    const auto environment = environment_of({{"CREDENTIALS_DIRECTORY", scratch.path().native()},
                                             {"AQUILA_FETCH_TOKEN", "the token"},
                                             {"AQUILA_FETCH_CLIENT_SECRET", "of the environment"}});
    EXPECT_EQ(find_client_secret(source, environment).reveal(), "of the file");
    source.client_secret_file.clear();
    EXPECT_EQ(find_client_secret(source, environment).reveal(), "of the ini");
    source.client_secret = Secret{};
    EXPECT_EQ(find_client_secret(source, environment).reveal(), "of the credential");
    fs::remove(scratch / "client_secret");
    EXPECT_EQ(find_client_secret(source, environment).reveal(), "of the environment");
    const auto failure = failure_of([&] { (void)find_client_secret(source, environment_of({})); });
    EXPECT_EQ(failure.code(), Exit::no_input);
    EXPECT_NE(std::string{failure.what()}.find("client_secret_file"), std::string::npos);
    EXPECT_EQ(shipped_secret(source, "client_secret"), "/etc/aquila-fetch/.client_secret");
}

TEST(Authorization, IsBasicAsInRfc7617) {
    EXPECT_EQ(basic_authorization("Aladdin", Secret{std::string_view{"open sesame"}}).reveal(),
              "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    EXPECT_EQ(basic_authorization("test", Secret{std::string_view{"123\xC2\xA3"}}).reveal(), "Basic dGVzdDoxMjPCow==");
    const std::string token(4000, 't');
    const auto header = basic_authorization("a@b.c", Secret{std::string_view{token}});
    EXPECT_EQ(base64_decode(header.reveal().substr(6)), "a@b.c:" + token);
    EXPECT_EQ(header.reveal().find('\n'), std::string_view::npos) << "one line, however long";
}

TEST(Authorization, IsBearerAsInRfc6750) {
    EXPECT_EQ(bearer_authorization(Secret{std::string_view{"mF_9.B5f-4.1JqM"}}).reveal(), "Bearer mF_9.B5f-4.1JqM");
}

}  // namespace aquila::credentials_test
