#include "aquila_fetch/key.hpp"

#include "aquila_fetch/error.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <span>

#include <openssl/evp.h>

namespace aquila {
namespace {

struct Free {
    void operator()(EVP_MD* digest) const noexcept { EVP_MD_free(digest); }
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

// Looking the algorithm up takes longer than hashing a record: it is fetched once, and each thread keeps its context.
const EVP_MD* sha256() {
    static const std::unique_ptr<EVP_MD, Free> digest{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
    return digest.get();
}

EVP_MD_CTX* context() {
    thread_local const std::unique_ptr<EVP_MD_CTX, Free> mine{EVP_MD_CTX_new()};
    return mine.get();
}

constexpr std::size_t sha256_size = 32;

std::array<std::uint8_t, EVP_MAX_MD_SIZE> hash(std::string_view bytes) {
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> whole{};
    const EVP_MD* const digest = sha256();
    EVP_MD_CTX* const hashing = context();
    if (digest == nullptr || hashing == nullptr || EVP_DigestInit_ex2(hashing, digest, nullptr) != 1 ||
        EVP_DigestUpdate(hashing, bytes.data(), bytes.size()) != 1 ||
        EVP_DigestFinal_ex(hashing, whole.data(), nullptr) != 1) {
        throw Failure{Exit::software, "OpenSSL has no working SHA-256"};
    }
    return whole;
}

}  // namespace

Key key_of_id(Instant time, std::int64_t id) noexcept {
    Key key{.time = time};
    auto rest = static_cast<std::uint64_t>(id);
    for (auto byte = key.digest.rbegin(); byte != key.digest.rbegin() + sizeof rest; ++byte) {
        *byte = static_cast<std::uint8_t>(rest);
        rest >>= 8U;
    }
    return key;
}

Key key_of_bytes(Instant time, std::string_view bytes) {
    const auto whole = hash(bytes);
    Key key{.time = time};
    std::copy_n(whole.begin(), key.digest.size(), key.digest.begin());
    return key;
}

std::string sha256_hex(std::string_view bytes) {
    const auto whole = hash(bytes);
    std::string text;
    for (const auto byte : std::span{whole}.first(sha256_size)) {
        text += fmt::format("{:02x}", byte);
    }
    return text;
}

}  // namespace aquila
