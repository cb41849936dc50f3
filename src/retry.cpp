#include "aquila_fetch/retry.hpp"

#include "aquila_fetch/diagnosis.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/log.hpp"
#include "aquila_fetch/number.hpp"

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

bool lists(const auto& list, auto value) noexcept {
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
        return {lists(passing_errors, response.error), std::nullopt, response.error_text};
    }
    Verdict verdict;
    verdict.retry = lists(passing_statuses, response.status) && !is_login_failure(response);
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

/// In flight, until it is back or an exception says that it will not be.
class RetryingTransport::Flight {
  public:
    explicit Flight(RetryingTransport& transport) : transport_{transport}, left_{transport.leave()} {}
    Flight(const Flight&) = delete;
    Flight& operator=(const Flight&) = delete;
    ~Flight() {
        {
            const std::lock_guard lock{transport_.mutex_};
            transport_.pacing_.returned();
        }
        transport_.returned_.notify_all();
    }

    [[nodiscard]] Span left() const noexcept { return left_; }

  private:
    RetryingTransport& transport_;
    Span left_;
};

RetryingTransport::RetryingTransport(Transport& inner, Clock& clock, RetryPolicy policy, std::function<double()> random)
    : inner_{inner}, clock_{clock}, policy_{policy}, random_{std::move(random)}, pacing_{policy.requests_per_minute} {
    if (!random_) {
        random_ = [engine = std::mt19937_64{std::random_device{}()}]() mutable {
            return std::generate_canonical<double, 53>(engine);
        };
    }
}

void RetryingTransport::limit(std::optional<int> requests_per_minute) {
    const std::lock_guard lock{mutex_};
    pacing_.limit(requests_per_minute);
}

RetryCounts RetryingTransport::counts() const {
    const std::lock_guard lock{mutex_};
    return counts_;
}

Response RetryingTransport::send(const Request& request) {
    for (int failures = 1, unguided = 0;; ++failures) {
        std::optional<Flight> flight{*this};
        const Span left = flight->left();
        Response response = inner_.send(request);
        const Verdict verdict = judge(response, clock_.now());
        note(response, verdict, left);
        if (!verdict.retry) {
            return response;
        }
        const bool guided = verdict.at_least.value_or(Span{}) > Span{};
        unguided += guided ? 0 : 1;
        if (!guided && unguided >= policy_.attempts) {
            return response;
        }
        const bool refused = response.status == 429 || (response.status == 503 && guided);
        const Span span = next_try(verdict, refused, left, failures, request.url);
        flight.reset();
        clock_.sleep(span);
    }
}

Span RetryingTransport::leave() {
    std::unique_lock lock{mutex_};
    while (true) {
        const Span now = clock_.elapsed();
        if (over_ && now < over_until_) {
            throw Failure{*over_};  // the server said so to another request, and means all
        }
        const auto wait = pacing_.leave(now);
        if (!wait) {
            returned_.wait(lock);
        } else if (*wait == Span{}) {
            return now;
        } else {
            lock.unlock();
            if (*wait >= noticeable) {
                log::debug(fmt::format("keeping to the rate: waiting {}", describe_span(*wait)));
            }
            clock_.sleep(*wait);
            lock.lock();
        }
    }
}

void RetryingTransport::note(const Response& response, const Verdict& verdict, Span left) {
    const std::lock_guard lock{mutex_};
    ++counts_.requests;
    ++counts_.statuses[response.error == TransportError::none ? response.status : 0];
    if (verdict.retry) {
        charge(left, clock_.elapsed());
    } else {
        pacing_.accepted(clock_.elapsed(), to_integer<int>(response.header("X-RateLimit-Remaining")));
        if (pacing_.is_found()) {
            spent_ = std::min(spent_, still_to_come(clock_.elapsed()));  // looking for the rate is no trouble
        }
    }
}

Span RetryingTransport::next_try(const Verdict& verdict, bool refused, Span left, int failures,
                                 const std::string& url) {
    std::unique_lock lock{mutex_};
    // What another request of the same moment waits for is charged already, and costs this one nothing.
    const Span rest = policy_.budget - spent_ + still_to_come(clock_.elapsed());
    if (rest <= Span{}) {
        throw Failure{
            Exit::unavailable,
            fmt::format("gave up after {} of failed tries and waits (retry_budget): {} ({})",
                        describe_span(policy_.budget), verdict.reason, printable_url(url)),
            "nothing is lost, the next run goes on; if this stays, check the network, the firewall and the server"};
    }
    if (verdict.at_least && *verdict.at_least > rest) {
        over_until_ = clock_.elapsed() + *verdict.at_least;
        over_ = Failure{
            Exit::unavailable,
            fmt::format("gave up: the server asks to wait {} ({}), more than the {} left of retry_budget",
                        describe_span(*verdict.at_least), verdict.reason, describe_span(rest)),
            fmt::format(
                "nothing is lost, the next run goes on, best after {}; to wait within a run, raise `retry_budget`",
                format_instant(clock_.now() + *verdict.at_least))};
        throw Failure{*over_};
    }
    const Span span = std::min(backoff(policy_, failures, verdict.at_least, random_()), rest);
    const Span now = clock_.elapsed();
    const bool told = refused && now < told_until_;  // by another request of the same moment
    if (refused) {
        pacing_.refused(left, now, now + span);
        told_until_ = std::max(told_until_, now + span);
    }
    ++counts_.retries;
    counts_.waited += charge(now, now + span);
    lock.unlock();
    const std::string line =
        fmt::format("{} ({}); next try in {}", verdict.reason, printable_url(url), describe_span(span));
    told ? log::debug(line) : span < noticeable ? log::info(line) : log::warning(line);
    return span;
}

Span RetryingTransport::still_to_come(Span now) const {
    return charged_until_ > now ? charged_until_ - now : Span{};
}

Span RetryingTransport::charge(Span from, Span to) {
    const Span more = std::max(Span{}, to - std::max(from, charged_until_));
    charged_until_ = std::max(charged_until_, to);
    spent_ += more;
    return more;
}

}  // namespace aquila
