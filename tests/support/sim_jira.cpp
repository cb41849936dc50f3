// Jira Cloud's audit records, with its traps: newest first, a total that counts the whole log whatever the window, and
// an empty 200 for times without a zone or with a '+' that was not encoded.
#include "support/sim_doors.hpp"
#include "support/sim_state.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <limits>

namespace aquila::sim {
namespace {

constexpr std::int64_t largest_jira_page = 1000;
constexpr std::string_view media_type = "application/json;charset=UTF-8";

struct Bound {
    Millis time = 0;
    bool understood = true;
};

/// A date alone means the whole day; a time must name its zone.
Bound read_bound(const HttpRequest& request, std::string_view name, Millis otherwise) {
    const auto text = request.parameter(name);
    if (!text || text->empty()) return {.time = otherwise};
    const auto parsed = parse_iso(*text);
    if (!parsed || (parsed->has_time && !parsed->has_zone)) return {.time = 0, .understood = false};
    return {.time = !parsed->has_time && name == "to" ? parsed->millis + day - 1 : parsed->millis};
}

HttpAnswer bad_number(const HttpRequest& request, std::string_view name) {
    return json_answer(
        400,
        fmt::format(
            R"({{"type":"about:blank","title":"Bad Request","status":400,"detail":"Failed to convert '{}' with value: '{}'","instance":"{}"}})",
            name, request.parameter(name).value_or(""), request.path),
        "application/problem+json;charset=UTF-8");
}

}  // namespace

HttpAnswer answer_jira(SimState& state, const HttpRequest& request) {
    const auto offset_text = request.parameter("offset").value_or("0");
    const auto limit_text = request.parameter("limit").value_or("1000");
    const auto asked_offset = parse_integer(offset_text);
    const auto asked_limit = parse_integer(limit_text);
    if (!asked_offset) return bad_number(request, "offset");
    if (!asked_limit) return bad_number(request, "limit");
    const auto offset = std::max<std::int64_t>(*asked_offset, 0);
    auto limit = *asked_limit <= 0 ? largest_jira_page : std::min(*asked_limit, largest_jira_page);
    if (state.settings.page_cap > 0) limit = std::min(limit, state.settings.page_cap);

    auto& log = state.log(Product::jira);
    auto from = read_bound(request, "from", std::numeric_limits<Millis>::min());
    const auto to = read_bound(request, "to", std::numeric_limits<Millis>::max());
    if (state.settings.ignore_from) from = {.time = std::numeric_limits<Millis>::min()};
    auto [first, last] = log.window(from.time, to.time);
    if (!from.understood || !to.understood) first = last = 0;

    const std::string_view separator = state.settings.pretty ? ",\n    " : ",";
    std::string body = fmt::format(R"({{"offset":{},"limit":{},"total":{},"records":[)", offset, limit, log.size());
    const auto matching = static_cast<std::int64_t>(last - first);
    const auto count = std::clamp<std::int64_t>(matching - offset, 0, limit);
    if (count > 0) {
        const auto top = last - static_cast<std::size_t>(offset);
        body.reserve(body.size() + static_cast<std::size_t>(count) * 640);
        for (auto place = top; place > top - static_cast<std::size_t>(count); --place) {
            if (place != top) body += separator;
            body += log.entries()[place - 1].text;
        }
    }
    body += "]}";
    return json_answer(200, std::move(body), std::string(media_type));
}

HttpAnswer answer_jira_account(SimState& state, const HttpRequest& request, bool who) {
    auto refusal = refuse_at_jira_site(state, request);
    if (who) {
        if (refusal) return *std::move(refusal);
        const auto email = read_authorization(request).email;
        return json_answer(
            200, nlohmann::json{{"accountId", "712020:5e1f"}, {"emailAddress", email}, {"active", true}}.dump(),
            std::string(media_type));
    }
    auto answer = json_answer(200, nlohmann::json{{"baseUrl", state.site()}, {"deploymentType", "Cloud"}}.dump(),
                              std::string(media_type));
    if (refusal && !request.header("Authorization").empty()) {
        answer.headers.emplace_back("X-Seraph-LoginReason", "AUTHENTICATED_FAILED");
    }
    return answer;
}

}  // namespace aquila::sim
