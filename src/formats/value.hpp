// Why: one value on its way from a record to a line, and the table of what may be done to it on the way: a new
// transform is one function and one row. Must not know: records, tables, where a value goes.
#pragma once

#include "json_tree.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace aquila {

struct Value {
    enum class Kind : std::uint8_t { none, string, number, boolean, null, object, array };
    Kind kind = Kind::none;
    std::string_view text{};  ///< a string's inside, as JSON escapes it; of others the whole value as JSON
    std::uint32_t node = 0;   ///< of the record, where it is from there; 0: it is not, or it is all of it

    [[nodiscard]] bool is_there() const noexcept { return kind != Kind::none; }
};

/// Texts made while one record is rendered; each stays where it is until the next record.
class Texts {
  public:
    std::string& fresh() {
        if (used_ == texts_.size()) {
            texts_.emplace_back();
        }
        auto& text = texts_[used_++];
        text.clear();
        return text;
    }
    void forget() {
        if (texts_.size() > many || std::any_of(texts_.begin(), texts_.end(), is_large)) {
            texts_.clear();  // one huge record must not cost memory for good
        }
        used_ = 0;
    }

  private:
    static constexpr std::size_t many = 1000;
    static bool is_large(const std::string& text) noexcept { return text.capacity() > (std::size_t{1} << 18U); }

    std::deque<std::string> texts_;
    std::size_t used_ = 0;
};

/// What lies open while one record is rendered.
struct Desk {
    JsonTree tree;
    Texts texts;
};

/// Kind::none: not of this kind, and so left out.
using TransformFunction = Value (*)(const Value& value, std::string_view argument, Desk& desk);
/// nullptr: there is none of that name.
[[nodiscard]] TransformFunction find_transform(std::string_view name) noexcept;

/// A string's characters, without escapes; of others the JSON.
[[nodiscard]] std::string_view plain(const Value& value, Desk& desk);
/// A string of plain characters.
[[nodiscard]] Value string_of(std::string_view plain_text, Desk& desk);
/// Appends the value as JSON.
void append_json(std::string& json, const Value& value);

}  // namespace aquila
