#include "value.hpp"

#include "json_text.hpp"

namespace aquila {

std::string_view plain(const Value& value, Desk& desk) {
    if (value.kind != Value::Kind::string || value.text.find('\\') == std::string_view::npos) {
        return value.text;
    }
    return desk.texts.fresh() = unescaped(value.text);
}

Value string_of(std::string_view plain_text, Desk& desk) {
    auto& inside = desk.texts.fresh();
    append_escaped(inside, plain_text);
    return {Value::Kind::string, inside};
}

void append_json(std::string& json, const Value& value) {
    const bool quoted = value.kind == Value::Kind::string;
    json += quoted ? "\"" : "";
    json += value.text;
    json += quoted ? "\"" : "";
}

}  // namespace aquila
