#include "aquila_fetch/pacing.hpp"

#include <algorithm>
#include <cmath>

namespace aquila {
namespace {

using namespace std::chrono_literals;

/// A hair more than a minute: the server counts when requests arrive, we when they leave.
constexpr Span minute = 60'500ms;
/// Of what was accepted, so that the next refusal is far away.
constexpr double used_share = 0.9;
/// By how much of itself the rate rises in a second, at first: more where few requests told it, and twice as much with
/// every five seconds, and as many requests, without a refusal.
constexpr double raise = 0.01;
constexpr double doubt = 0.2;
constexpr double patience = 5;
constexpr double many = 25;
constexpr double steepest = 0.5;
/// A server slower than this tells when to come back.
constexpr double slowest = 0.5;
/// What each round of accepted requests adds to those in flight.
constexpr double widen = 0.25;

Span interval(double rate) {
    return Span{static_cast<Span::rep>(1000.0 / rate)};
}

}  // namespace

void Pacing::limit(std::optional<int> per_minute) {
    per_minute_ = static_cast<std::size_t>(std::max(per_minute.value_or(0), 0));
}

bool Pacing::is_full() const noexcept {
    return in_flight_ > 0 && in_flight_ >= at_once_;
}

bool Pacing::is_found() const noexcept {
    return rate_ && static_cast<double>(accepted_) >= many;
}

std::optional<Span> Pacing::leave(Span now) {
    if (now < not_before_) {
        return not_before_ - now;
    }
    if (is_full()) {
        return std::nullopt;
    }
    if (rate_ && now < next_) {
        return next_ - now;
    }
    if (per_minute_ > 0) {
        while (!sent_.empty() && (sent_.size() > per_minute_ || sent_.front() + minute <= now)) {
            sent_.pop_front();
        }
        if (sent_.size() == per_minute_) {
            return sent_.front() + minute - now;
        }
        sent_.push_back(now);
    }
    if (rate_) {
        // One that was late does not make all that follow late.
        next_ = std::max(next_, now - interval(*rate_)) + interval(*rate_);
    }
    since_ = since_.value_or(now);
    ++in_flight_;
    return Span{};
}

void Pacing::accepted(Span now, std::optional<int> remaining) {
    ++accepted_;
    if (rate_) {
        // It is accepted about 1 / rate seconds after the one before.
        const double rounds = std::min(in_seconds(now - *since_) / patience, static_cast<double>(accepted_) / many);
        *rate_ += std::min(steepest, raise_ * std::exp2(rounds));
    }
    if (remaining && *remaining < in_flight_ && !measured_) {
        begin_to_measure(now);  // those in flight will be refused: as good as a refusal already
    }
    at_once_ += widen / at_once_;
}

void Pacing::begin_to_measure(Span now) {
    at_once_ = measured_ && rate_ ? std::max(1.0, at_once_ / 2) : 1;
    since_ = now;
    measured_ = true;
    accepted_ = 0;
}

void Pacing::refused(Span left, Span now, Span until) {
    const bool of_before = measured_ && left <= *since_;  // it was on its way when another one was refused
    not_before_ = std::max(not_before_, until);
    if (of_before) {
        return;
    }
    if (accepted_ > 0) {
        const double passed = in_seconds(std::max(now - since_.value_or(now), Span{1}));
        rate_ = std::max(slowest, used_share * static_cast<double>(accepted_) / passed);
        raise_ = raise + doubt / static_cast<double>(accepted_);
    } else if (rate_) {
        rate_ = std::max(slowest, *rate_ / 2);
    }
    begin_to_measure(now);
    next_ = std::max(next_, not_before_);
}

}  // namespace aquila
