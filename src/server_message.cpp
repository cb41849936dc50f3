#include "aquila_fetch/diagnosis.hpp"

#include <nlohmann/json.hpp>

namespace aquila {
namespace {

using nlohmann::json;

constexpr std::size_t longest_envelope = std::size_t{64} << 10U;  // a longer body is no error message

std::string text_at(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

void append_once(std::string& list, const std::string& text) {
    if (!text.empty() && list.find(text) == std::string::npos) {
        list.append(list.empty() ? "" : "; ").append(text);
    }
}

/// The first of these keys that holds text.
std::string first_text(const json& object) {
    for (const char* key : {"error_description", "detail", "message", "title", "error"}) {
        if (std::string text = text_at(object, key); !text.empty()) {
            return text;
        }
    }
    return {};
}

/// One entry of `errorMessages` or `errors`: text, or an object with a code (organisation events) or a key (Data
/// Center).
std::string entry_text(const json& entry) {
    if (entry.is_string()) {
        return entry.get<std::string>();
    }
    if (!entry.is_object()) {
        return {};
    }
    std::string code = text_at(entry, "code");
    const std::string text = first_text(entry);
    return code.empty() || text.empty() ? code + text : code.append(": ").append(text);
}

std::string envelope_text(const json& body) {
    if (body.is_string()) {
        return body.get<std::string>();
    }
    const json& envelope = body.is_array() && !body.empty() ? body.front() : body;
    std::string list;
    for (const char* key : {"errorMessages", "errors"}) {
        if (const auto entries = envelope.find(key); entries != envelope.end() && entries->is_structured()) {
            for (const json& entry : *entries) {
                append_once(list, entry_text(entry));
            }
        }
    }
    return !list.empty() || !envelope.is_object() ? list : first_text(envelope);
}

}  // namespace

std::string server_message(const Response& response) {
    if (is_html(response)) {
        return {};
    }
    std::string text;
    if (response.body.size() <= longest_envelope) {
        text = envelope_text(json::parse(response.body, nullptr, false));
    }
    if (text.empty()) {
        return printable_text(response.body);
    }
    // Confluence puts a Java class before what it has to say.
    constexpr std::string_view end_of_class = "Exception: ";
    const std::size_t exception = text.rfind(end_of_class);
    return printable_text(exception == std::string::npos ? text : text.substr(exception + end_of_class.size()));
}

}  // namespace aquila
