// Rate limits: one bucket for the whole simulator, and the several ways of saying when to come back.
#include "support/sim_doors.hpp"

#include <algorithm>
#include <cmath>

namespace aquila::sim {
namespace {

void fill(TokenBucket& bucket, const RateLimit& rate, Millis now) {
    if (bucket.tokens < 0) {
        bucket.tokens = rate.burst;
    } else {
        const auto passed = static_cast<double>(now - bucket.filled) / static_cast<double>(second);
        bucket.tokens = std::min(rate.burst, bucket.tokens + std::max(0.0, passed) * rate.requests_per_second);
    }
    bucket.filled = now;
}

/// Rounded up, so that a client that waits as told is let in.
Millis round_up(Millis time, Millis unit) {
    return (time + unit - 1) / unit * unit;
}

void say_when(Fields& headers, RetryStyle style, Millis now, Millis wait) {
    const auto whole = round_up(wait, second);
    switch (style) {
        case RetryStyle::seconds:
            headers.emplace_back("Retry-After", std::to_string(whole / second));
            break;
        case RetryStyle::date:
            headers.emplace_back("Retry-After", format_http_date(round_up(now + wait, second)));
            break;
        case RetryStyle::reset_iso:
            headers.emplace_back("X-RateLimit-Reset", format_iso(round_up(now + wait, second), 0, "Z"));
            break;
        case RetryStyle::reset_iso_no_seconds:
            headers.emplace_back("X-RateLimit-Reset", format_iso_minutes(round_up(now + wait, 60 * second)));
            break;
        case RetryStyle::none:
            break;
    }
}

}  // namespace

std::optional<HttpAnswer> refuse_by_rate(SimState& state, Product product, Fields& headers) {
    const auto& rate = state.settings.rate;
    if (rate.requests_per_second <= 0) return std::nullopt;
    fill(state.bucket, rate, state.now());
    auto& tokens = state.bucket.tokens;
    const bool enough = tokens >= 1;
    if (enough) tokens -= 1;
    headers.emplace_back("X-RateLimit-Limit", std::to_string(static_cast<std::int64_t>(rate.burst)));
    headers.emplace_back("X-RateLimit-Remaining", std::to_string(static_cast<std::int64_t>(tokens)));
    if (product == Product::datacenter) {
        headers.emplace_back("X-RateLimit-Interval-Seconds", "1");
        headers.emplace_back("X-RateLimit-FillRate",
                             std::to_string(static_cast<std::int64_t>(std::ceil(rate.requests_per_second))));
        if (enough) headers.emplace_back("retry-after", "0");
    } else if (tokens < rate.burst / 5) {
        headers.emplace_back("X-RateLimit-NearLimit", "true");
    }
    if (enough) return std::nullopt;

    auto answer = product == Product::organization
                      ? admin_error(429, "ADMIN-429-1", "Rate limit exceeded")
                      : json_answer(429, R"({"code":429,"message":"Rate limit exceeded"})");
    const auto wait =
        static_cast<Millis>(std::ceil((1 - tokens) / rate.requests_per_second * static_cast<double>(second)));
    say_when(answer.headers, rate.retry_after, state.now(), wait);
    if (product == Product::jira || product == Product::confluence) {
        if (rate.reason.empty()) {
            answer.headers.emplace_back("X-Failure-Category", "FAILURE_CLIENT_RATE_LIMIT");
        } else {
            answer.headers.emplace_back("RateLimit-Reason", rate.reason);
        }
    }
    return answer;
}

}  // namespace aquila::sim
