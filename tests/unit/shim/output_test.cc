// SPDX-License-Identifier: Apache-2.0
// What engines and people read: log lines, --version, features.
#include <gmock/gmock.h>

#include "config/base/json.h"
#include "shim/features.h"
#include "shim/runtime_log.h"
#include "shim/version.h"

namespace stockade::shim {
namespace {

using base::Json;
using testing::HasSubstr;

TEST(RuntimeLog, WritesTheLineThatTheShimReads) {
  const std::string line = FormatLogLine(true, "it \"broke\"\nhere", 1700000000);
  EXPECT_EQ(line, R"({"level":"error","msg":"it \"broke\"\nhere","time":"2023-11-14T22:13:20Z"})");
  EXPECT_EQ(Json::parse(line).at("msg"), "it \"broke\"\nhere");
}

// A pod's own words must not move the cursor of whoever reads the error.
TEST(RuntimeLog, ControlCharactersDoNotReachATerminal) {
  EXPECT_EQ(Printable("a\x1b[2J\nb\x7f \xc3\xa9"), "a?[2J?b? \xc3\xa9");
}

TEST(RuntimeLog, WritesTextWhenAsked) {
  EXPECT_EQ(FormatLogLine(false, "broke", 0),
            R"(time="1970-01-01T00:00:00Z" level=error msg="broke")");
}

TEST(Version, IsShapedLikeTheDelegates) {
  const std::string text =
      VersionText("/usr/sbin/runc", "runc version 1.1.5\ncommit: x\nspec: 1.0.2-dev\n");
  EXPECT_THAT(text, testing::StartsWith("stockade version "));
  EXPECT_THAT(text, HasSubstr("\nspec: 1.0.2-dev\n"));
  EXPECT_THAT(text, HasSubstr("\ndelegate: runc version 1.1.5 (/usr/sbin/runc)\n"));
  EXPECT_THAT(VersionText("/x", ""), HasSubstr("spec: unknown"));
}

TEST(Features, KeepsTheDelegatesAndAddsOurs) {
  const auto merged = MergeFeatures(
      R"({"ociVersionMin":"1.0.0","annotations":{"a":"b"},"potentiallyUnsafeConfigAnnotations":["x."]})");
  ASSERT_TRUE(merged);
  const Json features = Json::parse(*merged);
  EXPECT_EQ(features.at("ociVersionMin"), "1.0.0");
  EXPECT_EQ(features.at("annotations").at("a"), "b");
  EXPECT_THAT(features.at("annotations").at("dev.stockade.layers").get<std::string>(),
              HasSubstr("seccomp"));
  EXPECT_EQ(features.at("potentiallyUnsafeConfigAnnotations"), (Json{"x.", "stockade.dev/"}));
}

TEST(Features, RefusesWhatIsNotAnObject) {
  EXPECT_FALSE(MergeFeatures("[]"));
  EXPECT_FALSE(MergeFeatures(""));
}

}  // namespace
}  // namespace stockade::shim
