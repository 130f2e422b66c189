// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sandbox/layers/fixture.h"

namespace stockade::sandbox {
namespace {

using base::Json;
using config::Mode;
using testing::HasSubstr;

config::ClassPolicy Policy(Mode mode) {
  config::ClassPolicy policy = EmptyClass();
  policy.kernel_paths = {mode, {"/proc/kcore", "/sys/firmware"}, {"/proc/sys"}};
  return policy;
}

TEST(KernelPaths, AreTheUnionOfBoth) {
  const Outcome out = RunLayer("kernel paths", Policy(Mode::kConfine),
                               R"({"linux": {"maskedPaths": ["/proc/own", "/proc/kcore"]}})");
  EXPECT_EQ(out.At("/linux/maskedPaths"),
            Json::array({"/proc/own", "/proc/kcore", "/sys/firmware"}));
  EXPECT_EQ(out.At("/linux/readonlyPaths"), Json::array({"/proc/sys"}));
  for (const char* spec : {"{}", R"({"linux": null})", R"({"linux": {"maskedPaths": []}})"}) {
    EXPECT_EQ(RunLayer("kernel paths", Policy(Mode::kRefuse), spec).At("/linux/maskedPaths").size(),
              2U);
  }
}

TEST(KernelPaths, NothingIsMountedAtInOrOverThem) {
  for (const char* destination :
       {"/proc/kcore", "/proc/sys/net", "/sys/firmware/efi", "/proc", "/proc/./sys/", "/sys"}) {
    const std::string spec = fmt::format(
        R"({{"mounts": [{{"destination": "{}", "type": "bind", "source": "/there"}}]}})",
        destination);
    EXPECT_EQ(RunLayer("kernel paths", Policy(Mode::kConfine), spec).At("/mounts"), Json::array())
        << destination;
    EXPECT_THAT(RunLayer("kernel paths", Policy(Mode::kRefuse), spec).Refusal(),
                HasSubstr("covers"))
        << destination;
  }
  const Outcome normal = RunLayer("kernel paths", Policy(Mode::kRefuse), R"({"mounts": [
      {"destination": "/proc", "type": "proc"}, {"destination": "/sys", "type": "sysfs"},
      {"destination": "/sys/fs/cgroup", "type": "cgroup"}, {"destination": "/proceed", "type": "tmpfs"}]})");
  EXPECT_FALSE(normal.error) << normal.Refusal();
  EXPECT_EQ(normal.At("/mounts").size(), 4U);
}

}  // namespace
}  // namespace stockade::sandbox
