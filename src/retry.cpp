#include "aquila_fetch/retry.hpp"

#include "aquila_fetch/diagnosis.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/log.hpp"

#include <algorithm>
#include <charconv>
#include <random>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/core.h>

namespace aquila {
namespace {

using namespace std::chrono_literals;

constexpr Span longest_wait = std::chrono::hours{24 * 366};
constexpr Span noticeable = 10s;  // a wait that a person would ask about

constexpr int passing_statuses[] = {408, 429, 500, 502, 503, 504};
constexpr TransportError passing_errors[] = {TransportError::resolve, TransportError::connect, TransportError::timeout,
                                             TransportError::cut};

bool holds(const auto& list, auto value) noexcept {
    return std::ranges::find(list, value) != std::end(list);
}

/// Whole seconds, however many.
std::optional<Span> parse_seconds(std::string_view text) noexcept {
    std::uint64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error == std::errc::invalid_argument || end != text.data() + text.size()) {
        return std::nullopt;
    }
    constexpr auto most = static_cast<std::uint64_t>(longest_wait / 1s);
    return error != std::errc{} || seconds > most ? longest_wait : Span{std::chrono::seconds{seconds}};
}

std::optional<Span> wait_asked_for(const Response& response, Instant now) noexcept {
    const std::string_view after = response.header("Retry-After");
    if (const auto seconds = parse_seconds(after)) {
        return seconds;
    }
    auto until = parse_http_date(after);
    if (!until && (response.status == 429 || response.status == 503)) {
        until = parse_instant(response.header("X-RateLimit-Reset"));
    }
    if (!until) {
        return std::nullopt;
    }
    return std::clamp<Span>(*until - response.date().value_or(now), Span{}, longest_wait);
}

}  // namespace

Verdict judge(const Response& response, Instant now) {
    if (response.error != TransportError::none) {
        return {holds(passing_errors, response.error), std::nullopt, response.error_text};
    }
    Verdict verdict;
    verdict.retry = holds(passing_statuses, response.status) && !is_login_failure(response);
    verdict.at_least = verdict.retry ? wait_asked_for(response, now) : std::nullopt;
    verdict.reason = std::to_string(response.status);
    if (const std::string why = printable_text(response.header("RateLimit-Reason"), 60); !why.empty()) {
        verdict.reason.append(" ").append(why);
    }
    return verdict;
}

Span backoff(const RetryPolicy& policy, int attempt, std::optional<Span> at_least, double random) {
    const double part = std::clamp(random, 0.0, 1.0);
    const auto share = [part](Span span) {
        return Span{static_cast<Span::rep>(part * static_cast<double>(span.count()))};
    };
    Span limit = std::min(policy.base, policy.cap);
    for (int i = 1; i < attempt && limit < policy.cap; ++i) {
        limit = std::min(limit * 2, policy.cap);
    }
    return std::max(share(limit), at_least ? *at_least + share(*at_least / 10 + 1s) : Span{});
}

RetryingTransport::RetryingTransport(Transport& inner, Clock& clock, RetryPolicy policy, std::function<double()> random)
    : inner_{inner}, clock_{clock}, policy_{policy}, random_{std::move(random)} {
    if (!random_) {
        random_ = [engine = std::mt19937_64{std::random_device{}()}]() mutable {
            return std::generate_canonical<double, 53>(engine);
        };
    }
}

Response RetryingTransport::send(const Request& request) {
    for (int failures = 1, unguided = 0;; ++failures) {
        pace();
        const Span begun = clock_.elapsed();
        Response response = inner_.send(request);
        ++counts_.requests;
        ++counts_.statuses[response.error == TransportError::none ? response.status : 0];
        const Verdict verdict = judge(response, clock_.now());
        if (!verdict.retry) {
            return response;
        }
        spent_ += clock_.elapsed() - begun;
        const bool guided = verdict.at_least.value_or(Span{}) > Span{};
        unguided += guided ? 0 : 1;
        if (!guided && unguided >= policy_.attempts) {
            return response;
        }
        wait(verdict, failures, request.url);
        ++counts_.retries;
    }
}

void RetryingTransport::wait(const Verdict& verdict, int failures, const std::string& url) {
    const Span left = policy_.budget - spent_;
    if (left <= Span{}) {
        throw Failure{
            Exit::unavailable,
            fmt::format("gave up after {} of failed tries and waits (retry_budget): {} ({})",
                        describe_span(policy_.budget), verdict.reason, printable_url(url)),
            "nothing is lost, the next run goes on; if this stays, check the network, the firewall and the server"};
    }
    if (verdict.at_least && *verdict.at_least > left) {
        throw Failure{
            Exit::unavailable,
            fmt::format("gave up: the server asks to wait {} ({}), more than the {} left of retry_budget",
                        describe_span(*verdict.at_least), verdict.reason, describe_span(left)),
            fmt::format(
                "nothing is lost, the next run goes on, best after {}; to wait within a run, raise `retry_budget`",
                format_instant(clock_.now() + *verdict.at_least))};
    }
    const Span span = std::min(backoff(policy_, failures, verdict.at_least, random_()), left);
    const std::string line =
        fmt::format("{} ({}); next try in {}", verdict.reason, printable_url(url), describe_span(span));
    span < noticeable ? log::info(line) : log::warning(line);
    clock_.sleep(span);
    spent_ += span;
    counts_.waited += span;
}

void RetryingTransport::pace() {
    const auto rate = static_cast<std::size_t>(std::max(policy_.requests_per_minute.value_or(0), 0));
    if (rate == 0) {
        return;
    }
    while (sent_.size() > rate) {
        sent_.pop_front();
    }
    // A hair more than a minute: the server counts when requests arrive, we when they leave.
    constexpr Span minute = 60'500ms;
    if (sent_.size() == rate) {
        const Span until = sent_.front() + minute;
        if (until > clock_.elapsed()) {
            log::debug(fmt::format("{} requests in the last minute: waiting {}", rate,
                                   describe_span(until - clock_.elapsed())));
            clock_.sleep(until - clock_.elapsed());
        }
        sent_.pop_front();
    }
    sent_.push_back(clock_.elapsed());
}

}  // namespace aquila
