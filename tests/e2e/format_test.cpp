// format = ecs: each record becomes an event that holds it, once, whatever is in it; and every command that reads lines
// finds it there.
#include "e2e/fixture.hpp"

#include "aquila_fetch/time.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace aquila::e2e::format_test {

using Json = nlohmann::json;

class Formats : public ProductTest {
  protected:
    void SetUp() override { configure({{"format", "ecs"}, {"page_size", "100"}}); }

    /// The records that events hold; those of other lines, as they are.
    static std::string records_of(const std::string& text) {
        std::string records;
        for (const auto& line : lines_of(text)) {
            const auto event = Json::parse(line, nullptr, false);
            EXPECT_TRUE(event.is_object()) << line;
            const bool is_ecs = event.contains("event");
            const bool is_ocsf = event.contains("raw_data");
            records += (is_ecs    ? event["event"]["original"].get<std::string>()
                        : is_ocsf ? event["raw_data"].get<std::string>()
                                  : line) +
                       "\n";
        }
        return records;
    }
    /// A record as the product spells them, but for what matters to the test.
    [[nodiscard]] std::string record(int id, const std::string& value) {
        const auto time = ago(std::chrono::minutes{id});
        const auto iso = format_instant(Instant{Span{time}}).substr(0, 23);
        switch (product) {
            case Product::jira:
                return fmt::format(
                    R"({{"id":{0},"created":"{1}+0000","summary":{2},"objectItem":{2},"changedValues":{2},)"
                    R"("associatedItems":{2},"remoteAddress":{2},"authorAccountId":{2}}})",
                    id, iso, value);
            case Product::confluence:
                return fmt::format(R"({{"creationDate":{1},"summary":{2},"author":{2},"affectedObject":{2},)"
                                   R"("changedValues":{2},"associatedObjects":{2},"n":{0}}})",
                                   id, time, value);
            case Product::organization:
                return fmt::format(
                    R"({{"id":"hostile-{0}","message":{2},"attributes":{{"time":"{1}Z","processedAt":"{1}Z",)"
                    R"("actor":{2},"context":{2},"location":{2},"action":{2}}}}})",
                    id, iso, value);
            default:
                return fmt::format(
                    R"({{"timestamp":"{1}Z","author":{2},"type":{2},"affectedObjects":{2},"changedValues":{2},)"
                    R"("source":{2},"system":{2},"extraAttributes":{2},"n":{0}}})",
                    id, iso, value);
        }
    }
};
FOR_EVERY_PRODUCT(Formats);

TEST_P(Formats, HoldEveryRecordOnce) {
    generate(450);
    EXPECT_EQ(collect().out, "Flattened 450 records into " + output_path() + "\n");
    generate(30, 30s, 1s);
    EXPECT_EQ(collect().out, "Flattened 30 records into " + output_path() + "\n");
    const auto text = read(output_path());
    EXPECT_TRUE(exact(records_of(text)));
    for (const auto& line : lines_of(text)) {
        const auto event = Json::parse(line);
        EXPECT_TRUE(event["@timestamp"].is_string()) << line;
        EXPECT_EQ(event["event"]["kind"], "event");
        EXPECT_TRUE(event["event"]["id"].is_string()) << line;
        EXPECT_TRUE(event["event"]["type"].is_array()) << line;
        EXPECT_EQ(line.find("\"offset\":"), std::string::npos) << line;
    }
    const auto verified = run({"verify", "--since", "2d"});
    EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
}

TEST_P(Formats, TakeWhateverIsInARecord) {
    int id = 1;
    for (const auto* const value :
         {"null", "[]", "{}", "[[[]]]", R"([{"name":null,"typeName":7,"type":[]}])", R"("cut \ud83e off")",
          "\"\xC3\x28\"", "123456789012345678901234567890", "-1.5e-7", R"("\u0000\n\"\\")", "true"}) {
        sim.add(product, record(++id, value));
    }
    sim.add(product, record(++id, "\"" + std::string(std::size_t{1} << 20U, 'x') + "\""));
    const auto done = collect();
    EXPECT_TRUE(done.says("surrogate")) << "some were repaired";
    const auto lines = lines_of(read(output_path()));
    EXPECT_EQ(lines.size(), static_cast<std::size_t>(id - 1));
    EXPECT_EQ(lines_of(records_of(read(output_path()))).size(), lines.size());
    const auto verified = run({"verify", "--since", "1d"});
    EXPECT_EQ(verified.status, 0) << verified.out.substr(0, 2000) << verified.err;
    EXPECT_EQ(collect().out, "Flattened 0 records into " + output_path() + "\n");
}

TEST_P(Formats, MayChangeFromRunToRun) {
    for (const auto* const format : {"flattened", "ecs", "flattened", "ocsf", "ecs"}) {
        configure({{"format", format}});
        generate(25, 30s, 1s);
        EXPECT_EQ(collect().out, "Flattened 25 records into " + output_path() + "\n");
    }
    EXPECT_TRUE(exact(records_of(read(output_path()))));
    const auto verified = run({"verify", "--since", "1d"});
    EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
}

TEST_P(Formats, AreShownByADryRun) {
    generate(60);
    const auto shown = collect({"--dry-run"}).out;
    EXPECT_TRUE(exact(records_of(shown)));
    collect();
    EXPECT_EQ(read(output_path()), shown) << "the same record, the same line";
}

TEST_P(Formats, FillTheNewestPage) {
    generate(60);
    configure({{"format", "ecs"}, {"output_mode", "replace"}});
    collect();
    EXPECT_EQ(lines_of(records_of(read(output_path()))).size(), 60U);
    EXPECT_TRUE(Json::parse(lines().front())["event"]["original"].is_string());
}

TEST_P(Formats, AreToldByEveryCommand) {
    collect();
    const auto status = Json::parse(run({"status", "--json"}).out);
    EXPECT_EQ(status["sources"][0]["format"], "ecs");
    EXPECT_NE(run({"status"}).out.find("), ecs\n"), std::string::npos) << run({"status"}).out;
    const auto checked = run({"check"});
    EXPECT_NE(checked.out.find("ecs: each record as an event"), std::string::npos) << checked.out;
    const auto sources = Json::parse(run({"sources", "--json"}).out);
    EXPECT_EQ(sources["sources"][0]["format"], "ecs");
}

TEST_P(Formats, AreLookedThroughForWhatIsMissing) {
    generate(40);
    collect();
    auto kept = lines();
    kept.erase(kept.begin() + 7);
    kept.push_back(kept[3]);
    scratch.write("out/flattened.json", fmt::format("{}\n", fmt::join(kept, "\n")));
    const auto verified = run({"verify", "--since", "1d", "--json"});
    EXPECT_EQ(verified.status, 1) << verified.err;
    const auto found = Json::parse(verified.out);
    EXPECT_EQ(found["missing"]["records"], 1);
    EXPECT_EQ(found["duplicated"]["records"], 1);
    EXPECT_EQ(found["damaged"]["records"], 0);
}

}  // namespace aquila::e2e::format_test
