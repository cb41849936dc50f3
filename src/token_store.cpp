#include "aquila_fetch/token_store.hpp"

#include "saved_json.hpp"

#include "aquila_fetch/credentials.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/file.hpp"
#include "aquila_fetch/log.hpp"
#include "aquila_fetch/owner.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

namespace aquila {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using saved::Damaged;

constexpr int tokens_version = 1;
constexpr std::size_t largest_store = std::size_t{256} << 10U;
constexpr std::string_view start_of_tokens = "\"tokens\":";

json moment_or_null(const std::optional<Instant>& instant) {
    return instant ? saved::put(*instant) : json{};
}

Secret take_secret(json& value) {
    auto& text = value.get_ref<std::string&>();
    Secret secret{std::string_view{text}};
    wipe(text);
    return secret;
}

/// Tokens go past the JSON library, which would leave copies behind. They are visible ASCII (see is_token).
void append_secret(std::string& text, std::string_view name, const Secret& secret) {
    text.append(",\"").append(name).append("\":\"");
    for (const char c : secret.reveal()) {
        text.append(c == '"' || c == '\\' ? "\\" : "").push_back(c);
    }
    text.push_back('"');
}

[[noreturn]] void refuse_tokens(std::string_view name, std::string_view what) {
    throw Failure{Exit::data, fmt::format("the tokens in {} are damaged: {}", name, what),
                  "the file was left as it is; restore it from a backup of the last minutes, or move it away and run "
                  "`aquila-fetch login` (a service account needs no login)"};
}

}  // namespace

Secret to_text(const Tokens& tokens) {
    auto small = json{{"auth", tokens.auth},
                      {"auth_url", tokens.auth_url},
                      {"client_id", tokens.client_id},
                      {"obtained", moment_or_null(tokens.obtained)},
                      {"expires", moment_or_null(tokens.expires)},
                      {"scopes", tokens.scopes},
                      {"cloud_id", tokens.cloud_id},
                      {"site", tokens.site},
                      {"renewing", moment_or_null(tokens.renewing)},
                      {"dead", moment_or_null(tokens.dead)}}
                     .dump(-1, ' ', false, json::error_handler_t::replace);
    small.pop_back();
    std::string body;
    body.reserve(small.size() + 2 * (tokens.access_token.reveal().size() + tokens.refresh_token.reveal().size()) + 64);
    body.append(small);
    append_secret(body, "access_token", tokens.access_token);
    append_secret(body, "refresh_token", tokens.refresh_token);
    body.push_back('}');

    std::string text;
    text.reserve(body.size() + 128);
    text.append(fmt::format(R"({{"version":{},"checksum":"{}",)", tokens_version, saved::checksum(body)))
        .append(start_of_tokens)
        .append(body)
        .append("}\n");
    wipe(body);
    return Secret{std::move(text)};
}

Tokens tokens_from_text(std::string_view text, std::string_view name) {
    try {
        auto value = json::parse(text);
        saved::expect_version(value, tokens_version, fmt::format("the tokens in {} are", name));
        const auto begin = text.find(start_of_tokens);
        const auto end = text.rfind('}');
        if (begin == std::string_view::npos ||
            value.at("checksum").get<std::string>() !=
                saved::checksum(text.substr(begin + start_of_tokens.size(), end - begin - start_of_tokens.size()))) {
            throw Damaged{"the checksum does not fit"};
        }
        json& kept = value.at("tokens");
        Tokens tokens;
        tokens.access_token = take_secret(kept.at("access_token"));
        tokens.refresh_token = take_secret(kept.at("refresh_token"));
        tokens.auth = kept.at("auth").get<std::string>();
        tokens.auth_url = kept.at("auth_url").get<std::string>();
        tokens.client_id = kept.at("client_id").get<std::string>();
        tokens.obtained = saved::instant_of(kept.at("obtained"));
        tokens.expires = saved::instant_of(kept.at("expires"));
        tokens.scopes = kept.at("scopes").get<std::string>();
        tokens.cloud_id = kept.at("cloud_id").get<std::string>();
        tokens.site = kept.at("site").get<std::string>();
        tokens.renewing = saved::optional_instant(kept.at("renewing"));
        tokens.dead = saved::optional_instant(kept.at("dead"));
        return tokens;
    } catch (const json::exception&) {
        refuse_tokens(name, "it is not the JSON that was saved");
    } catch (const Damaged& damaged) {
        refuse_tokens(name, damaged.what);
    }
}

TokenStore::TokenStore(const std::filesystem::path& directory)
    : path_{directory / "tokens.json"}, lock_path_{directory / "tokens.lock"} {}

std::optional<Tokens> TokenStore::load() const {
    auto text = read_file(path_, largest_store);
    if (!text) {
        return std::nullopt;
    }
    struct Wipe {
        std::string& text;
        ~Wipe() { wipe(text); }
    } const at_the_end{*text};
    if (!is_private_file(path_)) {
        throw Failure{Exit::config, fmt::format("{} holds tokens and can be read or written by others", path_.native()),
                      fmt::format("chmod 600 {}; if somebody may have read it, withdraw the app's access in the "
                                  "Atlassian account and run `aquila-fetch login`",
                                  path_.native())};
    }
    auto tokens = tokens_from_text(*text, path_.native());
    conceal(tokens.access_token);
    conceal(tokens.refresh_token);
    return tokens;
}

void TokenStore::save(const Tokens& tokens) const {
    AtomicFile file{path_, state_file_mode};
    file.write(to_text(tokens).reveal());
    file.commit();
}

void TokenStore::refuse_foreign_folder() const {
    const auto folder = std::filesystem::absolute(path_).parent_path();
    if (const auto owner = foreign_owner(folder)) {
        throw Failure{Exit::cannot_create,
                      fmt::format("the state in {} is {}'s, who could not read tokens stored by root", folder.native(),
                                  user_name(*owner)),
                      "run this as the user who collects; the README shows how, under \"OAuth\""};
    }
}

Lock TokenStore::lock(Clock& clock, Span patience) const {
    constexpr Span between = 100ms;
    refuse_foreign_folder();
    make_directories(path_.parent_path());
    const Span begun = clock.elapsed();
    for (bool told = false;;) {
        if (auto lock = Lock::acquire(lock_path_)) {
            return *std::move(lock);
        }
        if (clock.elapsed() - begun >= patience) {
            throw Failure{
                Exit::busy,
                fmt::format("another process holds {} for more than {}", lock_path_.native(), describe_span(patience)),
                "it renews the tokens; `fuser` on the file names it"};
        }
        if (!std::exchange(told, true)) {
            log::debug("another process renews the tokens; waiting for it");
        }
        clock.sleep(between);
    }
}

}  // namespace aquila
