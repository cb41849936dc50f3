// Why: what an object is called follows from what it holds and where in the log that stands, so that putting it again
// changes nothing, and no other object ever has its name.
// Must not know: HTTP, credentials, disk.
#pragma once

#include "aquila_fetch/packing.hpp"
#include "aquila_fetch/sink.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace aquila {

/// `s3://name/prefix/` taken apart.
struct BucketName {
    std::string bucket;
    std::string prefix;  ///< empty, or with a slash at its end

    /// s3://bucket/key
    [[nodiscard]] std::string url_of(std::string_view key) const;
};

/// What is wrong with it, to follow "must …"; empty: nothing.
[[nodiscard]] std::string_view bucket_problem(std::string_view output) noexcept;
/// Of an output without problem; the prefix with a slash at its end.
[[nodiscard]] BucketName parse_bucket(std::string_view output);

/// PREFIXsource=NAME/
[[nodiscard]] std::string source_prefix(const BucketName& bucket, std::string_view source);

/// PREFIXsource=NAME/year=2026/month=04/day=12/FROM-TO-NUMBER-DIGEST.ndjson.zst: the times of the oldest and the newest
/// record (20260412T162836.943Z), the day of the oldest, how many records were written before, and the first 128 bits
/// of the SHA-256 of the lines. The number is what tells objects of equal twins apart. Where no record has a time:
/// PREFIXsource=NAME/undated/NUMBER-DIGEST.ndjson.zst.
[[nodiscard]] std::string object_key(const BucketName& bucket, std::string_view source, const Lines& lines,
                                     Packing packing);

/// By its ending: .ndjson, .ndjson.gz, .ndjson.zst. Anything else under the prefix was put there by somebody else.
[[nodiscard]] bool may_be_ours(std::string_view key) noexcept;

/// From the time of the oldest record to that of the newest, both included, as an object's name tells; nullopt: it
/// tells none.
[[nodiscard]] std::optional<std::pair<Instant, Instant>> times_of(std::string_view key);

/// Percent-encoded but for the slashes, as a path of a URL and of a signature.
[[nodiscard]] std::string encode_key(std::string_view key);

}  // namespace aquila
