// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "config/base/fd.h"
#include "tests/unit/sandbox/host/fixture.h"

namespace stockade::sandbox {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// The layers of an engine: snapshots/<n>/fs, and the container's own in snapshots/up.
class OverlayRootfsTest : public HostTest {
 protected:
  void SetUp() override {
    HostTest::SetUp();
    if (IsSkipped()) return;
    File(In("snapshots/1/fs/etc/passwd"), "root", 0, 0, 0640);
    File(In("snapshots/1/fs/home/file"), "user", 1000, 1001);
    File(In("snapshots/1/fs/opaque/below"), "hidden");
    File(In("snapshots/2/fs/etc/hosts"), "second");
    Folder(In("snapshots/up/fs"));
    Folder(In("snapshots/up/work"));
    Folder(In("rootfs"));
    actions_.ids = kIds;
    actions_.rootfs = RootfsAction{In("rootfs"), "rootfs", false};
  }
  // Mounts an overlay with that text at rootfs.
  void MountWith(const std::string& data, unsigned long flags = 0) const {
    ASSERT_EQ(mount("overlay", In("rootfs").c_str(), "overlay", flags, data.c_str()), 0)
        << strerror(errno) << ": " << data;
  }
  void Mount(const std::string& more = "", unsigned long flags = 0) const {
    MountWith(fmt::format("lowerdir={0}/2/fs:{0}/1/fs,upperdir={0}/up/fs,workdir={0}/up/work{1}",
                          In("snapshots"), more),
              flags);
  }
  // A command as the pod's root in the root file system.
  std::string InRootfs(const std::string& command) const {
    return Perform(actions_, PodCommand("cd " + Staged("rootfs") + " && " + command));
  }
  // What mountinfo says of the mount on the host, from the mount's options on.
  std::string Line() const {
    return Shell("grep ' " + In("rootfs") + " ' /proc/self/mountinfo | cut -d' ' -f6-");
  }
  std::string Upper(const std::string& command) const {
    return Shell("cd " + In("snapshots/up/fs") + " && " + command);
  }
};

TEST_F(OverlayRootfsTest, GivesTheLayersToThePod) {
  Mount();
  EXPECT_EQ(InRootfs("stat -c '%n %u %g %a' etc/passwd home/file"),
            "etc/passwd 0 0 640\nhome/file 1000 1001 644\n");
  // The same on the host, in the ids of the pod; on the disk nothing has changed.
  EXPECT_EQ(Shell("stat -c '%u %g' " + In("rootfs/etc/passwd")), "2000000 2000000\n");
  EXPECT_EQ(Shell("stat -c '%u %g' " + In("snapshots/1/fs/etc/passwd")), "0 0\n");
}

TEST_F(OverlayRootfsTest, KeepsTheUpperLayersIdsOnTheDisk) {
  File(In("snapshots/up/fs/before"), "by the engine", 33, 34, 0600);
  Mount();
  EXPECT_EQ(InRootfs("stat -c '%u %g' before . && cat before && echo x > new && "
                     "touch user && chown 1000:1001 user && stat -c '%u %g' new user"),
            "33 34\n0 0\nby the engine0 0\n1000 1001\n");
  EXPECT_EQ(Upper("stat -c '%n %u %g' before new user ."),
            "before 33 34\nnew 0 0\nuser 1000 1001\n. 0 0\n");
}

TEST_F(OverlayRootfsTest, CopiesUpRemovesAndReplaces) {
  Mount();
  EXPECT_EQ(InRootfs("echo more >> home/file && chmod 4711 home/file && rm etc/passwd && "
                     "rm -r opaque && mkdir opaque && ln etc/hosts etc/again && "
                     "mkfifo pipe && ln -s gone link && mv home moved && "
                     "stat -c '%n %u %g %a %h' moved/file etc/hosts pipe link && ls opaque etc"),
            "moved/file 1000 1001 4711 1\netc/hosts 0 0 644 2\npipe 0 0 644 1\nlink 0 0 777 1\n"
            "etc:\nagain\nhosts\n\nopaque:\n");
  EXPECT_EQ(Upper("stat -c '%n %u %g %a %F' etc/passwd moved/file etc/again pipe"),
            "etc/passwd 0 0 0 character special file\nmoved/file 1000 1001 4711 regular file\n"
            "etc/again 0 0 644 regular file\npipe 0 0 644 fifo\n");
  char opaque = 0;
  EXPECT_EQ(lgetxattr(In("snapshots/up/fs/opaque").c_str(), "trusted.overlay.opaque", &opaque, 1),
            1);
}

TEST_F(OverlayRootfsTest, RunsSetuidAndCapabilities) {
  const std::string bin = In("snapshots/1/fs/bin");
  Folder(bin);
  Shell("cp /usr/bin/id /usr/bin/cat " + bin + "; cp /usr/bin/cat " + bin + "/plain");
  ASSERT_EQ(chmod((bin + "/id").c_str(), 04755), 0);
  // cap_dac_override=ep in the form that names no user namespace
  const unsigned char capabilities[20] = {1, 0, 0, 2, 2};
  ASSERT_EQ(setxattr((bin + "/cat").c_str(), "security.capability", capabilities, 20, 0), 0);
  File(In("snapshots/1/fs/secret"), "secret", 0, 0, 0600);
  Mount();
  const std::string user = "setpriv --reuid 1000 --regid 1000 --clear-groups ";
  EXPECT_EQ(InRootfs(user + "bin/id -u && " + user + "bin/cat secret && " + user +
                     "bin/plain secret 2>/dev/null || echo .no"),
            "0\nsecret.no\n");
  // And what the pod itself gives is the pod's.
  EXPECT_EQ(InRootfs("cp bin/plain bin/own && setcap cap_dac_override=ep bin/own 2>/dev/null || "
                     "/usr/sbin/setcap cap_dac_override=ep bin/own && " +
                     user + "bin/own secret"),
            "secret");
}

TEST_F(OverlayRootfsTest, ForeignIdsAreNobodys) {
  File(In("snapshots/1/fs/foreign"), "x", 100000, 100000, 0600);
  Mount();
  EXPECT_EQ(InRootfs("stat -c '%u' foreign; cat foreign"),
            "65534\ncat: foreign: Permission denied\n");
}

TEST_F(OverlayRootfsTest, MountsByTheEnginesOwnOptions) {
  Mount(",index=off,xino=on,metacopy=on");
  const std::string before = Line();
  EXPECT_EQ(InRootfs("chown 5:6 home/file && stat -c '%u %g' home/file && cat home/file"),
            "5 6\nuser");
  EXPECT_EQ(Line(), before);
  // Only the metadata was copied up.
  EXPECT_EQ(Upper("stat -c '%u %g' home/file"), "5 6\n");
  EXPECT_GE(
      lgetxattr(In("snapshots/up/fs/home/file").c_str(), "trusted.overlay.metacopy", nullptr, 0),
      0);
}

TEST_F(OverlayRootfsTest, TakesAnotherRangeTheNextTime) {
  Mount();
  EXPECT_EQ(InRootfs("echo one > mine && stat -c %u mine"), "0\n");
  actions_.ids = IdRange{3000000};
  EXPECT_EQ(Perform(actions_,
                    [&] {
                      return InPod(Command("cd " + Staged("rootfs") + " && stat -c %u mine . etc"),
                                   {3000000});
                    }),
            "0\n0\n0\n");
  EXPECT_EQ(Shell("stat -c %u " + In("rootfs/mine")), "3000000\n");
}

TEST_F(OverlayRootfsTest, KeepsTheFlagsAndThePropagation) {
  Mount("", MS_NOSUID | MS_NODEV | MS_NOATIME);
  ASSERT_EQ(mount(nullptr, In("rootfs").c_str(), nullptr, MS_SHARED, nullptr), 0);
  EXPECT_THAT(Line(), HasSubstr("rw,nosuid,nodev,noatime shared:"));
  EXPECT_EQ(InRootfs("touch x && findmnt -no OPTIONS . | cut -d, -f1-4"),
            "rw,nosuid,nodev,noatime\n");
  EXPECT_THAT(Line(), HasSubstr("rw,nosuid,nodev,noatime shared:"));
  ASSERT_EQ(mount(nullptr, In("rootfs").c_str(), nullptr, MS_PRIVATE, nullptr), 0);
  ASSERT_EQ(mount(nullptr, In("rootfs").c_str(), nullptr,
                  MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOEXEC | MS_STRICTATIME, nullptr),
            0);
  EXPECT_THAT(InRootfs("touch y"), HasSubstr("Read-only file system"));
  EXPECT_THAT(Line(), HasSubstr("ro,noexec - overlay overlay rw,"));
}

// As engines make it that do not want a container's mounts on the host.
TEST_F(OverlayRootfsTest, StaysPrivateBelowASharedMount) {
  Mount();
  ASSERT_EQ(mount(nullptr, In("rootfs").c_str(), nullptr, MS_PRIVATE, nullptr), 0);
  EXPECT_EQ(InRootfs("stat -c %u etc"), "0\n");
  EXPECT_EQ(Shell("findmnt -no PROPAGATION " + In("rootfs")), "private\n");
}

TEST_F(OverlayRootfsTest, RemountsAReadOnlyOverlay) {
  MountWith(fmt::format("lowerdir={0}/2/fs:{0}/1/fs", In("snapshots")), MS_RDONLY);
  EXPECT_EQ(InRootfs("stat -c %u etc/passwd etc/hosts"), "0\n0\n");
}

TEST_F(OverlayRootfsTest, RemountsAVolatileOverlay) {
  Mount(",volatile");
  const std::string mark = In("snapshots/up/work/work/incompat/volatile");
  ASSERT_EQ(access(mark.c_str(), F_OK), 0);
  EXPECT_EQ(InRootfs("touch x && stat -c %u x"), "0\n");
  EXPECT_THAT(Line(), HasSubstr("volatile"));
  EXPECT_EQ(access(mark.c_str(), F_OK), 0);
}

TEST_F(OverlayRootfsTest, AFailureLeavesTheVolatileMark) {
  Mount(",volatile");
  actions_.network_namespace = In("nowhere");  // fails after the overlay was built
  EXPECT_THAT(InRootfs("true"), HasSubstr("nowhere: No such file"));
  EXPECT_EQ(access(In("snapshots/up/work/work/incompat/volatile").c_str(), F_OK), 0);
  EXPECT_EQ(Shell("stat -c %u " + In("rootfs/etc/passwd")), "0\n");
}

// With an index the kernel lets no second overlay use the upper folder, not even for a moment.
TEST_F(OverlayRootfsTest, RemountsAnIndexedOverlay) {
  Mount(",index=on");
  EXPECT_EQ(InRootfs("touch x && stat -c %u x etc/passwd"), "0\n0\n");
  EXPECT_THAT(Line(), HasSubstr("index=on"));
  EXPECT_EQ(Shell("stat -c %u " + In("rootfs/etc/passwd")), "2000000\n");
}

TEST_F(OverlayRootfsTest, RefusesAnIndexedOverlayInTwoPlaces) {
  Mount(",index=on");
  Folder(In("other"));
  ASSERT_EQ(Shell("mount --bind " + In("rootfs") + " " + In("other")), "");
  const std::string before = Line();
  EXPECT_THAT(InRootfs("true"), HasSubstr("is mounted at " + In("other") + " too"));
  EXPECT_EQ(Line(), before);
}

TEST_F(OverlayRootfsTest, PutsAnIndexedOverlayBackIfItCannotBeBuilt) {
  Mount(",index=on", MS_NODEV);
  const std::string before = Line();
  // Somebody's mount namespace keeps the old one for longer than building waits, and then not.
  const std::string ready = In("ready");
  ASSERT_EQ(Shell("unshare -m --propagation private sh -c 'touch " + ready +
                  "; sleep 7' >/dev/null 2>&1 & while [ ! -e " + ready + " ]; do sleep .01; done"),
            "");
  EXPECT_THAT(InRootfs("true"), HasSubstr("in use by another overlay"));
  EXPECT_EQ(Line(), before);
  EXPECT_EQ(Shell("stat -c %u " + In("rootfs/etc/passwd")), "0\n");
}

TEST_F(OverlayRootfsTest, FindsRelativeLayersAsContainerdGivesThem) {
  ASSERT_EQ(chdir(In("snapshots").c_str()), 0);
  MountWith(
      fmt::format("lowerdir=2/fs:1/fs,upperdir={0}/up/fs,workdir={0}/up/work", In("snapshots")));
  ASSERT_EQ(chdir("/"), 0);
  const std::string before = Line();
  EXPECT_EQ(InRootfs("touch x && stat -c %u x etc/passwd etc/hosts"), "0\n0\n0\n");
  EXPECT_EQ(Line(), before);
}

// All relative to the storage folder, the layers by links, the mount below the container's folder.
TEST_F(OverlayRootfsTest, FindsRelativeLayersAsPodmanGivesThem) {
  Folder(In("overlay/c/diff"));
  Folder(In("overlay/c/work"));
  Folder(In("overlay/c/merged"));
  File(In("overlay/a/diff/file"), "a");
  Folder(In("overlay/l"));
  ASSERT_EQ(symlink("../a/diff", In("overlay/l/SHORT").c_str()), 0);
  actions_.rootfs->path = In("overlay/c/merged");
  ASSERT_EQ(chdir(In("overlay").c_str()), 0);
  ASSERT_EQ(mount("overlay", "c/merged", "overlay", MS_NODEV,
                  "lowerdir=l/SHORT,upperdir=c/diff,workdir=c/work"),
            0);
  ASSERT_EQ(chdir("/"), 0);
  EXPECT_EQ(InRootfs("echo b > new && stat -c %u new file && cat file"), "0\n0\na");
  EXPECT_EQ(Shell("stat -c %u " + In("overlay/c/diff/new")), "0\n");
  EXPECT_EQ(Shell("umount " + In("overlay/c/merged") + " && ls -A " + In("overlay/c/merged")), "");
}

TEST_F(OverlayRootfsTest, SaysWhichRelativeLayerIsMissing) {
  ASSERT_EQ(chdir(In("snapshots/1/fs").c_str()), 0);
  MountWith(fmt::format("lowerdir=../../2/fs:home,upperdir={0}/up/fs,workdir={0}/up/work",
                        In("snapshots")));
  ASSERT_EQ(chdir("/"), 0);
  const std::string before = Line();
  EXPECT_THAT(InRootfs("true"),
              AllOf(HasSubstr("overlay layer ../../2/fs: not found"), HasSubstr("by full paths")));
  EXPECT_EQ(Line(), before);
}

TEST_F(OverlayRootfsTest, FindsLayersWithOddNames) {
  const std::string odd = In("a,b:c\\d e=\"f\ng");
  File(odd + "/l1/one", "1");
  File(odd + "/l2/two", "2");
  Folder(odd + "/u");
  Folder(odd + "/w");
  const auto escaped = [](std::string text, const std::string& what) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (what.find(text[i]) != std::string::npos) text.insert(i++, 1, '\\');
    }
    return text;
  };
  const std::string lower = escaped(odd, ",:\\");
  const std::string upper = escaped(odd, ",\\");
  MountWith(fmt::format("lowerdir={0}/l1:{0}/l2,upperdir={1}/u,workdir={1}/w", lower, upper));
  const std::string before = Line();
  EXPECT_EQ(InRootfs("touch new && stat -c %u one two new"), "0\n0\n0\n");
  EXPECT_EQ(Line(), before);
}

