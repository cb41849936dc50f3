#include "aquila_fetch/bucket.hpp"

#include "aquila_fetch/destination.hpp"
#include "aquila_fetch/http.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace aquila {
namespace {

constexpr std::size_t stamp_size = 20;  // 20260412T162836.943Z

std::string stamp(Instant instant) {
    auto text = format_instant(instant);
    std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
    return text;
}

std::optional<Instant> instant_of_stamp(std::string_view stamp) {
    if (stamp.size() != stamp_size) {
        return std::nullopt;
    }
    return parse_instant(fmt::format("{}-{}-{}:{}:{}", stamp.substr(0, 4), stamp.substr(4, 2), stamp.substr(6, 5),
                                     stamp.substr(11, 2), stamp.substr(13)));
}

std::string_view ending(Packing packing) {
    return packing == Packing::zstd ? ".zst" : packing == Packing::gzip ? ".gz" : "";
}

}  // namespace

std::string BucketName::url_of(std::string_view key) const {
    return fmt::format("{}{}/{}", bucket_scheme, bucket, key);
}

std::string_view bucket_problem(std::string_view output) noexcept {
    const auto rest = output.substr(std::min(bucket_scheme.size(), output.size()));
    const auto name = rest.substr(0, rest.find('/'));
    const bool valid = name.size() >= 3 && name.size() <= 63 && name.front() != '.' && name.back() != '.' &&
                       name.find("..") == std::string_view::npos &&
                       name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") == std::string_view::npos;
    if (!valid) {
        return "must name a bucket, as in s3://bucket/prefix/";
    }
    auto prefix = rest.substr(name.size());
    prefix.remove_prefix(prefix.empty() ? 0 : 1);
    if (prefix.size() > 700) {
        return "must have a prefix of at most 700 bytes";
    }
    while (!prefix.empty()) {
        const auto step = prefix.substr(0, prefix.find('/'));
        if (step.empty() || step == "." || step == "..") {
            return "must have a prefix without empty and dotted steps";
        }
        const auto plain = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   std::string_view{"-._=+@!()"}.find(c) != std::string_view::npos;
        };
        if (!std::ranges::all_of(step, plain)) {
            return "must have a prefix of letters, digits and -._=+@!() between slashes";
        }
        prefix.remove_prefix(std::min(step.size() + 1, prefix.size()));
    }
    return {};
}

BucketName parse_bucket(std::string_view output) {
    const auto rest = output.substr(bucket_scheme.size());
    const auto slash = std::min(rest.find('/'), rest.size());
    BucketName name{std::string{rest.substr(0, slash)}, std::string{rest.substr(std::min(slash + 1, rest.size()))}};
    if (!name.prefix.empty() && !name.prefix.ends_with('/')) {
        name.prefix += '/';
    }
    return name;
}

std::string source_prefix(const BucketName& bucket, std::string_view source) {
    return fmt::format("{}source={}/", bucket.prefix, source);
}

std::string object_key(const BucketName& bucket, std::string_view source, const Lines& lines, Packing packing) {
    Instant oldest = Instant::max();
    Instant newest = Instant::min();
    for (const Key& key : lines.keys) {
        if (key.time != undated) {
            oldest = std::min(oldest, key.time);
            newest = std::max(newest, key.time);
        }
    }
    const auto folder = source_prefix(bucket, source);
    const auto name =
        fmt::format("{:010}-{}.ndjson{}", lines.before, sha256_hex(lines.bytes).substr(0, 32), ending(packing));
    if (oldest > newest) {
        return folder + "undated/" + name;
    }
    const auto from = stamp(oldest);
    return fmt::format("{}year={}/month={}/day={}/{}-{}-{}", folder, from.substr(0, 4), from.substr(4, 2),
                       from.substr(6, 2), from, stamp(newest), name);
}

bool may_be_ours(std::string_view key) noexcept {
    return key.ends_with(".ndjson") || key.ends_with(".ndjson.gz") || key.ends_with(".ndjson.zst");
}

std::optional<std::pair<Instant, Instant>> times_of(std::string_view key) {
    const auto name = key.substr(key.rfind('/') + 1);  // npos + 1 is 0
    if (name.size() < 2 * stamp_size + 2 || name[stamp_size] != '-' || name[2 * stamp_size + 1] != '-') {
        return std::nullopt;
    }
    const auto from = instant_of_stamp(name.substr(0, stamp_size));
    const auto to = instant_of_stamp(name.substr(stamp_size + 1, stamp_size));
    return from && to && *from <= *to ? std::optional{std::pair{*from, *to}} : std::nullopt;
}

std::string encode_key(std::string_view key) {
    std::string path;
    for (bool first = true; first || !key.empty(); first = false) {
        const auto step = key.substr(0, key.find('/'));
        path += percent_encode(step);
        path += step.size() < key.size() ? "/" : "";
        key.remove_prefix(std::min(step.size() + 1, key.size()));
    }
    return path;
}

}  // namespace aquila
