// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host/net_sysctl.h"

#include <gmock/gmock.h>

namespace stockade::sandbox {
namespace {

std::string Path(const std::string& name) { return NetSysctlPath(name).value_or("refused"); }

TEST(NetSysctlPath, ReadsDotsAndSlashes) {
  EXPECT_EQ(Path("net.ipv4.ip_forward"), "net/ipv4/ip_forward");
  EXPECT_EQ(Path("net/ipv4/ip_forward"), "net/ipv4/ip_forward");
  EXPECT_EQ(Path("net.ipv4.conf.eth0/100.forwarding"), "net/ipv4/conf/eth0.100/forwarding");
  EXPECT_EQ(Path("net/ipv4/conf/eth0.100/forwarding"), "net/ipv4/conf/eth0.100/forwarding");
}

TEST(NetSysctlPath, RefusesEverythingElse) {
  for (const char* name :
       {"", "net", "net.", "net..ipv4", "kernel.hostname", "network.x", "/net/ipv4/x", ".net.x",
        "net/../kernel/hostname", "net/./x", "net.//.kernel.hostname", "net/ipv4/x/",
        "net.ipv4.x y", "net.ipv4.x\n", "net.ipv4.\xc3\xa4", "net.ipv4.*"}) {
    EXPECT_EQ(Path(name), "refused") << name;
  }
  EXPECT_EQ(NetSysctlPath("net.//.kernel").error().kind, base::ErrorKind::kSpec);
}

std::string Range(const std::string& value) {
  constexpr IdRange kIds{100000};
  return NetSysctlValue({"net.ipv4.ping_group_range", value}, &kIds).value_or("refused");
}

TEST(NetSysctlValue, TranslatesThePingGroups) {
  EXPECT_EQ(Range("0 0"), "100000 100000");
  EXPECT_EQ(Range(" 5\t70 \n"), "100005 100070");
  EXPECT_EQ(Range("0 2147483647"), "100000 165535") << "cut to what the pod has";
  EXPECT_EQ(Range("65535 65536"), "165535 165535");
  EXPECT_EQ(Range("65536 70000"), "1 0") << "none of the pod's";
  EXPECT_EQ(Range("1 0"), "1 0") << "none at all";
  for (const char* value : {"", "1", "1 2 3", "a b", "-1 5", "1 99999999999", "1,2"}) {
    EXPECT_EQ(Range(value), "refused") << value;
  }
}

TEST(NetSysctlValue, LeavesTheRest) {
  constexpr IdRange kIds{100000};
  EXPECT_EQ(NetSysctlValue({"net.ipv4.ping_group_range", "1 2"}, nullptr).value_or(""), "1 2");
  EXPECT_EQ(NetSysctlValue({"net.ipv4.tcp_rmem", "1 2 3"}, &kIds).value_or(""), "1 2 3");
  EXPECT_EQ(NetSysctlValue({"net/ipv4/ping_group_range", "1 2"}, &kIds).value_or(""),
            "100001 100002");
  EXPECT_FALSE(NetSysctlValue({"fs.file-max", "1"}, &kIds));
}

}  // namespace
}  // namespace stockade::sandbox
