// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "filters/floor.h"
#include "tests/unit/sandbox/layers/fixture.h"

namespace stockade::sandbox {
namespace {

using base::Json;
using config::Mode;
using testing::HasSubstr;

config::ClassPolicy Policy(Mode mode) {
  config::ClassPolicy policy = EmptyClass();
  policy.seccomp = {mode, "restricted", {}};
  return policy;
}

Outcome Apply(Mode mode, const Json& profile) {
  return RunLayer("seccomp floor", Policy(mode), Json{{"linux", {{"seccomp", profile}}}}.dump());
}

TEST(SeccompFloor, IsThereWhateverTheSpecSays) {
  const Json floor = *filters::BuildFloor("restricted", {}, {});
  for (const char* spec : {"{}", R"({"linux": null})", R"({"linux": {"seccomp": null}})",
                           R"({"linux": {"seccomp": {"defaultAction": "SCMP_ACT_ALLOW"}}})"}) {
    EXPECT_EQ(RunLayer("seccomp floor", Policy(Mode::kConfine), spec).At("/linux/seccomp"), floor);
  }
  EXPECT_TRUE(RunLayer("seccomp floor", Policy(Mode::kRefuse), "{}").error);
}

TEST(SeccompFloor, FollowsTheCapabilitiesThatAreLeft) {
  const Outcome out =
      RunLayer("seccomp floor", Policy(Mode::kConfine),
               R"({"process": {"capabilities": {"bounding": ["CAP_SYS_CHROOT"]}}})");
  EXPECT_EQ(out.At("/linux/seccomp"), *filters::BuildFloor("restricted", {"CAP_SYS_CHROOT"}, {}));
}

TEST(SeccompFloor, NothingOfAPodsOwnIsLost) {
  const Json stricter = {
      {"defaultAction", "SCMP_ACT_ALLOW"},
      {"syscalls", Json::array({{{"names", {"getpid"}}, {"action", "SCMP_ACT_ERRNO"}}})}};
  EXPECT_THAT(Apply(Mode::kConfine, stricter).Refusal(), HasSubstr("getpid"));
}

TEST(SeccompFloor, ListenersAreRefused) {
  EXPECT_THAT(
      Apply(Mode::kConfine, {{"defaultAction", "SCMP_ACT_ALLOW"}, {"listenerPath", "/run/x"}})
          .Refusal(),
      HasSubstr("listenerPath"));
}

}  // namespace
}  // namespace stockade::sandbox
