#include "aquila_fetch/checkpoint.hpp"

#include "aquila_fetch/file.hpp"

#include <algorithm>

namespace aquila {
namespace {

constexpr std::size_t largest_checkpoint = std::size_t{1} << 30U;

}  // namespace

void cover(std::vector<Window>& windows, Window window) {
    if (window.empty()) {
        return;
    }
    const auto first =
        std::find_if(windows.begin(), windows.end(), [&](const Window& other) { return other.to >= window.from; });
    auto last = first;
    for (; last != windows.end() && last->from <= window.to; ++last) {
        window = {std::min(window.from, last->from), std::max(window.to, last->to)};
    }
    windows.insert(windows.erase(first, last), window);
}

void uncover(std::vector<Window>& windows, Window window) {
    if (window.empty()) {
        return;
    }
    std::vector<Window> left;
    for (const Window& other : windows) {
        for (const Window piece :
             {Window{other.from, std::min(other.to, window.from)}, Window{std::max(other.from, window.to), other.to}}) {
            if (!piece.empty()) {
                left.push_back(piece);
            }
        }
    }
    windows = std::move(left);
}

Checkpoint::Checkpoint(const std::filesystem::path& directory) : path_{directory / "checkpoint.json"} {}

std::optional<State> Checkpoint::load() const {
    const auto text = read_file(path_, largest_checkpoint);
    return text ? std::optional{state_from_text(*text, path_.string())} : std::nullopt;
}

void Checkpoint::save(const State& state) const {
    AtomicFile file{path_, state_file_mode};
    file.write(to_text(state));
    file.commit();
}

}  // namespace aquila
