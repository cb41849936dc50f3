#include "support/sim_faults.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <stdexcept>

namespace aquila::sim {
namespace {

using nlohmann::json;

constexpr std::string_view html_page =
    "<!DOCTYPE html>\n<html><head><title>Log in with your account</title></head>\n"
    "<body><form action=\"/login\" method=\"post\"><input name=\"username\"></form></body></html>\n";

/// "0", true and false are all seen in scripts: a flag that may also be a number.
std::int64_t number_or_flag(const json& value) {
    return value.is_boolean() ? 0 : value.get<std::int64_t>();
}

}  // namespace

bool Fault::replaces() const noexcept {
    return status || body || html || !redirect.empty() || oversize > 0 || gzip_bomb > 0;
}

std::string_view Fault::kind() const noexcept {
    if (html) return "html";
    if (!redirect.empty()) return "redirect";
    if (oversize > 0) return "oversize";
    if (gzip_bomb > 0) return "gzip_bomb";
    if (delivery.hang) return "hang";
    if (delivery.reset) return "reset";
    if (delivery.truncate) return "truncate";
    if (delivery.length_error) return "wrong_length";
    if (status) return "status";
    if (body) return "body";
    if (delivery.bytes_per_second > 0) return "slow";
    if (delivery.delay_ms > 0) return "delay";
    if (delivery.close) return "close";
    if (date_offset_s != 0) return "date";
    return "headers";
}

Fault read_fault(const json& value) {
    Fault fault;
    const std::map<std::string, std::function<void(const json&)>, std::less<>> readers{
        {"match", [&](const json& v) { fault.match = v.get<std::string>(); }},
        {"skip", [&](const json& v) { fault.skip = v.get<std::int64_t>(); }},
        {"times", [&](const json& v) { fault.times = v.get<std::int64_t>(); }},
        {"status", [&](const json& v) { fault.status = v.get<int>(); }},
        {"headers",
         [&](const json& v) {
             for (const auto& [name, text] : v.items()) fault.headers.emplace_back(name, text.get<std::string>());
         }},
        {"body", [&](const json& v) { fault.body = v.is_string() ? v.get<std::string>() : v.dump(); }},
        {"html", [&](const json& v) { fault.html = v.get<bool>(); }},
        {"redirect", [&](const json& v) { fault.redirect = v.get<std::string>(); }},
        {"oversize", [&](const json& v) { fault.oversize = v.get<std::int64_t>(); }},
        {"gzip_bomb", [&](const json& v) { fault.gzip_bomb = v.get<std::int64_t>(); }},
        {"truncate", [&](const json& v) { fault.delivery.truncate = v.get<std::int64_t>(); }},
        {"wrong_length",
         [&](const json& v) { fault.delivery.length_error = v.is_boolean() ? 100 : v.get<std::int64_t>(); }},
        {"reset", [&](const json& v) { fault.delivery.reset = number_or_flag(v); }},
        {"slow",
         [&](const json& v) {
             fault.delivery.bytes_per_second = (v.is_object() ? v.at("bytes_per_second") : v).get<std::int64_t>();
         }},
        {"delay_ms", [&](const json& v) { fault.delivery.delay_ms = v.get<std::int64_t>(); }},
        {"hang", [&](const json& v) { fault.delivery.hang = v.get<bool>(); }},
        {"close", [&](const json& v) { fault.delivery.close = v.get<bool>(); }},
        {"date_offset_s", [&](const json& v) { fault.date_offset_s = v.get<std::int64_t>(); }},
    };
    if (!value.is_object()) throw std::invalid_argument("a fault is an object");
    for (const auto& [key, item] : value.items()) {
        const auto reader = readers.find(key);
        if (reader == readers.end()) throw std::invalid_argument("a fault has no '" + key + "'");
        try {
            reader->second(item);
        } catch (const json::exception& error) {
            throw std::invalid_argument("fault." + key + ": " + error.what());
        }
    }
    return fault;
}

HttpAnswer answer_of(const Fault& fault) {
    HttpAnswer answer;
    answer.status = fault.status.value_or(fault.redirect.empty() ? 200 : 302);
    answer.headers = fault.headers;
    answer.body = fault.body.value_or("");
    const auto typed =
        std::ranges::any_of(fault.headers, [](const auto& f) { return same_name(f.first, "Content-Type"); });
    if (fault.html) {
        if (!fault.body) answer.body = html_page;
        if (!typed) answer.headers.emplace_back("Content-Type", "text/html;charset=UTF-8");
    } else if (!typed) {
        answer.headers.emplace_back("Content-Type", "application/json");
    }
    if (!fault.redirect.empty()) answer.headers.emplace_back("Location", fault.redirect);
    if (fault.oversize > 0) {
        answer.stream = [left = fault.oversize, first = true](std::string& chunk) mutable {
            chunk = first ? R"({"offset":0,"limit":1000,"total":1,"records":[)" : "";
            first = false;
            chunk.append(std::size_t{1} << 16U, ' ');
            if (left < static_cast<std::int64_t>(chunk.size())) chunk.resize(static_cast<std::size_t>(left));
            left -= static_cast<std::int64_t>(chunk.size());
            return left > 0;
        };
    }
    if (fault.gzip_bomb > 0) {
        answer.body = gzip(std::string(static_cast<std::size_t>(fault.gzip_bomb), ' '));
        answer.headers.emplace_back("Content-Encoding", "gzip");
    }
    return answer;
}

std::optional<Fault> FaultScript::take(std::string_view target) {
    const auto found = std::ranges::find_if(
        faults_, [&](const Fault& fault) { return target.find(fault.match) != std::string_view::npos; });
    if (found == faults_.end()) return std::nullopt;
    if (found->skip > 0) {
        --found->skip;
        return std::nullopt;
    }
    Fault hit = *found;
    if (found->times > 0 && --found->times == 0) faults_.erase(found);
    return hit;
}

}  // namespace aquila::sim
