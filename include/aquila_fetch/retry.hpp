// Why: a server in trouble is treated gently: which answers merit another try and how long to wait is a pure decision,
// apart from the loop that carries it out and from the clock that waits.
// Must not know: curl, products.
#pragma once

#include "aquila_fetch/clock.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/http.hpp"
#include "aquila_fetch/pacing.hpp"

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace aquila {

struct RetryPolicy {
    Span budget = std::chrono::minutes{5};  ///< for all failed tries and the waits after them together
    Span base = std::chrono::seconds{1};    ///< first backoff before jitter, doubled each time
    Span cap = std::chrono::seconds{30};
    int attempts = 5;                        ///< tries of one request that the server gave no time for
    std::optional<int> requests_per_minute;  ///< a cap on those of any sixty seconds
};

/// What to do about one answer.
struct Verdict {
    bool retry = false;
    std::optional<Span> at_least;  ///< what the server asked for (Retry-After, X-RateLimit-Reset)
    std::string reason;            ///< for the log: "429 jira-burst-based", "connection refused"
};

/// Pure. 408, 429, 500, 502, 503, 504 and network trouble merit another try; TLS, too_large, proxy refusal, all else
/// not. A CAPTCHA (X-Authentication-Denied-Reason) and an authentication failure (X-Seraph-LoginReason) never do.
/// Retry-After in seconds or as a date; else, on 429 and 503, X-RateLimit-Reset as ISO 8601 with or without seconds;
/// dates relative to the server's Date where there is one, else to `now`. A date in the past counts as 0, what is
/// further away than a year as a year, and what cannot be read as not given.
[[nodiscard]] Verdict judge(const Response& response, Instant now);

/// Full jitter: uniform in [0, min(cap, base·2^(attempt−1))], never below `at_least` (to which up to 10 % and 1 s are
/// added, so that many collectors do not return together). `random` is a number in [0, 1).
[[nodiscard]] Span backoff(const RetryPolicy& policy, int attempt, std::optional<Span> at_least, double random);

struct RetryCounts {
    std::uint64_t requests = 0;  ///< sent, every try of each
    std::uint64_t retries = 0;
    std::map<int, std::uint64_t> statuses;  ///< how often each was the answer; 0: there was none
    Span waited{};                          ///< between tries, not what keeping to a rate took
};

/// Decorates a transport. Gives back the last answer when it is final, or when no try is left; throws Failure 69 when
/// the budget is spent or the wait asked for is longer than what is left of it (the message says which and until when).
/// The budget is that of this object, and only failed tries and the waits after them use it up (once, however many wait
/// side by side), so that a long catch-up in good health is never ended by it.
///
/// For several threads at once, if `inner` is. They are one client: what one of them is refused (429, or a 503 that
/// says when to come back) all of them wait for, and all of them keep to one rate (see Pacing).
class RetryingTransport final : public Transport {
  public:
    RetryingTransport(Transport& inner, Clock& clock, RetryPolicy policy, std::function<double()> random = {});

    [[nodiscard]] Response send(const Request& request) override;
    /// From now on that many requests a minute.
    void limit(std::optional<int> requests_per_minute);
    [[nodiscard]] RetryCounts counts() const;

  private:
    class Flight;

    /// When it left.
    Span leave();
    void note(const Response& response, const Verdict& verdict, Span left);
    /// How long to wait before it.
    Span next_try(const Verdict& verdict, bool refused, Span left, int failures, const std::string& url);
    /// What of a stretch of trouble was not spent by another request at the same time.
    Span charge(Span from, Span to);
    /// Of what is charged: waits that have not passed yet.
    [[nodiscard]] Span still_to_come(Span now) const;

    Transport& inner_;
    Clock& clock_;
    RetryPolicy policy_;

    mutable std::mutex mutex_;  ///< over all that follows
    std::condition_variable returned_;
    std::function<double()> random_;
    Pacing pacing_;
    Span spent_{};                      ///< of the budget
    std::optional<Failure> over_;       ///< the server asked for a wait that is too long
    Span over_until_{};                 ///< by the clock, when that wait has passed
    Span charged_until_ = Span::min();  ///< by the clock: two that wait at the same time spend it once
    Span told_until_ = Span::min();     ///< that the whole source waits until then was said
    RetryCounts counts_;
};

}  // namespace aquila
