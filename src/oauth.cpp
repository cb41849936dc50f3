#include "aquila_fetch/oauth.hpp"

#include "aquila_fetch/diagnosis.hpp"
#include "aquila_fetch/error.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <iterator>

namespace aquila {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr std::size_t longest_grant = std::size_t{256} << 10U;
constexpr std::size_t longest_token = std::size_t{16} << 10U;
constexpr Span usual_lifetime = 1h;
constexpr Span shortest_lifetime = 1min;  // less would mean a renewal with every request
constexpr Span longest_lifetime = 24h;

enum What : unsigned { a_code = 1, a_refresh = 2, a_machine = 4, anything = 7 };

/// One way to be refused; the first row that applies speaks (atlassian-api section 6.2, RFC 6749 section 5.2).
struct Refusal {
    unsigned asked;
    int status;               ///< 0: any from 400 to 499
    std::string_view errors;  ///< of the answer's `error`, a bar between them; empty: any
    std::string_view words;   ///< what its description holds; empty: anything
    Exit exit;
    std::string_view what;  ///< empty: the grant is dead
    std::string_view hint;
};

constexpr std::string_view wrong_client =
    "compare `client_id` and the secret in `client_secret_file` with the app in the developer console "
    "(https://developer.atlassian.com/console/myapps), or with the service account's credential; a secret that was "
    "made "
    "anew there has to be put there too";

constexpr std::string_view wrong_kind =
    "`auth = client_credentials` wants the OAuth 2.0 credential of a service account (admin.atlassian.com, Directory, "
    "Service accounts); an app of the developer console wants `auth = oauth` and `aquila-fetch login`";

// clang-format off
constexpr Refusal refusals[] = {
    {a_refresh, 0, "invalid_grant", "", Exit::refused, "", ""},
    {a_refresh, 0, "unauthorized_client", "refresh_token", Exit::refused, "", ""},
    {a_refresh, 0, "unauthorized_client", "refresh token", Exit::refused, "", ""},
    {anything, 401, "", "", Exit::refused, "client id or client secret was refused", wrong_client},
    {anything, 0, "invalid_client", "", Exit::refused, "client id or client secret was refused", wrong_client},
    {a_code, 0, "invalid_grant", "", Exit::refused, "the authorisation code was refused",
     "a code works once, for some minutes, and for the `redirect_uri` it was made for: run `aquila-fetch login` again"},
    {a_machine, 0, "unauthorized_client|unsupported_grant_type|invalid_grant|access_denied", "", Exit::refused,
     "this client gets no tokens by itself", wrong_kind},
    {a_machine, 403, "", "", Exit::refused, "this client gets no tokens by itself", wrong_kind},
    {anything, 0, "invalid_scope", "", Exit::refused, "a scope was refused",
     "compare `scopes` with what the app may ask for (developer console, Permissions)"},
    {anything, 403, "", "", Exit::refused, "the client is refused",
     "check in the developer console (https://developer.atlassian.com/console/myapps) that the app is there, is enabled "
     "and has OAuth 2.0 (3LO) under Authorization"},
    {anything, 404, "", "", Exit::protocol, "there is no token endpoint", "check `auth_url`"},
    {anything, 0, "", "", Exit::protocol, "the token endpoint does not understand the request",
     "check `auth_url`, `client_id` and `redirect_uri`"},
};
// clang-format on

bool is_one_of(std::string_view word, std::string_view list) noexcept {
    while (!list.empty()) {
        const auto each = list.substr(0, list.find('|'));
        if (word == each) {
            return true;
        }
        list.remove_prefix(std::min(list.size(), each.size() + 1));
    }
    return false;
}

/// An encoded form. Its memory never moves, so that no copy stays behind, and is wiped.
class Form {
  public:
    using Field = std::pair<std::string_view, std::string_view>;

    Form(std::initializer_list<Field> fields) {
        std::size_t size = 0;
        for (const auto& [name, value] : fields) {
            size += name.size() + 3 * value.size() + 2;
        }
        request.body.reserve(size);
        for (const auto& [name, value] : fields) {
            auto encoded = percent_encode(value);
            request.body.append(request.body.empty() ? "" : "&").append(name).append("=").append(encoded);
            wipe(encoded);
        }
    }
    Form(const Form&) = delete;
    Form& operator=(const Form&) = delete;
    ~Form() { wipe(request.body); }

    Request request;
};

/// The answer's JSON, whose texts may be tokens.
class Body {
  public:
    explicit Body(Response& response) {
        if (response.body.size() <= longest_grant) {
            json_ = json::parse(response.body, nullptr, false);
        }
    }
    Body(const Body&) = delete;
    Body& operator=(const Body&) = delete;
    ~Body() {
        if (json_.is_object()) {
            for (auto& value : json_) {
                if (auto* const text = value.get_ptr<std::string*>()) {
                    wipe(*text);
                }
            }
        }
    }

