#include "aquila_fetch/access.hpp"

#include "aquila_fetch/audit_settings.hpp"
#include "aquila_fetch/clock.hpp"
#include "aquila_fetch/notices.hpp"
#include "aquila_fetch/reach.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace aquila {
namespace {

/// A check does not wait as long as a run would; but all tries of one request fit in, so that what they met is told.
constexpr Span hurried_budget = std::chrono::seconds{20};

struct LookStep {
    Aspect aspect;
    std::string_view item;
    std::string_view passed;  ///< said of it when a later one is refused
    bool in_cloud_only;
};
/// By Aspect, from the outside in.
constexpr std::array<LookStep, 7> steps{{
    {Aspect::network, "network", "the server answers", false},
    {Aspect::server, "server", "is not in trouble", false},
    {Aspect::address, "address", "something is there", false},
    {Aspect::credential, "credential", "was accepted", false},
    {Aspect::scope, "scope", "suffices", true},
    {Aspect::permission, "permission", "suffices", false},
    {Aspect::plan, "plan", "has an audit log API", true},
}};

bool concerns(const LookStep& step, const Source& source) {
    return source.realm != Realm::server || !step.in_cloud_only;
}

/// Failures that are no answer of the API: no way there, no cloud id, a login that is dead.
Aspect aspect_of_failure(const Failure& failure) {
    return failure.code() == Exit::refused    ? Aspect::credential
           : failure.code() == Exit::protocol ? Aspect::address
                                              : Aspect::network;
}

std::string credential_of(const SourceConfig& config) {
    switch (config.effective_auth()) {
        case Auth::basic:
            return fmt::format("{} with its token", config.email);
        case Auth::bearer:
            return "the token";
        case Auth::oauth:
            return "the OAuth login";
        case Auth::client_credentials:
            return fmt::format("the service account {}", config.client_id);
    }
    return {};
}

Finding judge_record(const Page& page, Instant now) {
    constexpr std::string_view item = "record";
    if (page.records.empty()) {
        return warning(item, "the log is empty",
                       "do something that is audited, such as changing a group, and look again after a while");
    }
    const Instant time = page.records.front().key.time;
    if (time == undated) {
        return warning(item, "the newest has no time that can be read", "such a record is collected all the same");
    }
    const auto total = page.total ? fmt::format(", of {}", *page.total) : "";
    return good(item, fmt::format("the newest is of {}, {} ago{}", format_instant(time),
                                  describe_span(std::max(now - time, Span{})), total));
}

/// Everything is open.
std::vector<Finding> judge_success(const Source& source, const SourceConfig& config, const Endpoint& endpoint,
                                   Span took) {
    const bool cloud = source.realm != Realm::server;
    std::vector<Finding> findings{
        good("network", fmt::format("{} answers, in {}{}", origin_of(endpoint.address()), describe_span(took),
                                    config.proxy.empty() ? "" : ", by way of the proxy")),
        good("address", endpoint.address()),
        good("credential", fmt::format("{} is accepted", credential_of(config))),
    };
    if (cloud) {
        State door;
        endpoint.remember(door);
        findings.push_back(good("scope", door.door == "site" ? "the token has none, and opens the site"
                                                             : fmt::format("suffices ({})", source.scopes)));
    }
    findings.push_back(good("permission", fmt::format("the account has {}", source.permission)));
    if (cloud) {
        findings.push_back(good("plan", "has an audit log API"));
    }
    return findings;
}

Finding check_coverage(Endpoint& endpoint) {
    constexpr std::string_view item = "coverage";
    try {
        return judge_coverage(endpoint.ask({.path = settings_of("datacenter").front().path}));
    } catch (const Failure& failure) {
        return skipped(item, fmt::format("cannot be read: {}", failure.what()));
    }
}

/// A `cloud_id` that is refused: whether the credential opens the site, and whether the site has another id.
std::string find_other_way(const Source& source, const SourceConfig& config, Authorizer& authorizer,
                           const State& state) {
    SourceConfig other = config;
    other.site = config.site.empty() ? state.site : config.site;
    other.cloud_id.clear();
    if (source.realm != Realm::cloud || config.cloud_id.empty() || other.site.empty()) {
        return {};
    }
    State found;
    bool opens = false;
    try {
        Reach reach{source, other, authorizer, State{}};
        reach.endpoint().remember(found);
        static_cast<void>(reach.endpoint().fetch({std::nullopt, 0, 1, {}}));
        reach.endpoint().remember(found);
        opens = true;
    } catch (const Failure&) {
        // What was found by then is what can be told.
    }
    if (opens && found.door == "site") {
        return fmt::format(
            "the token has no scopes: it opens {0} and not the gateway. Take `cloud_id` out and set `site = {0}`, or "
            "make a token with the scopes {1}",
            other.site, source.scopes);
    }
    if (!found.cloud_id.empty() && found.cloud_id != config.cloud_id) {
        return fmt::format("the cloud id of {} is {}{}: correct `cloud_id`, or take it out and keep `site`", other.site,
                           found.cloud_id, opens ? ", and there the credential is accepted" : "");
    }
    return {};
}

void replace_advice(std::vector<Finding>& findings, const std::string& advice) {
    const auto refused = std::ranges::find(findings, Mark::bad, &Finding::mark);
    if (refused != findings.end() && !advice.empty()) {
        refused->advice = advice;
    }
}

/// In the order they are shown in: the clock behind the network.
void insert_clock(std::vector<Finding>& findings, Finding clock) {
    const auto network = std::ranges::find(findings, "network", &Finding::item);
    findings.insert(network == findings.end() ? network : network + 1, std::move(clock));
}

std::vector<Finding> findings_of(const Source& source, const Failure& failure) {
    const auto about = aspect_of_failure(failure);
    return judge_refusal(source, Diagnosis{failure, about, std::nullopt});
}

/// Without a credential it is only known what any stranger is told.
void forget_what_needs_a_credential(std::vector<Finding>& findings, const std::string& why) {
    auto each = std::ranges::find(findings, "address", &Finding::item);
    for (; each != findings.end(); ++each) {
        *each = each->mark == Mark::bad && each->item == "address" ? *each : skipped(each->item, "not tried: " + why);
    }
}

}  // namespace

