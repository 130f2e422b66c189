// SPDX-License-Identifier: Apache-2.0
#include <sys/mount.h>
#include <unistd.h>

#include "tests/unit/sandbox/host/fixture.h"

namespace stockade::sandbox {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// Root file systems that are no overlay.
class RootfsTest : public HostTest {
 protected:
  void SetUp() override {
    HostTest::SetUp();
    if (IsSkipped()) return;
    Folder(In("bundle"), 0, 0, 0700);
    actions_.ids = kIds;
    actions_.rootfs = RootfsAction{In("bundle/rootfs"), "rootfs", false};
  }
  void Fill() {
    File(In("bundle/rootfs/etc/passwd"), "root", 0, 0, 0600);
    File(In("bundle/rootfs/home/file"), "user", 1000, 1000);
  }
  std::string InRootfs(const std::string& command) const {
    return Perform(actions_, PodCommand("cd " + Staged("rootfs") + " && " + command));
  }
};

TEST_F(RootfsTest, MapsAPlainFolder) {
  Fill();
  EXPECT_EQ(InRootfs("stat -c %u etc/passwd home/file && cat etc/passwd && touch new"),
            "0\n1000\nroot");
  EXPECT_EQ(Shell("stat -c %u " + In("bundle/rootfs/new")), "0\n");
  EXPECT_EQ(Shell("grep " + directory_ + " /proc/self/mountinfo"), "");
}

// A single layer is a bind mount to some engines.
TEST_F(RootfsTest, MapsABindMountWithItsFlags) {
  Fill();
  Folder(In("bundle/bound"));
  ASSERT_EQ(Shell("cd " + In("bundle") +
                  " && mount --bind rootfs bound && mount -o remount,bind,ro,nodev bound"),
            "");
  actions_.rootfs->path = In("bundle/bound");
  EXPECT_EQ(InRootfs("stat -c %u etc/passwd && findmnt -no VFS-OPTIONS ."),
            "0\nro,nodev,relatime,idmapped\n");
}

TEST_F(RootfsTest, MapsATmpfsAndWhatIsMountedBelow) {
  Tmpfs(In("bundle/rootfs"));
  Fill();
  Tmpfs(In("bundle/rootfs/var"));
  File(In("bundle/rootfs/var/log"), "x", 3, 3);
  EXPECT_EQ(InRootfs("stat -c %u etc/passwd var var/log"), "0\n0\n3\n");
}

TEST_F(RootfsTest, FollowsLinksToTheRootfs) {
  Fill();
  ASSERT_EQ(symlink("bundle", In("link").c_str()), 0);
  actions_.rootfs->path = In("link/rootfs");
  EXPECT_EQ(InRootfs("stat -c %u etc/passwd"), "0\n");
}

TEST_F(RootfsTest, RefusesAFolderInAnOverlay) {
  Folder(In("lower"));
  Folder(In("upper"));
  Folder(In("work"));
  Folder(In("merged"));
  ASSERT_EQ(Shell("cd " + directory_ +
                  " && mount -t overlay o -o lowerdir=lower,upperdir=upper,workdir=work merged"),
            "");
  File(In("merged/rootfs/file"), "x", 5, 5);
  actions_.rootfs->path = In("merged/rootfs");
  EXPECT_THAT(InRootfs("true"), AllOf(HasSubstr("overlay on this kernel cannot map ids"),
                                      HasSubstr("\"rootfs\": \"chown\"")));
  actions_.rootfs->may_chown = true;
  EXPECT_EQ(InRootfs("stat -c %u file ."), "5\n0\n");
}

TEST_F(RootfsTest, ChownsOnlyWhatCannotBeMapped) {
  Fill();
  actions_.rootfs->may_chown = true;
  EXPECT_EQ(InRootfs("stat -c %u etc/passwd"), "0\n");
  EXPECT_EQ(Shell("stat -c %u " + In("bundle/rootfs/etc/passwd")), "0\n");
  Shell("rm -r " + In("bundle/rootfs"));
  Folder(In("bundle/rootfs"));
  ASSERT_EQ(mount("ramfs", In("bundle/rootfs").c_str(), "ramfs", 0, "mode=0755"), 0);
  Fill();
  EXPECT_EQ(InRootfs("stat -c %u etc/passwd home/file"), "0\n1000\n");
  EXPECT_EQ(Shell("stat -c %u " + In("bundle/rootfs/etc/passwd")), "2000000\n");
  actions_.rootfs->may_chown = false;
  EXPECT_THAT(InRootfs("true"), HasSubstr("ramfs on this kernel cannot map ids"));
}

TEST_F(RootfsTest, NamesARootfsThatIsNone) {
  EXPECT_THAT(Perform(actions_), HasSubstr("bundle/rootfs: No such file"));
  File(In("bundle/rootfs"), "");
  EXPECT_THAT(Perform(actions_), HasSubstr("bundle/rootfs: Not a directory"));
}

}  // namespace
}  // namespace stockade::sandbox
