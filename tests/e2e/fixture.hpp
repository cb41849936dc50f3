// Why: what nearly every end-to-end test needs: an Atlassian, a folder, a configuration, and the comparison of what the
// server holds with what is in the files.
// Must not know: what a single test is about.
#pragma once

#include "e2e/program.hpp"
#include "support/scratch.hpp"
#include "support/sim.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <thread>

#include <gtest/gtest.h>

namespace aquila::e2e {

using namespace std::chrono_literals;
using sim::Product;

inline constexpr std::string_view email = "admin@example.com";
inline constexpr std::string_view token = "sim-token";
inline constexpr std::string_view bearer = "sim-bearer";  ///< of an organisation, and a personal access token

/// The program's clock will be off by so much.
inline void shift_clock(Launch& call, std::chrono::seconds shift) {
    call.environment.emplace_back("LD_PRELOAD=" AQUILA_FETCH_CLOCK_MODULE);
    call.environment.push_back("AQUILA_FETCH_CLOCK_SHIFT=" + std::to_string(shift.count()));
    call.environment.emplace_back("ASAN_OPTIONS=verify_asan_link_order=0");
}

/// On a busy disk fsync takes most of the time, and what it is there for, a power cut, is not tried here.
inline const bool in_memory = [] {
    constexpr std::uintmax_t enough = std::uintmax_t{256} << 20U;
    std::error_code none;
    const bool room = std::filesystem::space("/dev/shm", none).available >= enough && !none;
    return room && ::access("/dev/shm", W_OK | X_OK) == 0 && ::setenv("TMPDIR", "/dev/shm", 0) == 0;
}();

/// Of one section of the INI; an empty value leaves the key out.
using Keys = std::map<std::string, std::string>;

inline Strings lines_of(std::string_view text) {
    Strings lines;
    for (; !text.empty(); text.remove_prefix(std::min(text.size(), lines.back().size() + 1))) {
        lines.emplace_back(text.substr(0, text.find('\n')));
    }
    return lines;
}

/// A Jira line as the server sent it: without the offset and the total of its page, which end it.
inline std::string as_sent(const std::string& line) {
    const auto at = line.rfind(",\"offset\":");
    return at == std::string::npos ? line : line.substr(0, at) + "}";
}

class ProgramTest : public testing::Test {
  protected:
    explicit ProgramTest(Product tested = Product::jira) : product{tested} {
        const bool cloud = product == Product::jira || product == Product::confluence;
        scratch.write("token", std::string{cloud ? token : bearer} + "\n");
        sim.configure(
            [](auto& settings) { settings.self_noise = false; });  // else a log that is read is never all read
    }

    [[nodiscard]] std::string name() const { return std::string{name_of(product)}; }
    [[nodiscard]] std::string gateway_path() {
        const std::string rest = product == Product::jira ? "/rest/api/3/auditing/record" : "/wiki/rest/api/audit";
        return "/ex/" + name() + "/" + sim.cloud_id() + rest;
    }
    /// Part of every request for audit records, and of no other: for faults.
    [[nodiscard]] std::string log_path() const {
        return product == Product::organization ? "events-stream"
               : product == Product::datacenter ? "/auditing/"
                                                : "/ex/";
    }
    /// A fault (the rest of its JSON object) that requests for audit records meet.
    [[nodiscard]] std::string at_log(const std::string& fault) const {
        return R"({"match":")" + log_path() + "\"," + fault + "}";
    }
    [[nodiscard]] std::string output_path() const { return (scratch / "out" / "flattened.json").native(); }
    [[nodiscard]] std::string checkpoint_path() const {
        return (scratch / "state" / name() / "checkpoint.json").native();
    }

    /// The section that tests begin with, named like its product; `changes` on top.
    [[nodiscard]] std::string section(const Keys& changes = {}, std::string section_name = {}) {
        if (section_name.empty()) section_name = name();
        Keys keys{{"product", name()},
                  {"token_file", (scratch / "token").native()},
                  {"output", output_path()},
                  {"state_dir", (scratch / "state").native()}};
        if (product == Product::organization) {
            keys.insert({{"api_url", sim.url()},
                         {"organization_id", sim::SimSettings{}.organization_id},
                         {"requests_per_minute", "6000"}});
        } else if (product == Product::datacenter) {
            keys.insert({{"site", sim.url()}});
        } else {
            keys.insert({{"cloud_id", sim.cloud_id()}, {"api_url", sim.url()}, {"email", std::string{email}}});
        }
        for (const auto& [key, value] : changes) keys[key] = value;
        std::string text = "[" + section_name + "]\n";
        for (const auto& [key, value] : keys) {
            if (!value.empty()) text.append(key).append(" = ").append(value).append("\n");
        }
        return text;
    }
    void configure(const Keys& changes = {}) { scratch.write("aquila-fetch.ini", section(changes)); }

