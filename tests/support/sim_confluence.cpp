// Confluence Cloud's audit log, with its traps: no ids, epoch milliseconds, and a next link that is relative to a base
// on the site and absent on the last page.
#include "support/sim_state.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>

namespace aquila::sim {
namespace {

constexpr std::int64_t largest_confluence_page = 1000;

HttpAnswer bad_request(std::string_view what) {
    return json_answer(400,
                       fmt::format(R"({{"statusCode":400,"message":"java.lang.IllegalArgumentException: {}"}})", what));
}

struct ConfluenceQuery {
    std::int64_t start = 0;
    std::int64_t limit = largest_confluence_page;
    Millis from = std::numeric_limits<Millis>::min();
    Millis to = std::numeric_limits<Millis>::max();
    std::optional<HttpAnswer> refusal;
};

ConfluenceQuery read_confluence_query(const HttpRequest& request) {
    ConfluenceQuery query;
    const auto read = [&](std::string_view name, std::int64_t& target, bool may_be_negative) {
        const auto text = request.parameter(name);
        if (!text || query.refusal) return;
        const auto number = parse_integer(*text);
        if (!number) {
            query.refusal = bad_request(fmt::format("{} is not an integer", name));
        } else if (*number < 0 && !may_be_negative) {
            query.refusal = bad_request(fmt::format("{} cannot be less than zero", name));
        } else {
            target = *number;
        }
    };
    read("start", query.start, false);
    read("limit", query.limit, false);
    read("startDate", query.from, true);
    read("endDate", query.to, true);
    return query;
}

std::string links(const SimState& state, const HttpRequest& request, std::int64_t limit,
                  std::optional<std::int64_t> next) {
    nlohmann::ordered_json result{
        {"base", state.site() + "/wiki"}, {"context", "/wiki"}, {"self", state.site() + "/wiki/rest/api/audit"}};
    if (next) {
        auto relative = fmt::format("/rest/api/audit?limit={}&start={}", limit, *next);
        for (const auto* const name : {"startDate", "endDate"}) {
            const auto value = request.parameter(name);
            if (state.settings.next_with_dates && value) relative += fmt::format("&{}={}", name, *value);
        }
        result["next"] = relative;
    }
    return result.dump();
}

}  // namespace

HttpAnswer answer_confluence(SimState& state, const HttpRequest& request) {
    auto query = read_confluence_query(request);
    if (query.refusal) return *std::move(query.refusal);
    const auto cap = state.settings.page_cap > 0 ? std::min(state.settings.page_cap, largest_confluence_page)
                                                 : largest_confluence_page;
    const auto limit = std::min(query.limit, cap);
    if (state.settings.ignore_from) query.from = std::numeric_limits<Millis>::min();

    auto& log = state.log(Product::confluence);
    const auto [first, last] = log.window(query.from, query.to);
    const auto matching = static_cast<std::int64_t>(last - first);
    const auto count = std::clamp<std::int64_t>(matching - query.start, 0, limit);

    const std::string_view separator = state.settings.pretty ? ",\n    " : ",";
    std::string body = R"({"results":[)";
    body.reserve(static_cast<std::size_t>(count) * 800 + 512);
    if (count > 0) {
        const auto top = last - static_cast<std::size_t>(query.start);
        for (auto place = top; place > top - static_cast<std::size_t>(count); --place) {
            if (place != top) body += separator;
            body += log.entries()[place - 1].text;
        }
    }
    const bool more = count > 0 && query.start + count < matching;
    body += fmt::format(R"(],"start":{},"limit":{},"size":{},"_links":{}}})", query.start, limit, count,
                        links(state, request, limit, more ? std::optional(query.start + count) : std::nullopt));
    return json_answer(200, std::move(body));
}

HttpAnswer answer_confluence_retention(SimState& state, const HttpRequest& request) {
    if (request.method == "PUT") {
        if (!same_name(request.header("X-Atlassian-Token"), "no-check")) {
            return json_answer(403, R"({"statusCode":403,"message":"XSRF check failed"})");
        }
        const auto wanted = nlohmann::json::parse(request.body, nullptr, false);
        if (!wanted.is_object() || !wanted.value("number", nlohmann::json()).is_number_integer() ||
            !wanted.value("units", nlohmann::json()).is_string()) {
            return bad_request("number and units are wanted");
        }
        state.confluence_retention = nlohmann::json{{"number", wanted["number"]}, {"units", wanted["units"]}}.dump();
    } else if (request.method != "GET") {
        return json_answer(405, R"({"statusCode":405,"message":"Method Not Allowed"})");
    }
    return json_answer(200, state.confluence_retention);
}

}  // namespace aquila::sim
