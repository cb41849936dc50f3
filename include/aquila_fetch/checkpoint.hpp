// Why: how far a source has come, as one value in one file that is replaced as a whole. What a crash can leave is told
// by it alone: what was announced and may be in the output, and what is covered for certain.
// Must not know: HTTP, the order of the loop.
#pragma once

#include "aquila_fetch/ledger.hpp"
#include "aquila_fetch/packing.hpp"
#include "aquila_fetch/source.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aquila {

/// A position in an output file, recognisable after the file was renamed, copied or packed.
struct Place {
    std::string path;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t offset = 0;
    std::uint64_t before = 0;         ///< fingerprint of the up to 4,096 bytes before the offset
    Packing packing = Packing::none;  ///< of the lines behind it
    friend bool operator==(const Place&, const Place&) = default;
};

/// What is about to be written: committed before the first byte of it.
struct Announcement {
    Window window;
    Place place;
    std::vector<Key> keys;                                        ///< in the order of the lines
    std::vector<std::uint64_t> lines;                             ///< fingerprint of each line with its line feed
    std::vector<std::pair<std::uint64_t, std::string>> suffixes;  ///< of the lines, as runs (see Page::suffix)
    std::string head;  ///< how the first line begins, to recognise a copy of a file that held nothing before
    friend bool operator==(const Announcement&, const Announcement&) = default;
};

/// The last line of the output was cut short: which record it was, and where it begins.
struct Torn {
    Place place;
    Key key;
    std::string suffix;
    std::string head;  ///< as in an announcement
    friend bool operator==(const Torn&, const Torn&) = default;
};

/// A window that a stopped run wrote in part; it is read again first.
struct Resumption {
    Window window;
    std::vector<Key> written;
    std::optional<Torn> torn;
    friend bool operator==(const Resumption&, const Resumption&) = default;
};

struct State {
    std::string identity;  ///< which log this is: product and cloud id or site
    std::string site;      ///< the `site` that `cloud_id` was found for
    std::string cloud_id;
    std::string door;  ///< "gateway" or "site": the one that opened; of other realms the path of the API that is there

    std::optional<Instant> watermark;  ///< everything up to here was read
    Instant settled;                   ///< read again from here; the ledger is complete from here on
    std::vector<Window> covered;       ///< apart from each other, ascending
    std::vector<Window> pending;       ///< asked for by --since, not read yet
    Ledger ledger;

    // Of a stream alone:
    std::string cursor;              ///< where the page read last ended
    std::optional<Instant> held;     ///< keys from here on are kept whatever is settled: the cursor leads to them
    std::optional<Instant> entered;  ///< it was entered by time here; what is older is not wanted
    std::optional<Instant> reread;   ///< how far it was read when it was read again last; nullopt: it is time to
    std::optional<Announcement> announced;
    std::optional<Resumption> resumption;

    std::uint64_t records = 0;            ///< written since the beginning
    std::optional<Instant> last_written;  ///< when something new was written last
    Span longest_pause{};                 ///< between two such moments
    std::optional<Instant> warned_empty;  ///< when a long emptiness was warned about last
    bool within_line = false;             ///< a pipe may have been left within a line

    friend bool operator==(const State&, const State&) = default;
};

/// How many bytes of the first line an announcement keeps.
inline constexpr std::size_t head_size = 64;

/// Adds `window` to windows that are apart and ascending; touching ones become one.
void cover(std::vector<Window>& windows, Window window);
/// Takes `window` out of them.
void uncover(std::vector<Window>& windows, Window window);

[[nodiscard]] std::string to_text(const State& state);
/// Failure 65: damaged, or of a version this program does not know. `name` is for the message.
[[nodiscard]] State state_from_text(std::string_view text, std::string_view name);

/// `directory`/checkpoint.json. The caller holds the source's lock.
class Checkpoint {
  public:
    explicit Checkpoint(const std::filesystem::path& directory);

    /// nullopt: nothing was saved yet. Failure 65 damaged, 74 unreadable.
    [[nodiscard]] std::optional<State> load() const;
    /// Durable when it returns. Failure 74.
    void save(const State& state) const;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  private:
    std::filesystem::path path_;
};

}  // namespace aquila
