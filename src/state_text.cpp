#include "aquila_fetch/checkpoint.hpp"

#include "saved_json.hpp"

#include "aquila_fetch/base64.hpp"
#include "aquila_fetch/error.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace aquila {
namespace {

using nlohmann::json;

using saved::Damaged;
using saved::instant_of;
using saved::optional_instant;
using saved::put;
using saved::whole;

constexpr int state_version = 1;

json put(const Window& window) {
    return json::array({put(window.from), put(window.to)});
}

json put(const std::vector<Window>& windows) {
    auto list = json::array();
    for (const Window& window : windows) {
        list.push_back(put(window));
    }
    return list;
}

json put(const Key& key) {
    return base64_encode(pack_keys({&key, 1}));
}
json put(const std::vector<Key>& keys) {
    return base64_encode(pack_keys(keys));
}

json put(const Place& place) {
    return {{"path", base64_encode(place.path)},  // the bytes of a path need not be UTF-8

            {"device", place.device},
            {"inode", place.inode},
            {"offset", place.offset},
            {"before", place.before},
            {"packing", static_cast<int>(place.packing)}};
}

json put(const Announcement& announced) {
    return {{"window", put(announced.window)},
            {"place", put(announced.place)},
            {"suffixes", announced.suffixes},
            {"head", base64_encode(announced.head)}};
}

json put(const Torn& torn) {
    return {{"place", put(torn.place)},
            {"key", put(torn.key)},
            {"suffix", torn.suffix},
            {"head", base64_encode(torn.head)}};
}

json put(const Resumption& resumption) {
    return {{"window", put(resumption.window)},
            {"written", put(resumption.written)},
            {"torn", resumption.torn ? put(*resumption.torn) : json{}}};
}

template <typename Value>
json put_optional(const std::optional<Value>& value) {
    return value ? put(*value) : json{};
}

Window window_of(const json& value) {
    if (value.size() != 2) {
        throw Damaged{"a window without two ends"};
    }
    return {instant_of(value.at(0)), instant_of(value.at(1))};
}

std::vector<Window> windows_of(const json& list) {
    std::vector<Window> windows;
    for (const json& value : list) {
        windows.push_back(window_of(value));
        const auto& last = windows.back();
        const bool apart = windows.size() < 2 || windows[windows.size() - 2].to < last.from;
        if (last.empty() || !apart) {
            throw Damaged{"windows out of order"};
        }
    }
    return windows;
}

template <typename Unpack>
auto unpacked(const json& value, Unpack unpack) {
    const auto bytes = base64_decode(value.get_ref<const std::string&>());
    auto result = bytes ? unpack(*bytes) : std::nullopt;
    if (!result) {
        throw Damaged{"keys that are none"};
    }
    return *std::move(result);
}

std::string bytes_of(const json& value) {
    return unpacked(value, [](std::string_view bytes) { return std::optional{std::string{bytes}}; });
}

std::vector<Key> keys_of(const json& value) {
    return unpacked(value, unpack_keys);
}

Key key_of(const json& value) {
    const auto keys = keys_of(value);
    if (keys.size() != 1) {
        throw Damaged{"one key expected"};
    }
    return keys.front();
}

Place place_of(const json& value) {
    const auto number = [&](const char* name) { return whole<std::uint64_t>(value.at(name)); };
    // Checkpoints of before there were packed outputs do not tell.
    const auto packing = value.contains("packing") ? whole<int>(value.at("packing")) : 0;
    if (packing < 0 || packing > static_cast<int>(Packing::zstd)) {
        throw Damaged{"lines packed as nobody packs them"};
    }
    return {bytes_of(value.at("path")), number("device"), number("inode"),
            number("offset"),           number("before"), static_cast<Packing>(packing)};
}

std::vector<std::pair<std::uint64_t, std::string>> suffixes_of(const json& list) {
    std::vector<std::pair<std::uint64_t, std::string>> suffixes;
    for (const json& value : list) {
        suffixes.emplace_back(whole<std::uint64_t>(value.at(0)), value.at(1).get<std::string>());
    }
    return suffixes;
}

std::optional<Announcement> announcement_of(const json& state) {
    const json& value = state.at("announced");
    if (value.is_null()) {
        return std::nullopt;
    }
    Announcement announced{window_of(value.at("window")),     place_of(value.at("place")),
                           keys_of(state.at("keys")),         unpacked(state.at("lines"), unpack_numbers),
                           suffixes_of(value.at("suffixes")), bytes_of(value.at("head"))};
    if (announced.keys.size() != announced.lines.size()) {
        throw Damaged{"an announcement with more keys than lines"};
    }
    return announced;
}

std::optional<Resumption> resumption_of(const json& value) {
    if (value.is_null()) {
        return std::nullopt;
    }
    Resumption resumption{window_of(value.at("window")), keys_of(value.at("written")), std::nullopt};
    if (const auto& torn = value.at("torn"); !torn.is_null()) {
        resumption.torn = Torn{place_of(torn.at("place")), key_of(torn.at("key")), torn.at("suffix").get<std::string>(),
                               bytes_of(torn.at("head"))};
    }
    return resumption;
}

json put(const State& state) {
    return {{"identity", state.identity},
            {"site", state.site},
            {"cloud_id", state.cloud_id},
            {"door", state.door},
            {"watermark", put_optional(state.watermark)},
            {"settled", put(state.settled)},
            {"covered", put(state.covered)},
            {"pending", put(state.pending)},
            {"cursor", base64_encode(state.cursor)},
            {"held", put_optional(state.held)},
            {"entered", put_optional(state.entered)},
            {"reread", put_optional(state.reread)},
            {"announced", put_optional(state.announced)},
            {"resumption", put_optional(state.resumption)},
            {"records", state.records},
            {"last_written", put_optional(state.last_written)},
            {"longest_pause", state.longest_pause.count()},
            {"warned_empty", put_optional(state.warned_empty)},
            {"within_line", state.within_line}};
}

State state_of(const json& value) {
    State state;
    state.identity = value.at("identity").get<std::string>();
    state.site = value.at("site").get<std::string>();
    state.cloud_id = value.at("cloud_id").get<std::string>();
    state.door = value.at("door").get<std::string>();
    state.watermark = optional_instant(value.at("watermark"));
    state.settled = instant_of(value.at("settled"));
    state.covered = windows_of(value.at("covered"));
    state.pending = windows_of(value.at("pending"));
    state.cursor = bytes_of(value.at("cursor"));
    state.held = optional_instant(value.at("held"));
    state.entered = optional_instant(value.at("entered"));
    state.reread = optional_instant(value.at("reread"));
    state.ledger = unpacked(value.at("ledger"), Ledger::unpack);
    state.announced = announcement_of(value);
    state.resumption = resumption_of(value.at("resumption"));
    state.records = whole<std::uint64_t>(value.at("records"));
    state.last_written = optional_instant(value.at("last_written"));
    state.longest_pause = Span{value.at("longest_pause").get<std::int64_t>()};
    state.warned_empty = optional_instant(value.at("warned_empty"));
    // Checkpoints of before pipes were left within a line do not tell.
    state.within_line = value.contains("within_line") && value.at("within_line").get<bool>();
    return state;
}

[[noreturn]] void refuse_checkpoint(std::string_view name, std::string_view what) {
    throw Failure{Exit::data, fmt::format("the checkpoint {} is damaged: {}", name, what),
                  "it was left as it is, and nothing was fetched or written; restore it from a backup, or move it away "
                  "and run once with --since set to a day before the last line: what is in the files or the bucket is "
                  "not written again (the key must be allowed to list and get)"};
}

}  // namespace

