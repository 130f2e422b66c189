// SPDX-License-Identifier: Apache-2.0
#include "filters/oci_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "filters/syscall_names.h"

namespace stockade::filters {
namespace {

using base::Json;
using ::testing::HasSubstr;

Json Rule(const char* name, const char* action) { return {{"names", {name}}, {"action", action}}; }

// A vector: gcc and clang read Json{x}, with x a Json, differently (a copy, or [x]).
Json Profile(const std::vector<Json>& entries) {
  return {{"defaultAction", "SCMP_ACT_ERRNO"}, {"syscalls", entries}};
}

std::string WhyNot(const Json& json) {
  std::string why;
  EXPECT_FALSE(OciRules::Read(json, why)) << json.dump();
  return why;
}

TEST(OciRulesTest, ReadsRulesByCall) {
  const Json json = Profile({Rule("read", "SCMP_ACT_ALLOW"),
                             Rule("chmod", "SCMP_ACT_KILL"),
                             {{"names", {"read"}},
                              {"action", "SCMP_ACT_LOG"},
                              {"args", {{{"index", 2}, {"value", 7U}, {"op", "SCMP_CMP_LT"}}}}}});
  std::string why;
  const auto rules = OciRules::Read(json, why);
  ASSERT_TRUE(rules) << why;
  EXPECT_FALSE(rules->default_allows());
  const auto read = rules->For(*SyscallNumber("read"));
  ASSERT_EQ(read.size(), 2U);
  EXPECT_TRUE(read[0].allows);
  EXPECT_TRUE(read[1].allows);
  ASSERT_EQ(read[1].comparisons->size(), 1U);
  EXPECT_EQ(read[1].comparisons->front().op, CompareOp::kLess);
  EXPECT_FALSE(rules->For(*SyscallNumber("chmod")).front().allows);
  EXPECT_TRUE(rules->For(*SyscallNumber("write")).empty());
  EXPECT_EQ(rules->newest_call(), *SyscallNumber("chmod"));
}

TEST(OciRulesTest, DropsWhatRepeatsTheDefault) {
  std::string why;
  const Json json =
      Profile({Rule("chmod", "SCMP_ACT_ERRNO"),
               {{"names", {"chown"}}, {"action", "SCMP_ACT_ERRNO"}, {"errnoRet", 38}}});
  const auto rules = OciRules::Read(json, why);
  ASSERT_TRUE(rules) << why;
  EXPECT_TRUE(rules->For(*SyscallNumber("chmod")).empty());
  EXPECT_EQ(rules->For(*SyscallNumber("chown")).size(), 1U);
}

TEST(OciRulesTest, AnArgumentNamedTwiceIsTwoRules) {
  std::string why;
  const Json json = Profile({{{"names", {"socket"}},
                              {"action", "SCMP_ACT_ALLOW"},
                              {"args",
                               {{{"index", 0}, {"value", 38}, {"op", "SCMP_CMP_NE"}},
                                {{"index", 0}, {"value", 40}, {"op", "SCMP_CMP_NE"}}}}}});
  const auto rules = OciRules::Read(json, why);
  ASSERT_TRUE(rules) << why;
  EXPECT_EQ(rules->For(*SyscallNumber("socket")).size(), 2U);
}

TEST(OciRulesTest, TakesTheOldNameForm) {
  std::string why;
  const Json json = {
      {"defaultAction", "SCMP_ACT_ALLOW"},
      {"syscalls", {{{"name", "chmod"}, {"action", "SCMP_ACT_ERRNO"}, {"args", nullptr}}}}};
  const auto rules = OciRules::Read(json, why);
  ASSERT_TRUE(rules) << why;
  EXPECT_TRUE(rules->default_allows());
  EXPECT_EQ(rules->For(*SyscallNumber("chmod")).size(), 1U);
}

TEST(OciRulesTest, RefusesWhatHasNoCertainMeaning) {
  EXPECT_THAT(WhyNot(nullptr), HasSubstr("no object"));
  EXPECT_THAT(WhyNot(Json::array()), HasSubstr("no object"));
  EXPECT_THAT(WhyNot(Json::object()), HasSubstr("defaultAction"));
  EXPECT_THAT(WhyNot({{"defaultAction", 7}}), HasSubstr("defaultAction"));
  EXPECT_THAT(WhyNot({{"defaultAction", "SCMP_ACT_MAYBE"}}), HasSubstr("SCMP_ACT_MAYBE"));
  EXPECT_THAT(WhyNot({{"defaultAction", "SCMP_ACT_NOTIFY"}}), HasSubstr("listener"));
  EXPECT_THAT(WhyNot(Profile({Rule("read", "SCMP_ACT_NOTIFY")})), HasSubstr("listener"));
  EXPECT_THAT(WhyNot({{"defaultAction", "SCMP_ACT_ALLOW"}, {"listenerPath", "/run/x"}}),
              HasSubstr("listener"));
  EXPECT_THAT(WhyNot(Profile({{{"names", nullptr}, {"action", "SCMP_ACT_ERRNO"}}})),
              HasSubstr("names no call"));
  EXPECT_THAT(WhyNot(Profile({{{"names", "read"}, {"action", "SCMP_ACT_ALLOW"}}})),
              HasSubstr("names"));
  EXPECT_THAT(WhyNot(Profile({{{"names", {1}}, {"action", "SCMP_ACT_ALLOW"}}})),
              HasSubstr("no text"));
  EXPECT_THAT(WhyNot(Profile({1})), HasSubstr("no object"));
  EXPECT_THAT(WhyNot(Profile({{{"names", {"read"}}}})), HasSubstr("has no action"));
  const auto with_arg = [](Json arg) {
    return Profile(
        {{{"names", {"read"}}, {"action", "SCMP_ACT_ALLOW"}, {"args", Json::array({arg})}}});
  };
  EXPECT_THAT(WhyNot(with_arg({{"index", 6}, {"value", 1}, {"op", "SCMP_CMP_EQ"}})),
              HasSubstr("sixth"));
  EXPECT_THAT(WhyNot(with_arg({{"index", 0}, {"value", -1}, {"op", "SCMP_CMP_EQ"}})),
              HasSubstr("no number"));
  EXPECT_THAT(WhyNot(with_arg({{"index", 0}, {"value", 1}, {"op", "SCMP_CMP_LIKE"}})),
              HasSubstr("comparison"));
  EXPECT_THAT(WhyNot(with_arg(1)), HasSubstr("no object"));
}

TEST(OciRulesTest, BoundsWhatItReads) {
  std::vector<Json> many;
  for (int i = 0; i < 5000; ++i) many.push_back(Rule("read", "SCMP_ACT_ALLOW"));
  EXPECT_THAT(WhyNot(Profile(many)), HasSubstr("no list of at most"));

  Json names = Json::array();
  for (int i = 0; i < 40000; ++i) names.push_back("read");
  EXPECT_THAT(WhyNot(Profile({{{"names", names}, {"action", "SCMP_ACT_ALLOW"}}})),
              HasSubstr("no list of at most"));

  Json args = Json::array();
  for (int i = 0; i < 30; ++i) args.push_back({{"index", 0}, {"value", i}, {"op", "SCMP_CMP_EQ"}});
  std::vector<Json> wide;
  for (int i = 0; i < 2000; ++i) {
    wide.push_back({{"names", {"read"}}, {"action", "SCMP_ACT_ALLOW"}, {"args", args}});
  }
  EXPECT_THAT(WhyNot(Profile(wide)), HasSubstr("more rules than any real profile"));
}

}  // namespace
}  // namespace stockade::filters
