// OAuth 2.0 (3LO), once by hand: the URL, the browser, the code, the tokens, the site, the store. Later runs renew what
// is stored by themselves (granted.cpp).
#include "aquila_fetch/browser.hpp"
#include "aquila_fetch/callback.hpp"
#include "aquila_fetch/commands.hpp"
#include "aquila_fetch/consent.hpp"
#include "aquila_fetch/credentials.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/granted.hpp"
#include "aquila_fetch/log.hpp"
#include "aquila_fetch/sign_in.hpp"
#include "aquila_fetch/sites.hpp"
#include "aquila_fetch/token_store.hpp"
#include "aquila_fetch/wire.hpp"

#include <fmt/core.h>

#include <charconv>

namespace aquila {
namespace {

using namespace std::chrono_literals;

constexpr Span user_patience = 5min;

std::optional<Callback> listen(const std::string& redirect_uri) {
    const auto where = loopback_of(redirect_uri);
    if (!where) {
        log::info("`redirect_uri` leads to another machine: paste the address the browser ends at");
        return std::nullopt;
    }
    try {
        return std::optional<Callback>{std::in_place, *where};
    } catch (const Failure& failure) {
        log::warning(failure.what());
        log::info("paste the address the browser ends at");
        return std::nullopt;
    }
}

Secret sign_in(const Job& job, LineInput& input, Clock& clock, std::string_view scopes) {
    const auto state = make_state();
    const auto url = consent_url(job.source, scopes, state);
    auto callback = listen(job.source.redirect_uri);
    log::info("open this address in a browser, sign in, choose the site and accept:");
    print(url + "\n");
    if (!job.arguments.no_browser && open_browser(url, job.environment)) {
        log::info("a browser was started");
    }
    log::info(fmt::format("waiting for {}; if the browser ends at a page that does not load, paste its address here",
                          describe_span(user_patience)));
    return await_code({state, callback ? &*callback : nullptr, input, clock, user_patience});
}

/// One of several, by a person at a terminal.
const Site* ask_which(const std::vector<Site>& sites, LineInput& input, Clock& clock) {
    if (!input.is_terminal()) {
        return nullptr;
    }
    for (std::size_t i = 0; i < sites.size(); ++i) {
        print(fmt::format("{:3}  {}  {}\n", i + 1, sites[i].name, sites[i].url));
    }
    for (;;) {
        print(fmt::format("which site? 1 to {}: ", sites.size()));
        const auto line = await_line(input, clock, user_patience);
        if (!line) {
            return nullptr;
        }
        std::size_t number = 0;
        const auto text = line->reveal();
        if (std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc{} && number >= 1 &&
            number <= sites.size()) {
            return &sites[number - 1];
        }
    }
}

/// The product's, or the wider ones that the app has instead.
std::string wanted_scopes(const Job& job) {
    return fmt::format("{} {}", job.product.oauth_scopes, job.source.scopes);
}

Site choose(const Job& job, const std::vector<Site>& sites, LineInput& input, Clock& clock) {
    if (sites.empty()) {
        throw Failure{
            Exit::refused, "the login reaches no site",
            fmt::format("its account needs access to a site with {}, the app the scopes {} (developer console, "
                        "Permissions)",
                        job.product.title, job.product.oauth_scopes)};
    }
    const auto& wanted = !job.arguments.site.empty()    ? job.arguments.site
                         : !job.source.cloud_id.empty() ? job.source.cloud_id
                                                        : job.source.site;
    const auto matching = matching_sites(sites, wanted, wanted_scopes(job));
    if (matching.size() == 1) {
        return matching.front();
    }
    if (matching.empty()) {
        throw Failure{Exit::refused,
                      fmt::format("the login does not reach {}; it reaches\n{}", wanted, site_table(sites)),
                      "sign in again and choose that site, or name another with --site (or `site`)"};
    }
    if (const Site* const chosen = ask_which(matching, input, clock)) {
        return *chosen;
    }
    throw Failure{Exit::usage, fmt::format("the login reaches several sites:\n{}", site_table(matching)),
                  "run `aquila-fetch login` again with --site URL, or set `site`"};
}

}  // namespace

void login_command(const Job& job) {
    if (job.source.effective_auth() != Auth::oauth) {
        throw Failure{Exit::config,
                      fmt::format("[{}] has another `auth` than oauth: there is nothing to log in to", job.source.name),
                      "set `auth = oauth`, `client_id` and `client_secret_file`"};
    }
    const auto client = oauth_client(job.source, find_client_secret(job.source, job.environment));
    const TokenStore store{job.state};
    store.refuse_foreign_folder();    // before anybody opens a browser
    static_cast<void>(store.load());  // what is damaged or open to others is told before anybody signs in

    Wire wire{job.source};
    LineInput input{STDIN_FILENO};
    const auto scopes = consent_scopes(job.source, job.product);
    const Span queue = job.source.retry_budget + job.source.request_timeout;
    static_cast<void>(store.lock(wire.clock(), queue));  // the folder can be written; given back, as a run may need it
    const Secret code = sign_in(job, input, wire.clock(), scopes);

    auto grant = exchange_code(wire.transport(), client, code, job.source.redirect_uri);
    const auto authorizer = fixed_authorizer(bearer_authorization(grant.access_token));
    const auto sites = accessible_sites(wire.transport(), job.source.api_url, *authorizer);
    const Site site = choose(job, sites, input, wire.clock());
    if (!site.has_any(wanted_scopes(job))) {
        log::warning(fmt::format("the login has none of the scopes {} at {}", job.product.oauth_scopes, site.url));
    }
    if (grant.refresh_token.empty()) {
        log::warning(
            "the login came without a refresh token, and lasts an hour: check that the app may use offline_access");
    }

    Tokens tokens;
    tokens.auth = "oauth";
    tokens.auth_url = client.auth_url;
    tokens.client_id = client.id;
    tokens.scopes = scopes;
    tokens.cloud_id = site.cloud_id;
    tokens.site = site.url;
    tokens = with_grant(std::move(tokens), std::move(grant), wire.clock().now());
    const Lock lock = store.lock(wire.clock(), queue);
    store.save(tokens);
    print(fmt::format("Logged in to {} ({}), tokens in {}\n", site.url, site.cloud_id, store.path().native()));
}

}  // namespace aquila
