// An output in a bucket: runs that die at every step, whose put may have come through or not, and healthy ones after
// them: every record once over all objects.
#include "aquila_fetch/bucket_sink.hpp"
#include "aquila_fetch/fingerprint.hpp"
#include "aquila_fetch/packed.hpp"
#include "support/fakes.hpp"
#include "support/rig.hpp"

#include <map>
#include <memory>

#include <gtest/gtest.h>

namespace aquila::collect_bucket_test {

using namespace std::chrono_literals;
using test::dying_at;
using test::failing_at;
using test::FakeClock;
using test::FakeLog;
using test::FakeTransport;
using test::Fate;
using test::holds_exactly;
using test::http_answer;
using test::http_stored;
using test::Killed;
using test::noon;

class BucketRig {
  public:
    explicit BucketRig(std::string_view product) : log{product} {
        log::configure({log::Level::off, log::Format::text});
    }

    /// False: it died, or could not reach the bucket.
    bool run(Fate fate = {}) {
        FakeTransport transport{[&](const Request& request) { return answer(request, fate); }};
        ObjectStore store{
            {"logs", "https://s3.example.com/logs", "eu-west-1"}, {"id", {}, {}}, transport, clock, [this] {
                return retries;
            }};
        const auto save = [&](const State& state) {
            fate.step();
            saved = to_text(state);
            fate.step();
        };
        wish.now = log.now;
        State state = saved.empty() ? State{} : state_from_text(saved, "saved");
        try {
            BucketSink sink{{"logs", "p/"}, "jira", packing, folder.path(), store};
            const auto torn = recover(
                state, [&sink](const Announcement& announced) { return sink.find(announced); }, save);
            EXPECT_EQ(torn, "");
            tally = collect({log.source, wish, limits, log.fetcher(), save, [] {}}, state, sink, torn);
        } catch (const Killed&) {
            return false;
        } catch (const Failure& failure) {
            EXPECT_TRUE(fate.fails()) << failure.what();
            return false;
        }
        EXPECT_TRUE(folder.names().empty()) << folder.names().front() << " is in the spool still";
        return true;
    }

    [[nodiscard]] std::vector<std::string> written() const {
        std::vector<std::string> bodies;
        for (const auto& [key, object] : objects) {
            PackedReader reader{object, key};
            std::string text(std::size_t{1} << 20U, '\0');
            text.resize(reader.read(text));
            for (std::size_t end = 0; (end = text.find('\n')) != std::string::npos; text.erase(0, end + 1)) {
                const auto suffix =
                    log.source.name == std::string_view{"jira"} ? text.rfind(",\"offset\":", end) : end - 1;
                bodies.push_back(text.substr(0, suffix) + "}");
            }
        }
        std::sort(bodies.begin(), bodies.end());
        return bodies;
    }

    void fill(int round) {
        for (int i = 0; i < 6; ++i) {
            log.add(noon + round * 10min + (i / 2) * 1min, fmt::format("text {}.{}", round, i % 3 == 2 ? 1 : i));
        }
        log.now = noon + round * 10min + 5min;
        limits.page_size = 4;
        limits.pages = 1;
    }

    FakeLog log;
    Packing packing = Packing::zstd;
    std::map<std::string, std::string> objects;
    test::Scratch folder{std::filesystem::exists("/dev/shm") ? "/dev/shm" : std::filesystem::temp_directory_path()};
    std::string saved;
    Tally tally;
    int puts = 0;
    std::optional<Response> refusal;  ///< of every put
    std::uint64_t retries_per_put = 0;

  private:
    Response answer(const Request& request, Fate& fate) {
        const auto key = request.url.substr(std::string_view{"https://s3.example.com/logs/"}.size());
        fate.step();
        if (request.method == "PUT") {
            ++puts;
            retries += retries_per_put;
            if (refusal) {
                return *refusal;
            }
            const auto [object, is_new] = objects.emplace(key, request.body);
            EXPECT_TRUE(is_new || object->second == request.body) << "never other bytes under the same name";
            fate.step();
            return http_stored();
        }
        const auto found = objects.find(key);
        return found == objects.end() ? http_answer(404, "<Code>NoSuchKey</Code>") : http_answer(200, found->second);
    }

    std::uint64_t retries = 0;
    FakeClock clock;
    Wish wish{{}, 24h, 1h, std::nullopt, std::nullopt};
    SliceLimits limits;
};

class BucketCrash : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Products, BucketCrash, testing::Values("jira", "confluence", "datacenter", "organization"),
                         [](const auto& product) { return std::string{product.param}; });

TEST_P(BucketCrash, AtEveryStepLeavesEachRecordOnce) {
    for (const auto fate : {dying_at, failing_at}) {
        bool alive = false;
        for (std::size_t step = 0; !alive; ++step) {
            for (std::size_t second = 0; second < 8; ++second) {
                BucketRig rig{GetParam()};
                rig.packing = second % 2 == 0 ? Packing::zstd : Packing::none;
                rig.fill(0);
                ASSERT_TRUE(rig.run());
                rig.fill(1);
                alive = rig.run(fate(step));
                static_cast<void>(rig.run(dying_at(second)));
                ASSERT_TRUE(rig.run());
                ASSERT_TRUE(holds_exactly(rig.written(), rig.log.bodies())) << "steps " << step << ", " << second;
                const int puts = rig.puts;
                ASSERT_TRUE(rig.run());
                ASSERT_EQ(rig.tally.written, 0);
                ASSERT_EQ(rig.puts, puts) << "what is new to nobody is no object";
            }
        }
    }
}