    [[nodiscard]] Launch launch(const Strings& arguments = {}) {
        if (!std::filesystem::exists(scratch / "aquila-fetch.ini")) configure();
        Launch call{.arguments = {"--config", (scratch / "aquila-fetch.ini").native()},
                    .environment = {"PATH=/usr/bin:/bin", "HOME=" + scratch.path().native(), "NO_PROXY=127.0.0.1"}};
        call.arguments.insert(call.arguments.end(), arguments.begin(), arguments.end());
        return call;
    }
    Outcome run(const Launch& call, Milliseconds bound = 30s) {
        Program program{call};
        auto outcome = program.wait(bound);
        EXPECT_FALSE(outcome.timed_out) << "it had to be killed after " << outcome.took.count() << " ms\n"
                                        << outcome.err;
        return outcome;
    }
    Outcome run(const Strings& arguments = {}) { return run(launch(arguments)); }
    /// A run that must end well.
    Outcome collect(const Strings& arguments = {}) {
        auto outcome = run(arguments);
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        return outcome;
    }

    void generate(std::int64_t count, std::chrono::seconds from = 20h, std::chrono::seconds to = 1min) {
        if (product == Product::organization && !sim.requests().empty()) {
            from = to = 0s;  // a stream is ordered by when events come into it
        }
        sim.generate({.product = product, .count = count, .from = ago(from), .to = ago(to), .seed = ++seed_});
    }
    /// One record of that age.
    void add_one(std::chrono::seconds age) {
        const auto time = ago(age);
        sim.generate({.product = product, .count = 1, .from = time, .to = time, .seed = ++seed_});
    }
    [[nodiscard]] sim::Millis ago(std::chrono::seconds age) { return sim.now() - Milliseconds{age}.count(); }

    [[nodiscard]] static std::string read(const std::filesystem::path& path) {
        std::ifstream file{path, std::ios::binary};
        return {std::istreambuf_iterator<char>{file}, {}};
    }
    [[nodiscard]] Strings lines() const { return lines_of(read(output_path())); }

    /// Requests for audit records, as the server saw them.
    [[nodiscard]] std::vector<sim::SeenRequest> asked() {
        auto all = sim.requests();
        std::erase_if(all, [](const auto& seen) {
            return seen.path.find("audit") == std::string::npos && seen.path.find("/events") == std::string::npos;
        });
        return all;
    }

    /// The texts hold each of the server's records exactly once (as often as the server does), and every line is whole.
    [[nodiscard]] testing::AssertionResult exact(std::string_view text) { return same(text, sim.records(product)); }
    [[nodiscard]] testing::AssertionResult exact() { return exact(read(output_path())); }
    [[nodiscard]] static testing::AssertionResult same(std::string_view text, Strings wanted) {
        if (!text.empty() && text.back() != '\n') return testing::AssertionFailure() << "the last line is torn";
        Strings got = lines_of(text);
        std::transform(got.begin(), got.end(), got.begin(), as_sent);
        std::sort(got.begin(), got.end());
        std::sort(wanted.begin(), wanted.end());
        Strings lost;
        Strings extra;
        std::set_difference(wanted.begin(), wanted.end(), got.begin(), got.end(), std::back_inserter(lost));
        std::set_difference(got.begin(), got.end(), wanted.begin(), wanted.end(), std::back_inserter(extra));
        if (lost.empty() && extra.empty()) return testing::AssertionSuccess();
        return testing::AssertionFailure()
               << wanted.size() << " records at the server, " << got.size() << " lines; " << lost.size() << " lost"
               << (lost.empty() ? "" : ", as " + lost.front()) << "; " << extra.size() << " doubled or foreign"
               << (extra.empty() ? "" : ", as " + extra.front());
    }

    const Product product;
    test::Scratch scratch;
    sim::Sim sim;

  private:
    std::uint64_t seed_ = 0;
};

/// A test for Jira and Confluence alike.
class ProductTest : public ProgramTest, public testing::WithParamInterface<Product> {
  protected:
    ProductTest() : ProgramTest{GetParam()} {}
};

#define FOR_EACH_PRODUCT(suite)                                                                                 \
    INSTANTIATE_TEST_SUITE_P(Cloud, suite,                                                                      \
                             testing::Values(::aquila::sim::Product::jira, ::aquila::sim::Product::confluence), \
                             [](const auto& each) { return std::string{::aquila::sim::name_of(each.param)}; })

#define FOR_EVERY_PRODUCT(suite)                                                                   \
    INSTANTIATE_TEST_SUITE_P(                                                                      \
        Every, suite,                                                                              \
        testing::Values(::aquila::sim::Product::jira, ::aquila::sim::Product::confluence,          \
                        ::aquila::sim::Product::organization, ::aquila::sim::Product::datacenter), \
        [](const auto& each) { return std::string{::aquila::sim::name_of(each.param)}; })

}  // namespace aquila::e2e
