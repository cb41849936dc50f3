#include "aquila_fetch/json_page.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/http.hpp"
#include "aquila_fetch/number.hpp"
#include "aquila_fetch/repair.hpp"
#include "json_tokens.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace aquila {
namespace {

constexpr std::size_t longest_cursor = 4096;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

[[noreturn]] void refuse_page(std::string_view what) {
    throw Failure{Exit::protocol, fmt::format("the server's answer is not what the API promises: {}", what),
                  "a proxy or a login page may answer in the server's place; nothing of this answer was written, and "
                  "the next run asks again"};
}

/// ISO 8601 text, or epoch milliseconds as a number or as text.
std::optional<Instant> to_time(std::string_view text) noexcept {
    if (const auto millis = to_integer<std::int64_t>(text)) {
        return Instant{Span{*millis}};
    }
    return parse_instant(text);
}

/// A JSON string's text; itself where its escapes are none.
std::string unescaped_text(std::string_view quoted) {
    if (quoted.find('\\') == std::string_view::npos) {
        return std::string{quoted};
    }
    const auto json = nlohmann::json::parse(fmt::format("\"{}\"", quoted), nullptr, false);
    return json.is_string() ? json.get<std::string>() : std::string{quoted};
}

/// One pass over the tokens of a page.
class Walk {
  public:
    Walk(JsonTokens& tokens, const PageShape& shape, Page& page) : tokens_{tokens}, shape_{shape}, page_{page} {}

    void run() {
        if (tokens_.kind(0) != '{') {
            throw BadJson{"not a JSON object"};
        }
        const auto end = tokens_.members(0, [this](auto key, auto value) { return envelope(key, value); });
        if (end != tokens_.size()) {
            throw BadJson{"something follows the end of the JSON text"};
        }
        if (!shape_.offset.empty()) {
            page_.suffix = fmt::format(R"("offset":{},"total":{}}})", offset_, total_);
        }
    }

  private:
    std::size_t envelope(std::string_view key, std::size_t value) {
        page_.recognised =
            page_.recognised || key == shape_.records || (key == shape_.limit && !key.empty()) || key == "total";
        if (key == shape_.records) {
            if (tokens_.kind(value) != 'n') {
                page_.records.clear();
                return tokens_.elements(value, [this](auto element) { return record(element); });
            }
        } else if (shape_.links && key == "_links" && tokens_.kind(value) == '{') {
            page_.more = false;
            return tokens_.members(value, [this](auto name, auto link) {
                page_.more = *page_.more || (name == "next" && tokens_.kind(link) == '"');
                return tokens_.skip(link);
            });
        } else if (key == shape_.paging && !key.empty() && tokens_.kind(value) == '{') {
            return tokens_.members(value, [this](auto name, auto member) { return paging(name, member); });
        }
        const auto next = tokens_.skip(value);
        if (key == shape_.limit) {
            page_.limit = to_integer<int>(tokens_.text(value));
        } else if (key == "total") {
            total_ = tokens_.slice(value, next - 1);
            page_.total = to_integer<std::int64_t>(total_);
        } else if (key == shape_.offset && !key.empty()) {
            offset_ = tokens_.slice(value, next - 1);
        }
        return next;
    }

    std::size_t paging(std::string_view name, std::size_t value) {
        if (name == shape_.next) {
            if (tokens_.kind(value) == '{') {
                return tokens_.members(value, [this](auto member, auto text) {
                    return member == "cursor" ? cursor(text) : tokens_.skip(text);
                });
            }
            return cursor(value);
        }
        if (name == shape_.last && !name.empty()) {
            page_.more = tokens_.kind(value) == 'f';
        }
        return tokens_.skip(value);
    }

    std::size_t cursor(std::size_t value) {
        const auto behind = tokens_.skip(value);
        if (tokens_.kind(value) == '"') {
            page_.next = unescaped_text(tokens_.string(value));
        }
        if (page_.next.size() > longest_cursor) {
            throw BadJson{"a cursor that no URL could hold"};
        }
        return behind;
    }

    std::size_t record(std::size_t element) {
        if (tokens_.kind(element) != '{') {
            throw BadJson{"a record is not an object"};
        }
        Found found;
        const auto next = tokens_.members(element, [&](auto key, auto value) {
            if (key == shape_.inside && !key.empty() && tokens_.kind(value) == '{') {
                return tokens_.members(value, [&](auto name, auto member) { return time(found, name, member); });
            }
            if (shape_.inside.empty() && key == shape_.time) {
                return time(found, key, value);
            }
            if (key == shape_.kind && !key.empty() && tokens_.kind(value) == '{') {
                return tokens_.members(value, [&](auto name, auto member) {
                    const auto behind = tokens_.skip(member);
                    found.is_search = found.is_search || (name == shape_.action && tokens_.kind(member) == '"' &&
                                                          tokens_.string(member) == shape_.search);
                    return behind;
                });
            }
            const auto behind = tokens_.skip(value);
            if (key == shape_.id && !shape_.id.empty()) {
                found.id = tokens_.text(value);
            } else if (key == shape_.author && !key.empty()) {
                found.author = tokens_.slice(value, behind - 1);
            }
            return behind;
        });
        const auto body = tokens_.slice(element, next - 1);
        page_.records.push_back({body, key_of(body, found.id, found.time.value_or(undated)), false,
                                 found.is_search ? found.author : std::string_view{}});
        return next;
    }