/// A first run that died right after its put: the answer did not come.
std::unique_ptr<BucketRig> died_after_put(const char* product) {
    for (std::size_t step = 0;; ++step) {
        auto rig = std::make_unique<BucketRig>(product);
        rig->fill(0);
        EXPECT_FALSE(rig->run(dying_at(step)));
        if (rig->puts > 0) {
            return rig;
        }
    }
}

TEST_P(BucketCrash, WhatWasPutIsPutAgainByteForByte) {
    const auto rig = died_after_put(GetParam());
    const auto objects = rig->objects;
    ASSERT_EQ(objects.size(), 1);
    rig->log.respell("text 0.0", "otherwise now");
    ASSERT_TRUE(rig->run());
    EXPECT_EQ(rig->objects.at(objects.begin()->first), objects.begin()->second);
    EXPECT_GE(rig->puts, 2);
}

TEST_P(BucketCrash, ASpoolThatIsGoneIsAskedForInTheBucket) {
    for (const bool is_there : {true, false}) {
        const auto rig = died_after_put(GetParam());
        for (const auto& name : rig->folder.names()) {
            std::filesystem::remove(rig->folder / name);
        }
        if (!is_there) {
            rig->objects.clear();
        }
        ASSERT_TRUE(rig->run());
        EXPECT_TRUE(holds_exactly(rig->written(), rig->log.bodies()));
    }
}

TEST_P(BucketCrash, ARefusedFirstPutBindsNobodyToThatBucket) {
    for (const bool retried : {false, true}) {
        BucketRig rig{GetParam()};
        rig.fill(0);
        rig.refusal = http_answer(404, "<Code>NoSuchBucket</Code>");
        rig.retries_per_put = retried ? 1 : 0;
        Fate mistyped;
        mistyped.fail_at(1000);
        ASSERT_FALSE(rig.run(mistyped));
        EXPECT_EQ(state_from_text(rig.saved, "saved").announced.has_value(), retried) << "nothing can be there";
        EXPECT_EQ(rig.folder.names().empty(), !retried);
        rig.refusal.reset();
        ASSERT_TRUE(rig.run());
        EXPECT_TRUE(holds_exactly(rig.written(), rig.log.bodies()));
    }
}

class BucketSinkFind : public testing::Test {
  protected:
    BucketSinkFind() {
        log::configure({log::Level::off, log::Format::text});
        announced.place = {"s3://logs/source=jira/undated/x.ndjson", 0, 0, 5, fingerprint("bytes"), Packing::none};
    }
    [[nodiscard]] Failure failure_with(const Response& response) {
        FakeTransport transport{{response}};
        ObjectStore store{{"logs", "https://s3.example.com/logs", "eu-west-1"}, {"id", {}, {}}, transport, clock};
        BucketSink sink{{"logs", ""}, "jira", Packing::none, folder.path(), store};
        try {
            static_cast<void>(sink.find(announced));
        } catch (const Failure& failure) {
            return failure;
        }
        return {Exit::ok, "none"};
    }
    test::Scratch folder;
    FakeClock clock;
    Announcement announced;
};

TEST_F(BucketSinkFind, WithoutSpoolSomebodyElsesBytesAreNoAnswer) {
    EXPECT_EQ(failure_with(http_answer(200, "bytes")).code(), Exit::ok);
    EXPECT_EQ(failure_with(http_answer(404, "<Code>NoSuchKey</Code>")).code(), Exit::ok);
    EXPECT_EQ(failure_with(http_answer(200, "<html>log in")).code(), Exit::protocol);
    const auto refused = failure_with(http_answer(403, "<Code>AccessDenied</Code>"));
    EXPECT_EQ(refused.code(), Exit::refused);
    EXPECT_NE(refused.hint().find("s3:GetObject and s3:ListBucket"), std::string::npos) << refused.hint();
}

TEST_F(BucketSinkFind, AnotherStoreIsNotTheOneAnnounced) {
    announced.place.device = fingerprint("https://s3.example.com/logs");
    EXPECT_EQ(failure_with(http_answer(200, "bytes")).code(), Exit::ok);
    announced.place.device = fingerprint("https://elsewhere.example.com/logs");
    const auto failure = failure_with(http_answer(200, "bytes"));
    EXPECT_EQ(failure.code(), Exit::config);
    EXPECT_NE(failure.hint().find("s3_endpoint"), std::string::npos) << failure.hint();
}

TEST(BucketSink, AnotherBucketsAnnouncementIsNotPutHere) {
    const test::Scratch folder;
    FakeClock clock;
    FakeTransport transport{{http_answer(200)}};
    ObjectStore store{{"logs", "https://s3.example.com/logs", "eu-west-1"}, {"id", {}, {}}, transport, clock};
    BucketSink sink{{"logs", ""}, "jira", Packing::zstd, folder.path(), store};
    Announcement announced;
    announced.place.path = "s3://others/key";
    try {
        static_cast<void>(sink.find(announced));
        ADD_FAILURE();
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.code(), Exit::config);
        EXPECT_NE(failure.hint().find("s3://others/"), std::string::npos) << failure.hint();
    }
    EXPECT_TRUE(transport.requests.empty());
    EXPECT_THROW(static_cast<void>(find_tail(announced, folder / "out.json")), Failure)
        << "nor is it looked for in files";
}

}  // namespace aquila::collect_bucket_test
