#include "support/sim_settings.hpp"

#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <stdexcept>

namespace aquila::sim {
namespace {

using nlohmann::json;
using Setters = std::map<std::string, std::function<void(const json&)>, std::less<>>;

void apply(const Setters& setters, const json& changes, std::string_view where) {
    if (!changes.is_object()) throw std::invalid_argument(std::string(where) + ": an object is wanted");
    for (const auto& [key, value] : changes.items()) {
        const auto setter = setters.find(key);
        if (setter == setters.end()) throw std::invalid_argument(std::string(where) + ": no setting '" + key + "'");
        try {
            setter->second(value);
        } catch (const json::exception& error) {
            throw std::invalid_argument(std::string(where) + "." + key + ": " + error.what());
        }
    }
}

template <typename Value>
auto set(Value& target) {
    return [&target](const json& value) { target = value.get<Value>(); };
}

template <typename Value>
auto choose(Value& target, std::map<std::string, Value, std::less<>> choices) {
    return [&target, choices = std::move(choices)](const json& value) {
        const auto choice = choices.find(value.get<std::string>());
        if (choice == choices.end()) throw std::invalid_argument("no choice '" + value.get<std::string>() + "'");
        target = choice->second;
    };
}

auto set_product(std::optional<Product>& target) {
    return [&target](const json& value) {
        target = value.is_null() ? std::nullopt : product_of(value.get<std::string>());
        if (!value.is_null() && !target) throw std::invalid_argument("no product '" + value.get<std::string>() + "'");
    };
}

Credential read_credential(const json& value) {
    Credential result;
    apply({{"email", set(result.email)},
           {"token", set(result.token)},
           {"kind", choose<TokenKind>(
                        result.kind,
                        {{"any", TokenKind::any}, {"scoped", TokenKind::scoped}, {"classic", TokenKind::classic}})},
           {"scopes_ok", set(result.scopes_ok)},
           {"write_ok", set(result.write_ok)},
           {"product", set_product(result.product)}},
          value, "credentials");
    return result;
}

/// null switches the rate limit or the insertions off.
template <typename Part>
void reset_or_apply(Part& part, const Setters& setters, const json& value, std::string_view where) {
    if (value.is_null()) {
        part = Part{};
    } else {
        apply(setters, value, where);
    }
}

}  // namespace

void apply_settings(SimSettings& settings, const json& changes) {
    auto& rate = settings.rate;
    const Setters rate_setters{
        {"requests_per_second", set(rate.requests_per_second)},
        {"burst", set(rate.burst)},
        {"reason", set(rate.reason)},
        {"retry_after",
         choose<RetryStyle>(rate.retry_after, {{"seconds", RetryStyle::seconds},
                                               {"date", RetryStyle::date},
                                               {"reset_iso", RetryStyle::reset_iso},
                                               {"reset_iso_no_seconds", RetryStyle::reset_iso_no_seconds},
                                               {"none", RetryStyle::none}})}};
    auto& insert = settings.insert_while_paging;
    const Setters insert_setters{{"product", set_product(insert.product)},
                                 {"every", set(insert.every)},
                                 {"count", set(insert.count)},
                                 {"times", set(insert.times)},
                                 {"created", set(insert.created)}};
    auto& oauth = settings.oauth;
    const Setters oauth_setters{{"client_id", set(oauth.id)},
                                {"client_secret", set(oauth.secret)},
                                {"redirect_uri", set(oauth.redirect_uri)},
                                {"scope", set(oauth.scope)},
                                {"access_seconds", set(oauth.access_seconds)},
                                {"leeway_seconds", set(oauth.leeway_seconds)},
                                {"deny_consent", set(oauth.deny_consent)},
                                {"resources_twice", set(oauth.resources_twice)}};
    const Setters setters{
        {"cloud_id", set(settings.cloud_id)},
        {"organization_id", set(settings.organization_id)},
        {"site", set(settings.site)},
        {"credentials",
         [&](const json& value) {
             std::vector<Credential> credentials;
             for (const auto& item : value) credentials.push_back(read_credential(item));
             settings.credentials = std::move(credentials);
         }},
        {"latency_ms", set(settings.latency_ms)},
        {"page_cap", set(settings.page_cap)},
        {"rate", [&](const json& value) { reset_or_apply(rate, rate_setters, value, "rate"); }},
        {"gzip", set(settings.gzip)},
        {"chunked", set(settings.chunked)},
        {"pretty", set(settings.pretty)},
        {"clock_offset_s", set(settings.clock_offset_s)},
        {"ignore_from", set(settings.ignore_from)},
        {"free_plan", set(settings.free_plan)},
        {"no_permission", set(settings.no_permission)},
        {"insert_while_paging",
         [&](const json& value) { reset_or_apply(insert, insert_setters, value, "insert_while_paging"); }},
        {"next_with_dates", set(settings.next_with_dates)},
        {"last_page", choose<std::string>(settings.last_page, {{"cursor", "cursor"}, {"null", "null"}})},
        {"filter_on", choose<std::string>(settings.filter_on, {{"processedAt", "processedAt"}, {"time", "time"}})},
        {"cursor_epoch", set(settings.cursor_epoch)},
        {"context_path", set(settings.context_path)},
        {"object_cursor", set(settings.object_cursor)},
        {"self_noise", set(settings.self_noise)},
        {"basic_disabled", set(settings.basic_disabled)},
        {"login_redirect", set(settings.login_redirect)},
        {"captcha_after", set(settings.captcha_after)},
        {"oauth", [&](const json& value) { reset_or_apply(oauth, oauth_setters, value, "oauth"); }},
    };
    apply(setters, changes, "settings");
}

}  // namespace aquila::sim
