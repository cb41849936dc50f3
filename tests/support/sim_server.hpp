// Why: tests start and stop dozens of servers, also under ThreadSanitizer, and need every fault of a Delivery; a thread
// per connection on plain sockets does that in a page or two.
// Must not know: Atlassian. It speaks HTTP/1.1 (and 1.0) on 127.0.0.1 only.
#pragma once

#include "support/sim_http.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

namespace aquila::sim {

class HttpServer {
  public:
    using Handler = std::function<HttpAnswer(const HttpRequest&)>;

    /// Listens at once; port 0 picks a free one. The handler is called from many threads.
    HttpServer(std::uint16_t port, Handler handler);
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;
    ~HttpServer();

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    /// Ends every connection, also those that hang or drip. May be called twice.
    void stop();
    /// Connections accepted so far: shows whether a client reuses them.
    [[nodiscard]] std::uint64_t connections() const noexcept { return accepted_; }

  private:
    struct Connection {
        int socket = -1;
        bool done = false;  ///< guarded by mutex_
        std::thread thread;
    };

    void accept_all();
    void serve(Connection& connection);
    /// One request and its answer; false when the connection is to end.
    bool exchange(int socket, std::string& buffer);
    bool deliver(int socket, const HttpRequest& request, HttpAnswer answer);
    bool send_body(int socket, std::string_view body, std::int64_t bytes_per_second);
    /// False when the server is stopping.
    bool pause(std::int64_t milliseconds);
    void reap(bool all);

    Handler handler_;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<std::uint64_t> accepted_ = 0;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    std::list<Connection> open_;
    std::thread acceptor_;
};

}  // namespace aquila::sim
