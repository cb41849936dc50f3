// Organisation events and Data Center events: the keys, their order and which of them may be absent follow the live
// services.
#include "support/sim_cast.hpp"
#include "support/sim_generator.hpp"

#include <fmt/format.h>

#include <iterator>

namespace aquila::sim {
namespace {

constexpr std::array<std::string_view, 8> performed{
    "user_added_to_group", "user_removed_from_group", "api_token_created", "policy_deleted", "user_login",
    "user_invited",        "domain_verification_set", "user_granted_role"};

struct DatacenterEvent {
    std::string_view area;
    std::string_view category;
    std::string_view action_key;
    std::string_view action;
    std::string_view object_type;
};

constexpr std::array<DatacenterEvent, 6> datacenter_events{{
    {"projects", "projects", "project.created", "Project created", "PROJECT"},
    {"user.management", "user management", "user.created", "User created", "USER"},
    {"group.management", "group management", "user.added.to.group", "User added to group", "GROUP"},
    {"permissions", "permissions", "global.permission.added", "Global permission added", "PERMISSIONS"},
    {"workflows", "workflows", "workflow.updated", "Workflow updated", "WORKFLOW"},
    {"local.config", "local configuration and administration", "export.configured", "Export configured", "EXPORT"},
}};

std::string uuid(Dice& dice) {
    const auto high = dice.next();
    const auto low = dice.next();
    return fmt::format("{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}", high >> 32U, (high >> 16U) & 0xFFFFU, high & 0xFFFU,
                       low >> 52U, low & 0xFFFF'FFFF'FFFFU);
}

/// A list that may be missing, empty or of one item.
void write_list(std::string& text, Dice& dice, std::string_view name, std::string_view item) {
    if (dice.chance(0.15)) return;
    fmt::format_to(std::back_inserter(text), R"(,"{}":[{}])", name, dice.chance(0.15) ? "" : item);
}

}  // namespace

std::string organization_record(Dice& dice, Millis happened, Millis processed, std::string_view odd) {
    constexpr std::array<int, 3> decimals{0, 3, 6};
    const auto& actor = dice.pick(cast::people);
    const auto thing = odd.empty() ? dice.pick(cast::things) : odd;
    const auto group = dice.pick(cast::groups);
    const auto id = uuid(dice);
    std::string text;
    text.reserve(1500);
    const auto out = std::back_inserter(text);
    fmt::format_to(out, R"({{"id":"{}","type":"events","attributes":{{"time":"{}","processedAt":"{}","action":"{}")",
                   id, format_iso(happened, dice.pick(decimals), "Z"), format_iso(processed, 3, "Z"),
                   dice.pick(performed));
    if (dice.chance(0.1)) {
        text += R"(,"actor":{"id":"atlassian-internal-system","name":"Atlassian Internal System"})";
    } else {
        fmt::format_to(out,
                       R"(,"actor":{{"id":"{0}","name":"{1}","email":"{2}@example.com","auth":{{"authType":"{3}"}})",
                       actor.account, actor.name, actor.login, dice.chance(0.3) ? "api-token" : "session");
        fmt::format_to(out, R"(,"links":{{"self":"https://api.atlassian.com/users/{}/manage/profile","alt":null}}}})",
                       actor.account);
    }
    write_list(
        text, dice, "context",
        fmt::format(
            R"({{"id":"g-{0}","type":"groups","attributes":{{"name":"{1}","groupName":"{1}"}},"links":{{"self":null,"alt":"https://admin.atlassian.com/groups/{0}"}}}})",
            dice.below(900), group));
    write_list(
        text, dice, "container",
        fmt::format(
            R"({{"id":"s-{}","type":"sites","attributes":{{"siteName":"{}","siteHostName":"https://example.atlassian.net"}},"links":{{"alt":null,"self":null}}}})",
            dice.below(9), thing));
    if (dice.chance(0.25)) {
        fmt::format_to(
            out, R"(,"location":{{"ip":"{}","geo":"EU","countryName":"Österreich","regionName":"Wien","city":"Wien"}})",
            dice.pick(cast::addresses));
    }
    text += '}';
    if (!dice.chance(0.1)) {
        fmt::format_to(out, R"(,"links":{{"self":"https://api.atlassian.com/admin/v1/events/{}"}})", id);
    }
    if (!dice.chance(0.1))
        fmt::format_to(out, R"(,"message":{{"content":"{} changed {}","format":"simple"}})", actor.name, thing);
    return text += R"(,"relations":null})";
}

std::string datacenter_record(Dice& dice, Millis time, std::string_view odd) {
    const auto& event = dice.pick(datacenter_events);
    const auto& actor = dice.pick(cast::people);
    const auto thing = odd.empty() ? dice.pick(cast::things) : odd;
    std::string text;
    text.reserve(1100);
    const auto out = std::back_inserter(text);
    fmt::format_to(out, R"({{"timestamp":"{}")", format_iso(time, 3, "Z"));
    if (dice.chance(0.1)) {
        text += R"(,"author":{"name":"Anonymous","type":"user","id":"-2"})";
    } else {
        fmt::format_to(
            out,
            R"(,"author":{{"name":"{0}","type":"ApplicationUser","id":"{1}","uri":"https://jira.example/secure/ViewProfile.jspa?name={2}","avatarUri":""}})",
            actor.name, 10'000 + dice.below(500), actor.login);
    }
    fmt::format_to(
        out,
        R"(,"type":{{"categoryI18nKey":"jira.auditing.category.{}","category":"{}","actionI18nKey":"jira.auditing.{}","action":"{}"}})",
        event.area, event.category, event.action_key, event.action);
    fmt::format_to(out, R"(,"affectedObjects":[{{"name":"{}","type":"{}")", thing, event.object_type);
    if (!dice.chance(0.2))
        fmt::format_to(out, R"(,"uri":"https://jira.example/browse/{0}","id":"{0}")", dice.below(90'000));
    text += R"(}],"changedValues":[)";
    if (dice.chance(0.7)) {
        fmt::format_to(out, R"({{"key":"Name","i18nKey":"common.words.name","to":"{}"}})", dice.pick(cast::queries));
    }
    fmt::format_to(out, R"(],"source":"{}","system":"https://jira.example")", dice.pick(cast::addresses));
    if (dice.chance(0.8)) fmt::format_to(out, R"(,"node":"n{}")", 1 + dice.below(4));
    return text += R"(,"method":"Browser","extraAttributes":[]})";
}

}  // namespace aquila::sim
