#include "aquila_fetch/verify.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <numeric>

namespace aquila {
namespace {

constexpr std::size_t most_examples = 5;
constexpr std::size_t longest_example = 240;

void note(Difference& difference, std::string_view example) {
    ++difference.records;
    if (difference.examples.size() < most_examples) {
        difference.examples.emplace_back(example.substr(0, longest_example));
    }
}

/// When a record was written, and its id where that is a number; other ids are in the key as a digest alone.
std::string key_name(const Key& key) {
    const auto half = key.digest.begin() + key.digest.size() / 2;
    if (std::any_of(key.digest.begin(), half, [](auto byte) { return byte != 0; })) {
        return format_instant(key.time);
    }
    const auto id = std::accumulate(half, key.digest.end(), std::uint64_t{0},
                                    [](std::uint64_t high, std::uint8_t byte) { return high << 8U | byte; });
    return fmt::format("{}  id {}", format_instant(key.time), static_cast<std::int64_t>(id));
}

/// The keys of the window as the server holds them, counted down while the files are read.
class Books {
  public:
    void add(const Key& key) { entries_.push_back({key, 1, 1}); }

    /// After the last add(): sorted, equal ones counted together.
    void close() {
        std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.key < b.key; });
        std::size_t last = 0;
        for (std::size_t i = 1; i < entries_.size(); ++i) {
            if (entries_[i].key == entries_[last].key) {
                ++entries_[last].held;
                ++entries_[last].left;
            } else {
                entries_[++last] = entries_[i];
            }
        }
        entries_.resize(entries_.empty() ? 0 : last + 1);
    }

    enum class Found { expected, too_often, unknown };

    Found strike(const Key& key) {
        const auto entry = std::lower_bound(entries_.begin(), entries_.end(), key,
                                            [](const Entry& a, const Key& wanted) { return a.key < wanted; });
        if (entry == entries_.end() || entry->key != key) {
            return Found::unknown;
        }
        if (entry->left == 0) {
            return Found::too_often;
        }
        --entry->left;
        return Found::expected;
    }

    struct Entry {
        Key key;
        std::uint32_t held = 0;  ///< how often at the server
        std::uint32_t left = 0;  ///< how many of those no line has taken
    };

    template <typename Use>
    void for_each_left(Use use) const {
        for (const Entry& entry : entries_) {
            if (entry.left > 0) {
                use(entry);
            }
        }
    }

  private:
    std::vector<Entry> entries_;
};

/// Strikes what is read off the books.
class Striking {
  public:
    Striking(Comparison& comparison, Books& books) : comparison_{comparison}, books_{books} {}

    void strike(const Record& record) {
        ++comparison_.lines;
        const auto& window = comparison_.window;
        const bool inside =
            record.key.time == undated || (record.key.time >= window.from && record.key.time < window.to);
        if (!inside) {
            return;
        }
        ++comparison_.in_files;
        switch (books_.strike(record.key)) {
            case Books::Found::expected:
                break;
            case Books::Found::too_often:
                note(comparison_.duplicated, record.body);
                break;
            case Books::Found::unknown:
                note(comparison_.unexpected, record.body);
                break;
        }
    }

    void strike_damaged(std::string_view line) {
        ++comparison_.lines;
        note(comparison_.damaged, line);
    }

  private:
    Comparison& comparison_;
    Books& books_;
};

std::string describe_uncollected(const Comparison& comparison) {
    const Window& window = comparison.window;
    const Window& asked = comparison.asked;
    std::string text;
    if (asked.from < window.from) {
        text += fmt::format("asked for from {}; collected only since {} (older: --since on a run)\n",
                            format_instant(asked.from), format_instant(window.from));
    }
    if (asked.to > window.to) {
        text += fmt::format("asked for until {}; collected only until {} (newer: the next run)\n",
                            format_instant(asked.to), format_instant(window.to));
    }
    return text;
}

}  // namespace

Comparison compare(const Source& source, const Fetch& fetch, Window window, const Belief& belief,
                   const SliceLimits& limits, const std::vector<Written>& files,
                   const std::function<void()>& check_stop) {
    Comparison comparison;
    comparison.window = comparison.asked = window;
    Books books;
    read_slices(source, fetch, window, limits, check_stop, [&](std::span<const Slice> slices) {
        for (const Slice& slice : slices) {
            for (const auto& line : slice.lines) {
                books.add(line.record->key);
            }
            comparison.on_server += slice.lines.size();
        }
    });
    books.close();
    Striking striking{comparison, books};
    const OutputReader reader{[&striking](const Record& record) { striking.strike(record); },
                              [&striking](std::string_view line) { striking.strike_damaged(line); }, check_stop};
    for (const auto& file : files) {
        comparison.files.push_back(file.name);
        read_records(source, file.open(), reader);
    }
    check_stop();
    books.for_each_left([&](const Books::Entry& entry) {
        const bool read_again = entry.key.time >= belief.settled;
        const auto to_come = read_again ? entry.held - std::min(entry.held, belief.ledger.count(entry.key)) : 0;
        for (std::uint32_t i = 0; i < entry.left; ++i) {
            note(i < to_come ? comparison.late : comparison.missing, key_name(entry.key));
        }
    });
    return comparison;
}

std::string describe(const Comparison& comparison, bool as_json) {
    struct Row {
        const char* name;
        const Difference* difference;
        const char* meaning;
    };
    const Row rows[] = {
        {"missing", &comparison.missing, "on the server, in no file"},
        {"late", &comparison.late, "new on the server since the last run; the next one writes it"},
        {"duplicated", &comparison.duplicated, "in the files more often than on the server"},
        {"unexpected", &comparison.unexpected, "in the files, not on the server"},
        {"damaged", &comparison.damaged, "lines that are no record"},
    };
    if (as_json) {
        nlohmann::ordered_json json{{"from", format_instant(comparison.window.from)},
                                    {"to", format_instant(comparison.window.to)},
                                    {"asked_from", format_instant(comparison.asked.from)},
                                    {"asked_to", format_instant(comparison.asked.to)},
                                    {"clean", comparison.clean()},
                                    {"on_server", comparison.on_server},
                                    {"in_files", comparison.in_files},
                                    {"lines", comparison.lines},
                                    {"files", comparison.files}};
        for (const Row& row : rows) {
            json[row.name] = {{"records", row.difference->records}, {"examples", row.difference->examples}};
        }
        return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    }
    std::string text = describe_uncollected(comparison);
    text += fmt::format("{} to {}\n{} records on the server, {} in {} files ({} lines in all)\n",
                        format_instant(comparison.window.from), format_instant(comparison.window.to),
                        comparison.on_server, comparison.in_files, comparison.files.size(), comparison.lines);
    for (const Row& row : rows) {
        if (row.difference->records == 0 && row.difference == &comparison.late) {
            continue;
        }
        text += fmt::format("{:<11} {:>8}", row.name, row.difference->records);
        text += row.difference->records > 0 ? fmt::format("   {}\n", row.meaning) : "\n";
        for (const auto& example : row.difference->examples) {
            text += fmt::format("    {}\n", example);
        }
    }
    text += comparison.clean() ? "every record of the window is in the output exactly once\n" : "";
    return text;
}

}  // namespace aquila
