// A clock that only moves when told, and a transport that answers by hand: nothing in the tests sleeps or listens.
#pragma once

#include "aquila_fetch/clock.hpp"
#include "aquila_fetch/http.hpp"

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace aquila::test {

class FakeClock final : public Clock {
  public:
    explicit FakeClock(Instant start = Instant{std::chrono::seconds{1'775'000'000}}) : now_{start} {}

    [[nodiscard]] Instant now() const override { return now_; }
    [[nodiscard]] Span elapsed() const override { return elapsed_; }
    void sleep(Span span) override {
        sleeps.push_back(span);
        advance(span);
    }

    void advance(Span span) {
        now_ += span;
        elapsed_ += span;
    }
    /// The wall clock alone, as when NTP or a person sets it.
    void set_now(Instant now) { now_ = now; }

    std::vector<Span> sleeps;  ///< what was asked for, in order

  private:
    Instant now_;
    Span elapsed_{std::chrono::hours{5}};
};

/// Answers by `answer`, else with `answers` in turn, the last of them for ever.
class FakeTransport final : public Transport {
  public:
    FakeTransport() = default;
    explicit FakeTransport(std::vector<Response> in_turn) : answers{std::move(in_turn)} {}
    explicit FakeTransport(std::function<Response(const Request&)> function) : answer{std::move(function)} {}

    [[nodiscard]] Response send(const Request& request) override {
        requests.push_back(request);
        if (answer) {
            return answer(request);
        }
        if (answers.empty()) {
            throw std::logic_error{"FakeTransport has no answer"};
        }
        return answers[std::min(requests.size(), answers.size()) - 1];
    }

    std::vector<Response> answers;
    std::function<Response(const Request&)> answer;
    std::vector<Request> requests;  ///< what was sent, in order
};

[[nodiscard]] inline Response http_answer(int status, std::string body = {},
                                          std::vector<std::pair<std::string, std::string>> headers = {}) {
    Response response;
    response.status = status;
    response.headers = std::move(headers);
    body.reserve(body.size() + body_padding);
    response.body = std::move(body);
    return response;
}

/// A store's answer to a PUT.
[[nodiscard]] inline Response http_stored() {
    return http_answer(200, "", {{"ETag", "\"d41d8cd98f00b204e9800998ecf8427e\""}});
}

[[nodiscard]] inline Response http_trouble(TransportError error, std::string text) {
    Response response;
    response.error = error;
    response.error_text = std::move(text);
    return response;
}

}  // namespace aquila::test
