// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host/shift_owners.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "config/base/fd.h"
#include "tests/unit/sandbox/host/fixture.h"

namespace stockade::sandbox {
namespace {

using testing::HasSubstr;

class ShiftOwnersTest : public HostTest {
 protected:
  void SetUp() override {
    HostTest::SetUp();
    if (IsSkipped()) return;
    File(In("tree/etc/passwd"), "root", 0, 0, 0600);
    File(In("tree/home/user/file"), "user", 1000, 1001, 0644);
    File(In("tree/bin/su"), "su", 0, 5, 06755);
    File(In("outside"), "outside", 7, 7);
  }
  std::string Shift(const IdRange& ids = kIds) {
    const base::UniqueFd root(open(In("tree").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    const auto done = ShiftOwners(root.get(), ids, In("tree"));
    return done ? "" : done.error().Text();
  }
  std::string Owners(const std::string& paths) {
    return Shell("cd " + In("tree") + " && stat -c '%u:%g:%a' " + paths + " | tr '\\n' ' '");
  }
};

TEST_F(ShiftOwnersTest, ShiftsAndKeepsModes) {
  EXPECT_EQ(Shift(), "");
  EXPECT_EQ(Owners(". etc/passwd home/user/file bin/su"),
            "2000000:2000000:755 2000000:2000000:600 2001000:2001001:644 2000000:2000005:6755 ");
}

TEST_F(ShiftOwnersTest, CanBeRepeatedAndFinished) {
  // What a run that was killed leaves.
  ASSERT_EQ(chown(In("tree/etc/passwd").c_str(), 2000000, 2000000), 0);
  ASSERT_EQ(chown(In("tree/etc").c_str(), 2000000, 2000000), 0);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Shift(), "");
    EXPECT_EQ(Owners(". etc etc/passwd home/user/file bin/su"),
              "2000000:2000000:755 2000000:2000000:755 2000000:2000000:600 2001000:2001001:644 "
              "2000000:2000005:6755 ");
  }
}

TEST_F(ShiftOwnersTest, ShiftsToAnotherRange) {
  EXPECT_EQ(Shift(), "");
  EXPECT_EQ(Shift({3000000}), "");
  EXPECT_EQ(Owners(". home/user/file bin/su"),
            "3000000:3000000:755 3001000:3001001:644 3000000:3000005:6755 ");
}

TEST_F(ShiftOwnersTest, ShiftsHardLinksOnceAndNeverFollowsLinks) {
  ASSERT_EQ(link(In("tree/home/user/file").c_str(), In("tree/etc/again").c_str()), 0);
  ASSERT_EQ(symlink(In("outside").c_str(), In("tree/link").c_str()), 0);
  ASSERT_EQ(symlink("..", In("tree/up").c_str()), 0);
  ASSERT_EQ(mkfifo(In("tree/fifo").c_str(), 0600), 0);
  ASSERT_EQ(mknod(In("tree/null").c_str(), S_IFCHR | 0600, makedev(1, 3)), 0);
  EXPECT_EQ(Shift(), "");
  EXPECT_EQ(Owners("etc/again home/user/file link up fifo null"),
            "2001000:2001001:644 2001000:2001001:644 2000000:2000000:777 2000000:2000000:777 "
            "2000000:2000000:600 2000000:2000000:600 ");
  EXPECT_EQ(Shell("stat -c %u " + In("outside") + " " + directory_), "7\n0\n");
}

TEST_F(ShiftOwnersTest, GivesFileCapabilitiesToThePod) {
  File(In("tree/bin/cat"), "", 0, 0, 0755);
  ASSERT_EQ(Shell("cp /usr/bin/cat " + In("tree/bin/cat") +
                  " && /usr/sbin/setcap "
                  "cap_dac_override=ep " +
                  In("tree/bin/cat")),
            "");
  EXPECT_EQ(Shift(), "");
  EXPECT_EQ(Shell("/usr/sbin/getcap -n " + In("tree/bin/cat")),
            In("tree/bin/cat") + " cap_dac_override=ep [rootid=2000000]\n");
  EXPECT_EQ(InPod(Command("cd " + In("tree") +
                          " && setpriv --reuid 1000 --regid 1000 "
                          "--clear-groups bin/cat etc/passwd")),
            "root");
}

TEST_F(ShiftOwnersTest, ShiftsWhoseFileCapabilitiesAre) {
  const std::string file = In("tree/bin/su");
  // As setcap -n 1000 writes them: of a user namespace whose root is 1000.
  ASSERT_EQ(Shell("/usr/sbin/setcap -n 1000 cap_chown=ep " + file), "");
  EXPECT_EQ(Shift(), "");
  EXPECT_EQ(Shell("/usr/sbin/getcap -n " + file), file + " cap_chown=ep [rootid=2001000]\n");
  EXPECT_EQ(Shift({3000000}), "");
  EXPECT_EQ(Shell("/usr/sbin/getcap -n " + file), file + " cap_chown=ep [rootid=3001000]\n");
}

TEST_F(ShiftOwnersTest, ShiftsAccessControlLists) {
  ASSERT_EQ(Shell("cd " + In("tree") +
                  " && setfacl -m u:1000:r,g:1001:r etc/passwd"
                  " && setfacl -m u:1000:rwx,d:u:1000:rwx,d:g:5:rx home"
                  " && mkfifo -m 600 fifo && setfacl -m u:7:r fifo"),
            "");
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Shift(), "");
    const std::string lists = Shell("cd " + In("tree") + " && getfacl -nc etc/passwd home fifo");
    EXPECT_EQ(lists,
              "user::rw-\nuser:2001000:r--\ngroup::---\ngroup:2001001:r--\nmask::r--\n"
              "other::---\n\n"
              "user::rwx\nuser:2001000:rwx\ngroup::r-x\nmask::rwx\nother::r-x\n"
              "default:user::rwx\ndefault:user:2001000:rwx\ndefault:group::r-x\n"
              "default:group:2000005:r-x\ndefault:mask::rwx\ndefault:other::r-x\n\n"
              "user::rw-\nuser:2000007:r--\ngroup::---\nmask::r--\nother::---\n\n");
  }
  EXPECT_EQ(InPod(Command("cd " + In("tree") +
                          " && setpriv --reuid 1000 --regid 1000 --clear-groups cat etc/passwd")),
            "root");
  EXPECT_THAT(InPod(Command("cd " + In("tree") +
                            " && setpriv --reuid 1002 --regid 1002 --clear-groups cat etc/passwd")),
              HasSubstr("Permission denied"));
}

