#include "aquila_fetch/object_store.hpp"

#include "aquila_fetch/bucket.hpp"
#include "aquila_fetch/key.hpp"
#include "aquila_fetch/md5.hpp"
#include "aquila_fetch/url.hpp"

#include <fmt/core.h>

#include <utility>

namespace aquila {
namespace {

std::string_view first_of(const Environment& environment, std::initializer_list<const char*> names,
                          std::string& value) {
    for (const char* name : names) {
        if (auto found = environment(name)) {
            value = *std::move(found);
            return name;
        }
    }
    return {};
}

bool is_region(std::string_view text) {
    return !text.empty() && text.size() <= 64 &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

/// As AWS encodes a key: as in a form, where a blank is a plus.
std::string percent_decode(std::string_view text) {
    const auto digit = [](char c) {
        return c >= '0' && c <= '9'   ? c - '0'
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                      : -1;
    };
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escape = text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0;
        result += escape           ? static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]))
                  : text[i] == '+' ? ' '
                                   : text[i];
        i += escape ? 2 : 0;
    }
    return result;
}

/// A page is shown by whoever stands between: a portal that wants a login, a proxy that is in trouble.
bool is_page(std::string_view body) {
    const auto start = body.substr(0, 1024);
    return contains_ignoring_case(start, "<html") || contains_ignoring_case(start, "<!doctype");
}

}  // namespace

BucketAddress find_address(const SourceConfig& source, const std::string& bucket, const Environment& environment) {
    BucketAddress address{bucket, {}, source.s3_region};
    if (address.region.empty()) {
        const auto name = first_of(environment, {"AWS_REGION", "AWS_DEFAULT_REGION"}, address.region);
        if (!name.empty() && !is_region(address.region)) {
            throw Failure{Exit::config, fmt::format("${} is no region", name), "it is spelt like eu-central-1"};
        }
    }
    if (address.region.empty()) {
        address.region = "us-east-1";
    }
    std::string endpoint = source.s3_endpoint;
    if (endpoint.empty()) {
        const auto name = first_of(environment, {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"}, endpoint);
        if (const auto problem = name.empty() ? std::string_view{} : url_problem(endpoint); !problem.empty()) {
            throw Failure{Exit::config, fmt::format("${} {}", name, problem), "or set `s3_endpoint`"};
        }
        while (endpoint.ends_with('/')) {
            endpoint.pop_back();
        }
    }
    if (!endpoint.empty()) {
        address.base = fmt::format("{}/{}", endpoint, bucket);
        return address;
    }
    const auto host =
        fmt::format("s3.{}.amazonaws.com{}", address.region, address.region.starts_with("cn-") ? ".cn" : "");
    const bool dotted = bucket.find('.') != std::string::npos;
    address.base = dotted ? fmt::format("https://{}/{}", host, bucket) : fmt::format("https://{}.{}", bucket, host);
    return address;
}

ObjectStore::ObjectStore(BucketAddress address, BucketCredential credential, Transport& transport, const Clock& clock,
                         std::function<std::uint64_t()> retries)
    : address_{std::move(address)},
      credential_{std::move(credential)},
      transport_{transport},
      clock_{clock},
      retries_{std::move(retries)} {}

Response ObjectStore::send(std::string method, const std::string& rest, std::string body,
                           std::string_view content_type) {
    Request request;
    request.method = std::move(method);
    request.url = address_.base + rest;
    // The services want the hash in a header of its own, and older libcurls do not send it by themselves.
    request.headers = {{"Accept", "*/*"}, {"x-amz-content-sha256", sha256_hex(body)}};
    if (!content_type.empty()) {
        request.headers.emplace_back("Content-Type", content_type);
        if (auto digest = md5_base64(body); !digest.empty()) {
            request.headers.emplace_back("Content-MD5", std::move(digest));  // wanted by a bucket with Object Lock
        }
    }
    request.body = std::move(body);
    request.signing =
        AwsSigning{address_.region, credential_.access_key_id, credential_.secret_key, credential_.session_token};
    return transport_.send(request);
}

void ObjectStore::put(std::string_view key, std::string bytes, std::string_view content_type) {
    const auto retries = [this] { return retries_ ? retries_() : 0; };
    const auto before = retries();
    const auto response = send("PUT", "/" + encode_key(key), std::move(bytes), content_type);
    if (response.status >= 300 && response.status < 500 && retries() == before) {
        throw NotStored{explain_refusal(response, address_, clock_.now())};
    }
    // Whoever has stored an object names its ETag; a page that says 200 has stored nothing.
    if (response.status != 200 || response.header("ETag").empty() || is_page(response.body)) {
        throw explain_refusal(response, address_, clock_.now());
    }
}

std::optional<std::string> ObjectStore::get(std::string_view key) {
    auto response = send("GET", "/" + encode_key(key));
    if (response.status == 200) {
        return std::move(response.body);
    }
    const auto codes = xml_texts(response.body, "Code");
    if (response.status == 404 && !codes.empty() && codes.front() == "NoSuchKey") {
        return std::nullopt;
    }
    throw explain_refusal(response, address_, clock_.now());
}

ObjectStore::Listing ObjectStore::list(std::string_view prefix, const std::string& from, int most) {
    // Sorted by name, as the signature has them: older libcurls sign them as they stand.
    const auto query = fmt::format("/?{}encoding-type=url&list-type=2&max-keys={}&prefix={}",
                                   from.empty() ? "" : fmt::format("continuation-token={}&", percent_encode(from)),
                                   most, percent_encode(prefix));
    const auto response = send("GET", query);
    if (response.status != 200 || response.body.find("<ListBucketResult") == std::string::npos) {
        throw explain_refusal(response, address_, clock_.now());
    }
    Listing listing;
    const auto encoded = !xml_texts(response.body, "EncodingType").empty();
    for (auto& key : xml_texts(response.body, "Key")) {
        listing.keys.push_back(encoded ? percent_decode(key) : std::move(key));
    }
    const auto truncated = xml_texts(response.body, "IsTruncated");
    if (!truncated.empty() && truncated.front() == "true") {
        const auto next = xml_texts(response.body, "NextContinuationToken");
        listing.next = next.empty() ? "" : next.front();
        if (listing.next.empty() || listing.next == from) {
            throw Failure{Exit::protocol, "the service lists a part of the bucket, and does not say how to go on",
                          "`s3_endpoint` must speak ListObjectsV2"};
        }
    }
    return listing;
}

}  // namespace aquila
