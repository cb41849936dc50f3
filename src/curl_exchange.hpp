// Why: one request on its way: a libcurl handle with what it has received so far, to be used again for the next one.
// Must not know: who drives it, and what else is on its way.
#pragma once

#include "curl_headers.hpp"

#include "aquila_fetch/curl_transport.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <optional>
#include <string>

#include <curl/curl.h>

namespace aquila {

class CurlExchange {
  public:
    /// `size`: of the answer before, shared by all exchanges with one server; what does not tell its size is likely to
    /// be as large again. Both outlive this.
    CurlExchange(const CurlOptions& options, std::atomic<std::size_t>& size);

    void prepare(const Request& request);
    /// What prepare() was given may be freed.
    void release();
    [[nodiscard]] Response answer(CURLcode code, const Request& request);

    [[nodiscard]] CURL* handle() const noexcept { return easy_.get(); }
    static CurlExchange& of(CURL* handle);

    // For who drives it, under the driver's lock:
    std::optional<CURLcode> ended;
    bool driven = false;              ///< belongs to the multi handle
    std::condition_variable changed;  ///< it has ended, or its thread is to drive

  private:
    template <typename Value>
    void set(CURLoption option, Value value);
    void set_text(CURLoption option, const std::string& text);
    template <typename Value>
    [[nodiscard]] Value get(CURLINFO what) const;
    void set_up();
    void sign(const AwsSigning& signing, CurlHeaders& headers);
    [[nodiscard]] Response received();
    [[nodiscard]] Response failure(CURLcode code, const Request& request) const;

    std::size_t receive(const char* data, std::size_t size);
    static std::size_t on_header(const char* data, std::size_t one, std::size_t size, void* self) noexcept;
    static std::size_t on_body(char* data, std::size_t one, std::size_t size, void* self) noexcept;

    const CurlOptions& options_;
    std::atomic<std::size_t>& size_;
    std::unique_ptr<CURL, void (*)(CURL*)> easy_{curl_easy_init(), curl_easy_cleanup};
    std::array<char, CURL_ERROR_SIZE> error_text_{};
    std::optional<CurlHeaders> headers_;
    std::string body_;
    bool headers_ended_ = false;  ///< libcurl takes a connection closed amid the headers for a whole, empty answer
};

}  // namespace aquila
