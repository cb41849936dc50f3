// Why: one object that a test makes, and there is an Atlassian: it listens on a free port of 127.0.0.1 until it goes
// out of scope. See README.md beside this file for what it plays and how to make it misbehave. Must not know: the
// program under test.
#pragma once

#include "support/sim_faults.hpp"
#include "support/sim_generator.hpp"
#include "support/sim_server.hpp"
#include "support/sim_settings.hpp"
#include "support/sim_state.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace aquila::sim {

class Sim {
  public:
    explicit Sim(SimSettings settings = {});
    Sim(const Sim&) = delete;
    Sim& operator=(const Sim&) = delete;
    ~Sim();

    [[nodiscard]] std::string url() const;  ///< http://127.0.0.1:PORT: gateway, site and auth host in one
    [[nodiscard]] std::uint16_t port() const noexcept { return server_.port(); }
    [[nodiscard]] std::string cloud_id();
    [[nodiscard]] Millis now();  ///< by the simulated clock

    /// Stores a record as it is; throws std::invalid_argument when it names no time.
    void add(Product product, std::string_view record);
    std::size_t add_lines(Product product, std::string_view ndjson);
    /// from and to 0: the last day, by the simulated clock.
    void generate(GenerateOrder order);
    /// What is in the log, oldest first.
    [[nodiscard]] std::vector<std::string> records(Product product);
    void clear_records(Product product);

    void fault(Fault fault);
    /// As `POST /_sim/faults` takes it: one object or a list of them.
    void faults(std::string_view json);
    void clear_faults();
    [[nodiscard]] std::size_t faults_left();

    [[nodiscard]] std::vector<SeenRequest> requests();
    void clear_requests();
    /// Connections accepted so far.
    [[nodiscard]] std::uint64_t connections() const noexcept { return server_.connections(); }

    void configure(const std::function<void(SimSettings&)>& change);
    /// As `POST /_sim/settings` takes it.
    void configure(std::string_view json);
    /// The state itself, under its lock.
    void with_state(const std::function<void(SimState&)>& use);

    [[nodiscard]] bool stop_requested();
    void stop() { server_.stop(); }

  private:
    HttpAnswer handle(const HttpRequest& request);
    HttpAnswer answer(const HttpRequest& request);

    SimState state_;
    HttpServer server_;
};

}  // namespace aquila::sim
