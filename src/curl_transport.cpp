#include "aquila_fetch/curl_transport.hpp"

#include "curl_exchange.hpp"
#include "curl_options.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/stop.hpp"

#include <algorithm>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include <curl/curl.h>
#include <fmt/core.h>

namespace aquila {

/// Whoever waits for an answer drives the exchanges of all, and when his own has ended hands that on to another one who
/// waits. So one thread alone needs no second one, and the connections are everybody's.
struct CurlTransport::Impl {
    explicit Impl(CurlOptions settled) : options{std::move(settled)} {
        if (!multi) {
            throw std::bad_alloc{};
        }
        give_back(take());  // what is wrong with the options is said now
    }

    [[nodiscard]] std::unique_ptr<CurlExchange> take();
    void give_back(std::unique_ptr<CurlExchange> exchange) noexcept;
    /// Until this one has ended. Throws Interrupted.
    [[nodiscard]] CURLcode perform(CurlExchange& exchange);
    void drive(CurlExchange& own, std::unique_lock<std::mutex>& lock);
    void begin_what_came();
    [[nodiscard]] bool end_what_is_done();
    void end(CurlExchange& exchange, CURLcode code);
    void leave(CurlExchange& exchange) noexcept;

    const CurlOptions options;
    std::atomic<std::size_t> last_size{0};
    std::unique_ptr<CURLM, CURLMcode (*)(CURLM*)> multi{curl_multi_init(), curl_multi_cleanup};

    std::mutex mutex;                                 ///< over all that follows, and over the exchanges' state
    std::vector<std::unique_ptr<CurlExchange>> idle;  ///< before `multi` in destruction: they leave it first
    std::size_t made = 0;
    std::vector<CurlExchange*> waiting;  ///< have not ended
    bool has_driver = false;             ///< who alone touches `multi`
};

std::unique_ptr<CurlExchange> CurlTransport::Impl::take() {
    const std::lock_guard lock{mutex};
    if (idle.empty()) {
        idle.reserve(++made);  // giving back needs no memory
        return std::make_unique<CurlExchange>(options, last_size);
    }
    auto exchange = std::move(idle.back());
    idle.pop_back();
    return exchange;
}

void CurlTransport::Impl::give_back(std::unique_ptr<CurlExchange> exchange) noexcept {
    const std::lock_guard lock{mutex};
    idle.push_back(std::move(exchange));
}

CURLcode CurlTransport::Impl::perform(CurlExchange& exchange) {
    std::unique_lock lock{mutex};
    exchange.ended.reset();
    waiting.push_back(&exchange);
    if (has_driver) {
        curl_multi_wakeup(multi.get());  // to begin this one
    }
    exchange.changed.wait(lock, [&] { return exchange.ended || !has_driver; });
    if (!exchange.ended) {
        drive(exchange, lock);
    }
    return *exchange.ended;
}

void CurlTransport::Impl::drive(CurlExchange& own, std::unique_lock<std::mutex>& lock) {
    const struct Turn {
        Turn(Impl& transport, CurlExchange& exchange, std::unique_lock<std::mutex>& held)
            : impl{transport}, mine{exchange}, mutex_lock{held} {
            impl.has_driver = true;
        }
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;
        ~Turn() {
            if (!mutex_lock.owns_lock()) {
                mutex_lock.lock();
            }
            impl.leave(mine);
            impl.has_driver = false;
            if (!impl.waiting.empty()) {
                impl.waiting.front()->changed.notify_one();
            }
        }
        Impl& impl;
        CurlExchange& mine;
        std::unique_lock<std::mutex>& mutex_lock;
    } turn{*this, own, lock};

    while (!own.ended) {
        begin_what_came();
        lock.unlock();
        stop::check();
        int running = 0;
        auto status = curl_multi_perform(multi.get(), &running);
        lock.lock();
        if (status == CURLM_OK && end_what_is_done()) {
            continue;
        }
        lock.unlock();
        if (status == CURLM_OK) {
            curl_waitfd stopped{stop::descriptor(), CURL_WAIT_POLLIN, 0};
            status = curl_multi_poll(multi.get(), &stopped, stopped.fd < 0 ? 0 : 1, 1000, nullptr);
        }
        lock.lock();
        if (status != CURLM_OK) {
            end(own, status == CURLM_OUT_OF_MEMORY ? CURLE_OUT_OF_MEMORY : CURLE_FAILED_INIT);
        }
    }
}

void CurlTransport::Impl::begin_what_came() {
    for (std::size_t i = waiting.size(); i-- > 0;) {
        CurlExchange& exchange = *waiting[i];
        if (!exchange.driven) {
            exchange.driven = curl_multi_add_handle(multi.get(), exchange.handle()) == CURLM_OK;
            if (!exchange.driven) {
                end(exchange, CURLE_FAILED_INIT);
            }
        }
    }
}

/// True when one was.
bool CurlTransport::Impl::end_what_is_done() {
    bool any = false;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
        if (message->msg == CURLMSG_DONE) {
            end(CurlExchange::of(message->easy_handle), message->data.result);
            any = true;
        }
    }
    return any;
}

void CurlTransport::Impl::end(CurlExchange& exchange, CURLcode code) {
    leave(exchange);
    exchange.ended = code;
    exchange.changed.notify_one();
}

void CurlTransport::Impl::leave(CurlExchange& exchange) noexcept {
    if (std::exchange(exchange.driven, false)) {
        curl_multi_remove_handle(multi.get(), exchange.handle());
    }
    std::erase(waiting, &exchange);
}

CurlTransport::CurlTransport(const CurlOptions& options) {
    static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (initialised != CURLE_OK) {
        throw Failure{Exit::software, fmt::format("libcurl does not start: {}", curl_easy_strerror(initialised))};
    }
    impl_ = std::make_unique<Impl>(settle(options));
}

CurlTransport::~CurlTransport() = default;

Response CurlTransport::send(const Request& request) {
    const struct Loan {
        explicit Loan(Impl& from) : impl{from}, exchange{from.take()} {}
        Loan(const Loan&) = delete;
        Loan& operator=(const Loan&) = delete;
        ~Loan() {
            exchange->release();
            impl.give_back(std::move(exchange));
        }
        Impl& impl;
        mutable std::unique_ptr<CurlExchange> exchange;
    } loan{*impl_};
    CurlExchange& exchange = *loan.exchange;
    exchange.prepare(request);
    const CURLcode code = impl_->perform(exchange);
    return exchange.answer(code, request);
}

}  // namespace aquila
