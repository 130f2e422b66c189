// SPDX-License-Identifier: Apache-2.0
// What of a staged root file system runs: scripts, whose interpreter is this machine's.
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "tests/unit/sandbox/host/fixture.h"

namespace stockade::sandbox {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class ExecutableTest : public HostTest {
 protected:
  void SetUp() override {
    HostTest::SetUp();
    if (IsSkipped()) return;
    for (const char* name : {"usr/bin/tool", "opt/in/tool", "opt/out/tool"}) {
      File(In("rootfs/") + name, "#!/bin/sh\necho ran\n", 0, 0, 0755);
    }
    Shell("ln -s usr/bin " + In("rootfs/bin"));
    actions_.ids = kIds;
    actions_.rootfs = RootfsAction{In("rootfs"), "rootfs", false, {"/bin", "/opt/in"}};
  }
  // The tools that run, of all three.
  std::string Running() const {
    return Perform(actions_, PodCommand("cd " + Staged("rootfs") +
                                        " && for t in usr/bin/tool opt/in/tool opt/out/tool; do "
                                        "[ \"$($t 2>/dev/null)\" = ran ] && echo $t; done; true"));
  }
  std::string Flags(const std::string& path) const {
    return Perform(actions_,
                   Command("findmnt -no VFS-OPTIONS " + Staged("rootfs" + path) + " | tail -n 1"));
  }
  void Link(const std::string& target, const std::string& name) const {
    ASSERT_EQ(symlink(target.c_str(), In("rootfs/" + name).c_str()), 0);
  }
};

TEST_F(ExecutableTest, WhatIsListedRunsAndNothingElse) {
  EXPECT_EQ(Running(), "usr/bin/tool\nopt/in/tool\n");
  EXPECT_EQ(Flags(""), "rw,noexec,relatime,idmapped\n");
  EXPECT_EQ(Flags("/opt/in"), "ro,relatime,idmapped\n");
  actions_.rootfs->executable = {"/opt/out/tool"};
  EXPECT_EQ(Running(), "opt/out/tool\n");
  actions_.rootfs->executable = {};
  EXPECT_EQ(Running(), "usr/bin/tool\nopt/in/tool\nopt/out/tool\n");
}

TEST_F(ExecutableTest, LeavesTheHostAsItWas) {
  EXPECT_EQ(Shell(In("rootfs/opt/out/tool")), "ran\n");
  Running();
  EXPECT_EQ(Shell(In("rootfs/opt/out/tool")), "ran\n");
  EXPECT_EQ(Shell("grep " + directory_ + " /proc/self/mountinfo"), "");
}

TEST_F(ExecutableTest, HoldsARootWithoutIdsOfOurs) {
  actions_.ids.reset();
  EXPECT_EQ(Running(), "usr/bin/tool\nopt/in/tool\n");
  actions_.rootfs->executable = {};
  EXPECT_THAT(Perform(actions_), HasSubstr("no ids"));
}

TEST_F(ExecutableTest, HoldsAnOverlayAndWhatIsMountedBelow) {
  for (const char* folder : {"upper", "work", "merged"}) Folder(In(folder));
  ASSERT_EQ(Shell("cd " + directory_ +
                  " && mount -t overlay o -o lowerdir=$PWD/rootfs,upperdir=$PWD/upper,"
                  "workdir=$PWD/work merged"),
            "");
  actions_.rootfs->path = In("merged");
  EXPECT_EQ(Running(), "usr/bin/tool\nopt/in/tool\n");
  EXPECT_EQ(Shell("umount " + In("merged")), "");
  actions_.rootfs->path = In("rootfs");
  Tmpfs(In("rootfs/opt"));
  File(In("rootfs/opt/in/tool"), "#!/bin/sh\necho ran\n", 0, 0, 0755);
  File(In("rootfs/opt/out/tool"), "#!/bin/sh\necho ran\n", 0, 0, 0755);
  EXPECT_EQ(Running(), "usr/bin/tool\nopt/in/tool\n");
}

// A folder that something is mounted in comes with it, and a noexec mount stays one.
TEST_F(ExecutableTest, AListedFolderKeepsWhatIsMountedInIt) {
  Tmpfs(In("rootfs/opt/in"), MS_NOEXEC);
  File(In("rootfs/opt/in/tool"), "#!/bin/sh\necho ran\n", 0, 0, 0755);
  actions_.rootfs->executable = {"/opt"};
  EXPECT_EQ(Running(), "opt/out/tool\n");
  EXPECT_EQ(Flags("/opt/in"), "ro,noexec,relatime,idmapped\n");
}

TEST_F(ExecutableTest, NamesMayLieInEachOtherAndRepeat) {
  for (const auto& list : {std::vector<std::string>{"/opt", "/opt/in", "/usr/bin", "/bin"},
                           std::vector<std::string>{"/opt/in", "/bin", "/opt", "/usr/bin"}}) {
    actions_.rootfs->executable = list;
    EXPECT_EQ(Running(), "usr/bin/tool\nopt/in/tool\nopt/out/tool\n");
  }
}

TEST_F(ExecutableTest, APathThatLeadsNowhereAllowsNothing) {
  Link("loop", "loop");
  Link("/proc/self/exe", "exe");
  Link("../../../../../../../../../../.." + In("rootfs/opt/out"), "host");  // on the host, a folder
  actions_.rootfs->executable = {"/opt/in", "/no", "/bin/tool/x", "/loop", "/exe", "/host"};
  EXPECT_EQ(Running(), "opt/in/tool\n");
}

TEST_F(ExecutableTest, APathThatWouldAllowAllIsRefused) {
  for (const char* target : {"/", "../../../..", "."}) {
    Link(target, "all");
    actions_.rootfs->executable = {"/all"};
    EXPECT_THAT(Perform(actions_), AllOf(HasSubstr("rootfs.executable: the image's /all is a link"),
                                         HasSubstr("all would run")));
    ASSERT_EQ(unlink(In("rootfs/all").c_str()), 0);
  }
  ASSERT_EQ(mkfifo(In("rootfs/pipe").c_str(), 0600), 0);
  actions_.rootfs->executable = {"/pipe"};
  EXPECT_THAT(Perform(actions_), HasSubstr("/pipe is neither a file nor a folder"));
}

}  // namespace
}  // namespace stockade::sandbox
