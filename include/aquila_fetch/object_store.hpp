// Why: objects are put, listed and got by S3's API, each request signed (SigV4), and whatever the service answers is
// said so that one knows what to change: key, clock, permission, bucket or region.
// Must not know: what objects hold, disk, Atlassian.
#pragma once

#include "aquila_fetch/clock.hpp"
#include "aquila_fetch/config_file.hpp"
#include "aquila_fetch/credentials.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/http.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aquila {

/// Where requests go.
struct BucketAddress {
    std::string bucket;
    std::string base;  ///< URL of the bucket, without a slash at its end
    std::string region;
};

/// `s3_endpoint` and `s3_region`, else the environment as AWS's own tools read it (AWS_ENDPOINT_URL_S3,
/// AWS_ENDPOINT_URL; AWS_REGION, AWS_DEFAULT_REGION), else AWS in us-east-1. The bucket stands in the path; at AWS
/// itself in the host's name, unless it has dots, which no certificate covers. Failure 78: what the environment says is
/// no permitted URL, or no region.
[[nodiscard]] BucketAddress find_address(const SourceConfig& source, const std::string& bucket,
                                         const Environment& environment);

/// The service has answered the only try of a put with a refusal: nothing was stored, nor will be.
struct NotStored : Failure {
    explicit NotStored(const Failure& failure) : Failure{failure} {}
};

class ObjectStore {
  public:
    /// The transport must be one that never carries another credential. `retries` counts the tries that it makes after
    /// others by itself; none where it makes none.
    ObjectStore(BucketAddress address, BucketCredential credential, Transport& transport, const Clock& clock,
                std::function<std::uint64_t()> retries = {});

    /// Whole, at once; the same bytes under the same key change nothing. Failure 69, 76, 77; 76 also where an answer of
    /// 200 does not name what was stored (ETag). NotStored where that is certain.
    void put(std::string_view key, std::string bytes, std::string_view content_type);
    /// nullopt: there is none. Failure likewise.
    [[nodiscard]] std::optional<std::string> get(std::string_view key);

    struct Listing {
        std::vector<std::string> keys;
        std::string next;  ///< to go on from; empty: that was all
    };
    /// Keys in their order, at most `most` (a thousand at once is all there is). Failure likewise.
    [[nodiscard]] Listing list(std::string_view prefix, const std::string& from = {}, int most = 1000);

    /// Of the bucket, for messages.
    [[nodiscard]] const BucketAddress& address() const noexcept { return address_; }

  private:
    [[nodiscard]] Response send(std::string method, const std::string& rest, std::string body = {},
                                std::string_view content_type = {});

    BucketAddress address_;
    BucketCredential credential_;
    Transport& transport_;
    const Clock& clock_;
    std::function<std::uint64_t()> retries_;
};

/// What an answer that is no success means. Pure. The body is whatever somebody sent: its code is looked up in a table,
/// its message shown as one printable line.
[[nodiscard]] Failure explain_refusal(const Response& response, const BucketAddress& address, Instant now);

/// The texts between <tag> and </tag>, in their order, with the entities of XML in place of what they stand for.
/// Elements of that name within each other are not expected, and attributes neither.
[[nodiscard]] std::vector<std::string> xml_texts(std::string_view xml, std::string_view tag);

}  // namespace aquila
