// SPDX-License-Identifier: Apache-2.0
#include "config/node_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/config/policy_dir.h"

namespace stockade::config {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(NodeConfig, AMissingFileGivesDefaultsUnlessItIsRequired) {
  const PolicyDir dir;
  const auto config = LoadNodeConfig(dir.File("none.json"), /*required=*/false);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->path, "");
  EXPECT_EQ(config->default_delegate, "runc");
  EXPECT_EQ(config->state_directory, "/run/stockade");
  const auto required = LoadNodeConfig(dir.File("none.json"), /*required=*/true);
  ASSERT_FALSE(required);
  EXPECT_EQ(required.error().kind, base::ErrorKind::kPolicy);
  EXPECT_THAT(required.error().message, HasSubstr("none.json: no such file"));
}

TEST(NodeConfig, ReadsEachKey) {
  const PolicyDir dir;
  dir.Write("c.json", R"({
    "$schema": "x", "comment": "y",
    "defaultDelegate": "crun",
    "delegates": {"crun": "/opt/bin/crun", "my.runc-1_2": "/usr/sbin/runc"},
    "classDirectories": ["/a", "/b"],
    "stateDirectory": "/run/other",
    "apparmorDefaultProfile": "mine",
    "idPool": {"first": 100000, "count": 655360, "comment": "ten pods"}})");
  const auto config = LoadNodeConfig(dir.File("c.json"), true);
  ASSERT_TRUE(config) << config.error().Text();
  EXPECT_EQ(config->path, dir.File("c.json"));
  EXPECT_EQ(config->default_delegate, "crun");
  EXPECT_EQ(config->delegates.at("crun"), "/opt/bin/crun");
  EXPECT_EQ(config->delegates.at("my.runc-1_2"), "/usr/sbin/runc");
  EXPECT_THAT(config->class_directories, ElementsAre("/a", "/b"));
  EXPECT_EQ(config->state_directory, "/run/other");
  EXPECT_EQ(config->apparmor_default, "mine");
  ASSERT_TRUE(config->id_pool);
  EXPECT_EQ(config->id_pool->first, 100000U);
  EXPECT_EQ(config->id_pool->count, 655360U);
  EXPECT_EQ(config->id_pool->origin, dir.File("c.json") + ":8");
}

TEST(NodeConfig, RefusesWhatIsWrongAndNamesIt) {
  const struct {
    const char* text;
    const char* error;
  } kCases[] = {
      {"[]", "not an object"},
      {"{", "c.json:1: "},
      {"{\n\"defaultDelegat\": \"x\"}", "c.json:2: /defaultDelegat: unknown key"},
      {"{\"defaultDelegate\": \"/usr/bin/runc\"}", "is not the name of a delegate"},
      {"{\"defaultDelegate\": \"\"}", "is not the name of a delegate"},
      {"{\"defaultDelegate\": null}", "not a text"},
      {"{\"delegates\": []}", "/delegates: not an object"},
      {"{\"delegates\": {\"a b\": \"/x\"}}", "/delegates/a b: not the name"},
      {"{\"delegates\": {\"a/b\": \"/x\"}}", "/delegates/a~1b: not the name"},
      {"{\"delegates\": {\"a\": \"runc\"}}", "/delegates/a: \"runc\" is not an absolute path"},
      {"{\"delegates\": {\"a\": \"/usr/../runc\"}}", "is not an absolute path"},
      {"{\"delegates\": {\"a\": \"/x\", \"a\": \"/y\"}}", "stands twice"},
      {"{\"classDirectories\": \"/a\"}", "not an array"},
      {"{\"classDirectories\": [\"a\"]}", "/classDirectories/0: \"a\" is not an absolute path"},
      {"{\"stateDirectory\": \"run\"}", "is not an absolute path"},
      {"{\"stateDirectory\": 1.5}", "not a 64-bit integer"},
      {"{\"idPool\": 100000}", "/idPool: not an object"},
      {"{\"idPool\": {\"first\": 100000}}", "the key \"count\" is missing"},
      {"{\"idPool\": {\"count\": 65536}}", "the key \"first\" is missing"},
      {"{\"idPool\": {\"first\": 65535, \"count\": 65536}}", "65535 is not from 65536"},
      {"{\"idPool\": {\"first\": 65536, \"count\": 65535}}", "65535 is not from 65536"},
      {"{\"idPool\": {\"first\": -1, \"count\": 65536}}", "not an integer from 65536"},
      {"{\"idPool\": {\"first\": \"65536\", \"count\": 65536}}", "not an integer from 65536"},
      {"{\"idPool\": {\"first\": 4294901760, \"count\": 65536}}", "is not from 65536"},
      {"{\"idPool\": {\"first\": 4294901759, \"count\": 65537}}",
       "/idPool: ends at 4294967295, beyond the last user id 4294967294"},
  };
  const PolicyDir dir;
  for (const auto& test : kCases) {
    dir.Write("c.json", test.text);
    const auto config = LoadNodeConfig(dir.File("c.json"), false);
    ASSERT_FALSE(config) << test.text;
    EXPECT_EQ(config.error().kind, base::ErrorKind::kPolicy);
    EXPECT_THAT(config.error().Text(), AllOf(HasSubstr(test.error), HasSubstr("c.json")))
        << test.text;
  }
}

TEST(NodeConfig, TheFileMustBeTheAdministrators) {
  const PolicyDir dir;
  dir.Write("c.json", "{}", 0666);
  const auto config = LoadNodeConfig(dir.File("c.json"), false);
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().Text(), HasSubstr("chmod go-w"));
}

}  // namespace
}  // namespace stockade::config
