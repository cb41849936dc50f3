// What a table can say, each by a small one.
#include "../../../src/formats/mapping.hpp"
#include "../../../src/formats/rendering.hpp"

#include "aquila_fetch/error.hpp"
#include "aquila_fetch/format.hpp"

#include <map>
#include <string>

#include <gtest/gtest.h>

namespace aquila::formats_mapping_test {

std::map<std::string, std::string, std::less<>> tables;

std::string_view find(std::string_view name) {
    const auto found = tables.find(name);
    return found == tables.end() ? std::string_view{} : std::string_view{found->second};
}

/// The line of a record by a table, without its line feed.
std::string mapped(const std::string& table, std::string_view record) {
    tables["test"] = table;
    Rendering rendering{parse_mapping("test", find), {"jira", "cloud", "", "", "1.0"}};
    std::string line;
    rendering.append_line(line, record);
    const auto once = line;
    rendering.append_line(line, record);
    EXPECT_EQ(line, once + once) << "the same again";
    return once.substr(0, once.size() - 1);
}

std::string mistake_in(const std::string& table) {
    tables["test"] = table;
    try {
        static_cast<void>(parse_mapping("test", find));
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.code(), Exit::software);
        return failure.what();
    }
    return "none";
}

struct Case {
    const char* table;
    const char* record;
    const char* line;
};

void check(const std::vector<Case>& cases) {
    for (const auto& [table, record, line] : cases) {
        EXPECT_EQ(mapped(table, record), line) << table << "\n" << record;
    }
}

TEST(Mapping, TakesValuesByPath) {
    check({
        {"a = x", R"({"x":"1"})", R"({"a":"1"})"},
        {"a = x", R"({"x":1})", R"({"a":"1"})"},
        {"a = x", R"({"x":12345678901234567890123})", R"({"a":"12345678901234567890123"})"},
        {"a = x", R"({"x":true})", R"({"a":"true"})"},
        {"a = x", R"({"x":null})", "{}"},
        {"a = x", R"({"x":""})", "{}"},
        {"a = x", R"({"x":{}})", "{}"},
        {"a = x", R"({"x":["1"]})", "{}"},
        {"a = x", R"({"x":"1","x":"2"})", R"({"a":"2"})"},
        {"a = x.y.z", R"({"x":{"y":{"z":"1"}}})", R"({"a":"1"})"},
        {"a = x.y.z", R"({"x":["y"],"z":"1"})", "{}"},
        {"a = x | y", R"({"x":"","y":"2"})", R"({"a":"2"})"},
        {"a.b = x\na.c.d = y\ne = z", R"({"x":"1","y":"2"})", R"({"a":{"b":"1","c":{"d":"2"}}})"},
        {"a = x", R"({"x":"\ud83e\udd14\n\"é"})", R"({"a":"\ud83e\udd14\n\"é"})"},
        {"a = x\na = y", R"({"y":"2"})", R"({"a":"2"})"},
        {"a = x", "[]", "{}"},
        {"a = x", R"("x")", "{}"},
    });
}

TEST(Mapping, KnowsConstantsFactsAndTexts) {
    check({
        {"a = \"b # c\"   # a comment\n# another\nd = 7\ne = true", "{}", R"({"a":"b # c","d":7,"e":true})"},
        {"a = $cloud_id\nb = $site\nc = $product", "{}", R"({"a":"cloud","c":"jira"})"},
        {"a = \"{x} by {y.z}!\"", R"({"x":"1","y":{"z":2}})", R"({"a":"1 by 2!"})"},
        {"a = \"{x} by {y}\"\nb = 1", R"({"x":"1"})", R"({"b":1})"},
        {"a = $raw", R"({"x":"\"\\"})", R"({"a":"{\"x\":\"\\\"\\\\\"}"})"},
        {"a = $hash", "{}", R"({"a":"44136fa355b3678a1146ad16f7e8649e"})"},
    });
}

