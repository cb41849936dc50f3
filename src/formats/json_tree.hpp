// Why: a mapping asks a record for members by name, in no order, and copies most of them as they were sent; numbers and
// escapes are kept as bytes, so that no value is too large or too odd to be passed on.
// Must not know: what the members mean.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace aquila {

class JsonTokens;

struct JsonNode {
    std::string_view key;    ///< as sent, without its quotes; of elements empty
    std::string_view text;   ///< the whole value, as sent
    char kind = 'n';         ///< { [ " t f n, and 0 for every number
    std::uint32_t next = 0;  ///< the node behind this one and all that it holds
};

/// One record, its nodes in the order of the text: the first is the record, a container is followed by what it holds.
class JsonTree {
  public:
    JsonTree();
    ~JsonTree();
    JsonTree(const JsonTree&) = delete;
    JsonTree& operator=(const JsonTree&) = delete;
    JsonTree(JsonTree&&) noexcept;
    JsonTree& operator=(JsonTree&&) noexcept;

    /// False: no JSON, and the tree is empty. Views into `text` are kept.
    bool read(std::string_view text);

    [[nodiscard]] std::size_t size() const noexcept { return nodes_.size(); }
    [[nodiscard]] const JsonNode& operator[](std::size_t node) const noexcept { return nodes_[node]; }

    /// Calls `use(child)` for each member or element.
    template <typename Use>
    void for_each_child(std::uint32_t node, Use use) const {
        for (std::uint32_t child = node + 1; child < nodes_[node].next; child = nodes_[child].next) {
            use(child);
        }
    }
    /// The member of that name, of equal ones the last; 0: none.
    [[nodiscard]] std::uint32_t member(std::uint32_t object, std::string_view key) const noexcept {
        std::uint32_t found = 0;
        for (std::uint32_t child = object + 1; child < nodes_[object].next; child = nodes_[child].next) {
            found = nodes_[child].key == key ? child : found;
        }
        return found;
    }

  private:
    bool build();

    std::unique_ptr<JsonTokens> tokens_;
    std::vector<JsonNode> nodes_;
    std::vector<std::pair<std::uint32_t, std::size_t>> open_;  ///< containers not closed yet: node and first token
};

/// Of members with equal names the last one counts. Large objects get an index, so that none takes long.
class LastOnes {
  public:
    LastOnes(const JsonTree& tree, std::uint32_t object) : tree_{tree}, object_{object} {
        if (tree[object].next - object > many) {
            tree.for_each_child(object, [this](auto child) { last_[tree_[child].key] = child; });
        }
    }
    [[nodiscard]] bool has(std::uint32_t member) const {
        const auto key = tree_[member].key;
        return (last_.empty() ? tree_.member(object_, key) : last_.find(key)->second) == member;
    }

  private:
    static constexpr std::uint32_t many = 64;
    const JsonTree& tree_;
    std::uint32_t object_;
    std::unordered_map<std::string_view, std::uint32_t> last_;
};

enum class Empty { keep, drop };
/// Appends a part of the record as it was sent, of equal names the last; without nulls, empty strings, empty lists and
/// empty objects where those are dropped. What is nested deeper than any SIEM takes is left out. False: nothing is left
/// of it, and nothing was appended.
bool append_node(std::string& json, const JsonTree& tree, std::uint32_t node, Empty empty, int depth = 0);

/// The whole text is one JSON object.
[[nodiscard]] bool is_json_object(std::string_view text);

}  // namespace aquila
