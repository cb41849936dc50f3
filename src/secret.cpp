#include "aquila_fetch/secret.hpp"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include <string.h>  // explicit_bzero is no part of <cstring>

namespace aquila {
namespace {

constexpr std::size_t shortest_concealed = 4;

struct Concealed {
    std::mutex mutex;
    std::vector<Secret> secrets;
};

Concealed& all_concealed() {
    static Concealed all;
    return all;
}

}  // namespace

void wipe(std::string& text) noexcept {
    text.clear();                  // also gives a moved-from text a known state
    text.resize(text.capacity());  // what an earlier, longer content left behind goes too
    ::explicit_bzero(text.data(), text.size());
    text.clear();
}

// A moved-from short string keeps its bytes in place, hence the wiping of every source.

Secret::Secret(std::string&& text) : text_{std::move(text)} {
    wipe(text);
}

Secret::Secret(std::string_view text) : text_{text} {}

Secret::Secret(const Secret& other) = default;

Secret::Secret(Secret&& other) noexcept : text_{std::move(other.text_)} {
    wipe(other.text_);
}

Secret& Secret::operator=(const Secret& other) {
    if (this != &other) {
        wipe(text_);
        text_ = other.text_;
    }
    return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        wipe(text_);
        text_ = std::move(other.text_);
        wipe(other.text_);
    }
    return *this;
}

Secret::~Secret() {
    wipe(text_);
}

void conceal(const Secret& secret) {
    auto& [mutex, secrets] = all_concealed();
    const std::lock_guard lock{mutex};
    const bool known =
        std::ranges::any_of(secrets, [&](const Secret& other) { return other.reveal() == secret.reveal(); });
    if (!known && secret.reveal().size() >= shortest_concealed) {
        secrets.push_back(secret);
        // The longest first: one may hold another.
        std::ranges::stable_sort(secrets, std::ranges::greater{},
                                 [](const Secret& each) { return each.reveal().size(); });
    }
}

std::string without_secrets(std::string text) {
    constexpr std::string_view instead = "[redacted]";
    auto& [mutex, secrets] = all_concealed();
    const std::lock_guard lock{mutex};
    for (const Secret& secret : secrets) {
        const auto bytes = secret.reveal();
        for (auto at = text.find(bytes); at != std::string::npos; at = text.find(bytes, at + instead.size())) {
            text.replace(at, bytes.size(), instead);
        }
    }
    return text;
}

}  // namespace aquila
