#include "aquila_fetch/onlooker.hpp"

#include "aquila_fetch/credentials.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/oauth.hpp"
#include "aquila_fetch/token_store.hpp"

#include <fmt/core.h>

#include <utility>

namespace aquila {
namespace {

/// What is stored, or nothing.
class Stored final : public Authorizer {
  public:
    Stored(Secret header, std::string cloud_id) : header_{std::move(header)}, cloud_id_{std::move(cloud_id)} {}

    [[nodiscard]] Secret value(Transport& /*transport*/) override { return header_; }
    [[nodiscard]] bool renew(Transport& /*transport*/, const Response& /*answer*/, const Secret& /*value*/) override {
        return false;
    }
    [[nodiscard]] std::string cloud_id() const override { return cloud_id_; }

  private:
    Secret header_;
    std::string cloud_id_;
};

/// Asks for a service account's token at the first request, and forgets it.
class Passing final : public Authorizer {
  public:
    explicit Passing(OauthClient client) : client_{std::move(client)} {}

    [[nodiscard]] Secret value(Transport& transport) override {
        if (header_.empty()) {
            header_ = bearer_authorization(request_token(transport, client_).access_token);
        }
        return header_;
    }
    [[nodiscard]] bool renew(Transport& /*transport*/, const Response& /*answer*/, const Secret& /*value*/) override {
        return false;
    }

  private:
    OauthClient client_;
    Secret header_;
};

}  // namespace

Onlooker make_onlooker(const SourceConfig& source, const Environment& environment, const std::filesystem::path& state,
                       const Clock& clock) {
    auto authorizer = make_authorizer(source, environment, state);
    if (!source.is_granted()) {
        return {std::move(authorizer), {}};
    }
    if (source.effective_auth() == Auth::client_credentials) {
        return {std::make_unique<Passing>(oauth_client(source, find_client_secret(source, environment))), {}};
    }
    const auto tokens = TokenStore{state}.load();
    if (!tokens || tokens->dead) {
        throw Failure{Exit::refused, fmt::format("the login of [{}] is no longer valid", source.name),
                      fmt::format("run `aquila-fetch login --source {}`", source.name)};
    }
    if (clock.now() >= tokens->expires || tokens->access_token.empty()) {
        return {std::make_unique<Stored>(Secret{}, tokens->cloud_id),
                fmt::format("the access token lasted until {}; the next run renews it, a check does not",
                            format_instant(tokens->expires))};
    }
    return {std::make_unique<Stored>(bearer_authorization(tokens->access_token), tokens->cloud_id), {}};
}

}  // namespace aquila
