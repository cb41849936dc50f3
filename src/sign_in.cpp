#include "aquila_fetch/sign_in.hpp"

#include "aquila_fetch/consent.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/log.hpp"
#include "aquila_fetch/stop.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

namespace aquila {
namespace {

/// Waits until one of these is ready, a stop is asked for, or the time is over.
void wait(std::vector<pollfd>& watched, Span left) {
    watched.push_back({stop::descriptor(), POLLIN, 0});
    const auto bound = std::clamp<Span::rep>(left.count(), 0, std::numeric_limits<int>::max());
    ::poll(watched.data(), watched.size(), static_cast<int>(bound));
    watched.pop_back();
    stop::check();
}

Failure denied(const Consent& consent) {
    const bool by_person = consent.error.starts_with("access_denied");
    return {Exit::refused, fmt::format("access was not granted: {}", consent.error),
            by_person
                ? "run `aquila-fetch login` again and press Accept; if there is no such button, an administrator of "
                  "the site has to allow the app"
                : "compare `client_id`, `redirect_uri` and `scopes` with the app in the developer console, and run "
                  "`aquila-fetch login` again"};
}

/// What came with one redirect or one line.
class Receiver {
  public:
    explicit Receiver(std::string_view state) : state_{state} {}

    Callback::Reply from_browser(std::string_view query) {
        take(read_redirect(query, state_));
        return kind_ == Consent::Kind::code      ? Callback::Reply::granted
               : kind_ == Consent::Kind::refused ? Callback::Reply::refused
                                                 : Callback::Reply::foreign;
    }
    void from_person(const Secret& line) { take(read_pasted(line.reveal(), state_)); }

    [[nodiscard]] std::optional<Secret>& code() noexcept { return code_; }

  private:
    void take(Consent consent) {
        kind_ = consent.kind;
        if (code_ || failure_) {
            return;  // a browser may ask twice
        }
        switch (consent.kind) {
            case Consent::Kind::code:
                code_ = std::move(consent.code);
                break;
            case Consent::Kind::refused:
                failure_ = denied(consent);
                break;
            case Consent::Kind::foreign:
                log::warning(
                    "an answer came that does not belong to this login (its `state` is another); still waiting");
                break;
        }
    }

  public:
    void check() const {
        if (failure_) {
            throw Failure{*failure_};
        }
    }

  private:
    std::string_view state_;
    Consent::Kind kind_ = Consent::Kind::foreign;
    std::optional<Secret> code_;
    std::optional<Failure> failure_;
};

}  // namespace

Secret await_code(const SignIn& sign_in) {
    auto& [state, callback, input, clock, limit] = sign_in;
    const Span end = clock.elapsed() + limit;
    Receiver receiver{state};
    for (;;) {
        while (const auto line = input.take_line()) {
            if (line->reveal().find_first_not_of(" \t\r") != std::string_view::npos) {
                receiver.from_person(*line);
            }
        }
        receiver.check();
        if (receiver.code()) {
            return *std::move(receiver.code());
        }
        const Span left = end - clock.elapsed();
        if (left <= Span{}) {
            throw Failure{Exit::unavailable, fmt::format("nobody signed in within {}", describe_span(limit)),
                          "run `aquila-fetch login` again; with the browser on another machine, paste the address it "
                          "ends at into this terminal"};
        }
        if (callback == nullptr && input.ended()) {
            throw Failure{Exit::unavailable,
                          "no answer can come: nothing listens at `redirect_uri`, and standard input "
                          "has ended",
                          "run `aquila-fetch login` in a terminal, and paste the address the browser ends at"};
        }
        auto watched = callback != nullptr ? callback->watched() : std::vector<pollfd>{};
        if (!input.ended()) {
            watched.push_back({input.descriptor(), POLLIN, 0});
        }
        wait(watched, left);
        if (!input.ended() && watched.back().revents != 0) {
            input.receive();
        }
        if (callback != nullptr) {
            callback->serve(watched, [&receiver](std::string_view query) { return receiver.from_browser(query); });
        }
    }
}

std::optional<Secret> await_line(LineInput& input, Clock& clock, Span limit) {
    const Span end = clock.elapsed() + limit;
    for (;;) {
        if (auto line = input.take_line()) {
            return line;
        }
        const Span left = end - clock.elapsed();
        if (input.ended() || left <= Span{}) {
            return std::nullopt;
        }
        std::vector<pollfd> watched{{input.descriptor(), POLLIN, 0}};
        wait(watched, left);
        if (watched.front().revents != 0) {
            input.receive();
        }
    }
}

}  // namespace aquila
