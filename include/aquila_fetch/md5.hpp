// Why: a bucket with Object Lock takes an object only with a digest beside it, and MD5 is the one that every service of
// S3's kind knows. It guards against accidents, not against people: the signature has its own hash.
// Must not know: HTTP, what the bytes mean. OpenSSL's MD5 is used in md5.cpp alone.
#pragma once

#include <string>
#include <string_view>

namespace aquila {

/// As the header Content-MD5 has it (RFC 1864). Empty where this system permits no MD5.
[[nodiscard]] std::string md5_base64(std::string_view bytes);

}  // namespace aquila
