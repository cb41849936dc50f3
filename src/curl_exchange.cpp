#include "curl_exchange.hpp"

#include "curl_ending.hpp"
#include "curl_options.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/url.hpp"

#include <algorithm>
#include <climits>
#include <new>
#include <string_view>
#include <utility>

#include <fmt/core.h>

namespace aquila {
namespace {

long curl_time(Span span) noexcept {
    return static_cast<long>(std::clamp<Span::rep>(span.count(), 1, INT_MAX));  // 0 would mean "for ever" to curl
}

}  // namespace

template <typename Value>
void CurlExchange::set(CURLoption option, Value value) {
    if (curl_easy_setopt(easy_.get(), option, value) != CURLE_OK) {
        throw Failure{Exit::software, fmt::format("libcurl refuses option {}", static_cast<int>(option)),
                      fmt::format("this is {}; 7.88 and later are known to work", curl_version())};
    }
}

void CurlExchange::set_text(CURLoption option, const std::string& text) {
    if (!text.empty()) {
        set(option, text.c_str());
    }
}

template <typename Value>
Value CurlExchange::get(CURLINFO what) const {
    Value value{};
    curl_easy_getinfo(easy_.get(), what, &value);
    return value;
}

CurlExchange::CurlExchange(const CurlOptions& options, std::atomic<std::size_t>& size)
    : options_{options}, size_{size} {
    if (!easy_) {
        throw std::bad_alloc{};
    }
    set_up();
}

CurlExchange& CurlExchange::of(CURL* handle) {
    void* self = nullptr;
    curl_easy_getinfo(handle, CURLINFO_PRIVATE, &self);
    return *static_cast<CurlExchange*>(self);
}

void CurlExchange::set_up() {
    set(CURLOPT_PRIVATE, this);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_QUICK_EXIT, 1L);  // else a stop waits for the resolver's own timeout
    set(CURLOPT_ERRORBUFFER, error_text_.data());
    set(CURLOPT_HEADERFUNCTION, &CurlExchange::on_header);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEFUNCTION, &CurlExchange::on_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_BUFFERSIZE, 128L * 1024);
    set(CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(options_.body_cap));

    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_UNRESTRICTED_AUTH, 0L);
    set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    set(CURLOPT_PIPEWAIT, 1L);  // rather another stream of a connection than another connection
    set(CURLOPT_ACCEPT_ENCODING, "gzip");
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    set(CURLOPT_CONNECTTIMEOUT_MS, curl_time(options_.connect_timeout));
    set(CURLOPT_TIMEOUT_MS, curl_time(options_.request_timeout));
    set(CURLOPT_USERAGENT, options_.user_agent.c_str());

    set(CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));  // Authorization is not for a proxy's CONNECT
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set_text(CURLOPT_PROXY, options_.proxy);  // else curl looks into the environment

    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set_text(CURLOPT_SSLCERT, options_.client_cert_file);
    set_text(CURLOPT_SSLKEY, options_.client_key_file);
    set_text(CURLOPT_CAINFO, options_.ca_file);
    set_text(CURLOPT_PROXY_CAINFO, options_.ca_file);
    if (!options_.ca_file.empty()) {
        set(CURLOPT_CAPATH, nullptr);  // instead of the system's, not besides
        set(CURLOPT_PROXY_CAPATH, nullptr);
    }
}

/// libcurl signs the URL, the headers and the hash as they stand: the caller encodes, sorts, and hashes.
void CurlExchange::sign(const AwsSigning& signing, CurlHeaders& headers) {
    set(CURLOPT_AWS_SIGV4, fmt::format("aws:amz:{}:s3", signing.region).c_str());
    set(CURLOPT_USERNAME, signing.access_key_id.c_str());
    std::string key{signing.secret_key.reveal()};
    set(CURLOPT_PASSWORD, key.c_str());
    wipe(key);
    if (!signing.session_token.empty()) {
        headers.add("x-amz-security-token", signing.session_token.reveal());
    }
}

