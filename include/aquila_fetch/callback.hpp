// Why: the browser brings the authorisation code to a port of this machine, where it is taken and answered with a page.
// Must not know: what is in the query, tokens.
#pragma once

#include "aquila_fetch/file.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <poll.h>

namespace aquila {

/// A redirect_uri that is reached on this machine: http://localhost:8910/callback.
struct Loopback {
    std::string host;  ///< localhost, an address of 127.0.0.0/8, or [::1]
    std::uint16_t port = 80;
    std::string path;  ///< with its slash
};
/// nullopt: it leads elsewhere, or is https, which is not spoken here.
[[nodiscard]] std::optional<Loopback> loopback_of(std::string_view redirect_uri);

/// A web server for one redirect. Never blocks: whoever owns it polls what it watches.
class Callback {
  public:
    /// What the page says.
    enum class Reply { granted, refused, foreign };
    using Handler = std::function<Reply(std::string_view query)>;

    /// Listens, for `localhost` at the addresses of both families. Failure 69 that names the port.
    explicit Callback(Loopback where);

    /// To be given to poll(2) together with whatever else is waited for.
    [[nodiscard]] std::vector<pollfd> watched() const;
    /// After poll(2): takes what came, and answers whole requests for the path, each with what `handler` says to its
    /// query.
    void serve(const std::vector<pollfd>& ready, const Handler& handler);

  private:
    struct Connection {
        Fd socket;
        std::string received;
    };

    void listen(int family);
    void accept(int listener);
    /// False: this connection is done.
    [[nodiscard]] bool read(Connection& connection, const Handler& handler) const;

    Loopback where_;
    std::vector<Fd> listeners_;
    std::vector<Connection> connections_;  ///< the oldest first
};

}  // namespace aquila