TEST_F(ShiftOwnersTest, RefusesAccessControlListsOfNobodys) {
  ASSERT_EQ(Shell("setfacl -m u:70000:r " + In("tree/etc/passwd")), "");
  EXPECT_THAT(Shift(), HasSubstr("etc/passwd: system.posix_acl_access: holds the id 70000"));
}

TEST_F(ShiftOwnersTest, RefusesIdsThatAreNobodys) {
  ASSERT_EQ(chown(In("tree/home/user").c_str(), 70000, 0), 0);
  EXPECT_THAT(Shift(), HasSubstr("tree/home/user: holds the id 70000"));
  EXPECT_EQ(Owners("."), "0:0:755 ") << "the root is last, so that this can be repeated";
}

TEST_F(ShiftOwnersTest, StaysOnItsMount) {
  Tmpfs(In("tree/mounted"));
  EXPECT_THAT(Shift(), HasSubstr("tree/mounted: something else is mounted there"));
  EXPECT_EQ(Shell("stat -c %u " + In("tree/mounted")), "0\n");
  ASSERT_EQ(umount(In("tree/mounted").c_str()), 0);
  ASSERT_EQ(mount(In("outside").c_str(), In("tree/etc/passwd").c_str(), nullptr, MS_BIND, nullptr),
            0);
  EXPECT_THAT(Shift(), HasSubstr("tree/etc/passwd: something else is mounted there"));
}

TEST_F(ShiftOwnersTest, RefusesToGoTooDeep) {
  Shell("cd " + In("tree") + "; for i in $(seq 450); do mkdir d; cd d; done");
  EXPECT_THAT(Shift(), HasSubstr("more than 400 folders deep"));
  Shell("cd " + In("tree") + "; rm -r d");
}

TEST_F(ShiftOwnersTest, RefusesARangeThatIsTheImages) {
  EXPECT_THAT(Shift({65535}), HasSubstr("the ids of the pod are those of images"));
}

}  // namespace
}  // namespace stockade::sandbox
