// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sandbox/layers/fixture.h"

namespace stockade::sandbox {
namespace {

using config::Mode;
using testing::HasSubstr;

config::ClassPolicy Policy(Mode mode) {
  config::ClassPolicy policy = EmptyClass();
  policy.lsm = {mode, "", mode, "system_u:system_r:container_t:s0"};
  return policy;
}

FakeHost Host(bool apparmor, bool selinux) {
  FakeHost host;
  host.lsm = {apparmor, selinux};
  host.profiles = {"node-default", "pods-own"};
  return host;
}

TEST(Lsm, AKernelWithoutThemIsSaidTruly) {
  const Outcome out = RunLayer("lsm", Policy(Mode::kRefuse),
                               R"({"process": {"apparmorProfile": "x"}})", Host(false, false));
  EXPECT_TRUE(out.changes.empty());
  ASSERT_EQ(out.notices.size(), 2U);
  EXPECT_THAT(out.notices[0].text, HasSubstr("profile x is not enforced"));
  EXPECT_THAT(out.notices[1].text, HasSubstr("no SELinux"));
}

TEST(Lsm, AppArmorIsOnWhereTheKernelHasIt) {
  const auto profile = [](Mode mode, const char* process) {
    return RunLayer("lsm", Policy(mode), fmt::format(R"({{"process": {}}})", process),
                    Host(true, false));
  };
  for (const char* open :
       {"{}", R"({"apparmorProfile": ""})", R"({"apparmorProfile": "unconfined"})",
        R"({"apparmorProfile": "a//&unconfined"})", R"({"apparmorProfile": ":ns:unconfined"})"}) {
    EXPECT_EQ(profile(Mode::kConfine, open).At("/process/apparmorProfile"), "node-default") << open;
  }
  EXPECT_EQ(profile(Mode::kRefuse, "{}").At("/process/apparmorProfile"), "node-default");
  EXPECT_TRUE(profile(Mode::kRefuse, R"({"apparmorProfile": "unconfined"})").error);
  EXPECT_TRUE(profile(Mode::kRefuse, R"({"apparmorProfile": "pods-own"})").changes.empty());
  EXPECT_THAT(profile(Mode::kConfine, R"({"apparmorProfile": "missing"})").Refusal(),
              HasSubstr("not loaded"));
}

TEST(Lsm, SeLinuxLabelsAreSetOrKept) {
  const auto label = [](Mode mode, const char* process) {
    return RunLayer("lsm", Policy(mode), fmt::format(R"({{"process": {}}})", process),
                    Host(false, true));
  };
  EXPECT_EQ(label(Mode::kConfine, "{}").At("/process/selinuxLabel"),
            "system_u:system_r:container_t:s0");
  EXPECT_EQ(
      label(Mode::kConfine, R"({"selinuxLabel": "u:r:spc_t:s0"})").At("/process/selinuxLabel"),
      "system_u:system_r:container_t:s0");
  EXPECT_TRUE(label(Mode::kRefuse, R"({"selinuxLabel": "u:r:unconfined_t:s0-s0:c0"})").error);
  EXPECT_TRUE(label(Mode::kRefuse, R"({"selinuxLabel": "u:r:mine_t:s0:c1,c2"})").changes.empty());
}

TEST(Lsm, ExecGetsThemToo) {
  const Outcome out = RunExec("lsm", Policy(Mode::kConfine), R"({"apparmorProfile": "unconfined"})",
                              Host(true, true));
  EXPECT_EQ(out.At("/apparmorProfile"), "node-default");
  EXPECT_EQ(out.At("/selinuxLabel"), "system_u:system_r:container_t:s0");
}

}  // namespace
}  // namespace stockade::sandbox