TEST(Mapping, ChoosesFromLists) {
    const auto* const record =
        R"({"o":[{"t":"USER","n":"1"},{"t":"GROUP","n":"2"},{"t":"USER","n":"3"},"odd",null],"p":{"t":"USER","n":"4"}})";
    check({
        {"a = o[t=USER].n", record, R"({"a":"3"})"},
        {"a = o[t=NONE].n | o[t=ROLE,GROUP].n", record, R"({"a":"2"})"},
        {"a = p[t=USER].n", record, R"({"a":"4"})"},
        {"a = p[t=GROUP].n", record, "{}"},
        {"a[] = o[].n", record, R"({"a":["1","2","3"]})"},
        {"a[] = o[t=USER].n + p.n + o[].n", record, R"({"a":["1","3","4","2"]})"},
        {"a[] = x | o[t=USER].n | p.n", record, R"({"a":["1","3"]})"},
        {"a[] = x", record, "{}"},
        {"a = o[first].n\nb = o[last].n", record, R"({"a":"1"})"},
        {"a = l[first]\nb = l[last]", R"({"l":["1","2","3"]})", R"({"a":"1","b":"3"})"},
        {"a = p[first].n\nb = p[last].n", record, R"({"a":"4","b":"4"})"},
        {"a = l[first]", R"({"l":[]})", "{}"},
        {"a = d[k=\"two words\"].v", R"({"d":[{"k":"two words","v":"1"}]})", R"({"a":"1"})"},
    });
}

TEST(Mapping, MapsObjectsOneByOne) {
    check({
        {"a[] = o[] + p[] : distinct\n    type = t\n    up = /top\n    * : prune",
         R"({"top":"T","o":[{"t":"1","x":{"y":null,"z":"2"},"e":""},"odd"],"p":{"t":"1","x":{"y":null,"z":"2"},"e":""}})",
         R"({"a":[{"type":"1","up":"T","x":{"z":"2"}}]})"},
        {"a[] = o[]\n    b.c = t\n    d[] = l[]", R"({"o":[{"t":"1","l":[1,2]},{"x":1},{"t":"2"}]})",
         R"({"a":[{"b":{"c":"1"},"d":["1","2"]},{"b":{"c":"2"}}]})"},
        {"a[] = o[]\n    * : copy", R"({"o":[{"x":null,"y":[],"y":{"z":1,"z":2}}]})", R"({"a":[{"y":{"z":2}}]})"},
    });
}

