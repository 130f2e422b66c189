// SPDX-License-Identifier: Apache-2.0
// Which callers are looked up once: those that can change neither their ids nor their root.
#include "sandbox/supervisor/settled_view.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "config/base/error.h"

namespace stockade::supervisor {
namespace {

struct Status {
  std::string uid = "5\t5\t5\t5";
  std::string gid = "6\t6\t6\t6";
  std::string sets[5] = {"0000000000000000", "0000000000000000", "0000000000000000",
                         "0000000000000000", "0000000000000000"};
  std::string no_new_privileges = "1";

  std::string Text() const {
    return fmt::format(
        "Name:\tx\nUmask:\t0022\nUid:\t{}\nGid:\t{}\nGroups:\t7 8 \nCapInh:\t{}\nCapPrm:\t{}\n"
        "CapEff:\t{}\nCapBnd:\t{}\nCapAmb:\t{}\nNoNewPrivs:\t{}\nSeccomp:\t2\n",
        uid, gid, sets[0], sets[1], sets[2], sets[3], sets[4], no_new_privileges);
  }
};

TEST(KeepsIdsAndRoot, WithoutACapabilityToChangeThem) {
  EXPECT_TRUE(KeepsIdsAndRoot(Status{}.Text()));
  Status harmless;
  for (std::string& set : harmless.sets) set = "0000000000000400";  // CAP_NET_BIND_SERVICE
  EXPECT_TRUE(KeepsIdsAndRoot(harmless.Text()));
}

TEST(KeepsIdsAndRoot, NotWithOneInAnySet) {
  // SETGID, SETUID, SYS_CHROOT, SYS_PTRACE, SYS_ADMIN
  for (const char* bits : {"0000000000000040", "0000000000000080", "0000000000040000",
                           "0000000000080000", "0000000000200000", "000001ffffffffff"}) {
    for (int set = 0; set < 5; ++set) {
      Status status;
      status.sets[set] = bits;
      EXPECT_FALSE(KeepsIdsAndRoot(status.Text())) << bits << " " << set;
    }
  }
}

TEST(KeepsIdsAndRoot, NotWithTwoIdsOrNewPrivileges) {
  for (const char* ids : {"5\t6\t5\t5", "6\t5\t5\t5", "5\t5\t6\t5", "5\t5\t5\t6", "5\t5\t5", ""}) {
    Status user;
    user.uid = ids;
    EXPECT_FALSE(KeepsIdsAndRoot(user.Text())) << ids;
    Status group;
    group.gid = ids;
    EXPECT_FALSE(KeepsIdsAndRoot(group.Text())) << ids;
  }
  Status privileged;
  privileged.no_new_privileges = "0";
  EXPECT_FALSE(KeepsIdsAndRoot(privileged.Text()));
}

TEST(KeepsIdsAndRoot, NotWhenItCannotBeTold) {
  const std::string whole = Status{}.Text();
  for (const char* name :
       {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Uid", "Gid"}) {
    std::string text = whole;
    text.replace(text.find(name), 3, "xxx");
    EXPECT_FALSE(KeepsIdsAndRoot(text)) << name;
  }
  EXPECT_FALSE(KeepsIdsAndRoot(""));
}

class SettledCallersTest : public testing::Test {
 protected:
  base::UniqueFd proc_{open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  base::UniqueFd fds_{open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  TargetDescriptors targets_{proc_.get()};
};

TEST_F(SettledCallersTest, AreLookedUpOnce) {
  SettledCallers callers(true, targets_, proc_.get(), fds_.get());
  EXPECT_EQ(callers.Of(gettid(), [] { return false; }), nullptr);  // gone as it was looked at
  const SettledView* const view = callers.Of(gettid(), [] { return true; });
  ASSERT_NE(view, nullptr);
  EXPECT_EQ(view->identity.uid, getuid());
  EXPECT_EQ(view->path, "");
  EXPECT_TRUE(view->root);
  EXPECT_EQ(callers.Of(-1, [] { return false; }), view);
}

TEST_F(SettledCallersTest, AreNotOfAListenerThatIsNot) {
  SettledCallers callers(false, targets_, proc_.get(), fds_.get());
  EXPECT_EQ(callers.Of(gettid(), [] { return true; }), nullptr);
}

}  // namespace
}  // namespace stockade::supervisor
