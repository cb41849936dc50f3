// Whatever a server answers: messages stay one short line, waits stay within a year, nothing throws.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "aquila_fetch/diagnosis.hpp"
#include "aquila_fetch/retry.hpp"

using namespace aquila;

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

bool is_one_line(std::string_view text, std::size_t limit) {
    return text.size() <= limit &&
           std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) {
        return 0;
    }
    const std::string_view text{reinterpret_cast<const char*>(data) + 3, size - 3};
    const std::string headers{text.substr(0, data[2])};
    Response response;
    response.status = 200 + 2 * data[0] + (data[1] & 1U);
    response.error = (data[1] & 0x80U) != 0 ? static_cast<TransportError>(data[1] % 9U) : TransportError::none;
    response.error_text = headers;
    response.body = text.substr(headers.size());
    for (const char* name : {"Retry-After", "X-RateLimit-Reset", "Date", "Location", "Content-Type", "RateLimit-Reason",
                             "X-Authentication-Denied-Reason"}) {
        response.headers.emplace_back(name, headers);
    }
    if ((data[1] & 2U) != 0) {
        response.headers.pop_back();  // with it no answer merits another try
    }
    const Asked asked{.product = "Jira Cloud",
                      .scopes = "read:audit-log:jira",
                      .permission = "Administer Jira",
                      .auth = (data[1] & 4U) != 0 ? "basic" : "bearer",
                      .gateway = (data[1] & 8U) != 0,
                      .url = "https://example.net/rest"};

    const Failure failure = diagnose(response, asked);
    require(is_one_line(failure.what(), 1000) && is_one_line(failure.hint(), 1000) && !failure.hint().empty());
    require(is_one_line(server_message(response), 200));
    require(is_one_line(printable_text(text), 200));

    const Verdict verdict = judge(response, Instant{});
    constexpr Span year = std::chrono::hours{24 * 366};
    require(!verdict.at_least || (*verdict.at_least >= Span{} && *verdict.at_least <= year));
    require(backoff({}, 3, verdict.at_least, 0.5) >= verdict.at_least.value_or(Span{}));

    require(printable_url(text).find_first_of("?#") == std::string::npos);
    require(origin_of(text).find('@') == std::string::npos);
    return 0;
}
