// What every product's parser must hold, shared by the fuzz targets.
#pragma once

#include "aquila_fetch/collect.hpp"
#include "aquila_fetch/error.hpp"
#include "aquila_fetch/source.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace aquila {

inline int fuzz_page(std::string_view product, std::string_view body) {
    const Source& source = *find_source(product);
    try {
        const Page page = source.parse(std::string{body}, Query{Window{Instant{}, Instant{Span{1}}}, 0, 1000});
        for (const Record& record : page.records) {
            std::string line;
            append_line(line, record.body, page.suffix);
            const bool one_line = line.find('\n') == line.size() - 1;
            // A number beyond a double is JSON all the same: nlohmann tells it by an error of its own.
            bool json = true;
            try {
                json = nlohmann::json::parse(line).is_object();
            } catch (const nlohmann::json::out_of_range&) {
                json = true;
            } catch (const nlohmann::json::exception&) {
                json = false;
            }
            if (!one_line || !json) {
                std::abort();
            }
        }
    } catch (const Failure& failure) {
        if (failure.code() != Exit::protocol) {
            std::abort();
        }
    }
    return 0;
}

}  // namespace aquila
