#include "aquila_fetch/wire.hpp"

namespace aquila {
namespace {

CurlOptions curl_options(const SourceConfig& config) {
    CurlOptions options;
    options.connect_timeout = config.connect_timeout;
    options.request_timeout = config.request_timeout;
    options.proxy = config.proxy;
    options.ca_file = config.ca_file;
    options.client_cert_file = config.client_cert_file;
    options.client_key_file = config.client_key_file;
    options.user_agent = "aquila-fetch/" AQUILA_FETCH_VERSION;
    return options;
}

RetryPolicy retry_policy(const SourceConfig& config) {
    RetryPolicy policy;
    policy.budget = config.retry_budget;
    policy.requests_per_minute = config.requests_per_minute;
    return policy;
}

}  // namespace

Wire::Wire(const SourceConfig& config) : curl_{curl_options(config)}, transport_{curl_, clock_, retry_policy(config)} {}

}  // namespace aquila
