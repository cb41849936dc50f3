#include "aquila_fetch/bucket_sink.hpp"

#include "aquila_fetch/destination.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/fingerprint.hpp"
#include "aquila_fetch/log.hpp"
#include "aquila_fetch/packed.hpp"

#include <fmt/core.h>

#include <utility>

namespace aquila {
namespace {

std::string_view content_type(Packing packing) {
    return packing == Packing::zstd   ? "application/zstd"
           : packing == Packing::gzip ? "application/gzip"
                                      : "application/x-ndjson";
}

/// The last step of a key: what it is called in the spool.
std::string_view object_name(std::string_view key) {
    return key.substr(key.rfind('/') + 1);  // npos + 1 is 0
}

bool is_as_announced(const std::optional<std::string>& bytes, const Place& place) {
    return bytes && bytes->size() == place.offset && fingerprint(*bytes) == place.before;
}

/// Where its spool is gone, the bucket tells whether the object is there. A key that may not list is told nothing.
bool ask_for(ObjectStore& store, const std::string& key, const Place& place) {
    log::warning(fmt::format("the spool of {} is gone from the state folder; asking the bucket for it", place.path));
    std::optional<std::string> bytes;
    try {
        bytes = store.get(key);
    } catch (const Failure& failure) {
        if (failure.code() != Exit::refused) {
            throw;
        }
        throw Failure{Exit::refused, failure.what(),
                      fmt::format("whether the last run put {} can only be seen there: give the key s3:GetObject and "
                                  "s3:ListBucket for one run",
                                  place.path)};
    }
    if (bytes && !is_as_announced(bytes, place)) {
        throw Failure{
            Exit::protocol, fmt::format("{} is not what the last run was about to put there", place.path),
            "look who answers at `s3_endpoint`, and who else writes there; where that object is none of ours, "
            "remove it, and run again"};
    }
    return bytes.has_value();
}

}  // namespace

BucketSink::BucketSink(BucketName bucket, std::string source, Packing packing, const std::filesystem::path& state,
                       ObjectStore& store)
    : bucket_{std::move(bucket)}, source_{std::move(source)}, packing_{packing}, spool_{state}, store_{store} {}

Tail BucketSink::find(const Announcement& announced) {
    const Place& place = announced.place;
    if (destination_of(place.path) != Destination::bucket) {
        return find_tail(announced, {});
    }
    const auto base = bucket_.url_of({});
    if (!place.path.starts_with(base)) {
        throw elsewhere(place.path);
    }
    // Announcements of before the store's address was kept have none.
    if (const auto& address = store_.address().base; place.device != 0 && place.device != fingerprint(address)) {
        throw Failure{
            Exit::config,
            fmt::format("the last run was stopped while it put {}, and the store had another address than {}",
                        place.path, printable_url(address)),
            "set `s3_endpoint` and `s3_region` back for one run, which puts it right; then change them. Where "
            "no store ever was at that address, move the checkpoint away instead"};
    }
    const auto key = place.path.substr(base.size());
    Tail tail;
    auto bytes = spool_.get(object_name(key));
    tail.recognised = is_as_announced(bytes, place);
    if (tail.recognised) {
        store_.put(key, *std::move(bytes), content_type(place.packing));
    } else {
        tail.recognised = ask_for(store_, key, place);
    }
    tail.written.assign(announced.lines.size(), tail.recognised);
    return tail;
}

std::optional<Berth> BucketSink::ready(const Lines& lines) {
    key_ = object_key(bucket_, source_, lines, packing_);
    bytes_ = pack(lines.bytes, packing_);
    spool_.put(object_name(key_), bytes_);
    // An object has no device: the store's address stands there.
    return Berth{
        {bucket_.url_of(key_), fingerprint(store_.address().base), 0, bytes_.size(), fingerprint(bytes_), packing_},
        {}};
}

bool BucketSink::append(std::string_view /*lines*/) {
    spool_.keep_only(object_name(key_));  // the checkpoint that announces it has all before it
    try {
        store_.put(key_, std::exchange(bytes_, {}), content_type(packing_));
    } catch (const NotStored& failure) {
        throw NothingAppended{failure};
    }
    return true;
}

void BucketSink::finish(const Place& /*torn*/, std::size_t /*size*/, std::string_view /*rest*/) {
    throw Failure{Exit::software, "a line in a bucket cannot be torn"};
}

void BucketSink::cut(const Place& /*torn*/, std::size_t /*size*/) {
    throw Failure{Exit::software, "a line in a bucket cannot be torn"};
}

void BucketSink::committed() {
    spool_.keep_only({});
}

}  // namespace aquila