    /// What of a record matters besides its bytes.
    struct Found {
        std::string_view id;
        std::optional<Instant> time;
        std::string_view author;
        bool is_search = false;
        bool is_ruled = false;  ///< the time is the one that rules
    };

    std::size_t time(Found& found, std::string_view key, std::size_t value) {
        const bool is_text = tokens_.kind(value) == '"';
        const auto behind = tokens_.skip(value);
        const bool rules = key == shape_.rules && !key.empty();
        if (rules || (key == shape_.time && !found.is_ruled)) {
            const auto read = to_time(is_text ? tokens_.string(value) : tokens_.text(value));
            found.is_ruled = rules && read;
            found.time = read ? read : found.time;
        }
        return behind;
    }

    /// Without a usable id the record's own bytes have to do.
    static Key key_of(std::string_view body, std::string_view id, Instant time) {
        if (const auto number = to_integer<std::int64_t>(id)) {
            return key_of_id(time, *number);
        }
        const bool named = id.size() > 2 && id.front() == '"';
        return key_of_bytes(time, named ? id : body);
    }

    JsonTokens& tokens_;
    const PageShape& shape_;
    Page& page_;
    std::string_view offset_ = "null";
    std::string_view total_ = "null";
};

void mark_repaired(Page& page, const std::vector<std::size_t>& places) {
    for (Record& record : page.records) {
        const auto begin = static_cast<std::size_t>(record.body.data() - page.text->data());
        const auto first = std::lower_bound(places.begin(), places.end(), begin);
        record.repaired = first != places.end() && *first < begin + record.body.size();
    }
}

std::string minified(const std::string& json) {
    std::string text(json.size() + body_padding, '\0');
    std::size_t size = 0;
    const auto error = simdjson::minify(json.data(), json.size(), text.data(), size);
    if (error != simdjson::SUCCESS) {
        throw BadJson{simdjson::error_message(error)};
    }
    text.resize(size);
    return text;
}

/// The tokens of a page take half as much memory as it: there are as many as pages are taken apart at one moment, not
/// one for each thread.
class Borrowed {
  public:
    Borrowed() {
        const std::lock_guard lock{mutex_};
        if (idle_.empty()) {
            tokens_ = std::make_unique<JsonTokens>();
            idle_.reserve(++made_);  // giving back needs no memory
        } else {
            tokens_ = std::move(idle_.back());
            idle_.pop_back();
        }
    }
    Borrowed(const Borrowed&) = delete;
    Borrowed& operator=(const Borrowed&) = delete;
    ~Borrowed() {
        const std::lock_guard lock{mutex_};
        idle_.push_back(std::move(tokens_));
    }
    JsonTokens& operator*() const noexcept { return *tokens_; }

  private:
    static inline std::mutex mutex_;
    static inline std::vector<std::unique_ptr<JsonTokens>> idle_;
    static inline std::size_t made_ = 0;
    std::unique_ptr<JsonTokens> tokens_;
};

Page take_apart(std::string body, const PageShape& shape) {
    const Borrowed borrowed;
    JsonTokens& tokens = *borrowed;
    if (body.starts_with(byte_order_mark)) {
        body.erase(0, byte_order_mark.size());
    }
    const auto escapes = inspect_escapes(body);
    if (escapes == Escapes::bad) {
        throw BadJson{"bad escape in a string"};
    }
    auto text = std::make_unique<std::string>(std::move(body));
    std::vector<std::size_t> places;
    auto error = tokens.read(*text);
    if (error == simdjson::UTF8_ERROR || error == simdjson::UNESCAPED_CHARS || escapes == Escapes::lone_surrogates) {
        auto repaired = repair_json(*text);
        *text = std::move(repaired.text);
        places = std::move(repaired.places);
        error = tokens.read(*text);
    }
    if (error != simdjson::SUCCESS) {
        throw BadJson{error == simdjson::EMPTY ? "the body is empty" : simdjson::error_message(error)};
    }
    Page page;
    page.text = std::move(text);
    Walk{tokens, shape, page}.run();
    mark_repaired(page, places);
    if (tokens.compact()) {
        return page;
    }
    // White space between tokens: seen to be good JSON now, so it can be taken out, and is walked once more.
    Page compact;
    compact.text = std::make_unique<const std::string>(minified(*page.text));
    error = tokens.read(*compact.text);
    if (error != simdjson::SUCCESS) {
        throw BadJson{simdjson::error_message(error)};
    }
    Walk{tokens, shape, compact}.run();
    for (std::size_t i = 0; i < page.records.size(); ++i) {
        compact.records[i].repaired = page.records[i].repaired;
    }
    return compact;
}

}  // namespace

Page slice_page(std::string body, const PageShape& shape) {
    try {
        return take_apart(std::move(body), shape);
    } catch (const BadJson& bad) {
        refuse_page(bad.what);
    }
}

}  // namespace aquila
