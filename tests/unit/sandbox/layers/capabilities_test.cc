// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sandbox/layers/fixture.h"

namespace stockade::sandbox {
namespace {

using base::Json;
using config::Mode;
using testing::HasSubstr;

config::ClassPolicy Ceiling(Mode mode, config::CapabilityNames ceiling) {
  config::ClassPolicy policy = EmptyClass();
  policy.capabilities = {mode, std::move(ceiling)};
  return policy;
}

Outcome Apply(const config::ClassPolicy& policy, std::string_view spec) {
  return RunLayer("capabilities", policy, spec);
}

constexpr std::string_view kGreedy = R"({"process": {"capabilities": {
    "bounding": ["CAP_SYS_ADMIN", "CAP_NET_BIND_SERVICE", "CAP_CHOWN", "CAP_CHOWN"],
    "effective": ["CAP_SYS_ADMIN", "CAP_NET_BIND_SERVICE"],
    "permitted": ["CAP_NET_BIND_SERVICE"],
    "inheritable": ["CAP_NET_BIND_SERVICE"],
    "ambient": ["CAP_NET_BIND_SERVICE"]}}})";

TEST(Capabilities, RequestIsCutToTheCeilingAndNothingOutlives) {
  const Outcome out =
      Apply(Ceiling(Mode::kConfine, {"CAP_NET_BIND_SERVICE", "CAP_CHOWN", "CAP_KILL"}), kGreedy);
  ASSERT_FALSE(out.error) << out.Refusal();
  EXPECT_EQ(out.At("/process/capabilities/bounding"),
            Json::parse(R"(["CAP_NET_BIND_SERVICE", "CAP_CHOWN"])"));
  EXPECT_EQ(out.At("/process/capabilities/effective"), Json::parse(R"(["CAP_NET_BIND_SERVICE"])"));
  EXPECT_EQ(out.At("/process/capabilities/permitted"), Json::parse(R"(["CAP_NET_BIND_SERVICE"])"));
  EXPECT_EQ(out.At("/process/capabilities/inheritable"), Json::array());
  EXPECT_EQ(out.At("/process/capabilities/ambient"), Json::array());
}

TEST(Capabilities, MissingSectionsBecomeEmptySets) {
  for (const char* spec : {"{}", R"({"process": null})", R"({"process": {}})",
                           R"({"process": {"capabilities": null}})",
                           R"({"process": {"capabilities": {"bounding": null}}})"}) {
    const Outcome out = Apply(Ceiling(Mode::kConfine, {"CAP_CHOWN"}), spec);
    ASSERT_FALSE(out.error) << spec << out.Refusal();
    for (const char* set : {"bounding", "effective", "permitted", "inheritable", "ambient"}) {
      EXPECT_EQ(out.At(std::string("/process/capabilities/") + set), Json::array()) << spec;
    }
  }
}

TEST(Capabilities, ExecIsCutToo) {
  const Outcome out = RunExec("capabilities", Ceiling(Mode::kConfine, {}),
                              R"({"args": ["sh"], "capabilities": {"bounding": ["CAP_SYS_ADMIN"],
                                  "effective": ["CAP_SYS_ADMIN"], "ambient": ["CAP_SYS_ADMIN"]}})");
  ASSERT_FALSE(out.error) << out.Refusal();
  EXPECT_EQ(out.At("/capabilities/bounding"), Json::array());
  EXPECT_EQ(out.At("/capabilities/effective"), Json::array());
  EXPECT_EQ(out.At("/capabilities/ambient"), Json::array());
}

TEST(Capabilities, RefuseNamesTheCapabilityAndTheSetting) {
  const Outcome out = Apply(Ceiling(Mode::kRefuse, {"CAP_CHOWN", "CAP_NET_BIND_SERVICE"}), kGreedy);
  EXPECT_THAT(out.Refusal(), HasSubstr("CAP_SYS_ADMIN"));
  EXPECT_THAT(out.Refusal(), HasSubstr("class test"));
  EXPECT_THAT(out.Refusal(), HasSubstr("/capabilities/ceiling"));
  EXPECT_THAT(out.Refusal(), HasSubstr("capabilities.add"));
}

TEST(Capabilities, NamesThatDelegatesReadDifferentlyAreRefused) {
  for (const char* name : {"cap_sys_admin", "SYS_ADMIN", "CAP_sys_admin", "CAP_", "CAP_21", "",
                           "CAP_NO_SUCH", "CAP_SYS_ADMIN ", "ALL"}) {
    for (const char* set : {"bounding", "ambient"}) {
      const Json spec{{"process", {{"capabilities", {{set, Json::array({name})}}}}}};
      const Outcome out = Apply(Ceiling(Mode::kConfine, {"CAP_SYS_ADMIN"}), spec.dump());
      EXPECT_THAT(out.Refusal(), HasSubstr("no capability")) << name;
    }
  }
}

TEST(Capabilities, OffLeavesEverything) {
  const Outcome out = Apply(Ceiling(Mode::kOff, {}), kGreedy);
  EXPECT_TRUE(out.changes.empty());
  EXPECT_EQ(out.spec, Json::parse(kGreedy));
}

}  // namespace
}  // namespace stockade::sandbox
