#include "aquila_fetch/tail.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/file.hpp"
#include "aquila_fetch/fingerprint.hpp"
#include "aquila_fetch/packed.hpp"
#include "aquila_fetch/sink.hpp"

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

constexpr std::size_t chunk_size = std::size_t{256} << 10U;
/// No record is longer than a body may be; a "line" that is belongs to a file that is none of ours.
constexpr std::size_t longest_line = std::size_t{80} << 20U;

/// A file that could hold the announced lines.
struct Candidate {
    fs::path path;
    bool same_inode = false;
};

/// The announced lines by fingerprint; equal lines take the announced indices one after the other.
using Wanted = std::unordered_map<std::uint64_t, std::vector<std::size_t>>;

struct Found {
    bool at_place = true;  ///< behind the announced place; else from the start of the file, which was cut since
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

std::vector<Candidate> candidates(const Place& place) {
    const fs::path named{place.path};
    const auto stem = named.stem().string();
    std::vector<Candidate> list;
    std::error_code error;
    for (auto entry = fs::directory_iterator{named.parent_path(), error}; entry != fs::directory_iterator{};
         entry.increment(error)) {
        struct stat status {};
        if (::lstat(entry->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) {
            continue;
        }
        Candidate candidate{entry->path(), status.st_dev == place.device && status.st_ino == place.inode};
        if (candidate.same_inode || entry->path().filename().string().starts_with(stem)) {
            list.push_back(std::move(candidate));
        }
    }
    if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory) {
        throw cannot(named.parent_path(), "cannot be listed", error.value());
    }
    std::sort(list.begin(), list.end(), [](const Candidate& a, const Candidate& b) { return a.path < b.path; });
    return list;
}

/// Goes to the place; false when the file ends before it, or what stands before it is not what stood there.
bool reach(PackedReader& reader, const Place& place) {
    std::string before(std::min(place.offset, fingerprinted_bytes), '\0');
    return reader.skip(place.offset - before.size()) && reader.read(before) == before.size() &&
           fingerprint(before) == place.before;
}

/// Matches the lines behind the place; nullopt: not a file the announcement was about.
std::optional<Found> look_into(const Candidate& candidate, const Announcement& announced, Wanted wanted) {
    Found found;
    PackedReader reader{candidate.path};
    if (!reach(reader, announced.place)) {
        if (!candidate.same_inode) {
            return std::nullopt;
        }
        found.at_place = false;
        reader = PackedReader{candidate.path};
    }
    found.torn_at = found.at_place ? announced.place.offset : 0;
    std::string& line = found.torn_bytes;
    std::string chunk(chunk_size, '\0');
    while (const auto got = reader.read(chunk)) {
        const auto unseen = line.size();
        line.append(chunk, 0, got);
        std::size_t begin = 0;
        for (auto end = line.find('\n', unseen); end != std::string::npos; end = line.find('\n', begin)) {
            const std::string_view whole{line.data() + begin, end + 1 - begin};
            if (const auto match = wanted.find(fingerprint(whole)); match != wanted.end() && !match->second.empty()) {
                found.lines.push_back(match->second.back());
                match->second.pop_back();
            } else {
                ++found.foreign;
            }
            found.torn_at += whole.size();
            begin = end + 1;
        }
        line.erase(0, begin);
        if (line.size() > longest_line) {
            return std::nullopt;
        }
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

/// Makes what was found durable; tells of a torn line, or takes it back where nobody will finish it.
void settle(const Candidate& candidate, const Found& found, const fs::path& live, Tail& tail) {
    const Fd file{::open(candidate.path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW)};
    if (!file) {
        throw cannot(candidate.path, "cannot be opened", errno);
    }
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) {
        throw cannot(candidate.path, "cannot be looked at", errno);
    }
    if (!found.torn_bytes.empty() && candidate.path == live) {
        tail.torn = Place{live.string(), status.st_dev, status.st_ino, found.torn_at,
                          fingerprint_before(file.get(), found.torn_at)};
        tail.torn_bytes = found.torn_bytes;
    } else if (!found.torn_bytes.empty() && ::ftruncate(file.get(), static_cast<off_t>(found.torn_at)) != 0) {
        throw cannot(candidate.path, "its torn last line cannot be taken back", errno);
    }
    if (::fdatasync(file.get()) != 0) {
        throw cannot(candidate.path, "cannot be made durable", errno);
    }
}

}  // namespace

Tail find_tail(const Announcement& announced, const fs::path& live) {
    Tail tail;
    tail.written.assign(announced.lines.size(), false);
    const auto wanted = index(announced);
    const auto list = candidates(announced.place);
    // Unpacking is dear, and needed only when no plain file is the one.
    for (const bool packed : {false, true}) {
        bool certain = false;
        for (const Candidate& candidate : list) {
            if (is_packed(candidate.path) != packed) {
                continue;
            }
            const auto found = look_into(candidate, announced, wanted);
            if (!found || !is_ours(candidate, *found, announced)) {
                continue;
            }
            for (const auto line : found->lines) {
                tail.written[line] = true;
            }
            tail.foreign += found->foreign;
            tail.recognised = true;
            certain = certain || !found->lines.empty() || (found->at_place && announced.place.offset > 0);
            if (!packed) {
                settle(candidate, *found, live, tail);
            }
        }
        if (certain) {
            break;
        }
    }
    return tail;
}

}  // namespace aquila
