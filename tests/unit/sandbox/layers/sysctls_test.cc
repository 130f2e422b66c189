// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sandbox/layers/fixture.h"

namespace stockade::sandbox {
namespace {

using base::Json;
using config::Mode;
using testing::HasSubstr;

Outcome Apply(Mode mode, std::string_view name, std::string_view namespaces = R"(
    [{"type": "network"}, {"type": "ipc", "path": "/proc/5/ns/ipc"}])") {
  config::ClassPolicy policy = EmptyClass();
  policy.sysctls = {mode,
                    {"net.ipv4.ip_forward", "net.ipv6.*", "kernel.shm_rmid_forced",
                     "kernel.core_pattern", "kernel.hostname"}};
  FakeHost host;
  host.host_namespaces = {"/proc/1/ns/net"};
  return RunLayer("sysctls", policy,
                  fmt::format(R"({{"linux": {{"sysctl": {{"{}": "1"}}, "namespaces": {}}}}})", name,
                              namespaces),
                  host);
}

TEST(Sysctls, ListedOnesStay) {
  for (const char* name : {"net.ipv4.ip_forward", "net/ipv4/ip_forward", "kernel.shm_rmid_forced",
                           "net.ipv6.conf.all.forwarding"}) {
    const Outcome out = Apply(Mode::kRefuse, name);
    EXPECT_FALSE(out.error) << out.Refusal();
    EXPECT_TRUE(out.changes.empty());
  }
}

TEST(Sysctls, OthersAndOddNamesGo) {
  for (const char* name :
       {"kernel.panic", "net.ipv4.ip_forwards", "net.ipv6", "net.ipv6.", "net.ipv6..",
        "net.ipv6.x//../../kernel/panic", "net.ipv6.../x", ".net", "", "net.ipv6.a b",
        "net.ipv6.a@b", "net.ipv6.a:b", "kernel.core_pattern", "kernel.hostname"}) {
    EXPECT_EQ(Apply(Mode::kConfine, name).At("/linux/sysctl"), Json::object()) << name;
    EXPECT_THAT(Apply(Mode::kRefuse, name).Refusal(), HasSubstr("/sysctls/allowed")) << name;
  }
}

TEST(Sysctls, NoneReachesTheHostsNamespaces) {
  EXPECT_THAT(Apply(Mode::kRefuse, "net.ipv4.ip_forward", "[]").Refusal(), HasSubstr("network"));
  EXPECT_TRUE(Apply(Mode::kRefuse, "net.ipv4.ip_forward",
                    R"([{"type": "network", "path": "/proc/1/ns/net"}])")
                  .error);
  EXPECT_TRUE(Apply(Mode::kRefuse, "kernel.shm_rmid_forced", R"([{"type": "network"}])").error);
}

}  // namespace
}  // namespace stockade::sandbox
