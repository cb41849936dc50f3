#include "aquila_fetch/wire.hpp"

namespace aquila {
namespace {

/// What is got back from a bucket at once.
constexpr std::size_t largest_object = std::size_t{512} << 20U;

CurlOptions curl_options(const SourceConfig& config, Peer peer) {
    CurlOptions options;
    options.connect_timeout = config.connect_timeout;
    options.request_timeout = config.request_timeout;
    options.proxy = config.proxy;
    options.ca_file = config.ca_file;
    if (peer == Peer::atlassian) {
        options.client_cert_file = config.client_cert_file;
        options.client_key_file = config.client_key_file;
    } else {
        options.body_cap = largest_object;
    }
    options.user_agent = "aquila-fetch/" AQUILA_FETCH_VERSION;
    return options;
}

RetryPolicy retry_policy(const SourceConfig& config, Peer peer) {
    RetryPolicy policy;
    policy.budget = config.retry_budget;
    if (peer == Peer::atlassian) {
        policy.requests_per_minute = config.requests_per_minute;
    }
    return policy;
}

}  // namespace

Wire::Wire(const SourceConfig& config, Peer peer)
    : curl_{curl_options(config, peer)}, transport_{curl_, clock_, retry_policy(config, peer)} {}

}  // namespace aquila
