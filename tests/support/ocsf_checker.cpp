#include "support/ocsf_checker.hpp"

#include <arpa/inet.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <set>

namespace aquila::ocsf {
namespace {

using Json = nlohmann::json;

bool is_address(const std::string& text) {
    std::array<unsigned char, sizeof(in6_addr)> address{};
    return inet_pton(AF_INET, text.c_str(), address.data()) == 1 ||
           inet_pton(AF_INET6, text.c_str(), address.data()) == 1;
}

bool is_long(const Json& value) {
    return value.is_number_integer() &&
           (!value.is_number_unsigned() ||
            value.get<std::uint64_t>() <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
}

class Check {
  public:
    explicit Check(const Table& table) : table_{table} {}

    std::vector<std::string> run(std::string_view text) {
        const Json event = parse(text);
        if (!event.is_object()) {
            complain("", "no JSON object");
        } else if (const Shape* shape = class_of(event)) {
            if (const auto metadata = event.find("metadata"); metadata != event.end() && metadata->is_object()) {
                look_at_metadata(*metadata);
            }
            object(*shape, event, "");
            numbers(*shape, event);
        }
        return std::move(found_);
    }

  private:
    void complain(const std::string& path, const std::string& what) { found_.push_back(path + ": " + what); }

    /// Names that come twice are seen here alone.
    Json parse(std::string_view text) {
        std::vector<std::set<std::string>> names;
        std::string top;
        const auto look = [&](int depth, Json::parse_event_t event, Json& value) {
            if (event == Json::parse_event_t::object_start) {
                names.emplace_back();
            } else if (event == Json::parse_event_t::object_end) {
                names.pop_back();
            } else if (event == Json::parse_event_t::key) {
                const std::string name = value;
                top = depth == 1 ? name : top;
                if (!names.back().insert(name).second && (depth == 1 || top != "unmapped")) {
                    complain(top, "the name " + name + " comes twice");
                }
            }
            return true;
        };
        return Json::parse(text, look, false);
    }

    const Shape* class_of(const Json& event) {
        const auto uid = event.find("class_uid");
        if (uid == event.end() || !is_long(*uid)) {
            complain("class_uid", "no number");
            return nullptr;
        }
        const auto found = table_.classes.find(uid->get<std::int64_t>());
        if (found == table_.classes.end()) {
            complain("class_uid", fmt::format("no class {} in the table", uid->get<std::int64_t>()));
            return nullptr;
        }
        return found->second;
    }

    void look_at_metadata(const Json& metadata) {
        if (metadata.value("version", Json{}) != table_.version) {
            complain("metadata.version", "not " + table_.version);
        }
        for (const auto& profile : metadata.value("profiles", Json::array())) {
            if (profile.is_string()) {
                profiles_.insert(profile.get<std::string>());
            }
        }
    }

    void numbers(const Shape& shape, const Json& event) {
        const auto is = [&](const char* name, const Json& expected) {
            if (const auto value = event.find(name); value != event.end() && *value != expected) {
                complain(name, fmt::format("{} where {} belongs", value->dump(), expected.dump()));
            }
        };
        is("category_uid", shape.category);
        is("category_name", shape.category_caption);
        is("class_name", shape.caption);
        const auto activity = event.find("activity_id");
        if (activity == event.end() || !is_long(*activity)) {
            return;  // told already
        }
        const auto id = activity->get<std::int64_t>();
        is("type_uid", shape.uid * std::int64_t{100} + id);
        const auto& captions = shape.attributes.at("activity_id").captions;
        if (const auto caption = captions.find(id); caption != captions.end()) {
            is("type_name", shape.caption + ": " + caption->second);
        }
    }

    [[nodiscard]] bool applies(const Attribute& attribute) const {
        return attribute.profile.empty() || profiles_.contains(attribute.profile);
    }

    void object(const Shape& shape, const Json& value, const std::string& path) {
        const auto below = [&](const std::string& name) { return path.empty() ? name : path + "." + name; };
        for (const auto& [name, attribute] : shape.attributes) {
            if (attribute.requirement == Requirement::required && applies(attribute) && !value.contains(name)) {
                complain(below(name), "required, and missing");
            }
        }
        for (const auto& [name, member] : value.items()) {
            const auto found = shape.attributes.find(name);
            if (found == shape.attributes.end() || !applies(found->second)) {
                complain(below(name), "unknown");
                continue;
            }
            if (found->second.is_deprecated) {
                complain(below(name), "deprecated");
            }
            whole(found->second, member, below(name));
            caption(found->second, value, member, below(name));
        }
        const auto count = [&](const std::vector<std::string>& names) {
            return std::count_if(names.begin(), names.end(), [&](const auto& name) { return value.contains(name); });
        };
        if (!shape.at_least_one.empty() && count(shape.at_least_one) == 0) {
            complain(path, fmt::format("none of {}", fmt::join(shape.at_least_one, ", ")));
        }
        if (!shape.just_one.empty() && count(shape.just_one) != 1) {
            complain(path, fmt::format("not just one of {}", fmt::join(shape.just_one, ", ")));
        }
    }

    void whole(const Attribute& attribute, const Json& value, const std::string& path) {
        if (!attribute.is_array) {
            single(attribute, value, path);
            return;
        }
        if (!value.is_array()) {
            complain(path, "no list");
            return;
        }
        for (std::size_t i = 0; i < value.size(); ++i) {
            single(attribute, value[i], fmt::format("{}[{}]", path, i));
        }
    }

    void single(const Attribute& attribute, const Json& value, const std::string& path) {
        if (const auto type = table_.types.find(attribute.type); type != table_.types.end()) {
            scalar(type->first, type->second, value, path);
        } else if (const auto shape = table_.shapes.find(attribute.type); shape == table_.shapes.end()) {
            complain(path, "of type " + attribute.type + ", which the table does not have");
        } else if (!value.is_object()) {
            complain(path, "no object");
        } else if (attribute.type != "object") {
            object(shape->second, value, path);
        }
        if (!attribute.captions.empty() && value.is_number_integer() &&
            !attribute.captions.contains(value.get<std::int64_t>())) {
            complain(path, value.dump() + " is not in the enumeration");
        }
    }

    void scalar(const std::string& name, const Type& type, const Json& value, const std::string& path) {
        const bool fits = type.base == "string"    ? value.is_string()
                          : type.base == "boolean" ? value.is_boolean()
                          : type.base == "float"   ? value.is_number()
                          : type.base == "json"    ? true
                                                   : is_long(value);
        if (!fits) {
            complain(path, fmt::format("{} is no {}", value.dump().substr(0, 100), name));
            return;
        }
        if (type.most != 0 && (value < type.least || value > type.most)) {
            complain(path, fmt::format("{} is out of range", value.dump()));
        }
        if (!value.is_string()) {
            return;
        }
        const auto& text = value.get_ref<const std::string&>();
        const bool matches = !type.pattern || std::regex_match(text, *type.pattern);
        if (!matches || (type.longest != 0 && text.size() > type.longest) || (name == "ip_t" && !is_address(text))) {
            complain(path, fmt::format("{} is no {}", value.dump(), name));
        }
    }

    void caption(const Attribute& attribute, const Json& parent, const Json& value, const std::string& path) {
        const auto sibling = parent.find(attribute.sibling);
        if (attribute.sibling.empty() || sibling == parent.end() || !value.is_number_integer()) {
            return;
        }
        // Of "Other" the sibling says what it is.
        const auto expected = attribute.captions.find(value.get<std::int64_t>());
        if (expected != attribute.captions.end() && expected->first != 99 && *sibling != expected->second) {
            complain(path,
                     fmt::format("{} with the caption {}, not {}", value.dump(), sibling->dump(), expected->second));
        }
    }

    const Table& table_;
    std::set<std::string> profiles_;
    std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> violations(const Table& table, std::string_view event) {
    return Check{table}.run(event);
}

}  // namespace aquila::ocsf
