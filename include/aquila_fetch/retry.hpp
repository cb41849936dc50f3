// Why: a server in trouble is treated gently: which answers merit another try and how long to wait is a pure decision,
// apart from the loop that carries it out and from the clock that waits.
// Must not know: curl, products.
#pragma once

#include "aquila_fetch/clock.hpp"
#include "aquila_fetch/http.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
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
    Span waited{};                          ///< between tries, not what keeping to requests_per_minute took
};

/// Decorates a transport. Gives back the last answer when it is final, or when no try is left; throws Failure 69 when
/// the budget is spent or the wait asked for is longer than what is left of it (the message says which and until when).
/// The budget is that of this object, and only failed tries and the waits after them use it up, so that a long catch-up
/// in good health is never ended by it. For one thread.
class RetryingTransport final : public Transport {
  public:
    RetryingTransport(Transport& inner, Clock& clock, RetryPolicy policy, std::function<double()> random = {});

    [[nodiscard]] Response send(const Request& request) override;
    /// From now on that many requests a minute.
    void limit(std::optional<int> requests_per_minute) { policy_.requests_per_minute = requests_per_minute; }
    [[nodiscard]] const RetryCounts& counts() const noexcept { return counts_; }

  private:
    void pace();
    void wait(const Verdict& verdict, int failures, const std::string& url);

    Transport& inner_;
    Clock& clock_;
    RetryPolicy policy_;
    std::function<double()> random_;
    Span spent_{};           ///< of the budget
    std::deque<Span> sent_;  ///< when the requests of the last minute were, as far as the cap needs them
    RetryCounts counts_;
};

}  // namespace aquila