std::string to_text(const State& state) {
    const json small = put(state);
    auto text = small.dump(-1, ' ', false, json::error_handler_t::replace);
    text.pop_back();
    // The long ones need no escapes, and are most of the file: they go past the JSON library.
    const auto append = [&text](std::string_view name, std::string_view packed) {
        text += fmt::format(R"(,"{}":")", name);
        text += base64_encode(packed);
        text += '"';
    };
    append("ledger", state.ledger.pack());
    if (state.announced) {
        append("keys", pack_keys(state.announced->keys));
        append("lines", pack_numbers(state.announced->lines));
    }
    text += '}';
    return fmt::format("{{\"version\":{},\"checksum\":\"{}\",\"state\":{}}}\n", state_version, saved::checksum(text),
                       text);
}

State state_from_text(std::string_view text, std::string_view name) {
    try {
        const json value = json::parse(text);
        saved::expect_version(value, state_version, fmt::format("the checkpoint {} is", name));
        const auto begin = text.find("\"state\":");
        const auto end = text.rfind('}');
        const auto state_text = text.substr(begin + 8, end - begin - 8);
        if (begin == std::string_view::npos || value.at("checksum").get<std::string>() != saved::checksum(state_text)) {
            throw Damaged{"its checksum does not fit"};
        }
        return state_of(value.at("state"));
    } catch (const json::exception&) {
        refuse_checkpoint(name, "it is not the JSON that was saved");
    } catch (const Damaged& damaged) {
        refuse_checkpoint(name, damaged.what);
    }
}

}  // namespace aquila