// As many as the kernel allows, in a page of options that could hold no longer names.
TEST_F(OverlayRootfsTest, HoldsFiveHundredLayers) {
  std::string lower;
  for (int i = 499; i >= 0; --i) {
    Folder(In(fmt::format("snapshots/{}/d", 1000 + i)));
    lower += fmt::format("{}/d{}", 1000 + i, i == 0 ? "" : ":");
  }
  File(In("snapshots/1000/d/last"), "x");
  ASSERT_EQ(chdir(In("snapshots").c_str()), 0);
  MountWith(fmt::format("lowerdir={},upperdir={}/up/fs,workdir=up/work", lower, In("snapshots")));
  ASSERT_EQ(chdir("/"), 0);
  EXPECT_EQ(InRootfs("touch new && stat -c %u last new"), "0\n0\n");
}

TEST_F(OverlayRootfsTest, KeepsLayersThatWereAddedOneByOne) {
  Shell("cp /usr/bin/true " + In("snapshots/1/fs/data"));
  const base::UniqueFd context(fsopen("overlay", FSOPEN_CLOEXEC));
  const auto set = [&](const char* key, const std::string& value) {
    return fsconfig(context.get(), FSCONFIG_SET_STRING, key, value.c_str(), 0);
  };
  if (set("lowerdir+", In("snapshots/2/fs")) != 0) GTEST_SKIP() << "needs Linux 6.5";
  ASSERT_EQ(set("lowerdir+", In("snapshots/1/fs")), 0);
  ASSERT_EQ(set("upperdir", In("snapshots/up/fs")), 0);
  ASSERT_EQ(set("workdir", In("snapshots/up/work")), 0);
  ASSERT_EQ(set("source", "engine"), 0);
  ASSERT_EQ(fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0), 0);
  const base::UniqueFd made(fsmount(context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV));
  ASSERT_EQ(move_mount(made.get(), "", AT_FDCWD, In("rootfs").c_str(), MOVE_MOUNT_F_EMPTY_PATH), 0);
  const std::string before = Line();
  EXPECT_EQ(InRootfs("touch new && stat -c %u new etc/passwd"), "0\n0\n");
  EXPECT_EQ(Line(), before);
}

