// Whatever a crash and a rotation left in the output and beside it, and whatever was announced: recovery ends or says
// 74, tells only of lines that are there, and takes nothing away but the bytes of a line without its end.
//
// An input is two bytes of choices and four texts, a 0x1E between them: the announced lines, the output, a file beside
// it, a packed one beside it.
#include "aquila_fetch/collect.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/fingerprint.hpp"
#include "aquila_fetch/key.hpp"
#include "aquila_fetch/log.hpp"
#include "aquila_fetch/sink.hpp"
#include "support/scratch.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>

using namespace aquila;

namespace {

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

enum Choice : unsigned {
    inode_of_output = 1,
    inode_of_neighbour = 2,
    fitting_fingerprint = 4,
    packed_by_zstd = 8,
    torn_before = 16,  // a resumption with a torn line, and no announcement
    no_output = 32,
};

constexpr std::array names{"flattened.json", "flattened.json-20260101", "flattened.json-1.gz", "flattened.json-1.zst"};

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (auto end = text.find(separator); end != std::string_view::npos; end = text.find(separator)) {
        parts.push_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    parts.push_back(text);
    return parts;
}

std::map<std::uint64_t, std::size_t> whole_lines(const std::vector<std::string>& files) {
    std::map<std::uint64_t, std::size_t> count;
    for (const std::string& file : files) {
        const auto lines = split(file, '\n');
        for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
            ++count[fingerprint(std::string{lines[i]} + '\n')];
        }
    }
    return count;
}

Announcement announcement(unsigned choices, std::uint64_t offset, std::string_view lines, const test::Scratch& folder) {
    Announcement announced;
    announced.window = {Instant{Span{0}}, Instant{Span{1'000'000}}};
    auto parts = split(lines, '\n');
    if (parts.back().empty()) {
        parts.pop_back();
    }
    for (const std::string_view line : parts) {
        const auto number = static_cast<std::int64_t>(announced.lines.size());
        announced.keys.push_back(key_of_id(Instant{Span{number}}, number));
        announced.lines.push_back(fingerprint(std::string{line} + '\n'));
    }
    if (!parts.empty()) {
        announced.suffixes = {{parts.size(), "\"offset\":0"}};
        announced.head = std::string{lines.substr(0, head_size)};
    }
    const auto* named = (choices & inode_of_neighbour) != 0 ? names[1] : names[0];
    struct stat status {};
    if ((choices & (inode_of_output | inode_of_neighbour)) != 0) {
        static_cast<void>(::stat((folder / named).c_str(), &status));
    }
    std::string before = folder.read(named).substr(0, offset);
    if ((choices & fitting_fingerprint) != 0) {
        before.resize(before.rfind('\n') + 1);  // where a line begins, as the sink makes certain
        offset = before.size();
    }
    const auto part = before.size() > fingerprinted_bytes ? before.size() - fingerprinted_bytes : 0;
    announced.place = {(folder / names[0]).native(), status.st_dev, status.st_ino, offset,
                       (choices & fitting_fingerprint) != 0 ? fingerprint(before.substr(part)) : offset};
    return announced;
}

/// A file is packed or not by how it begins, whatever its name is.
bool begins_packed(std::string_view text) {
    return text.starts_with("\x1F\x8B") || text.starts_with("\x28\xB5\x2F\xFD");
}

/// What is gone from a file was its end, and no line feed was in it.
void require_whole_lines_stay(const std::string& before, const std::string& after) {
    require(before.starts_with(after) && before.find('\n', after.size()) == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const test::Scratch folder{std::filesystem::exists("/dev/shm") ? "/dev/shm" : "/tmp"};
    static const bool quiet = [] {
        log::configure({log::Level::off, log::Format::text});
        return true;
    }();
    static_cast<void>(quiet);
    if (size < 2) {
        return 0;
    }
    const unsigned choices = data[0];
    auto parts = split({reinterpret_cast<const char*>(data) + 2, size - 2}, '\x1E');
    parts.resize(4);
    const auto live = folder / names[0];
    for (const char* name : names) {
        std::filesystem::remove(folder / name);
    }
    if ((choices & no_output) == 0) {
        folder.write(names[0], parts[1]);
    }
    folder.write(names[1], parts[2]);
    if (!parts[3].empty()) {
        folder.write((choices & packed_by_zstd) != 0 ? names[3] : names[2], parts[3]);
    }

    State state;
    state.identity = "fuzz";
    state.watermark = Instant{};
    auto announced = announcement(choices, data[1], parts[0], folder);
    if ((choices & torn_before) != 0) {
        const Torn torn{announced.place, key_of_id(Instant{}, 1), "\"offset\":0", announced.head};
        state.resumption = Resumption{announced.window, {}, torn};
        announced = {};
    } else {
        state.announced = announced;
    }
    try {
        const auto look = [&live](const Announcement& what) { return find_tail(what, live); };
        const auto save = [](const State& saved) { require(saved.resumption && !saved.announced); };
        const std::string torn = recover(state, look, save);
        const std::string output = folder.read(names[0]);
        const std::string_view was = (choices & no_output) != 0 ? std::string_view{} : parts[1];
        require(output == was || (begins_packed(was) && was.starts_with(output)));
        const bool packed = begins_packed(parts[1]) || begins_packed(parts[2]) || !parts[3].empty();
        if (!begins_packed(parts[2])) {
            require_whole_lines_stay(std::string{parts[2]}, folder.read(names[1]));
        }
        // Nothing is said to be written that is not, nor more often than it is. (What is packed is not looked into
        // here.)
        if (!packed) {
            auto there = whole_lines({output, folder.read(names[1])});
            for (const Key& key : state.resumption->written) {
                const auto line = static_cast<std::size_t>(key.time.time_since_epoch().count());
                require(there[announced.lines.at(line)]-- > 0);
            }
        }
        if (const auto& cut_short = state.resumption->torn) {
            require(!torn.empty() && torn.find('\n') == std::string::npos && output.ends_with(torn));
            require(cut_short->place.offset + torn.size() == output.size());
            const State first = state;
            require(recover(state, look, save) == torn &&
                    state.resumption->torn->place == first.resumption->torn->place);
            FileSink sink{live};
            sink.cut(state.resumption->torn->place, torn.size());
            require(folder.read(names[0]) == output.substr(0, output.size() - torn.size()));
        }
    } catch (const Failure& failure) {
        require(failure.code() == Exit::io);
    }
    return 0;
}
