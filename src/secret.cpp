#include "aquila_fetch/secret.hpp"

#include <utility>

#include <string.h>  // explicit_bzero is no part of <cstring>

namespace aquila {

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

}  // namespace aquila
