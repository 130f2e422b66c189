// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/sandbox/host/fixture.h"

namespace stockade::sandbox {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// A pod's network namespace, pinned as CNI does it, with one device of its own.
class NetworkTest : public HostTest {
 protected:
  void SetUp() override {
    HostTest::SetUp();
    if (IsSkipped()) return;
    File(In("netns"), "");
    ASSERT_EQ(Shell("unshare -n sh -c 'ip link add pod0 type bridge && ip link set lo up && "
                    "mount --bind /proc/self/ns/net " +
                    In("netns") + "'"),
              "");
    actions_.network_namespace = In("netns");
    actions_.ids = kIds;
  }
};

TEST_F(NetworkTest, EntersTheNamespace) {
  EXPECT_EQ(Perform(actions_, Command("ls /proc/self/fd >/dev/null; ip -br link | cut -d' ' -f1")),
            "lo\npod0\n");
}

TEST_F(NetworkTest, MountsTheSysfsOfThePod) {
  actions_.sysfs = "sysfs";
  EXPECT_EQ(Perform(actions_, PodCommand("ls " + Staged("sysfs/class/net"))), "lo\npod0\n");
  EXPECT_EQ(Perform(actions_, Command("findmnt -no VFS-OPTIONS,FSTYPE " + Staged("sysfs"))),
            "ro,nosuid,nodev,noexec,relatime sysfs\n");
}

TEST_F(NetworkTest, WritesSysctls) {
  const std::string host = Shell("cat /proc/sys/net/ipv4/ip_unprivileged_port_start");
  actions_.sysctls = {{"net.ipv4.ip_unprivileged_port_start", "77"},
                      {"net.ipv4.ping_group_range", "5 2147483647"},
                      {"net/ipv4/conf/pod0/forwarding", "1"}};
  EXPECT_EQ(Perform(actions_, Command("cd /proc/sys/net/ipv4; cat ip_unprivileged_port_start "
                                      "ping_group_range conf/pod0/forwarding")),
            "77\n2000005\t2065535\n1\n");
  EXPECT_EQ(Shell("cat /proc/sys/net/ipv4/ip_unprivileged_port_start"), host);
}

TEST_F(NetworkTest, LetsTheGroupsOfThePodPing) {
  actions_.sysctls = {{"net.ipv4.ping_group_range", "1000 1000"}};
  const std::string as = "setpriv --reuid 1000 --clear-groups --no-new-privs --regid ";
  const std::string ping =
      " /usr/bin/python3 -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 1)' "
      "2>/dev/null && echo yes || echo no; ";
  EXPECT_EQ(Perform(actions_, PodCommand(as + "1000" + ping + as + "1001" + ping)), "yes\nno\n");
}

TEST_F(NetworkTest, NamesASysctlThatFails) {
  actions_.sysctls = {{"net.core.no_such_thing", "1"}};
  EXPECT_THAT(Perform(actions_), AllOf(HasSubstr("sysctl net.core.no_such_thing: No such file"),
                                       HasSubstr("have no such sysctl")));
  actions_.sysctls = {{"net.ipv4.ip_unprivileged_port_start", "many"}};
  EXPECT_THAT(Perform(actions_),
              HasSubstr("ip_unprivileged_port_start = \"many\": Invalid argument"));
  actions_.sysctls = {{"kernel.hostname", "x"}};
  EXPECT_THAT(Perform(actions_), HasSubstr("not one of the network's"));
}

TEST_F(NetworkTest, RefusesWhatIsNoNetworkNamespace) {
  for (const std::string path : {"/proc/self/ns/uts", "/dev/null"}) {
    actions_.network_namespace = path;
    EXPECT_THAT(Perform(actions_), HasSubstr("not a network namespace")) << path;
  }
  ASSERT_EQ(mkfifo(In("fifo").c_str(), 0600), 0);
  actions_.network_namespace = In("fifo");
  EXPECT_THAT(Perform(actions_), HasSubstr("not a network namespace")) << "and does not wait";
  actions_.network_namespace = "/proc/self/ns/net";
  EXPECT_THAT(Perform(actions_), HasSubstr("network namespace of the host"));
  actions_.network_namespace = In("none");
  EXPECT_THAT(Perform(actions_), HasSubstr("none: No such file"));
}

TEST_F(NetworkTest, NeverTouchesTheHostsNetwork) {
  actions_.network_namespace.clear();
  actions_.sysctls = {{"net.ipv4.ip_unprivileged_port_start", "77"}};
  EXPECT_THAT(Perform(actions_), HasSubstr("no network namespace"));
  actions_.sysctls.clear();
  actions_.sysfs = "sysfs";
  EXPECT_THAT(Perform(actions_), HasSubstr("no network namespace"));
}

}  // namespace
}  // namespace stockade::sandbox