void CurlExchange::prepare(const Request& request) {
    CurlHeaders& headers = headers_.emplace();
    bool accepts = false;
    for (const auto& [name, value] : request.headers) {
        headers.add(name, value);
        accepts = accepts || equals_ignoring_case(name, "Accept");
    }
    if (!accepts) {
        headers.add("Accept", "application/json");
    }
    if (!request.authorization.empty()) {
        headers.add("Authorization", request.authorization.reveal());
    }
    if (request.signing) {
        sign(*request.signing, headers);
    }
    set(CURLOPT_URL, request.url.c_str());
    // Plain http is for loopback alone; by way of a proxy elsewhere it would carry the credential away in the clear.
    const bool stays = !options_.proxy.empty() && url_problem("http://" + proxy_name(options_.proxy)).empty();
    set(CURLOPT_NOPROXY, request.url.starts_with("http://") && !stays ? "*" : static_cast<const char*>(nullptr));
    set(CURLOPT_HTTPHEADER, headers.get());
    set(CURLOPT_HTTPGET, 1L);  // undoes what the request before set
    set(CURLOPT_CUSTOMREQUEST, nullptr);
    if (!request.body.empty() || request.method == "POST") {
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        set(CURLOPT_POSTFIELDS, request.body.data());
    }
    if (request.method != "GET") {
        set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
    error_text_[0] = '\0';
    body_.clear();
    headers_ended_ = false;
}

void CurlExchange::release() {
    curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, nullptr);
    curl_easy_setopt(easy_.get(), CURLOPT_POSTFIELDS, nullptr);
    for (const CURLoption signing : {CURLOPT_AWS_SIGV4, CURLOPT_USERNAME, CURLOPT_PASSWORD}) {
        curl_easy_setopt(easy_.get(), signing, nullptr);  // for that request alone
    }
    headers_.reset();
}

std::size_t CurlExchange::on_header(const char* data, std::size_t /*one*/, std::size_t size, void* self) noexcept {
    const std::string_view line{data, size};
    bool& ended = static_cast<CurlExchange*>(self)->headers_ended_;
    ended = line == "\r\n" || line == "\n" || (ended && !line.starts_with("HTTP/"));
    return size;
}

std::size_t CurlExchange::on_body(char* data, std::size_t /*one*/, std::size_t size, void* self) noexcept {
    try {
        return static_cast<CurlExchange*>(self)->receive(data, size);
    } catch (...) {
        return CURL_WRITEFUNC_ERROR;  // no memory: too large for this machine
    }
}

std::size_t CurlExchange::receive(const char* data, std::size_t size) {
    if (size > options_.body_cap - body_.size()) {
        return CURL_WRITEFUNC_ERROR;
    }
    if (body_.empty()) {
        // A gzipped answer tells its packed length, so the size of the one before it may be the better guess.
        const auto announced = std::max(get<curl_off_t>(CURLINFO_CONTENT_LENGTH_DOWNLOAD_T), curl_off_t{0});
        const std::size_t expected = std::max(static_cast<std::size_t>(announced), size_ + size_ / 16);
        body_.reserve(std::min(expected, options_.body_cap) + body_padding);
    }
    body_.append(data, size);
    return size;
}

Response CurlExchange::answer(CURLcode code, const Request& request) {
    const bool whole = code == CURLE_OK && headers_ended_;
    return whole ? received() : failure(code == CURLE_OK ? CURLE_GOT_NOTHING : code, request);
}

Response CurlExchange::received() {
    Response response;
    response.status = static_cast<int>(get<long>(CURLINFO_RESPONSE_CODE));
    for (curl_header* header = nullptr;
         (header = curl_easy_nextheader(easy_.get(), CURLH_HEADER, -1, header)) != nullptr;) {
        response.headers.emplace_back(header->name, header->value);
    }
    const auto micros = get<curl_off_t>(CURLINFO_STARTTRANSFER_TIME_T) - get<curl_off_t>(CURLINFO_PRETRANSFER_TIME_T);
    response.waited = Span{std::max<curl_off_t>(micros, 0) / 1000};
    size_ = body_.size();
    body_.reserve(body_.size() + body_padding);
    response.body = std::exchange(body_, {});
    return response;
}

Response CurlExchange::failure(CURLcode code, const Request& request) const {
    CurlEnding ending{.code = code,
                      .said = error_text_.data(),
                      .system_error = get<long>(CURLINFO_OS_ERRNO),
                      .proxy_status = get<long>(CURLINFO_HTTP_CONNECTCODE),
                      .connected = get<curl_off_t>(CURLINFO_PRETRANSFER_TIME_T) > 0,
                      .host = origin_of(request.url),
                      .connect_timeout = options_.connect_timeout,
                      .request_timeout = options_.request_timeout,
                      .body_cap = options_.body_cap};
    ending.host.erase(0, ending.host.find("//") + 2);
    if (!options_.proxy.empty()) {
        ending.host += fmt::format(" (through the proxy {})", proxy_name(options_.proxy));
    }
    return explain(ending);
}

}  // namespace aquila
