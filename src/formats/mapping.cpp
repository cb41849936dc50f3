#include "mapping.hpp"

#include <algorithm>

namespace aquila {

Pattern::Pattern(std::string_view text) {
    while (true) {
        const auto star = text.find('*');
        pieces_.emplace_back(text.substr(0, star));
        if (star == std::string_view::npos) {
            return;
        }
        text.remove_prefix(star + 1);
    }
}

bool Pattern::is_any() const noexcept {
    return !is_exact() && std::all_of(pieces_.begin(), pieces_.end(), [](const auto& piece) { return piece.empty(); });
}

bool Pattern::matches(std::string_view text) const noexcept {
    if (is_exact()) {
        return text == pieces_.front();
    }
    if (text.size() < pieces_.front().size() + pieces_.back().size() || !text.starts_with(pieces_.front()) ||
        !text.ends_with(pieces_.back())) {
        return false;
    }
    text.remove_prefix(pieces_.front().size());
    text.remove_suffix(pieces_.back().size());
    for (std::size_t i = 1; i + 1 < pieces_.size(); ++i) {
        const auto found = text.find(pieces_[i]);
        if (found == std::string_view::npos) {
            return false;
        }
        text.remove_prefix(found + pieces_[i].size());
    }
    return true;
}

}  // namespace aquila
