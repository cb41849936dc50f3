#include "aquila_fetch/tail.hpp"

#include "aquila_fetch/destination.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/file.hpp"
#include "aquila_fetch/fingerprint.hpp"
#include "aquila_fetch/lock.hpp"
#include "aquila_fetch/output_records.hpp"
#include "aquila_fetch/packed.hpp"
#include "aquila_fetch/rotated.hpp"
#include "aquila_fetch/sink.hpp"
#include "aquila_fetch/stop.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <unordered_map>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace aquila {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t tail_chunk = std::size_t{256} << 10U;

/// A file that could hold the announced lines.
struct Candidate {
    fs::path path;
    bool same_inode = false;
};

/// The announced lines by fingerprint; equal lines take the announced indices one after the other.
using Wanted = std::unordered_map<std::uint64_t, std::vector<std::size_t>>;

struct Found {
    bool at_place = true;    ///< behind the announced place; else from the start of the file, which was cut since
    bool as_it_lies = true;  ///< nothing was unpacked: places are places in the file
    std::vector<std::size_t> lines;  ///< indices of announced lines
    std::size_t foreign = 0;
    std::uint64_t torn_at = 0;
    std::string torn_bytes;
};

Wanted index(const Announcement& announced) {
    Wanted wanted;
    for (std::size_t i = announced.lines.size(); i > 0; --i) {
        wanted[announced.lines[i - 1]].push_back(i - 1);
    }
    return wanted;
}

Failure cannot(const fs::path& path, std::string_view what, int error) {
    return {Exit::io, fmt::format("{}: {}: {}", path.string(), what, describe_errno(error)),
            "lines of the last run are looked for there; the next run looks again once it can be read and written"};
}

/// The announced file first, by its inode; then what may have been made from it, beside the announced name and beside
/// the name the output has now.
std::vector<Candidate> candidates(const Place& place, const fs::path& live) {
    std::vector<Candidate> list;
    const auto add = [&](const fs::path& path) {
        struct stat status {};
        const bool known = std::any_of(list.begin(), list.end(), [&](const auto& other) { return other.path == path; });
        if (!known && ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode)) {
            list.push_back({path, status.st_dev == place.device && status.st_ino == place.inode});
        }
    };
    for (const fs::path& named : {fs::path{place.path}, live}) {
        if (named.empty()) {
            continue;
        }
        for (const fs::path& file : files_beside(named)) {
            add(file);
        }
        // Under whatever name: the inode tells.
        std::error_code error;
        for (auto entry = fs::directory_iterator{named.parent_path(), error}; entry != fs::directory_iterator{};
             entry.increment(error)) {
            struct stat status {};
            if (::lstat(entry->path().c_str(), &status) == 0 && status.st_dev == place.device &&
                status.st_ino == place.inode) {
                add(entry->path());
            }
        }
    }
    std::stable_partition(list.begin(), list.end(), [](const Candidate& candidate) { return candidate.same_inode; });
    return list;
}

/// Goes to the place; false when the file ends before it, or what stands before it is not what stood there.
bool reach(PackedReader& reader, const Place& place) {
    std::string before(std::min(place.offset, fingerprinted_bytes), '\0');
    return reader.skip(place.offset - before.size()) && reader.read(before) == before.size() &&
           fingerprint(before) == place.before;
}

/// Strikes whole lines off the wanted ones.
void match(std::string_view lines, Wanted& wanted, Found& found) {
    while (!lines.empty()) {
        const auto line = lines.substr(0, lines.find('\n') + 1);
        if (const auto entry = wanted.find(fingerprint(line)); entry != wanted.end() && !entry->second.empty()) {
            found.lines.push_back(entry->second.back());
            entry->second.pop_back();
        } else {
            ++found.foreign;
        }
        lines.remove_prefix(line.size());
    }
}

/// False: longer than any of our lines.
bool match_lines(PackedReader& reader, Wanted& wanted, Found& found) {
    std::string& text = found.torn_bytes;
    std::string chunk(tail_chunk, '\0');
    while (const auto got = reader.read(chunk)) {
        stop::check();
        text.append(chunk, 0, got);
        const auto whole = text.rfind('\n') + 1;  // npos + 1 is 0
        match(std::string_view{text}.substr(0, whole), wanted, found);
        found.torn_at += whole;
        text.erase(0, whole);
        if (text.size() > longest_line) {
            return false;
        }
    }
    return true;
}

/// Of a packed output: what is no whole frame was read by nobody.
void match_frames(PackedReader& reader, Packing packing, Wanted& wanted, Found& found) {
    auto end = for_each_frame(reader, packing, [&](std::string_view text) {
        stop::check();
        match(text.substr(0, text.rfind('\n') + 1), wanted, found);
    });
    found.torn_at += end.whole;
    found.torn_bytes = std::move(end.rest);
}

/// Matches the lines behind the place; nullopt: not a file the announcement was about.
std::optional<Found> look_into(const Candidate& candidate, const Announcement& announced, Wanted wanted) {
    Found found;
    const auto packing = announced.place.packing;
    PackedReader reader{candidate.path, packing};
    if (!reach(reader, announced.place)) {
        if (!candidate.same_inode) {
            return std::nullopt;
        }
        found.at_place = false;
        reader = PackedReader{candidate.path, packing};
    }
    found.as_it_lies = reader.is_as_it_lies();
    found.torn_at = found.at_place ? announced.place.offset : 0;
    if (packing != Packing::none) {
        match_frames(reader, packing, wanted, found);
    } else if (!match_lines(reader, wanted, found)) {
        return std::nullopt;
    }
    return found;
}

