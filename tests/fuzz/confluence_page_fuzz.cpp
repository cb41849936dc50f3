// Whatever a server answers, the confluence parser gives records that are JSON objects on one line each, or one
// Failure 76.
#include "page_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return aquila::fuzz_page("confluence", {reinterpret_cast<const char*>(data), size});
}
