#include "aquila_fetch/curl_transport.hpp"

#include "curl_ending.hpp"
#include "curl_headers.hpp"
#include "curl_options.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/stop.hpp"

#include <algorithm>
#include <array>
#include <climits>
#include <new>

#include <curl/curl.h>
#include <fmt/core.h>

namespace aquila {
namespace {

long milliseconds(Span span) noexcept {
    return static_cast<long>(std::clamp<Span::rep>(span.count(), 1, INT_MAX));  // 0 would mean "for ever" to curl
}

}  // namespace

struct CurlTransport::Impl {
    CurlOptions options;
    std::unique_ptr<CURLM, CURLMcode (*)(CURLM*)> multi{curl_multi_init(), curl_multi_cleanup};
    std::unique_ptr<CURL, void (*)(CURL*)> easy{curl_easy_init(), curl_easy_cleanup};
    std::array<char, CURL_ERROR_SIZE> error_text{};
    std::string body;
    bool headers_ended = false;  ///< libcurl takes a connection closed amid the headers for a whole, empty answer
    std::size_t last_size = 0;   ///< of the answer before: what a server that does not tell is likely to send again

    explicit Impl(CurlOptions settled) : options{std::move(settled)} {
        if (!multi || !easy) {
            throw std::bad_alloc{};
        }
        set_up();
    }

    template <typename Value>
    void set(CURLoption option, Value value) {
        if (curl_easy_setopt(easy.get(), option, value) != CURLE_OK) {
            throw Failure{Exit::software, fmt::format("libcurl refuses option {}", static_cast<int>(option)),
                          fmt::format("this is {}; 7.88 and later are known to work", curl_version())};
        }
    }

    void set_text(CURLoption option, const std::string& text) {
        if (!text.empty()) {
            set(option, text.c_str());
        }
    }

    template <typename Value>
    [[nodiscard]] Value get(CURLINFO what) const {
        Value value{};
        curl_easy_getinfo(easy.get(), what, &value);
        return value;
    }

    void set_up();
    void sign(const AwsSigning& signing, CurlHeaders& headers);
    void prepare(const Request& request, CurlHeaders& headers);
    [[nodiscard]] CURLcode perform() const;
    [[nodiscard]] Response answer();
    [[nodiscard]] Response failure(CURLcode code, const Request& request) const;

    static std::size_t on_header(const char* data, std::size_t /*one*/, std::size_t size, void* self) noexcept {
        const std::string_view line{data, size};
        bool& ended = static_cast<Impl*>(self)->headers_ended;
        ended = line == "\r\n" || line == "\n" || (ended && !line.starts_with("HTTP/"));
        return size;
    }
    std::size_t receive(const char* data, std::size_t size);
    static std::size_t on_body(char* data, std::size_t /*one*/, std::size_t size, void* self) noexcept {
        try {
            return static_cast<Impl*>(self)->receive(data, size);
        } catch (...) {
            return CURL_WRITEFUNC_ERROR;  // no memory: too large for this machine
        }
    }
};

void CurlTransport::Impl::set_up() {
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_QUICK_EXIT, 1L);  // else a stop waits for the resolver's own timeout
    set(CURLOPT_ERRORBUFFER, error_text.data());
    set(CURLOPT_HEADERFUNCTION, &Impl::on_header);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEFUNCTION, &Impl::on_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_BUFFERSIZE, 256L * 1024);
    set(CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(options.body_cap));

    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_UNRESTRICTED_AUTH, 0L);
    set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    set(CURLOPT_ACCEPT_ENCODING, "gzip");
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(options.connect_timeout));
    set(CURLOPT_TIMEOUT_MS, milliseconds(options.request_timeout));
    set(CURLOPT_USERAGENT, options.user_agent.c_str());

    set(CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));  // Authorization is not for a proxy's CONNECT
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set_text(CURLOPT_PROXY, options.proxy);  // else curl looks into the environment

    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set_text(CURLOPT_SSLCERT, options.client_cert_file);
    set_text(CURLOPT_SSLKEY, options.client_key_file);
    set_text(CURLOPT_CAINFO, options.ca_file);
    set_text(CURLOPT_PROXY_CAINFO, options.ca_file);
    if (!options.ca_file.empty()) {
        set(CURLOPT_CAPATH, nullptr);  // instead of the system's, not besides
        set(CURLOPT_PROXY_CAPATH, nullptr);
    }
}