TEST_F(OverlayRootfsTest, KeepsLayersOfDataOnly) {
  MountWith(
      fmt::format("lowerdir={0}/2/fs::{0}/1/fs,upperdir={0}/up/fs,workdir={0}/up/work,metacopy=on",
                  In("snapshots")));
  EXPECT_EQ(InRootfs("stat -c %u etc/hosts; ls etc"), "0\nhosts\n");
  EXPECT_THAT(Line(), HasSubstr("2/fs::"));
}

TEST_F(OverlayRootfsTest, RefusesALayerThatCannotBeMapped) {
  Folder(In("ram"));
  ASSERT_EQ(mount("ramfs", In("ram").c_str(), "ramfs", 0, "mode=0755"), 0);
  File(In("ram/file"), "x", 7, 7);
  MountWith(
      fmt::format("lowerdir={0}/ram:{0}/snapshots/1/fs,upperdir={0}/snapshots/up/fs,"
                  "workdir={0}/snapshots/up/work",
                  directory_));
  const std::string before = Line();
  EXPECT_THAT(
      InRootfs("true"),
      AllOf(HasSubstr(In("ram") + ": ramfs on this kernel cannot map ids"), HasSubstr("ext4")));
  EXPECT_EQ(Line(), before);
  actions_.rootfs->may_chown = true;
  EXPECT_EQ(InRootfs("stat -c '%u %g' file etc/passwd home/file ."), "7 7\n0 0\n1000 1001\n0 0\n");
  EXPECT_EQ(Upper("stat -c %u file home/file"), "2000007\n2001000\n");
  EXPECT_EQ(Shell("stat -c %u " + In("ram/file")), "7\n");
}

