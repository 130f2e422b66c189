// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sandbox/layers/fixture.h"

namespace stockade::sandbox {
namespace {

using config::Mode;

Outcome Apply(Mode mode, std::string_view capability, std::string_view linux_section,
              std::string_view sysfs = R"("ro")") {
  config::ClassPolicy policy = EmptyClass();
  policy.privileged.mode = mode;
  return RunLayer("privileged", policy,
                  fmt::format(R"({{"process": {{"capabilities": {{"bounding": ["{}"]}}}},
      "linux": {{{}}},
      "mounts": [{{"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": [{}]}}]}})",
                              capability, linux_section, sysfs));
}

constexpr std::string_view kMasked = R"("maskedPaths": ["/proc/kcore"])";
constexpr std::string_view kAllDevices =
    R"("maskedPaths": ["/proc/kcore"], "resources": {"devices": [{"allow": true, "access": "rwm"}]})";

TEST(Privileged, ShowsInWhatTheSpecOpens) {
  EXPECT_TRUE(Apply(Mode::kRefuse, "CAP_SYS_ADMIN", kAllDevices).error);
  EXPECT_TRUE(Apply(Mode::kRefuse, "CAP_SYS_ADMIN", "", "").error);
  EXPECT_TRUE(Apply(Mode::kRefuse, "CAP_SYS_ADMIN", R"("maskedPaths": [])", R"("ro", "rw")").error);
}

TEST(Privileged, OneGreedyWishIsNotIt) {
  EXPECT_FALSE(Apply(Mode::kRefuse, "CAP_SYS_ADMIN", kMasked).error);
  EXPECT_FALSE(Apply(Mode::kRefuse, "CAP_CHOWN", kAllDevices, "").error);
  EXPECT_FALSE(Apply(Mode::kRefuse, "CAP_SYS_ADMIN", "").error);
}

TEST(Privileged, ConfinedOrOff) {
  const Outcome confined = Apply(Mode::kConfine, "CAP_SYS_ADMIN", kAllDevices);
  EXPECT_FALSE(confined.error);
  EXPECT_EQ(confined.notices.size(), 1U);
  EXPECT_FALSE(Apply(Mode::kOff, "CAP_SYS_ADMIN", kAllDevices).error);
}

}  // namespace
}  // namespace stockade::sandbox
