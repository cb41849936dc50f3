// Jira and Confluence Cloud records: the keys, their order and which of them may be absent follow the live services.
#include "support/sim_cast.hpp"
#include "support/sim_generator.hpp"

#include <fmt/format.h>

#include <iterator>

namespace aquila::sim {
namespace {

struct JiraEvent {
    std::string_view summary;
    std::string_view category;
    std::string_view type;
    std::string_view field;
    std::string_view before;
    std::string_view after;
};

constexpr std::array<JiraEvent, 10> jira_events{{
    {"User added to group", "group management", "GROUP", "", "", ""},
    {"User removed from group", "group management", "GROUP", "", "", ""},
    {"Custom field created", "fields", "CUSTOM_FIELD", "Name", "", "Responders"},
    {"Project role changed", "projects", "PROJECT_ROLE", "Users", "mlindqvist", "mlindqvist, zangstrom"},
    {"Workflow updated", "workflows", "WORKFLOW", "Status", "Open", R"(In \"review\")"},
    {"Permission scheme updated", "permissions", "SCHEME", "Permission", "Browse Projects", "Administer Projects"},
    {"Global permission added", "permissions", "PERMISSIONS", "Group", "", "site-admins"},
    {"User created", "user management", "USER", "Active / Inactive", "", "Active"},
    {"Filter sharing changed", "filters", "FILTER", "Query", "status = Open", ""},
    {"Project created", "projects", "PROJECT", "Project Type", "", "software"},
}};

struct ConfluenceEvent {
    std::string_view summary;
    std::string_view category;
    std::string_view object_type;
    std::string_view field;
};

constexpr std::array<ConfluenceEvent, 8> confluence_events{{
    {"Space configuration updated", "Spaces", "Space", "Name"},
    {"Space permission added", "Permissions", "Space", "Group"},
    {"Space permission removed", "Permissions", "Space", "Group"},
    {"User added to group", "Users and groups", "Group", ""},
    {"Global settings changed", "Global administration", "", "Allow public sign-up"},
    {"Page restriction removed", "Pages", "Page", "Restriction"},
    {"App installed", "Apps", "App", "Version"},
    {"Space exported", R"(Import\/export)", "Space", ""},
}};

}  // namespace

std::string jira_record(Dice& dice, std::int64_t id, Millis time, std::string_view odd) {
    const auto& event = dice.pick(jira_events);
    const auto& actor = dice.pick(cast::people);
    const auto& other = dice.pick(cast::people);
    const auto thing = odd.empty() ? dice.pick(cast::things) : odd;
    std::string text;
    text.reserve(700);
    const auto out = std::back_inserter(text);
    fmt::format_to(out, R"({{"id":{},"summary":"{}")", id, event.summary);
    if (!dice.chance(0.2)) fmt::format_to(out, R"(,"remoteAddress":"{}")", dice.pick(cast::addresses));
    if (!dice.chance(0.15))
        fmt::format_to(out, R"(,"authorKey":"ug:{}","authorAccountId":"{}")", actor.uuid, actor.account);
    fmt::format_to(out, R"(,"created":"{}","category":"{}","eventSource":"{}")", format_iso(time, 3, "+0000"),
                   event.category, dice.chance(0.05) ? "com.example.directory-sync" : "");
    if (dice.chance(0.05)) fmt::format_to(out, R"(,"description":"Synchronised with \"{}\"")", dice.pick(cast::groups));
    if (event.type == "GROUP") {
        fmt::format_to(
            out, R"(,"objectItem":{{"name":"{}","typeName":"GROUP","parentId":"1","parentName":"IDP Directory"}})",
            odd.empty() ? dice.pick(cast::groups) : odd);
    } else {
        fmt::format_to(out, R"(,"objectItem":{{"id":"{}","name":"{}","typeName":"{}"}})", 10'000 + dice.below(9'000),
                       thing, event.type);
    }
    if (!event.field.empty()) {
        const auto after = event.after.empty() ? dice.pick(cast::queries) : event.after;
        fmt::format_to(out, R"(,"changedValues":[{{"fieldName":"{}","changedFrom":"{}","changedTo":"{}"}})",
                       event.field, event.before, after);
        if (dice.chance(0.3)) fmt::format_to(out, R"(,{{"fieldName":"Description","changedTo":"{}"}})", thing);
        text += ']';
    }
    if (dice.chance(0.5)) {
        fmt::format_to(
            out,
            R"(,"associatedItems":[{{"id":"ug:{}","name":"{}","typeName":"USER","parentId":"10000","parentName":"com.atlassian.crowd.directory.IdentityPlatformRemoteDirectory"}}])",
            other.uuid, other.name);
    }
    return text += '}';
}

std::string confluence_record(Dice& dice, Millis time, std::string_view odd) {
    const auto& event = dice.pick(confluence_events);
    const auto& actor = dice.pick(cast::people);
    const auto thing = odd.empty() ? dice.pick(cast::things) : odd;
    const bool system = dice.chance(0.12);
    std::string text;
    text.reserve(900);
    const auto out = std::back_inserter(text);
    if (system) {
        text +=
            R"({"author":{"type":"user","displayName":"System","operations":null,"accountType":"","externalCollaborator":false,"isExternalCollaborator":false,"isGuest":false,"publicName":"Unknown user"})";
    } else {
        fmt::format_to(
            out,
            R"({{"author":{{"type":"user","displayName":"{0}","operations":null,"username":"{1}","userKey":"ff8080817c{2:012x}","accountId":"{1}","accountType":"","externalCollaborator":false,"isExternalCollaborator":false,"isGuest":false,"publicName":"{0}"}})",
            actor.name, actor.account, dice.next() & 0xFFFF'FFFF'FFFFU);
    }
    fmt::format_to(out, R"(,"remoteAddress":"{}","creationDate":{},"summary":"{}","description":"","category":"{}")",
                   system ? "" : dice.pick(cast::addresses), time, event.summary, event.category);
    fmt::format_to(out, R"(,"sysAdmin":{0},"superAdmin":{0},"affectedObject":{{"name":"{1}","objectType":"{2}"}})",
                   system, event.object_type.empty() ? "" : thing, event.object_type);
    text += R"(,"changedValues":[)";
    if (!event.field.empty()) {
        fmt::format_to(out,
                       R"({{"name":"{}","oldValue":"{}","newValue":"{}","hiddenOldValue":"","hiddenNewValue":""}})",
                       event.field, dice.chance(0.5) ? "" : dice.pick(cast::groups), dice.pick(cast::groups));
    }
    text += R"(],"associatedObjects":[)";
    if (dice.chance(0.6)) {
        const auto& other = dice.pick(cast::people);
        fmt::format_to(out, R"({{"name":"groupname:{}; User: {}","objectType":"User"}})", other.uuid, other.account);
    }
    return text += "]}";
}

}  // namespace aquila::sim
