// Whatever text stands for a time or a span, it is read or refused; what is read is written and read back the same.
#include "aquila_fetch/time.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace aquila;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto instant = parse_instant(text); instant && parse_instant(format_instant(*instant)) != instant) {
        std::abort();
    }
    if (const auto span = parse_span(text); span && parse_span(format_span(*span)) != span) {
        std::abort();
    }
    static_cast<void>(parse_http_date(text));
    static_cast<void>(parse_moment(text, Instant{Span{1'776'000'000'000}}));
    return 0;
}
