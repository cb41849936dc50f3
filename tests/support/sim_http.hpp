// Why: the simulator answers with faults that no HTTP library lets one express (half a body, a wrong length, a reset),
// so a request, an answer and the manner of its delivery are plain values here.
// Must not know: sockets, Atlassian.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aquila::sim {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
    std::string method;
    std::string target;  ///< as sent: path and query
    std::string path;    ///< percent-decoded
    std::string query;   ///< as sent, without '?'
    Fields parameters;   ///< decoded; '+' is a blank
    Fields headers;
    std::string body;
    bool keep_alive = true;

    /// The first header of that name (any case), empty when there is none.
    [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
    [[nodiscard]] std::optional<std::string> parameter(std::string_view name) const;
};

/// How an answer goes over the wire; the default is "as it should".
struct Delivery {
    std::int64_t delay_ms = 0;
    std::int64_t bytes_per_second = 0;         ///< drips the body; 0: at once
    std::optional<std::int64_t> truncate;      ///< that many bytes of the body, then the end of the connection
    std::optional<std::int64_t> length_error;  ///< added to the true Content-Length
    std::optional<std::int64_t> reset;         ///< that many bytes of the answer, then RST
    bool hang = false;                         ///< no answer until the client gives up
    bool close = false;                        ///< closes after the answer without having said so
    bool chunked = false;
    bool gzip = false;  ///< compress if the client accepts it
};

struct HttpAnswer {
    int status = 200;
    Fields headers;
    std::string body;
    std::function<bool(std::string&)> stream;  ///< instead of a body: fills the next chunk, false at the end
    Delivery delivery{};
};

[[nodiscard]] bool same_name(std::string_view left, std::string_view right) noexcept;
[[nodiscard]] std::string lower_case(std::string_view text);
[[nodiscard]] std::string url_decode(std::string_view text, bool plus_is_blank);
[[nodiscard]] std::string url_encode(std::string_view text);
[[nodiscard]] Fields parse_parameters(std::string_view query);
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);
[[nodiscard]] std::string encode_base64(std::string_view bytes);
[[nodiscard]] std::string gzip(std::string_view bytes);
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

/// Reads the head of a request (without the final blank line); nullopt when it is no HTTP.
[[nodiscard]] std::optional<HttpRequest> parse_head(std::string_view head);
/// The status line and the headers, with the blank line.
[[nodiscard]] std::string format_head(const HttpAnswer& answer);

}  // namespace aquila::sim
