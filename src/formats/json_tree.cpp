#include "json_tree.hpp"

#include "../json_tokens.hpp"

namespace aquila {
namespace {

/// Of what is copied; Elasticsearch takes 20 levels by default, JSON readers a few hundred.
constexpr int deepest_tree = 100;

}  // namespace

JsonTree::JsonTree() : tokens_{std::make_unique<JsonTokens>()} {}
JsonTree::~JsonTree() = default;
JsonTree::JsonTree(JsonTree&&) noexcept = default;
JsonTree& JsonTree::operator=(JsonTree&&) noexcept = default;

bool JsonTree::read(std::string_view text) {
    nodes_.clear();
    open_.clear();
    if (tokens_->read(text) == simdjson::SUCCESS && build()) {
        return true;
    }
    nodes_.clear();
    return false;
}

/// The page's reader has validated the text; here nothing is done twice, but nothing is relied on beyond its bounds.
bool JsonTree::build() {
    const JsonTokens& tokens = *tokens_;
    std::string_view key;
    for (std::size_t token = 0; token < tokens.size(); ++token) {
        const char kind = tokens.kind(token);
        const auto node = static_cast<std::uint32_t>(nodes_.size());
        switch (kind) {
            case ',':
            case ':':
                break;
            case '{':
            case '[':
                nodes_.push_back({key, {}, kind, 0});
                open_.emplace_back(node, token);
                key = {};
                break;
            case '}':
            case ']': {
                if (open_.empty()) {
                    return false;
                }
                const auto [container, first] = open_.back();
                open_.pop_back();
                nodes_[container].text = tokens.slice(first, token);
                nodes_[container].next = node;
                break;
            }
            case '"':
                if (key.data() == nullptr && tokens.kind(token + 1) == ':') {
                    key = tokens.string(token);
                    break;
                }
                nodes_.push_back({key, tokens.text(token), kind, node + 1});
                key = {};
                break;
            default:
                nodes_.push_back(
                    {key, tokens.text(token), kind == 't' || kind == 'f' || kind == 'n' ? kind : '0', node + 1});
                key = {};
        }
    }
    return open_.empty() && !nodes_.empty() && nodes_[0].next == nodes_.size();
}

bool append_node(std::string& json, const JsonTree& tree, std::uint32_t node,  // NOLINT(misc-no-recursion)
                 Empty empty, int depth) {
    const auto& [key, whole, kind, next] = tree[node];
    const bool keeps = empty == Empty::keep;
    if (kind != '{' && kind != '[') {
        const bool left = keeps || (kind != 'n' && whole != "\"\"");
        json += left ? whole : std::string_view{};
        return left;
    }
    if (depth > deepest_tree) {
        return false;
    }
    const LastOnes last{tree, node};
    const auto begin = json.size();
    json += kind;
    const auto inside = json.size();
    for (auto child = node + 1; child < next; child = tree[child].next) {
        if (kind == '{' && !last.has(child)) {
            continue;
        }
        const auto before = json.size();
        json += before > inside ? "," : "";
        if (kind == '{') {
            json += '"';
            json += tree[child].key;
            json += "\":";
        }
        if (!append_node(json, tree, child, empty, depth + 1)) {
            json.resize(before);
        }
    }
    const bool left = keeps || json.size() > inside;
    json += kind == '{' ? '}' : ']';
    json.resize(left ? json.size() : begin);
    return left;
}

bool is_json_object(std::string_view text) {
    thread_local JsonTokens tokens;
    try {
        return tokens.read(text) == simdjson::SUCCESS && tokens.kind(0) == '{' && tokens.skip(0) == tokens.size();
    } catch (const BadJson&) {
        return false;
    }
}

}  // namespace aquila