TEST_F(OverlayRootfsTest, RefusesWhatIsMountedInItAlready) {
  Mount();
  Tmpfs(In("rootfs/opaque"));
  EXPECT_THAT(InRootfs("true"), HasSubstr("mounted in it already, at " + In("rootfs/opaque")));
}

TEST_F(OverlayRootfsTest, FindsALayerThatIsAMountBelowTheUpperParent) {
  Tmpfs(In("snapshots/up/lower"));
  File(In("snapshots/up/lower/file"), "x");
  MountWith(
      fmt::format("lowerdir={0}/up/lower,upperdir={0}/up/fs,workdir={0}/up/work", In("snapshots")));
  EXPECT_EQ(InRootfs("touch new && stat -c %u file new"), "0\n0\n");
  EXPECT_EQ(Upper("stat -c %u new"), "0\n");
}

TEST_F(OverlayRootfsTest, FindsLayersOnSeveralMounts) {
  Tmpfs(In("snapshots/tmp"));
  File(In("snapshots/tmp/deep/lower/file"), "x");
  Tmpfs(In("elsewhere"));
  File(In("elsewhere/other"), "y");
  ASSERT_EQ(chdir(In("snapshots").c_str()), 0);
  MountWith(
      fmt::format("lowerdir=tmp/deep/lower:{0}/elsewhere:1/fs,upperdir={0}/snapshots/up/fs,"
                  "workdir={0}/snapshots/up/work",
                  directory_));
  ASSERT_EQ(chdir("/"), 0);
  EXPECT_EQ(InRootfs("touch new && stat -c %u file other new etc/passwd"), "0\n0\n0\n0\n");
}

