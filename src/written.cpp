#include "aquila_fetch/written.hpp"

#include "aquila_fetch/bucket.hpp"
#include "aquila_fetch/bucket_reach.hpp"
#include "aquila_fetch/destination.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/rotated.hpp"
#include "aquila_fetch/stop.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <string_view>

namespace aquila {
namespace {

std::vector<Written> texts_of_files(const std::string& output) {
    std::vector<Written> texts;
    constexpr std::string_view unreadable[] = {".xz", ".bz2", ".lz4", ".Z", ".zip", ".7z"};
    for (const auto& file : files_beside(output)) {
        if (std::ranges::find(unreadable, file.extension().native()) != std::end(unreadable)) {
            throw Failure{Exit::io, fmt::format("{} is packed in a way this cannot read", file.native()),
                          "unpack it beside the output, or have the rotation pack with gzip or zstd"};
        }
        texts.push_back({file.string(), [file] { return PackedReader{file}; }});
    }
    return texts;
}

/// Objects whose names do not rule it out that records of the window are in them.
std::vector<Written> texts_of_bucket(const std::shared_ptr<BucketReach>& reach, const std::string& source,
                                     Window window) {
    std::vector<Written> texts;
    ObjectStore::Listing part;
    do {
        stop::check();
        part = reach->store().list(source_prefix(reach->name(), source), part.next);
        for (const auto& key : part.keys) {
            const auto times = times_of(key);
            if (!may_be_ours(key) || (times && (times->second < window.from || times->first >= window.to))) {
                continue;
            }
            const auto url = reach->name().url_of(key);
            texts.push_back({url, [reach, key, url] {
                                 auto bytes = reach->store().get(key);
                                 if (!bytes) {
                                     throw Failure{Exit::io, url + " went away while the bucket was read",
                                                   "run verify again; look for rules that delete objects"};
                                 }
                                 return PackedReader{*std::move(bytes), url};
                             }});
        }
    } while (!part.next.empty());
    return texts;
}

}  // namespace

std::vector<Written> written_texts(const Job& job, Window window) {
    if (destination_of(job.output) == Destination::pipe) {
        return {};
    }
    if (destination_of(job.output) == Destination::bucket) {
        return texts_of_bucket(std::make_shared<BucketReach>(job.source, job.output, job.environment), job.source.name,
                               window);
    }
    return texts_of_files(job.output);
}

}  // namespace aquila