/// With nothing before the lines to recognise a file by, it is ours if it holds what was announced, from the first line
/// on, and nothing else: an older file may hold a twin of a line, and a stranger's may end without a line feed.
bool is_ours(const Candidate& candidate, const Found& found, const Announcement& announced) {
    if (found.at_place && (announced.place.offset > 0 || candidate.path == announced.place.path)) {
        return true;
    }
    const auto size = std::min(found.torn_bytes.size(), announced.head.size());
    const bool begins_alike = size > 0 && announced.head.compare(0, size, found.torn_bytes, 0, size) == 0;
    const auto& lines = found.lines;
    const bool in_order =
        !lines.empty() && lines.back() + 1 == lines.size() && std::is_sorted(lines.begin(), lines.end());
    return found.foreign == 0 && (lines.empty() ? begins_alike : in_order);
}

/// While a file is packed, it cannot be told whether its last lines were read in time: it is removed next.
void refuse_while_packed(const fs::path& path, const fs::path& live) {
    for (const auto* ending : packed_endings) {
        const auto packed = path.native() + ending;
        // `compress` was switched on: that is the output, which we hold, and no packer's.
        if (std::error_code none; packed != live.native() && fs::exists(packed, none)) {
            throw Failure{Exit::io, fmt::format("{} is being packed at this moment", path.native()),
                          fmt::format("lines of the last run are in it; the next run looks into the packed file. "
                                      "Where nobody packs it any more, remove the unfinished {}",
                                      packed)};
        }
    }
}

/// By its name. A packed output, and what it was renamed to, end as such outputs do.
bool was_packed_since(const fs::path& path, Packing written) {
    const auto* const own = written == Packing::gzip ? ".gz" : written == Packing::zstd ? ".zst" : "";
    return is_packed(path) && path.extension() != own;
}

/// Makes what was found durable; tells of a torn line, or takes it back where nobody will finish it.
void settle_on(const Candidate& candidate, const Found& found, Packing packing, const fs::path& live, Tail& tail) {
    const Fd file{::open(candidate.path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW)};
    if (!file) {
        throw cannot(candidate.path, "cannot be opened", errno);
    }
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) {
        throw cannot(candidate.path, "cannot be looked at", errno);
    }
    const bool is_live = candidate.path == live;
    const bool is_packed_live = is_live && packing != Packing::none;  // we hold its lock
    if (!found.torn_bytes.empty() && is_live && !is_packed_live) {
        tail.torn = Place{live.string(), status.st_dev, status.st_ino, found.torn_at,
                          fingerprint_before(file.get(), found.torn_at)};
        tail.torn_bytes = found.torn_bytes;
    } else if (!found.torn_bytes.empty() && (is_packed_live || Lock::lock_descriptor(file.get())) &&
               ::ftruncate(file.get(), static_cast<off_t>(found.torn_at)) != 0) {
        throw cannot(candidate.path, "its torn last line cannot be taken back", errno);
    }
    if (::fdatasync(file.get()) != 0) {
        throw cannot(candidate.path, "cannot be made durable", errno);
    }
}

}  // namespace

Failure elsewhere(std::string_view announced) {
    // A key is PREFIXsource=NAME/…, and the name of a source holds no slash.
    const auto source = announced.rfind("/source=");
    const auto end = source == std::string_view::npos ? announced.find('/', bucket_scheme.size()) : source;
    const auto bucket = announced.substr(0, end + 1);
    return {Exit::config, fmt::format("the last run was stopped while it put {}", announced),
            fmt::format("set `output` back to {} for one run, which puts it right; then change it", bucket)};
}

Tail find_tail(const Announcement& announced, const fs::path& live) {
    if (destination_of(announced.place.path) == Destination::bucket) {
        throw elsewhere(announced.place.path);
    }
    Tail tail;
    tail.written.assign(announced.lines.size(), false);
    const auto wanted = index(announced);
    const auto list = candidates(announced.place, live);
    std::optional<Failure> trouble;
    const auto examine = [&](const Candidate& candidate) {
        const auto found = look_into(candidate, announced, wanted);
        if (!found || !is_ours(candidate, *found, announced)) {
            return false;
        }
        if (candidate.path != live) {
            refuse_while_packed(candidate.path, live);
        }
        for (const auto line : found->lines) {
            tail.written[line] = true;
        }
        tail.foreign += found->foreign;
        tail.recognised = true;
        if (found->as_it_lies) {
            settle_on(candidate, *found, announced.place.packing, live, tail);
        }
        return !found->lines.empty() || (found->at_place && announced.place.offset > 0);
    };
    // Unpacking is dear, and needed only when no plain file is the one.
    bool certain = false;
    for (const bool packed : {false, true}) {
        for (const Candidate& candidate : list) {
            if (certain && packed) {
                break;
            }
            if (was_packed_since(candidate.path, announced.place.packing) != packed) {
                continue;
            }
            try {
                certain = examine(candidate) || certain;
            } catch (const Failure& failure) {
                if (candidate.same_inode || candidate.path == live) {
                    throw;
                }
                trouble = failure;
            }
        }
    }
    if (!certain && trouble) {
        // A neighbour that cannot be read may hold the lines: writing them again could double them.
        throw Failure{
            trouble->code(), trouble->what(),
            "lines of the last run are looked for there; make it readable, or move it out of the folder if it is "
            "none of ours"};
    }
    return tail;
}

}  // namespace aquila
