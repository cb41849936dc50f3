#include "aquila_fetch/md5.hpp"

#include "aquila_fetch/base64.hpp"

#include <array>

#include <openssl/evp.h>

namespace aquila {

std::string md5_base64(std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_md5(), nullptr) != 1) {
        return {};
    }
    return base64_encode(std::string{digest.begin(), digest.begin() + size});
}

}  // namespace aquila
