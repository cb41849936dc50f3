#include "aquila_fetch/diagnosis.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/core.h>

namespace aquila {
namespace {

using Error = TransportError;

constexpr std::size_t telling = std::size_t{64} << 10U;  // the words that tell stand at the beginning of a body

enum class Sign { none, body, trouble, category, denial, location, page, login_failure, scope };

/// Which answers a row speaks for. Read it aloud: on(401).gateway().basic().
struct When {
    Error error = Error::none;
    int first = 0;
    int last = 999;
    bool at_gateway = false;
    std::string_view auth{};  ///< empty: whichever
    bool of_organization = false;
    bool of_datacenter = false;
    Sign sign = Sign::none;
    std::string_view words{};  ///< alternatives, a bar between them

    [[nodiscard]] constexpr When gateway() const {
        When when = *this;
        when.at_gateway = true;
        return when;
    }
    [[nodiscard]] constexpr When by(std::string_view which) const {
        When when = *this;
        when.auth = which;
        return when;
    }
    [[nodiscard]] constexpr When basic() const { return by("basic"); }
    [[nodiscard]] constexpr When oauth() const { return by("oauth"); }
    [[nodiscard]] constexpr When service_account() const { return by("client_credentials"); }
    [[nodiscard]] constexpr When organization() const {
        When when = *this;
        when.of_organization = true;
        return when;
    }
    [[nodiscard]] constexpr When datacenter() const {
        When when = *this;
        when.of_datacenter = true;
        return when;
    }
    [[nodiscard]] constexpr When seen(Sign where, std::string_view what = {}) const {
        When when = *this;
        when.sign = where;
        when.words = what;
        return when;
    }
};

constexpr When on(int first, int last) {
    return {.first = first, .last = last};
}
constexpr When on(int status) {
    return on(status, status);
}
constexpr When on(Error error) {
    return {.error = error};
}
constexpr When always{};

/// How it ends, and what it is about where the exit code does not tell that.
struct Ending {
    Exit exit;
    std::optional<Aspect> aspect{};

