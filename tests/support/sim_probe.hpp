// Why: the simulator's own tests look at the wire below what an HTTP client shows: how many bytes came, whether the end
// was an end or a reset.
// Must not know: the simulator.
#pragma once

#include "support/sim_http.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace aquila::sim {

struct Probe {
    int status = 0;  ///< 0: no answer
    Fields headers;
    std::string body;    ///< without chunk framing
    bool whole = false;  ///< the body is as long as it was announced
    bool reset = false;  ///< the connection ended with RST
    std::chrono::milliseconds took{};

    [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
};

struct ProbeRequest {
    std::string method = "GET";
    std::string target;
    Fields headers{};
    std::string body{};
};

/// One request on a connection of its own; waits for the end of the answer, at most `patience`.
[[nodiscard]] Probe probe(std::uint16_t port, const ProbeRequest& request,
                          std::chrono::milliseconds patience = std::chrono::seconds(10));
[[nodiscard]] std::string basic(std::string_view email, std::string_view token);

}  // namespace aquila::sim