std::vector<Finding> judge_refusal(const Source& source, const Diagnosis& refusal) {
    std::vector<Finding> findings;
    const LookStep* refused = nullptr;
    for (const LookStep& step : steps) {
        if (step.aspect == refusal.aspect()) {
            refused = &step;
            findings.push_back(bad(step.item, refusal));
        } else if (!concerns(step, source) || step.aspect == Aspect::server) {
            continue;  // the network's line says that it answers
        } else if (refused == nullptr) {
            findings.push_back(good(step.item, std::string{step.passed}));
        } else {
            findings.push_back(skipped(step.item, fmt::format("not tried, because of the {}", refused->item)));
        }
    }
    findings.push_back(
        skipped("record", fmt::format("not tried, because of the {}", refused == nullptr ? "refusal" : refused->item)));
    return findings;
}

Finding judge_clock(std::optional<Instant> served, Instant now) {
    constexpr std::string_view item = "clock";
    if (!served) {
        return skipped(item, "the server did not tell its time");
    }
    const Span skew = now - *served;
    const auto size = describe_span(skew < Span{} ? -skew : skew);
    if (skew > tolerable_skew || skew < -tolerable_skew) {
        return bad(
            item, Exit::found,
            fmt::format("this machine's clock is {} {} the server's", size, skew > Span{} ? "ahead of" : "behind"),
            "set it (timedatectl): windows are bounded by both clocks, so nothing is lost, but records come late");
    }
    return good(item, skew > -std::chrono::seconds{2} && skew < std::chrono::seconds{2}
                          ? "as the server's"
                          : fmt::format("{} {} the server's", size, skew > Span{} ? "ahead of" : "behind"));
}

Finding judge_coverage(const std::optional<std::string>& body) {
    constexpr std::string_view item = "coverage";
    if (!body) {
        return skipped(item, "this server does not tell");
    }
    const auto& coverage = settings_of("datacenter").front();
    std::string text;
    std::string off;
    for (const Setting& setting : coverage.read(*body)) {
        const auto area = setting.name.substr(setting.name.find('.') + 1);
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", area, setting.value);
        off += setting.value == "off" ? fmt::format("{}{}", off.empty() ? "" : ", ", area) : "";
    }
    return off.empty() ? good(item, text)
                       : warning(item, text,
                                 fmt::format("nothing is recorded of {}; `aquila-fetch settings coverage.AREA=base` "
                                             "switches an area on",
                                             off));
}

Access check_access(const Source& source, const SourceConfig& config, Authorizer& authorizer, const State& state,
                    const std::string& missing) {
    SourceConfig hurried = config;
    hurried.retry_budget = std::min(config.retry_budget, hurried_budget);
    SystemClock clock;
    const Span begun = clock.elapsed();

    Access access;
    auto& findings = access.findings;
    std::optional<Instant> served;
    try {
        Reach reach{source, hurried, authorizer, state};
        access.identity = reach.endpoint().identity();
        const Page page = reach.endpoint().fetch({std::nullopt, 0, 1, {}});
        served = page.served;
        findings = judge_success(reach.source(), config, reach.endpoint(), clock.elapsed() - begun);
        if (source.name == "datacenter") {
            findings.push_back(check_coverage(reach.endpoint()));
        }
        findings.push_back(judge_record(page, clock.now()));
    } catch (const Diagnosis& refusal) {
        served = refusal.served();
        findings = judge_refusal(source, refusal);
        const bool may_be_the_door = refusal.aspect() == Aspect::credential || refusal.aspect() == Aspect::address;
        if (may_be_the_door && missing.empty()) {
            replace_advice(findings, find_other_way(source, hurried, authorizer, state));
        }
    } catch (const Failure& failure) {
        findings = findings_of(source, failure);
    }
    insert_clock(findings, judge_clock(served, clock.now()));
    if (!missing.empty()) {
        forget_what_needs_a_credential(findings, missing);
    }
    return access;
}

}  // namespace aquila
