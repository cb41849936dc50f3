// The table made again from the schema's own files. One level of `extends` at a time: the table's reader adds what is
// inherited. An attribute's type and enumeration come from the dictionary, its parents' and its own entry together.
#include "support/ocsf_table.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

namespace aquila::ocsf {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

/// A pattern longer than this (that of addresses) is left to who checks.
constexpr std::size_t longest_pattern = 150;

class Schema {
  public:
    explicit Schema(fs::path folder)
        : folder_{std::move(folder)},
          dictionary_(read("dictionary.json")),
          categories_(read("categories.json")),
          version_(read("version.json").at("version")) {}

    [[nodiscard]] const std::string& version() const { return version_; }

    [[nodiscard]] std::string describe_type(const std::string& name) const {
        const Json& type = dictionary_.at("types").at("attributes").at(name);
        const std::string base = type.value("type", name);
        std::string line = fmt::format("type {} {}", name, base.substr(0, base.size() - 2));
        if (type.contains("range")) {
            line += fmt::format(" range {} {}", type["range"][0].get<int>(), type["range"][1].get<int>());
        }
        if (type.contains("max_len")) {
            line += fmt::format(" longest {}", type["max_len"].get<int>());
        }
        if (const auto pattern = type.value("regex", ""); !pattern.empty() && pattern.size() <= longest_pattern) {
            line += " pattern " + pattern;
        }
        return line + "\n";
    }

    /// Adds to `types` those it names.
    [[nodiscard]] std::string describe(const std::string& kind, const std::string& name,
                                       std::set<std::string>& types) const {
        const Json file = find(kind, name);
        std::string text = kind + " " + name;
        if (file.contains("extends")) {
            text += " of " + file["extends"].get<std::string>();
        }
        if (kind == "class" && file.contains("uid")) {
            const Json& category = categories_.at("attributes").at(category_of(file));
            text += fmt::format(" | {} {} | {} {}", category["uid"].get<int>() * 1000 + file["uid"].get<int>(),
                                file["caption"].get<std::string>(), category["uid"].get<int>(),
                                category["caption"].get<std::string>());
        }
        text += "\n";
        for (const auto* constraint : {"at_least_one", "just_one"}) {
            if (const auto all = file.value("constraints", Json::object()); all.contains(constraint)) {
                text += fmt::format("    {}", constraint);
                for (const std::string attribute : all[constraint]) {
                    text += " " + attribute;
                }
                text += "\n";
            }
        }
        const auto dictionary_types = dictionary_.at("types").at("attributes");
        for (const auto& [attribute, own] : own_attributes(file)) {
            const Json whole = resolved(kind, file, attribute);
            text += describe_attribute(attribute, whole);
            if (const std::string type = whole.at("type"); dictionary_types.contains(type)) {
                types.insert(type);
            }
        }
        return text;
    }

  private:
    [[nodiscard]] Json read(const fs::path& path) const {
        std::ifstream file{folder_ / path};
        if (!file) {
            throw std::runtime_error{"cannot read " + (folder_ / path).string()};
        }
        return Json::parse(file);
    }

    [[nodiscard]] Json find(const std::string& kind, const std::string& name) const {
        const auto file = name + ".json";
        if (kind == "object") {
            return read(fs::path{"objects"} / file);
        }
        for (const auto& entry : fs::recursive_directory_iterator{folder_ / "events"}) {
            if (entry.path().filename() == file) {
                return read(fs::relative(entry.path(), folder_));
            }
        }
        throw std::runtime_error{"no class " + name};
    }

    [[nodiscard]] std::string category_of(const Json& file) const {
        return file.contains("category") ? file["category"].get<std::string>()
                                         : category_of(find("class", file.at("extends")));
    }

    /// Of one file, with the profiles it includes: theirs name the profile.
    [[nodiscard]] std::map<std::string, Json> own_attributes(const Json& file) const {
        std::map<std::string, Json> all;
        for (const std::string path : file["attributes"].value("$include", Json::array())) {
            const Json profile = read(path);
            for (const auto& [name, value] : profile.at("attributes").items()) {
                all[name] = value;
                all[name]["profile"] = profile.at("name");
            }
        }
        for (const auto& [name, value] : file["attributes"].items()) {
            if (name != "$include") {
                all[name].update(value, true);
            }
        }
        return all;
    }

    [[nodiscard]] Json resolved(const std::string& kind, const Json& file, const std::string& attribute) const {
        Json whole = file.contains("extends") ? resolved(kind, find(kind, file["extends"]), attribute)
                                              : dictionary_.at("attributes").value(attribute, Json::object());
        const auto own = own_attributes(file);
        if (const auto found = own.find(attribute); found != own.end()) {
            whole.update(found->second, true);
        }
        return whole;
    }

    [[nodiscard]] static std::string describe_attribute(const std::string& name, const Json& whole) {
        const std::string type = whole.at("type");
        auto line = fmt::format("    {} {}{}", name, type == "object_t" ? "object" : type,
                                whole.value("is_array", false) ? "[]" : "");
        line += " " + whole.value("requirement", "optional");
        if (whole.contains("profile") && whole["profile"].is_string()) {
            line += " @" + whole["profile"].get<std::string>();
        }
        line += whole.contains("@deprecated") ? " deprecated" : "";
        // Their numbers are in the class's own line, and its name.
        if (name == "class_uid" || name == "category_uid" || !whole.contains("enum")) {
            return line + "\n";
        }
        line += whole.contains("sibling") ? " ~" + whole["sibling"].get<std::string>() : "";
        std::map<int, std::string> captions;
        for (const auto& [number, value] : whole["enum"].items()) {
            captions[std::stoi(number)] = value.at("caption");
        }
        for (const auto& [number, caption] : captions) {
            line += fmt::format(" | {} {}", number, caption);
        }
        return line + "\n";
    }

    fs::path folder_;
    Json dictionary_;
    Json categories_;
    std::string version_;
};

}  // namespace

std::string table_of_schema(const fs::path& schema, const std::string& text) {
    const Schema reading{schema};
    std::string comments;
    std::string shapes;
    std::set<std::string> types;
    std::istringstream stream{text};
    for (std::string line; std::getline(stream, line);) {
        std::istringstream words{line};
        std::string kind;
        std::string name;
        words >> kind >> name;
        if (kind == "#" && shapes.empty()) {
            comments += line + "\n";
        } else if (kind == "class" || kind == "object") {
            shapes += reading.describe(kind, name, types);
        }
    }
    auto table = comments + "version " + reading.version() + "\n";
    for (const auto& type : types) {
        table += reading.describe_type(type);
    }
    return table + shapes;
}

}  // namespace aquila::ocsf
