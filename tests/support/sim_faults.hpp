// Why: a test says in advance what goes wrong and when: a script of faults, consumed in order.
// Must not know: products.
#pragma once

#include "support/sim_http.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace aquila::sim {

struct Fault {
    std::string match;       ///< part of the target as sent (path and query); empty: every request
    std::int64_t skip = 0;   ///< matching requests that pass first
    std::int64_t times = 1;  ///< requests that it hits; negative: all from then on

    // An answer instead of the true one (the request then has no effect):
    std::optional<int> status;
    Fields headers;  ///< also added to a true answer
    std::optional<std::string> body;
    bool html = false;           ///< a login page; with status 200 unless one is given
    std::string redirect;        ///< 302 (or `status`) to there
    std::int64_t oversize = 0;   ///< a body of that many bytes, without a length in advance
    std::int64_t gzip_bomb = 0;  ///< a small body that unpacks to that many bytes

    // Or the true answer, badly delivered (the request has its effect):
    Delivery delivery{};
    std::int64_t date_offset_s = 0;

    [[nodiscard]] bool replaces() const noexcept;
    [[nodiscard]] std::string_view kind() const noexcept;
};

/// Reads one fault as `POST /_sim/faults` takes it; throws std::invalid_argument.
[[nodiscard]] Fault read_fault(const nlohmann::json& value);
/// The answer of a fault that replaces().
[[nodiscard]] HttpAnswer answer_of(const Fault& fault);

class FaultScript {
  public:
    void add(Fault fault) { faults_.push_back(std::move(fault)); }
    void clear() { faults_.clear(); }
    [[nodiscard]] std::size_t left() const noexcept { return faults_.size(); }
    /// The first fault that matches decides: it lets the request pass (skip) or hits it.
    [[nodiscard]] std::optional<Fault> take(std::string_view target);

  private:
    std::deque<Fault> faults_;
};

}  // namespace aquila::sim
