// Why: the generated records of all products are played by the same people and things, among them the names that break
// careless JSON code: other scripts, U+2028, escaped quotes, back-slashes and slashes, surrogate pairs as escapes.
// The texts stand as they do inside a JSON string.
// Must not know: products.
#pragma once

#include <array>
#include <string_view>

namespace aquila::sim::cast {

struct Person {
    std::string_view name;
    std::string_view account;
    std::string_view login;
    std::string_view uuid;
};

inline constexpr std::array<Person, 8> people{{
    {"Mara Lindqvist", "5f2a90c1e4b0317a6c88d001", "mlindqvist", "3b1f0c52-7a44-4e0e-9a1c-0c5f5be1a001"},
    {"Zoë Ångström", "712020:6c1d2f5e-08a4-4b6e-9f38-51d0a7a3b002", "zangstrom",
     "8c0d9e11-52b7-4b6f-8f3e-7d2c6a90b002"},
    {"山田 太郎", "60b7c1d2a9e84f0071aa3003", "tyamada", "51e0a7d3-1c94-4c57-b0d1-2f8e9b7cc003"},
    {"Олена Ткачук", "5d4e3c2b1a09f8e7d6c5b004", "otkachuk", "e8f4a3b2-9d1c-4a6b-8e7f-1029384dd004"},
    {R"(Dwayne \"Rock\" O'Neil)", "6123abcd4567ef0089ab5005", "doneil", "04b9d8c7-6e5f-4a3b-9c2d-1e0f5a6be005"},
    {"Priya Raghunathan", "557058:0d9c8b7a-6f5e-4d3c-2b1a-09f8e7d6c006", "praghunathan",
     "7a6b5c4d-3e2f-4011-8899-aabbccddf006"},
    {R"(Nadia \u00c9mond \ud83e\udd85)", "61f0e1d2c3b4a59687786007", "nemond", "c0ffee00-1234-4abc-8def-001122334007"},
    {"audit-exporter", "712020:aa55cc33-0f0f-4242-9191-f00dfacef008", "svc-audit",
     "d15ea5e0-4321-4bad-9abc-667788990008"},
}};

inline constexpr std::array<std::string_view, 6> groups{"jira-administrators", "site-admins",
                                                        "kundenservice-köln",  R"(contractors \/ external)",
                                                        "R&D <platform>",      R"(ops\tnight shift)"};

inline constexpr std::array<std::string_view, 7> things{"Service Catalogue",
                                                        R"(Incident \"war room\")",
                                                        "Größenänderung",
                                                        "请求队列",
                                                        R"(C:\\srv\\import)",
                                                        "Two\xE2\x80\xA8lines",  // a raw U+2028
                                                        "Payroll 2026 \xF0\x9F\xA6\x85"};

inline constexpr std::array<std::string_view, 5> queries{
    "project = OPS AND status != Done ORDER BY created DESC", R"(assignee = currentUser()\nAND due < 7d)",
    R"(text ~ \"disk \\\"full\\\"\")", R"(labels in (\u2028, naïve))", ""};

inline constexpr std::array<std::string_view, 6> addresses{"203.0.113.7",    "203.0.113.201", "198.51.100.23",
                                                           "198.51.100.180", "192.0.2.44",    "2001:db8:40::1f"};

}  // namespace aquila::sim::cast
