#include "curl_options.hpp"

#include "aquila_fetch/credentials.hpp"
#include "aquila_fetch/error.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <string_view>
#include <system_error>

#include <fmt/core.h>
#include <unistd.h>

namespace aquila {
namespace {

void check_readable(std::string_view key, const std::string& path) {
    std::error_code ignored;
    const bool directory = std::filesystem::is_directory(path, ignored);
    if (!path.empty() && (directory || ::access(path.c_str(), R_OK) != 0)) {
        throw Failure{Exit::config, fmt::format("{} {}: {}", key, path, describe_errno(directory ? EISDIR : errno)),
                      fmt::format("check that the file of `{}` is there and may be read by this user", key)};
    }
}

}  // namespace

std::string proxy_name(const std::string& proxy) {
    constexpr std::string_view schemes[] = {"http", "https", "socks4", "socks4a", "socks5", "socks5h"};
    const std::string origin = origin_of(proxy.find("://") == std::string::npos ? "http://" + proxy : proxy);
    const std::size_t colon = std::min(origin.find("://"), origin.size());
    const bool known = std::ranges::find(schemes, origin.substr(0, colon)) != std::end(schemes);
    return known ? origin.substr(colon + 3) : std::string{};
}

CurlOptions settle(CurlOptions options) {
    if (!options.proxy.empty() && proxy_name(options.proxy).empty()) {
        throw Failure{Exit::config, "proxy: this is not the address of a proxy",
                      "write `proxy` as scheme://[user:password@]host:port, where the scheme is http, https, socks5h, "
                      "socks5, socks4a or socks4"};
    }
    for (const char* name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {  // where the curl command looks
        if (const char* value = std::getenv(name); options.ca_file.empty() && value != nullptr) {
            options.ca_file = value;
        }
    }
    if (options.user_agent.empty()) {
        options.user_agent = "aquila-fetch";
    }
    check_readable("ca_file", options.ca_file);
    check_readable("client_cert_file", options.client_cert_file);
    check_readable("client_key_file", options.client_key_file);
    if (!options.client_key_file.empty() && !is_private_file(options.client_key_file)) {
        throw Failure{Exit::config,
                      fmt::format("client_key_file {} can be read or written by other users", options.client_key_file),
                      "chmod 600 " + options.client_key_file};
    }
    return options;
}

}  // namespace aquila
