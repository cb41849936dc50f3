#include "aquila_fetch/granted.hpp"

#include "aquila_fetch/credentials.hpp"
#include "aquila_fetch/diagnosis.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/log.hpp"
#include "aquila_fetch/sites.hpp"
#include "aquila_fetch/stop.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <exception>
#include <mutex>

namespace aquila {
namespace {

using namespace std::chrono_literals;

constexpr Span margin = 1min;    // a request may wait in a queue
constexpr Span too_soon = 1min;  // what a token this young is refused, the next one is refused as well
constexpr Span leeway = 10min;   // how long a rotated refresh token still works (atlassian-api section 6.2)

/// What both kinds share: use what is stored while it lasts, renew under the lock, look again before renewing.
class Granted : public Authorizer {
  public:
    Granted(Granting granting, Clock& clock) : granting_{std::move(granting)}, clock_{clock}, store_{granting_.state} {}

    [[nodiscard]] Secret value(Transport& transport) override {
        const std::lock_guard lock{mutex_};
        if (!is_fresh(tokens_)) {
            replace(transport);
        }
        return bearer_authorization(tokens_.access_token);
    }

    [[nodiscard]] bool renew(Transport& transport, const Response& answer, const Secret& value) override {
        const std::lock_guard lock{mutex_};
        const bool helps = answer.status == 401 && !is_scope_mismatch(answer) && !is_login_failure(answer);
        if (helps && value.reveal() != bearer_authorization(tokens_.access_token).reveal()) {
            return true;  // another thread was faster
        }
        const bool young = renewed_ && clock_.elapsed() - *renewed_ < too_soon;
        if (!helps || young) {
            return false;
        }
        log::info("the access token was refused; getting another");
        replace(transport);
        return true;
    }

    [[nodiscard]] std::string cloud_id() const override {
        const std::lock_guard lock{mutex_};
        return tokens_.cloud_id;
    }

  protected:
    /// What is stored, as far as it can be used here.
    [[nodiscard]] virtual Tokens usable() const = 0;
    /// With a new access token, durably stored.
    [[nodiscard]] virtual Tokens next(Transport& transport, Tokens stored) = 0;

    void load() { tokens_ = usable(); }

    /// Given to this very client: tokens are sent to nobody else.
    [[nodiscard]] bool is_mine(const Tokens& tokens, std::string_view auth) const {
        return tokens.auth == auth && tokens.client_id == granting_.client.id &&
               tokens.auth_url == granting_.client.auth_url;
    }

    Granting granting_;
    Clock& clock_;
    TokenStore store_;

  private:
    [[nodiscard]] bool is_fresh(const Tokens& tokens) const {
        return !tokens.access_token.empty() &&
               clock_.now() < tokens.expires - std::min(margin, (tokens.expires - tokens.obtained) / 2);
    }

    void replace(Transport& transport) {
        if (failed_) {
            std::rethrow_exception(failed_);  // what one thread was refused, the others need not ask for
        }
        try {
            obtain(transport);
        } catch (const Failure&) {
            failed_ = std::current_exception();
            throw;
        }
    }

    void obtain(Transport& transport) {
        const stop::Needed needed;  // a refresh token that was rotated and not received would be lost
        const Lock lock = store_.lock(clock_, granting_.patience);
        Tokens stored = usable();
        // Another process may have been faster.
        if (stored.access_token.reveal() == tokens_.access_token.reveal() || !is_fresh(stored)) {
            stored = next(transport, std::move(stored));
            renewed_ = clock_.elapsed();
        }
        tokens_ = std::move(stored);
    }

    mutable std::mutex mutex_;  ///< over what follows
    Tokens tokens_;
    std::optional<Span> renewed_;  ///< when this process got new tokens
    std::exception_ptr failed_;    ///< why it got none
};

class Oauth final : public Granted {
  public:
    Oauth(Granting granting, Clock& clock) : Granted{std::move(granting), clock} { load(); }

  protected:
    [[nodiscard]] Tokens usable() const override {
        auto tokens = store_.load();
        if (!tokens || tokens->auth != "oauth") {
            throw Failure{Exit::refused, fmt::format("[{}] is not logged in", granting_.source), login()};
        }
        if (!is_mine(*tokens, "oauth")) {
            throw Failure{Exit::refused,
                          fmt::format("[{}] was logged in with another `client_id` or `auth_url`, and its tokens are "
                                      "for that alone",
                                      granting_.source),
                          login()};
        }
        if (!granting_.site.empty() && !tokens->site.empty() && !is_same_host(granting_.site, tokens->site)) {
            throw Failure{Exit::refused,
                          fmt::format("[{}] was logged in to {}, and `site` is {} now", granting_.source, tokens->site,
                                      granting_.site),
                          login()};
        }
        return *std::move(tokens);
    }

