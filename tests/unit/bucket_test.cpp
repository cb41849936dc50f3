#include "aquila_fetch/bucket.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace aquila::bucket_test {

Instant at(const char* text) {
    return parse_instant(text).value();
}
std::vector<Key> keys(const std::vector<const char*>& times) {
    std::vector<Key> list;
    for (const char* time : times) {
        list.push_back(key_of_bytes(time == nullptr ? undated : at(time), "x"));
    }
    return list;
}
const BucketName logs{"logs", "audit/"};

TEST(Bucket, IsTakenApart) {
    for (const auto& [output, bucket, prefix] : {std::tuple{"s3://logs", "logs", ""},
                                                 {"s3://logs/", "logs", ""},
                                                 {"s3://logs/audit", "logs", "audit/"},
                                                 {"s3://lo.gs/a/b/", "lo.gs", "a/b/"}}) {
        EXPECT_EQ(bucket_problem(output), "") << output;
        EXPECT_EQ(parse_bucket(output).bucket, bucket);
        EXPECT_EQ(parse_bucket(output).prefix, prefix);
    }
    EXPECT_EQ(logs.url_of("k"), "s3://logs/k");
}

TEST(Bucket, ThatCouldMeanSomethingElseIsRefused) {
    for (const auto* output :
         {"s3://", "s3:///x", "s3://ab", "s3://Logs/", "s3://lo gs", "s3://user@logs", "s3://a..b/", "s3://.logs/",
          "s3://logs//x", "s3://logs/../x", "s3://logs/a/./b", "s3://logs/a?b", "s3://logs/a#b", "s3://logs/a%2Fb",
          "s3://logs/a b", "s3://logs/\x01"}) {
        EXPECT_NE(bucket_problem(output), "") << output;
    }
}

TEST(ObjectKey, TellsSourceDayTimesAndContent) {
    const auto list = keys({"2026-04-12T16:28:36.943Z", "2026-04-12T16:00:00Z", "2026-04-13T00:00:00.001Z"});
    const std::string text = "one\n";
    EXPECT_EQ(object_key(logs, "jira", {text, list, 17}, Packing::zstd),
              "audit/source=jira/year=2026/month=04/day=12/20260412T160000.000Z-20260413T000000.001Z-0000000017-"
              "2c8b08da5ce60398e1f19af0e5dccc74.ndjson.zst");
    EXPECT_EQ(sha256_hex(text).substr(0, 32), "2c8b08da5ce60398e1f19af0e5dccc74");
    EXPECT_TRUE(object_key(logs, "jira", {text, list, 17}, Packing::gzip).ends_with(".ndjson.gz"));
    EXPECT_TRUE(object_key(logs, "jira", {text, list, 17}, Packing::none).ends_with(".ndjson"));
}

TEST(ObjectKey, IsTheSameForTheSameAndNeverForAnother) {
    const auto list = keys({"2026-04-12T16:28:36.943Z"});
    const auto key = [&](const char* source, const char* text, std::uint64_t before) {
        return object_key(logs, source, {text, list, before}, Packing::zstd);
    };
    EXPECT_EQ(key("a", "x\n", 1), key("a", "x\n", 1));
    EXPECT_NE(key("a", "x\n", 1), key("a", "y\n", 1));
    EXPECT_NE(key("a", "x\n", 1), key("b", "x\n", 1));
    EXPECT_NE(key("a", "x\n", 1), key("a", "x\n", 2)) << "an equal twin that came later is not the first one";
}

TEST(ObjectKey, WithoutTimesIsKeptApart) {
    const auto list = keys({nullptr, nullptr});
    const auto key = object_key(logs, "jira", {"one\n", list, 3}, Packing::zstd);
    EXPECT_TRUE(key.starts_with("audit/source=jira/undated/0000000003-")) << key;
    EXPECT_EQ(times_of(key), std::nullopt);
    const auto mixed = keys({nullptr, "2026-04-12T16:28:36.943Z"});
    EXPECT_NE(object_key(logs, "jira", {"one\n", mixed, 3}, Packing::zstd).find("day=12/20260412"), std::string::npos);
}

TEST(ObjectKey, TellsItsTimes) {
    const auto list = keys({"2026-04-12T16:28:36.943Z", "2026-04-14T16:00:00Z"});
    const auto times = times_of(object_key(logs, "jira", {"one\n", list, 0}, Packing::zstd));
    ASSERT_TRUE(times);
    EXPECT_EQ(times->first, list[0].time);
    EXPECT_EQ(times->second, list[1].time);
    for (const auto* strange :
         {"", "x", "a/b/c.ndjson.zst", "20260412T160000.000Z", "20269912T160000.000Z-20260413T000000.001Z-1",
          "20260413T160000.000Z-20260412T000000.001Z-1"}) {
        EXPECT_EQ(times_of(strange), std::nullopt) << strange;
    }
}

TEST(ObjectKey, IsEncodedButForItsSlashes) {
    EXPECT_EQ(encode_key("a/source=jira/x y+~.z"), "a/source%3Djira/x%20y%2B~.z");
    EXPECT_EQ(encode_key(""), "");
    EXPECT_EQ(encode_key("a/"), "a/");
}

TEST(ObjectKey, IsToldFromOthersByItsEnding) {
    for (const auto* key : {"a/1.ndjson", "1.ndjson.gz", "1.ndjson.zst"}) {
        EXPECT_TRUE(may_be_ours(key)) << key;
    }
    for (const auto* key : {"a/", "a/_SUCCESS", "1.ndjson.zst.tmp", "1.json", ""}) {
        EXPECT_FALSE(may_be_ours(key)) << key;
    }
}

}  // namespace aquila::bucket_test
