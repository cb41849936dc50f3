// Why: keys are kept as text in the checkpoint, and Basic authorisation is spelt in base64 (RFC 4648, with padding).
// Must not know: what the bytes are.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace aquila {

[[nodiscard]] std::string base64_encode(std::string_view bytes);
/// nullopt: not base64.
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);

}  // namespace aquila