    [[nodiscard]] Tokens next(Transport& transport, Tokens stored) override {
        if (stored.dead) {
            throw is_dead(stored);
        }
        if (stored.refresh_token.empty()) {
            throw Failure{Exit::refused,
                          fmt::format("the login of [{}] has expired, and cannot be renewed: it was given without "
                                      "offline_access",
                                      granting_.source),
                          login()};
        }
        // Written before the server rotates: it shows that the disk can be written, and what happened if we die here.
        const auto begun_before = stored.renewing;
        stored.renewing = begun_before.value_or(clock_.now());
        store_.save(stored);
        auto grant = refreshed(transport, stored);
        if (!grant) {
            stored.dead = clock_.now();
            stored.refresh_token = {};
            stored.access_token = {};
            if (!begun_before || clock_.now() - *begun_before < leeway) {
                stored.renewing.reset();  // not the reason
            }
            store_.save(stored);
            throw is_dead(stored);
        }
        stored = with_grant(std::move(stored), *std::move(grant), clock_.now());
        try {
            store_.save(stored);
        } catch (const Failure& failure) {
            throw Failure{failure.code(), failure.what(),
                          failure.hint() +
                              "\nthe login has been renewed and could not be kept: run again within ten "
                              "minutes; after that only `aquila-fetch login` helps"};
        }
        log::debug("the access token was renewed");
        return stored;
    }

  private:
    [[nodiscard]] std::optional<Grant> refreshed(Transport& transport, Tokens& stored) {
        try {
            return refresh_grant(transport, granting_.client, stored.refresh_token);
        } catch (const Failure& failure) {
            if (failure.code() == Exit::refused) {
                stored.renewing.reset();  // refused for another reason: nothing was rotated
                store_.save(stored);
            }
            throw;
        }
    }

    [[nodiscard]] Failure is_dead(const Tokens& tokens) const {
        if (tokens.renewing) {
            return {Exit::refused,
                    fmt::format("the login of [{}] is lost: the answer to a renewal begun at {} never arrived, and the "
                                "next try came too late",
                                granting_.source, format_instant(*tokens.renewing)),
                    login()};
        }
        return {Exit::refused,
                fmt::format("the login of [{}] is no longer valid: its refresh token was refused at {}",
                            granting_.source, format_instant(*tokens.dead)),
                fmt::format("it was withdrawn, was not used for 90 days, or the account's password was changed: {}",
                            login())};
    }

    [[nodiscard]] std::string login() const {
        return fmt::format("run `aquila-fetch login --source {}`", granting_.source);
    }
};

class ServiceAccount final : public Granted {
  public:
    ServiceAccount(Granting granting, Clock& clock) : Granted{std::move(granting), clock} { load(); }

  protected:
    [[nodiscard]] Tokens usable() const override {
        auto tokens = store_.load();
        return tokens && is_mine(*tokens, kind) ? *std::move(tokens) : Tokens{};
    }

    [[nodiscard]] Tokens next(Transport& transport, Tokens /*stored*/) override {
        Tokens tokens;
        tokens.auth = kind;
        tokens.auth_url = granting_.client.auth_url;
        tokens.client_id = granting_.client.id;
        tokens = with_grant(std::move(tokens), request_token(transport, granting_.client), clock_.now());
        tokens.refresh_token = {};
        store_.save(tokens);
        return tokens;
    }

  private:
    static constexpr auto kind = "client_credentials";
};

}  // namespace

Tokens with_grant(Tokens before, Grant grant, Instant now) {
    before.access_token = std::move(grant.access_token);
    before.obtained = now;
    before.expires = now + grant.lifetime;
    if (!grant.refresh_token.empty()) {  // else the server does not rotate
        before.refresh_token = std::move(grant.refresh_token);
    }
    if (!grant.scopes.empty()) {
        before.scopes = std::move(grant.scopes);
    }
    before.renewing.reset();
    before.dead.reset();
    return before;
}

std::unique_ptr<Authorizer> oauth_authorizer(Granting granting, Clock& clock) {
    return std::make_unique<Oauth>(std::move(granting), clock);
}

std::unique_ptr<Authorizer> service_account_authorizer(Granting granting, Clock& clock) {
    return std::make_unique<ServiceAccount>(std::move(granting), clock);
}

}  // namespace aquila