// Their only common folder is the root, which cannot be covered.
TEST_F(OverlayRootfsTest, FindsLayersThatShareOnlyTheRoot) {
  const std::string other = "/stockade-host-test-layer";
  if (Shell("stat -c %m /var/tmp") != "/\n") GTEST_SKIP() << "/var/tmp is a mount of its own";
  File(other + "/file", "x");
  MountWith(fmt::format("lowerdir={0}:{1}/1/fs,upperdir={1}/up/fs,workdir={1}/up/work", other,
                        In("snapshots")));
  EXPECT_EQ(InRootfs("touch new && stat -c %u file new etc/passwd"), "0\n0\n0\n");
  EXPECT_EQ(Shell("umount " + In("rootfs") + " && rm -r " + other), "");
}

TEST_F(OverlayRootfsTest, LeavesNothingWhenTheEngineUnmounts) {
  Mount();
  EXPECT_EQ(InRootfs("touch x"), "");
  EXPECT_EQ(Shell("umount " + In("rootfs") + " && grep " + directory_ + " /proc/self/mountinfo"),
            "");
  // The helper has let go of the old one: nobody uses the upper folder any more.
  for (int i = 0; i < 100; ++i) {
    usleep(10000);
    if (Shell("mount -t overlay o -o index=on,lowerdir=" + In("snapshots/1/fs") +
              ",upperdir=" + In("snapshots/up/fs") + ",workdir=" + In("snapshots/up/work") + " " +
              In("rootfs")) == "") {
      return;
    }
  }
  ADD_FAILURE() << "the upper folder is still in use";
}

}  // namespace
}  // namespace stockade::sandbox