    [[nodiscard]] bool is_object() const noexcept { return json_.is_object(); }
    [[nodiscard]] bool holds(const char* name) const { return json_.is_object() && json_.contains(name); }
    [[nodiscard]] std::string_view text(const char* name) const {
        const auto found = json_.is_object() ? json_.find(name) : json_.end();
        const auto* const value =
            json_.is_object() && found != json_.end() ? found->get_ptr<const std::string*>() : nullptr;
        return value == nullptr ? std::string_view{} : std::string_view{*value};
    }
    /// Seconds, as a number or as its text.
    [[nodiscard]] Span lifetime() const {
        double seconds = 0;
        if (holds("expires_in") && json_["expires_in"].is_number()) {
            seconds = json_["expires_in"].get<double>();
        } else if (const auto digits = text("expires_in"); !digits.empty()) {
            std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
        }
        if (!(seconds > 0)) {
            return usual_lifetime;
        }
        const auto most = std::chrono::duration<double>{longest_lifetime}.count();
        const auto span = std::chrono::duration<double>{std::min(seconds, most)};
        return std::max(std::chrono::floor<Span>(span), shortest_lifetime);
    }

  private:
    json json_;
};

struct Asking {
    What what;
    const OauthClient& client;
    std::string url;
};

[[noreturn]] void fail_grant(const Asking& asking, Exit exit, std::string_view what, const Response& response,
                             std::string_view hint) {
    const auto said = server_message(response);
    throw Failure{exit,
                  fmt::format("the token server: {}: {} from {}{}", what, response.status, printable_url(asking.url),
                              said.empty() ? "" : fmt::format("; the server says: {}", said)),
                  std::string{hint}};
}

constexpr std::string_view other_address =
    "something else may have answered in the token server's place: check `auth_url` and `proxy`";

bool is_scope_list(std::string_view text) noexcept {
    return text.size() <= 4096 && std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7F; });
}

std::optional<Grant> read_grant(const Asking& asking, Response& response) {
    const Body body{response};
    const auto access = body.text("access_token");
    const auto type = body.text("token_type");
    const auto refresh = body.text("refresh_token");
    const auto scopes = body.text("scope");
    const bool fine = response.status == 200 && is_token(access) && (refresh.empty() || is_token(refresh)) &&
                      (type.empty() || equals_ignoring_case(type, "Bearer"));
    if (!fine) {
        wipe(response.body);  // it may hold a token all the same, which a message must not quote
        fail_grant(asking, Exit::protocol, "its answer holds no token as the API promises it", response, other_address);
    }
    return Grant{Secret{access}, Secret{refresh}, body.lifetime(), std::string{is_scope_list(scopes) ? scopes : ""}};
}

/// nullopt: the grant is dead.
std::optional<Grant> refused(const Asking& asking, Response& response) {
    const Body body{response};
    const auto error = body.text("error");
    const auto said = body.text("error_description");
    if (!body.is_object() && is_html(response)) {
        fail_grant(asking, Exit::protocol, "an HTML page refuses the request", response, other_address);
    }
    const auto* const row = std::ranges::find_if(refusals, [&](const Refusal& refusal) {
        return (refusal.asked & asking.what) != 0 && (refusal.status == 0 || refusal.status == response.status) &&
               (refusal.errors.empty() || is_one_of(error, refusal.errors)) &&
               (refusal.words.empty() || contains_ignoring_case(said, refusal.words));
    });
    if (row->what.empty()) {
        return std::nullopt;
    }
    fail_grant(asking, row->exit, row->what, response, row->hint);
}

std::optional<Grant> ask(Transport& transport, const OauthClient& client, What what,
                         std::initializer_list<Form::Field> fields) {
    const Asking asking{what, client, client.auth_url + "/oauth/token"};
    Form form{fields};
    form.request.method = "POST";
    form.request.url = asking.url;
    form.request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    Response response = transport.send(form.request);
    struct Wipe {
        std::string& text;
        ~Wipe() { wipe(text); }
    } const at_the_end{response.body};

    const bool trouble = response.error != TransportError::none || response.status >= 500 || response.status == 407 ||
                         response.status == 408 || response.status == 429;
    if (trouble) {
        throw diagnose(response,
                       Asked{"the token server", "", "", "none", false, printable_url(asking.url), "`auth_url`"});
    }
    auto grant = response.status >= 400 ? refused(asking, response) : read_grant(asking, response);
    if (grant) {
        conceal(grant->access_token);
        conceal(grant->refresh_token);
    }
    return grant;
}

}  // namespace

bool is_token(std::string_view text) noexcept {
    return !text.empty() && text.size() <= longest_token &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F; });
}

OauthClient oauth_client(const SourceConfig& source, Secret secret) {
    return {source.client_id, std::move(secret), source.auth_url};
}

Grant exchange_code(Transport& transport, const OauthClient& client, const Secret& code,
                    const std::string& redirect_uri) {
    conceal(code);
    return ask(transport, client, a_code,
               {{"grant_type", "authorization_code"},
                {"client_id", client.id},
                {"client_secret", client.secret.reveal()},
                {"code", code.reveal()},
                {"redirect_uri", redirect_uri}})
        .value();
}

std::optional<Grant> refresh_grant(Transport& transport, const OauthClient& client, const Secret& refresh_token) {
    return ask(transport, client, a_refresh,
               {{"grant_type", "refresh_token"},
                {"client_id", client.id},
                {"client_secret", client.secret.reveal()},
                {"refresh_token", refresh_token.reveal()}});
}

Grant request_token(Transport& transport, const OauthClient& client) {
    return ask(transport, client, a_machine,
               {{"grant_type", "client_credentials"},
                {"client_id", client.id},
                {"client_secret", client.secret.reveal()}})
        .value();
}

}  // namespace aquila
