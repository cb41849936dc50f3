#include "aquila_fetch/source_list.hpp"

#include "aquila_fetch/audit_settings.hpp"
#include "aquila_fetch/config_keys.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/source.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace aquila {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t narrowest = 12;  ///< of a column: the longest product's name

ordered_json value_or_null(std::string_view text) {
    return text.empty() ? ordered_json() : ordered_json(text);
}
ordered_json value_or_null(const std::optional<int>& number) {
    return number ? ordered_json(*number) : ordered_json();
}

ordered_json settings_names(std::string_view product) {
    auto names = ordered_json::array();
    for (const SettingsResource& resource : settings_of(product)) {
        names.push_back(resource.name);
    }
    return names;
}

}  // namespace

std::string list_sources(const std::string& config, const Environment& environment, bool as_json) {
    std::vector<std::string_view> products;
    for (const Source* source : sources()) {
        products.push_back(source->name);
    }
    std::optional<Config> loaded;
    try {
        loaded = load_config(find_config(config, environment), products);
    } catch (const Failure& failure) {
        const bool asked_for = !config.empty() || environment("AQUILA_FETCH_CONFIG").has_value();
        if (failure.code() != Exit::no_input || asked_for) {
            throw;
        }
    }

    auto json = nlohmann::ordered_json{{"products", nlohmann::json::array()}, {"sources", nlohmann::json::array()}};
    std::string text = "products:\n";
    for (const Source* source : sources()) {
        json["products"].push_back({{"name", source->name},
                                    {"title", source->title},
                                    {"summary", source->summary},
                                    {"page_size", source->page_size},
                                    {"requests_per_minute", value_or_null(source->per_minute)},
                                    {"scopes", value_or_null(source->scopes)},
                                    {"permission", source->permission},
                                    {"settings", settings_names(source->name)}});
        text += fmt::format("  {:<{}}  {}\n", source->name, narrowest, source->summary);
    }
    if (loaded) {
        text += fmt::format("sources in {}:\n", loaded->file);
        std::size_t name_width = narrowest;
        std::size_t product_width = narrowest;
        for (const SourceConfig& source : loaded->sources) {
            name_width = std::max(name_width, source.name.size());
            product_width = std::max(product_width, source.product.size());
        }
        for (const SourceConfig& source : loaded->sources) {
            json["sources"].push_back({{"name", source.name},
                                       {"product", source.product},
                                       {"site", value_or_null(source.site)},
                                       {"cloud_id", value_or_null(source.cloud_id)},
                                       {"organization_id", value_or_null(source.organization_id)},
                                       {"auth", name_of(source.effective_auth())},
                                       {"output", source.effective_output()},
                                       {"format", name_of(source.format)},
                                       {"state", state_directory(source, environment).native()}});
            text += fmt::format("  {:<{}}  {:<{}}  {}\n", source.name, name_width, source.product, product_width,
                                source.effective_output());
        }
    } else {
        text += "no configuration found\n";
    }
    return as_json ? json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n" : text;
}

}  // namespace aquila
