// Why: the header lines of a request hold a secret, so they are wiped wherever they end, and nothing in them can begin
// a line of its own. Must not know: which headers there are.
#pragma once

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/http.hpp"
#include "aquila_fetch/secret.hpp"

#include <algorithm>
#include <cstring>  // and explicit_bzero
#include <new>
#include <string>
#include <string_view>

#include <curl/curl.h>
#include <fmt/core.h>

namespace aquila {

/// A request's header lines in curl's form.
class CurlHeaders {
  public:
    CurlHeaders() = default;
    CurlHeaders(const CurlHeaders&) = delete;
    CurlHeaders& operator=(const CurlHeaders&) = delete;
    ~CurlHeaders() {
        for (const curl_slist* node = list_; node != nullptr; node = node->next) {
            explicit_bzero(node->data, std::strlen(node->data));
        }
        curl_slist_free_all(list_);
    }

    /// Failure 78 when the name or the value holds a control character.
    void add(std::string_view name, std::string_view value) {
        constexpr auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; };
        if (std::ranges::any_of(name, is_control) || std::ranges::any_of(value, is_control)) {
            throw Failure{Exit::config,
                          fmt::format("the value of the {} header holds a control character", printable_text(name)),
                          "check the token and the e-mail address for line breaks and other invisible characters"};
        }
        std::string line;
        line.reserve(name.size() + value.size() + 2);  // so that no shorter copy of a secret stays behind
        line.append(name).append(": ").append(value);
        curl_slist* longer = curl_slist_append(list_, line.c_str());
        wipe(line);
        if (longer == nullptr) {
            throw std::bad_alloc{};
        }
        list_ = longer;
    }

    [[nodiscard]] curl_slist* get() const noexcept { return list_; }

  private:
    curl_slist* list_ = nullptr;
};

}  // namespace aquila