    // NOLINTNEXTLINE(google-explicit-constructor): most rows name the code alone
    constexpr Ending(Exit code) : exit{code} {}
    constexpr Ending(Exit code, Aspect about) : exit{code}, aspect{about} {}
};
constexpr Ending lacks_scope{Exit::refused, Aspect::scope};
constexpr Ending lacks_permission{Exit::refused, Aspect::permission};
constexpr Ending lacks_plan{Exit::refused, Aspect::plan};

/// One case; the first row that applies speaks. Servers localise their texts, so no case hangs on words alone unless
/// they are known to be fixed. The texts here may name {product}, {host}, {address}, {scopes}, {permission}, {type},
/// {location}, {login}.
struct DiagnosisRow {
    When when;
    Ending ending;
    std::string_view what;  ///< empty: the transport's own words
    std::string_view hint;
};

// clang-format off
constexpr DiagnosisRow diagnoses[] = {
    // --- below HTTP --------------------------------------------------------------------------------------------------
    {on(Error::resolve), Exit::unavailable, "",
     "check the host name in {address}, this machine's network and its DNS; nothing is lost, the next run "
     "goes on"},
    {on(Error::connect), Exit::unavailable, "",
     "check the network and the firewall; where the way out is a proxy, set `proxy` or https_proxy; nothing is "
     "lost, the next run goes on"},
    {on(Error::proxy).seen(Sign::trouble, "answered 407"), Exit::unavailable, "",
     "the proxy wants a user and a password, or others than these: write `proxy` (or https_proxy) as "
     "http://user:password@host:port"},
    {on(Error::proxy), Exit::unavailable, "",
     "check `proxy` (or https_proxy), its user and password, and that it lets this machine reach {host}"},
    {on(Error::tls).seen(Sign::trouble, "expired|not yet valid"), Exit::unavailable, "",
     "the server's certificate is out of its time, or this machine's clock is wrong: compare `date` with a good "
     "clock"},
    {on(Error::tls).seen(Sign::trouble, "subject name|does not match"), Exit::unavailable, "",
     "the certificate is for another name: check the host name in {address}, and whether a proxy answers "
     "there"},
    {on(Error::tls).seen(Sign::trouble, "issuer|self-signed|self signed"), Exit::unavailable, "",
     "a CA unknown to this machine signed the certificate, as a proxy that looks into TLS does: name the file with "
     "that CA's certificate in `ca_file`"},
    {on(Error::tls).seen(Sign::trouble, "ca-certificates.crt"), Exit::unavailable, "",
     "this machine has no list of the authorities that certificates are checked by: install the package "
     "ca-certificates (or name a file with yours in `ca_file`)"},
    {on(Error::tls).seen(Sign::trouble, "certificate file|verify locations"), Exit::unavailable, "",
     "check that `ca_file` holds certificates in PEM form"},
    {on(Error::tls).seen(Sign::trouble, "client certificate|private key|certificate required"), Exit::unavailable, "",
     "check that `client_cert_file` and `client_key_file` hold a certificate the server knows and its key, in PEM "
     "form"},
    {on(Error::tls), Exit::unavailable, "",
     "check scheme, host and port of {address} (TLS 1.2 or later is spoken), `ca_file` and "
     "`client_cert_file` if you use them, and this machine's clock"},
    {on(Error::timeout), Exit::unavailable, "",
     "check the network; `connect_timeout` and `request_timeout` can be raised, `page_size` lowered; nothing is "
     "lost, the next run goes on"},
    {on(Error::cut), Exit::unavailable, "",
     "nothing is lost, the next run goes on; if this stays, look at proxies and firewalls on the way, or lower "
     "`page_size`"},
    {on(Error::too_large), Exit::protocol, "", "lower `page_size`"},
    {on(Error::other), Exit::unavailable, "", "check {address} and `proxy`"},

    // --- the login ---------------------------------------------------------------------------------------------------
    {always.seen(Sign::denial, "CAPTCHA"), Exit::refused, "the account is locked by a CAPTCHA after failed logins",
     "log in once as this user in a browser{login} and solve the CAPTCHA, check the password or token, then run "
     "again; every try before that keeps the lock"},
    {on(401, 403).seen(Sign::body, "Basic Authentication has been disabled"), Exit::refused,
     "this server takes no user and password",
     "make a personal access token, put it into `token_file` and set `auth = bearer`"},
    {on(401, 403).seen(Sign::body, "Connect Session Auth Token"), Exit::refused,
     "this site takes no API token as a bearer token",
     "set `email` and `auth = basic`; tokens with scopes, of OAuth and of service accounts work at the gateway "
     "only: set `cloud_id` (https://{host}/_edge/tenant_info tells it)"},
    {on(401, 403).oauth().seen(Sign::scope), lacks_scope, "the login lacks a scope",
     "give the app the scopes {scopes} (developer console, Permissions), name them in `scopes` if you set that, and run "
     "`aquila-fetch login`"},
    {on(401, 403).service_account().seen(Sign::scope), lacks_scope, "the service account's credential lacks a scope",
     "make a new credential of the service account with the scopes {scopes}"},
    {on(401, 403).seen(Sign::scope), lacks_scope, "the token lacks a scope",
     "make a new token with the scopes {scopes}; scopes cannot be added to a token that exists"},
    {on(401, 403).gateway().seen(Sign::category, "AUTH_MISMATCH"), Exit::refused,
     "e-mail and token do not belong together", "check that the account of `email` made the token, and `cloud_id`"},
    {on(401, 403).seen(Sign::category, "AUTH_MISMATCH"), Exit::refused, "e-mail and token do not belong together",
     "check that the account of `email` made the token; a token with scopes works at the gateway only: set "
     "`cloud_id` (https://{host}/_edge/tenant_info tells it)"},
    {on(401).organization(), Exit::refused, "the organisation's API key was refused",
     "check the key in `token_file`: keys expire after at most a year and need the scopes {scopes}; no user's API "
     "token and no OAuth token works here; `auth` is bearer"},
    {on(401).gateway().basic(), Exit::refused, "e-mail or token was refused",
     "the token is wrong, expired (after at most a year) or of another account than `email`; one without scopes does "
     "not work at the gateway: make one with the scopes {scopes}{or_site}"},
    {on(401).gateway().oauth(), Exit::refused, "the OAuth login was refused",
     "a run renews a token that is refused, once; where that does not help, the login was withdrawn, or its account has "
     "lost this site (`aquila-fetch sites` lists what it reaches): run `aquila-fetch login`"},
    {on(401).gateway().service_account(), Exit::refused, "the service account's token was refused",
     "check that the service account may use this site and {product}, that its credential has the scopes {scopes}, and "
     "`cloud_id`"},
    {on(401).gateway(), Exit::refused, "the access token was refused",
     "it has expired (OAuth tokens last an hour), was withdrawn, or is a user's API token, which wants `email` and "
     "`auth = basic`; it needs the scopes {scopes}"},
    {on(401).basic().seen(Sign::body, "HTTP Status 401"), Exit::refused, "e-mail and token do not make a login",
     "check that `email` holds the address alone and `token_file` the token alone, none of them empty or with a "
     "colon"},
    {on(401).basic().seen(Sign::body, "must be authenticated"), Exit::refused, "e-mail or token was refused",
     "check `email` and the token: tokens expire after at most a year, and one with scopes works at the gateway "
     "only: set `cloud_id` (https://{host}/_edge/tenant_info tells it)"},
    {on(401).basic(), Exit::refused, "user, or token or password was refused",
     "check `email` (on Data Center the user's name) and `token_file`: API tokens expire after at most a year; on "
     "Data Center a personal access token with `auth = bearer` is the better choice"},
    {on(401).datacenter(), Exit::refused, "the token was refused",
     "it is wrong, expired or withdrawn: make a new personal access token (picture, Profile, Personal Access Tokens)"},
    {on(401), Exit::refused, "the token was refused",
     "it is wrong, expired or withdrawn: make a new personal access token; tokens of OAuth and of service accounts "
     "work at the gateway only: set `cloud_id`"},
    {always.seen(Sign::login_failure), Exit::refused, "the login failed",
     "check `email` and `token_file`: API tokens expire after at most a year, personal access tokens when their "
     "maker said so"},
    {on(300, 399).seen(Sign::location, "login|logon|signin|sign-in|sso|saml|id.atlassian.com"), Exit::refused,
     "the answer points to a login page, {location}",
     "check the credential, then scheme, host name and context path of `site`"},

    // --- what the account may do -------------------------------------------------------------------------------------
    {on(400, 499).seen(Sign::body, "Free plan|Free edition"), lacks_plan, "this plan has no audit log API",
     "the Free plan has none: the product needs Standard, Premium or Enterprise"},
    {on(403).seen(Sign::body, "cannot access Confluence|not permitted to use Confluence"), Exit::refused,
     "the credential was refused, or its account may not use Confluence",
     "check `email` and the token (it expires after at most a year; one with scopes works at the gateway only: set "
     "`cloud_id`), then that the account may use Confluence and has {permission}"},
    {on(403).organization(), lacks_permission, "this key may not read the organisation",
     "check `organization_id` (https://admin.atlassian.com/o/ID shows it) and that the key was made in that "
     "organisation"},
    {on(403).seen(Sign::body, "allowlist|allow list|whitelist"), lacks_permission, "this machine's address is not allowed",
     "have the address this machine is seen with put on the IP allowlist"},
    {on(403).seen(Sign::page), lacks_permission, "an HTML page refuses the request",
     "a proxy, a firewall or the IP allowlist may have answered: check `site` and `proxy`; else the account needs "
     "{permission}, and a plan above Free"},
    {on(403), lacks_permission, "the account may not read the audit log",
     "the account needs {permission}; if it has that, look at the plan: the Free plan has no audit log API"},

    // --- the address -------------------------------------------------------------------------------------------------
    {on(300, 399), Exit::protocol, "the answer points elsewhere, to {location}",
     "check scheme, host name and context path of {address}; no redirect is followed with a credential"},
    {on(404).organization(), Exit::protocol, "there is no such organisation",
     "check `organization_id`: https://admin.atlassian.com/o/ID shows it"},
    {on(404).gateway(), Exit::protocol, "nothing is there",
     "compare `cloud_id` with https://SITE/_edge/tenant_info, and check that this site has {product}"},
    {on(404), Exit::protocol, "nothing is there",
     "check `site` with its context path, and `product`; on Data Center, that the version has the audit log API"},
    {on(200).seen(Sign::page), Exit::protocol, "HTML ({type}) where JSON was asked for",
     "a login page, a proxy or a captive portal answered instead of the API: check {address}, and `proxy`"},

    // --- the request and the server ----------------------------------------------------------------------------------
    {on(400).seen(Sign::body, "SSL certificate"), Exit::protocol, "the server asks for a client certificate",
     "set `client_cert_file` and `client_key_file`"},
    {on(400), Exit::protocol, "the server does not understand the request",
     "check `page_size`, --since and --until; if they are right, this version does not fit the server: please "
     "report it"},
    {on(410), Exit::protocol, "this API has been removed",
     "look for a newer version of aquila-fetch; trying again does not help"},
    {on(407), Exit::unavailable, "the proxy wants a user and a password, or others than these",
     "write `proxy` (or https_proxy) as http://user:password@host:port"},
    {on(429), Exit::unavailable, "too many requests",
     "nothing is lost, the next run goes on; if this stays, lower `requests_per_minute` or `concurrency`"},
    {on(408), Exit::unavailable, "the server gave up waiting", "nothing is lost, the next run goes on"},
    {on(500, 599), Exit::unavailable, "the server is in trouble",
     "nothing is lost, the next run goes on; https://status.atlassian.com tells how Atlassian's cloud is"},
    {always, Exit::protocol, "this is no answer the API promises", "check {address}, `product` and `proxy`"},
};
// clang-format on

bool holds_any(std::string_view text, std::string_view words) noexcept {
    while (!words.empty()) {
        const std::string_view word = words.substr(0, words.find('|'));
        if (contains_ignoring_case(text, word)) {
            return true;
        }
        words.remove_prefix(std::min(words.size(), word.size() + 1));
    }
    return false;
}

bool is_seen(const When& when, const Response& response) noexcept {
    switch (when.sign) {
        case Sign::none:
            return true;
        case Sign::body:
            return holds_any(std::string_view{response.body}.substr(0, telling), when.words);
        case Sign::trouble:
            return holds_any(response.error_text, when.words);
        case Sign::category:
            return holds_any(response.header("X-Failure-Category"), when.words);
        case Sign::denial:
            return holds_any(response.header("X-Authentication-Denied-Reason"), when.words);
        case Sign::location:
            return holds_any(response.header("Location"), when.words);
        case Sign::page:
            return is_html(response);
        case Sign::login_failure:
            return is_login_failure(response);
        case Sign::scope:
            return is_scope_mismatch(response);
    }
    return false;
}

bool applies(const When& when, const Response& response, const Asked& asked) noexcept {
    return response.error == when.error && response.status >= when.first && response.status <= when.last &&
           (!when.at_gateway || asked.gateway) && (when.auth.empty() || asked.auth == when.auth) &&
           (!when.of_organization || contains_ignoring_case(asked.url, "/admin/v1/orgs/")) &&
           (!when.of_datacenter || contains_ignoring_case(asked.url, "/rest/auditing/")) && is_seen(when, response);
}

/// Where a CAPTCHA can be solved: `CAPTCHA_CHALLENGE; login-url=https://…`.
std::string login_page(const Response& response) {
    constexpr std::string_view key = "login-url=";
    const std::string_view reason = response.header("X-Authentication-Denied-Reason");
    const std::size_t start = reason.find(key);
    return start == std::string_view::npos ? ""
                                           : " at " + printable_text(printable_url(reason.substr(start + key.size())));
}

Aspect aspect_of(Exit exit, const Response& response) noexcept {
    if (response.error != Error::none) {
        return Aspect::network;
    }
    return exit == Exit::refused ? Aspect::credential : exit == Exit::unavailable ? Aspect::server : Aspect::address;
}

}  // namespace

bool is_login_failure(const Response& response) noexcept {
    return holds_any(response.header("X-Seraph-LoginReason"), "FAILED|DENIED") ||
           !response.header("X-Authentication-Denied-Reason").empty();
}

bool is_scope_mismatch(const Response& response) noexcept {
    return (response.status == 401 || response.status == 403) &&
           (holds_any(response.header("X-Failure-Category"), "SCOPE") ||
            holds_any(std::string_view{response.body}.substr(0, telling), "scope does not match"));
}

bool is_html(const Response& response) noexcept {
    // Labels lie in both directions: Jira calls a bare line JSON, and JSON is called a page.
    const std::size_t start = response.body.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
    const char first = start == std::string::npos ? '\0' : response.body[start];
    return first == '<' ||
           (first != '{' && first != '[' && contains_ignoring_case(response.header("Content-Type"), "html"));
}

bool is_answer(const Response& response) noexcept {
    return response.error == Error::none && response.status == 200 && !is_login_failure(response) && !is_html(response);
}

Diagnosis diagnose(const Response& response, const Asked& asked) {
    const auto last = std::prev(std::end(diagnoses));  // speaks for whatever is left
    const DiagnosisRow& row = *std::find_if(std::begin(diagnoses), last, [&](const DiagnosisRow& candidate) {
        return applies(candidate.when, response, asked);
    });
    std::string host = origin_of(asked.url);
    host.erase(0, host.find("//") + 2);
    const auto fill = [&](std::string_view text) {
        return fmt::format(fmt::runtime(text), fmt::arg("product", asked.product), fmt::arg("host", host),
                           fmt::arg("address", asked.address), fmt::arg("scopes", asked.scopes),
                           fmt::arg("permission", asked.permission),
                           fmt::arg("type", printable_text(response.header("Content-Type"), 80)),
                           fmt::arg("location", printable_text(printable_url(response.header("Location")))),
                           fmt::arg("login", login_page(response)),
                           fmt::arg("or_site", asked.by_site ? "" : ", or set `site` in place of `cloud_id`"));
    };
    const auto about = row.ending.aspect.value_or(aspect_of(row.ending.exit, response));
    const std::string said = server_message(response);
    const auto what =
        response.error != Error::none
            ? fmt::format("{}: {} ({})", asked.product, printable_text(response.error_text, 400), asked.url)
            : fmt::format("{}: {}: {} from {}{}", asked.product, fill(row.what), response.status, asked.url,
                          said.empty() ? "" : fmt::format("; the server says: {}", said));
    return {Failure{row.ending.exit, what, fill(row.hint)}, about, response.date()};
}

}  // namespace aquila
