#include "aquila_fetch/fingerprint.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace aquila {

std::uint64_t fingerprint(std::string_view bytes) noexcept {
    return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace aquila
