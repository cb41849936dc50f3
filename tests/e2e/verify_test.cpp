// `verify` over what the program itself has collected: which window is compared, and how records are named.
#include "e2e/fixture.hpp"

#include <nlohmann/json.hpp>

namespace aquila::e2e::verify_test {

using nlohmann::json;

class Verify : public ProductTest {
  protected:
    void SetUp() override {
        generate(20);
        collect();
    }
    json verified(const Strings& more) {
        Strings arguments{"verify", "--json"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return json::parse(run(arguments).out);
    }
};
FOR_EVERY_PRODUCT(Verify);

TEST_P(Verify, TellsWhatWasAskedForAndNotCollected) {
    const auto done = run({"verify", "--since", "7d"});
    EXPECT_EQ(done.status, 0) << done.err;
    EXPECT_TRUE(done.out.starts_with("asked for from ")) << done.out;
    EXPECT_NE(done.out.find("; collected only since "), std::string::npos) << done.out;
    const auto told = verified({"--since", "7d"});
    EXPECT_LT(told.at("asked_from").get<std::string>(), told.at("from").get<std::string>());
    EXPECT_EQ(told.at("asked_to"), told.at("to"));
}

TEST_P(Verify, OfTheLastDayWhereNoWindowIsAskedFor) {
    EXPECT_EQ(run({"verify"}).out.find("asked for"), std::string::npos);
    const auto told = verified({});
    EXPECT_EQ(told.at("asked_from"), told.at("from"));
    EXPECT_EQ(told.at("on_server"), 20);
}

TEST_P(Verify, NamesAMissingRecordOfJiraByItsId) {
    const auto text = read(output_path());
    const auto end = text.find('\n') + 1;
    const auto record = json::parse(text.substr(0, end));
    scratch.write("out/flattened.json", text.substr(end));
    const auto done = run({"verify"});
    EXPECT_EQ(done.status, 1) << done.out;
    EXPECT_TRUE(done.says("logrotate")) << done.err;
    if (product == Product::jira) {
        EXPECT_NE(done.out.find("  id " + record.at("id").dump() + "\n"), std::string::npos) << done.out;
    }
}

}  // namespace aquila::e2e::verify_test