TEST(Mapping, Transforms) {
    check({
        {"a = x : time", R"({"x":"2022-01-24T08:48:05.645+0100"})", R"({"a":"2022-01-24T07:48:05.645Z"})"},
        {"a = x : time", R"({"x":1643097111962})", R"({"a":"2022-01-25T07:51:51.962Z"})"},
        {"a = x : time", R"({"x":"1643097111962"})", R"({"a":"2022-01-25T07:51:51.962Z"})"},
        {"a = x | y : time", R"({"x":"soon","y":0})", R"({"a":"1970-01-01T00:00:00.000Z"})"},
        {"a = x : time", R"({"x":9223372036854775807})", "{}"},
        {"a = x : time", R"({"x":-9223372036854775808})", "{}"},
        {"a = x : millis", R"({"x":"2022-01-25T07:51:51.962Z"})", R"({"a":1643097111962})"},
        {"a = x : ip", R"({"x":"192.0.2.1"})", R"({"a":"192.0.2.1"})"},
        {"a = x : ip", R"({"x":"2001:db8::1"})", R"({"a":"2001:db8::1"})"},
        {"a = x : ip", R"({"x":"192.0.2.1\u0000"})", "{}"},
        {"a = x : ip", R"({"x":"example.com"})", "{}"},
        {"a = x : ip", R"({"x":3221225985})", "{}"},
        {"a = x : integer", R"({"x":"007"})", R"({"a":7})"},
        {"a = x : integer", R"({"x":12345678901234567890123})", "{}"},
        {"a = x : integer", R"({"x":1.5})", "{}"},
        {"a = x : boolean", R"({"x":false})", R"({"a":false})"},
        {"a = x : boolean", R"({"x":"yes"})", "{}"},
        {"a = x : lower", R"({"x":"USER_Äé\u00C4"})", R"({"a":"user_ÄéÄ"})"},
        {"a = x : host", R"({"x":"http://jira.internal:8088/a"})", R"({"a":"jira.internal"})"},
        {"a = x : host", R"({"x":"https://u:p@[2001:db8::1]:1/"})", R"({"a":"2001:db8::1"})"},
        {"a = x : host", R"({"x":"jira"})", "{}"},
        {"a = x : parameter username", R"({"x":"http://c/view.action?a=b&username=ada.l"})", R"({"a":"ada.l"})"},
        {"a = x : parameter username", R"({"x":"http://c/view.action?xusername=ada"})", "{}"},
        {"a = x : parameter username", R"({"x":"http://c/view.action?username=a%20b"})", "{}"},
        {"a = x : before_uuid\nb = x : uuid", R"({"x":"staff:b8d81944-e737-4da0-94ca-165fa5c0635c"})",
         R"({"a":"staff","b":"b8d81944-e737-4da0-94ca-165fa5c0635c"})"},
        {"a = x : before_uuid\nb = x : uuid", R"({"x":"staff:1"})", R"({"a":"staff:1"})"},
        {"a = x : account", R"({"x":"confluence"})", "{}"},
        {"a = x : account", R"({"x":"712020:aaaa"})", R"({"a":"712020:aaaa"})"},
        {"a = x : mail", R"({"x":"Atlassian app"})", "{}"},
        {"a = x : email", R"({"x":"ada@corp.example"})", R"({"a":"ada@corp.example"})"},
        {"a = x : email", R"({"x":"a@b@c.d"})", "{}"},
        {"a = x : email", R"({"x":"@corp.example"})", "{}"},
        {"a = x : email", R"({"x":"ada@localhost"})", "{}"},
        {"a = x : email", R"({"x":"ada@.example"})", "{}"},
        {"a = x : email", R"({"x":"Ada <ada@corp.example>"})", "{}"},
        {"a = x : before \"; \"\nb = x : after \"; \"", R"({"x":"one; two; \"three\""})",
         R"({"a":"one","b":"two; \"three\""})"},
        {"a = x : before -\nb = x : after -", R"({"x":"one"})", R"({"a":"one","b":"one"})"},
        {"a = x : before -\nb = x : after -", R"({"x":"-"})", "{}"},
        {"a = x : before -\nb = x : after -", R"({"x":7})", "{}"},
        {"a = \"b  c\" : words", "{}", R"({"a":["b","c"]})"},
        {"a = x : copy\nb = x : prune", R"({"x":{"l":[],"n":null,"t":"1"}})",
         R"({"a":{"l":[],"n":null,"t":"1"},"b":{"t":"1"}})"},
        {"a = x : prune", R"({"x":{"l":[],"n":{"m":[null,""]}}})", "{}"},
    });
}

TEST(Mapping, Conditions) {
    check({
        {"a = x if y", R"({"x":"1","y":"2"})", R"({"a":"1"})"},
        {"a = x if y", R"({"x":"1","y":""})", "{}"},
        {"a = x if not y", R"({"x":"1"})", R"({"a":"1"})"},
        {"a = x if y is 2, 3", R"({"x":"1","y":3})", R"({"a":"1"})"},
        {"a = x if y is not 2, 3", R"({"x":"1","y":3})", "{}"},
        {"a = x if y is \"t*o\" and z", R"({"x":"1","y":"two","z":"1"})", R"({"a":"1"})"},
        {"a = x if y is \"t*o\" and not z", R"({"x":"1","y":"two","z":"1"})", "{}"},
        {"[fields if y]\na = x\n[fields]\nb = x", R"({"x":"1"})", R"({"b":"1"})"},
        {"b = x\n[fields if y is 1]\na = x if z", R"({"x":"1","y":"1","z":"1"})", R"({"b":"1","a":"1"})"},
        {"$v = \"p\" if x is 1\n$v = \"q\"\n$v.a = x", R"({"x":1})", R"({"p":{"a":"1"}})"},
        {"$v = \"p\" if x is 1\n$v = \"q\"\n$v.a = x", R"({"x":2})", R"({"q":{"a":"2"}})"},
    });
}

TEST(Mapping, LooksUpWhatHappened) {
    const std::string table =
        "[lookup x | y : lower]\n"
        "action      | $kind   | $class\n"
        "user created | user creation | 3\n"
        "user *      | user    | -\n"
        "*           | -       | 0\n"
        "[lookup z]\n"
        "z | $class\n"
        "1 | 9\n"
        "[fields]\n"
        "a = $kind : words\n"
        "b = $class : integer\n";
    check({
        {table.c_str(), R"({"x":"User created"})", R"({"a":["user","creation"],"b":3})"},
        {table.c_str(), R"({"x":"Nothing","y":"USER Created"})", R"({"a":["user","creation"],"b":3})"},
        {table.c_str(), R"({"x":"User gone"})", R"({"a":["user"]})"},
        {table.c_str(), R"({"x":"User gone","z":"1"})", R"({"a":["user"],"b":9})"},
        {table.c_str(), R"({"z":"1"})", R"({"b":0})"},
        {table.c_str(), R"({"x":["user"]})", R"({"b":0})"},
    });
}

TEST(Mapping, RefersToWhatItHasMapped) {
    check({
        {"a.b = x | y\nc[] = @a.b + z", R"({"y":"1","z":"2"})", R"({"a":{"b":"1"},"c":["1","2"]})"},
        {"c[] = @a.b\na.b = x if y", R"({"x":"1"})", "{}"},
        {"a = x\nb = @a if @a is 1", R"({"x":"1"})", R"({"a":"1","b":"1"})"},
    });
}

TEST(Mapping, KeepsWhatHasNoPlace) {
    check({
        {"a = x.y\nb[] = l[].m\nrest = $rest",
         R"({"x":{"y":"1","z":"2"},"l":[{"m":"3"},{"m":"4","n":5}],"e":"","o":[]})",
         R"({"a":"1","b":["3","4"],"rest":{"x":{"z":"2"},"l":[{"m":"4","n":5}]}})"},
        {"a = x : copy\nrest = $rest", R"({"x":{"y":[1]}})", R"({"a":{"y":[1]}})"},
        {"a = x\nrest = $rest", R"({"x":["odd"]})", R"({"rest":{"x":["odd"]}})"},
    });
}

TEST(Mapping, IncludesOthers) {
    tables["other"] = "a = x\n";
    EXPECT_EQ(mapped("include other\nb = x", R"({"x":"1"})"), R"({"a":"1","b":"1"})");
    tables["self"] = "include self\n";
    EXPECT_NE(mistake_in("include self").find("includes itself"), std::string::npos);
    EXPECT_NE(mistake_in("include none").find("no table 'none'"), std::string::npos);
}

TEST(Mapping, TellsMistakesWithTheirLine) {
    const std::pair<const char*, const char*> cases[] = {
        {"\na b", "test.map:2: a rule is"},
        {"a =", "a rule is"},
        {"a = x |", "nothing behind the last '|'"},
        {"a = x y", "'y' where"},
        {"a = x : nonsense", "no transform 'nonsense'"},
        {"a = x + y", "+ is for lists"},
        {"a[] = x + y | z", "| and + in one line"},
        {"a = $none", "'$none' is set by nothing above"},
        {"a = @none", "'@none' is no single value"},
        {"a = @b\nb = x if @c\nc = \"{@a}\"", "refers to itself in the end"},
        {"a = x\na.b = y", "holds a value already"},
        {"a.b = x\na = y", "is an object by another line"},
        {"a = x\na[] = y", "a list in one line"},
        {"a = o[t.x", "no ] at its end"},
        {"a = o[t]", "MEMBER=VALUE"},
        {"a = \"x", "no \" at its end"},
        {"a = \"{x\"", "{ without"},
        {"a = x if", "'if' and no condition"},
        {"a = x if y is", "'is' and no value"},
        {"a = x if y z", "'z' where 'is' or 'and'"},
        {"a = 1.5x", "no whole number"},
        {"a = x..y", "a dot too many"},
        {"  a = x", "belongs to the list above"},
        {"[other]", "a section is"},
        {"[lookup x]\na | b", "column 'b'"},
        {"[lookup x]\na | $b\nc", "1 cells instead of 2"},
        {"[lookup x]\na | $b\nc | d\nc | e", "'c' stands here twice"},
    };
    for (const auto& [table, what] : cases) {
        const auto mistake = mistake_in(table);
        EXPECT_NE(mistake.find(what), std::string::npos) << table << "\n" << mistake;
        EXPECT_NE(mistake.find("mappings/test.map"), std::string::npos) << mistake;
    }
}

TEST(Mapping, IsGoodInEveryTableOfTheProgram) {
    const auto names = mapping_tables();
    std::string all;
    for (const auto name : names) {
        all += mapping_table(name);
    }
    int whole = 0;
    for (const auto name : names) {
        if (all.find("include " + std::string{name} + "\n") == std::string::npos) {  // a part is read with its whole
            EXPECT_NO_THROW(static_cast<void>(parse_mapping(name, mapping_table))) << name;
            ++whole;
        }
    }
    EXPECT_EQ(whole, 8) << "one of each format for each shape of records";
}

}  // namespace aquila::formats_mapping_test