/// libcurl signs the URL, the headers and the hash as they stand: the caller encodes, sorts, and hashes.
void CurlTransport::Impl::sign(const AwsSigning& signing, CurlHeaders& headers) {
    set(CURLOPT_AWS_SIGV4, fmt::format("aws:amz:{}:s3", signing.region).c_str());
    set(CURLOPT_USERNAME, signing.access_key_id.c_str());
    std::string key{signing.secret_key.reveal()};
    set(CURLOPT_PASSWORD, key.c_str());
    wipe(key);
    if (!signing.session_token.empty()) {
        headers.add("x-amz-security-token", signing.session_token.reveal());
    }
}

void CurlTransport::Impl::prepare(const Request& request, CurlHeaders& headers) {
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
    // Plain http is for loopback alone; by way of a proxy it would carry the credential away in the clear.
    set(CURLOPT_NOPROXY, request.url.starts_with("http://") ? "*" : static_cast<const char*>(nullptr));
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
    error_text[0] = '\0';
    body.clear();
    headers_ended = false;
}

CURLcode CurlTransport::Impl::perform() const {
    struct Membership {
        CURLM* multi;
        CURL* easy;
        ~Membership() {
            curl_multi_remove_handle(multi, easy);
            curl_easy_setopt(easy, CURLOPT_HTTPHEADER, nullptr);  // they point into what the caller is about to free
            curl_easy_setopt(easy, CURLOPT_POSTFIELDS, nullptr);
            for (const CURLoption signing : {CURLOPT_AWS_SIGV4, CURLOPT_USERNAME, CURLOPT_PASSWORD}) {
                curl_easy_setopt(easy, signing, nullptr);  // for that request alone
            }
        }
    };
    const Membership membership{multi.get(), easy.get()};
    stop::check();
    CURLMcode status = curl_multi_add_handle(multi.get(), easy.get());
    for (int running = 1; status == CURLM_OK;) {
        status = curl_multi_perform(multi.get(), &running);
        if (status != CURLM_OK || running == 0) {
            break;
        }
        curl_waitfd stopped{stop::descriptor(), CURL_WAIT_POLLIN, 0};
        status = curl_multi_poll(multi.get(), &stopped, stopped.fd < 0 ? 0 : 1, 1000, nullptr);
        stop::check();
    }
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
        if (message->msg == CURLMSG_DONE) {
            const CURLcode code = message->data.result;
            return code == CURLE_OK && !headers_ended ? CURLE_GOT_NOTHING : code;
        }
    }
    return status == CURLM_OUT_OF_MEMORY ? CURLE_OUT_OF_MEMORY : CURLE_FAILED_INIT;
}

std::size_t CurlTransport::Impl::receive(const char* data, std::size_t size) {
    if (size > options.body_cap - body.size()) {
        return CURL_WRITEFUNC_ERROR;
    }
    if (body.empty()) {
        // A gzipped answer tells its packed length, so the size of the one before it may be the better guess.
        const auto announced = std::max(get<curl_off_t>(CURLINFO_CONTENT_LENGTH_DOWNLOAD_T), curl_off_t{0});
        const std::size_t expected = std::max(static_cast<std::size_t>(announced), last_size + last_size / 16);
        body.reserve(std::min(expected, options.body_cap) + body_padding);
    }
    body.append(data, size);
    return size;
}

Response CurlTransport::Impl::answer() {
    Response response;
    response.status = static_cast<int>(get<long>(CURLINFO_RESPONSE_CODE));
    for (curl_header* header = nullptr;
         (header = curl_easy_nextheader(easy.get(), CURLH_HEADER, -1, header)) != nullptr;) {
        response.headers.emplace_back(header->name, header->value);
    }
    last_size = body.size();
    body.reserve(body.size() + body_padding);
    response.body = std::exchange(body, {});
    return response;
}

Response CurlTransport::Impl::failure(CURLcode code, const Request& request) const {
    CurlEnding ending{.code = code,
                      .said = error_text.data(),
                      .system_error = get<long>(CURLINFO_OS_ERRNO),
                      .proxy_status = get<long>(CURLINFO_HTTP_CONNECTCODE),
                      .connected = get<curl_off_t>(CURLINFO_PRETRANSFER_TIME_T) > 0,
                      .host = origin_of(request.url),
                      .connect_timeout = options.connect_timeout,
                      .request_timeout = options.request_timeout,
                      .body_cap = options.body_cap};
    ending.host.erase(0, ending.host.find("//") + 2);
    if (!options.proxy.empty()) {
        ending.host += fmt::format(" (through the proxy {})", proxy_name(options.proxy));
    }
    return explain(ending);
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
    CurlHeaders headers;
    impl_->prepare(request, headers);
    const CURLcode code = impl_->perform();
    return code == CURLE_OK ? impl_->answer() : impl_->failure(code, request);
}

}  // namespace aquila
