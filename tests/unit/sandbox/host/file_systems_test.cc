// SPDX-License-Identifier: Apache-2.0
// The file systems of real images and volumes, made on loop devices: each one maps the ids of a
// pod, as a root file system, as a volume and as a layer of an overlay, or is refused by its name.
#include <algorithm>
#include <string>
#include <vector>

#include "tests/unit/sandbox/host/fixture.h"

namespace stockade::sandbox {
namespace {

using testing::AllOf;
using testing::HasSubstr;

struct FileSystem {
  std::string name;  // as in /proc/filesystems
  // Makes the file `image`, of the folder `tree` where it cannot be written later.
  std::string make;
  bool writable = true;
  bool can_map = true;
  std::string mount = "mount -o loop image disk";
  std::string shown = {};  // the type in mountinfo, if it is another
};

void PrintTo(const FileSystem& each, std::ostream* out) { *out << each.name; }

const std::vector<FileSystem> kFileSystems = {
    {"ext4", "truncate -s 64M image && mkfs.ext4 -q -F image"},
    {"xfs", "truncate -s 320M image && mkfs.xfs -q image"},
    {"btrfs", "truncate -s 128M image && mkfs.btrfs -q image"},
    {"erofs", "mkfs.erofs --quiet image tree", false},
    {"squashfs", "mksquashfs tree image -quiet -no-progress", false},
    {"fuse", "mksquashfs tree image -quiet -no-progress", false, false,
     "squashfuse -o allow_other image disk", "fuse.squashfuse"},
};

class FileSystemsTest : public HostTest, public testing::WithParamInterface<FileSystem> {
 protected:
  // The file system at disk, with a file of root's and one of 1000's in disk/fs.
  void SetUp() override {
    HostTest::SetUp();
    if (IsSkipped()) return;
    const FileSystem& each = GetParam();
    const std::string tool = each.make.substr(each.make.find("mk"));
    if (Shell("command -v " + tool.substr(0, tool.find(' '))).empty()) {
      GTEST_SKIP() << "SKIPPED: no program here makes " << each.name;
    }
    if (Shell("grep -w '" + each.name + "$' /proc/filesystems").empty()) {
      GTEST_SKIP() << "SKIPPED: this kernel has no " << each.name;
    }
    Folder(In("disk"));
    Fill("tree/fs");
    ASSERT_EQ(Shell("cd " + directory_ + " && " + each.make + " >/dev/null"), "");
    const std::string said = Shell("cd " + directory_ + " && " + each.mount);
    if (said.find("loop device") != std::string::npos) {
      GTEST_SKIP() << "SKIPPED: no loop device: " << said;
    }
    ASSERT_EQ(said, "");
    if (each.writable) Fill("disk/fs");
    actions_.ids = kIds;
  }
  void Fill(const std::string& folder) const {
    File(In(folder + "/root"), "root", 0, 0, 0600);
    File(In(folder + "/home/user"), "user", 1000, 1001, 0640);
  }
  // What root of the pod sees in the folder that is staged under `name`, or why it cannot be.
  std::string See(const std::string& name) {
    return Perform(actions_,
                   PodCommand("cd " + Staged(name) + " && cat root && stat -c ' %u %g' home/user"));
  }
  // `seen` is what the pod ought to see, or the error that names the file system.
  void ExpectMappedOrNamed(const std::string& seen) {
    const FileSystem& each = GetParam();
    if (each.can_map) {
      EXPECT_EQ(seen, "root 1000 1001\n");
    } else {
      EXPECT_THAT(seen, AllOf(HasSubstr("disk"),
                              HasSubstr(each.shown + " on this kernel cannot "
                                                     "map ids"),
                              HasSubstr("file systems that can are ext4")));
    }
  }
};

TEST_P(FileSystemsTest, AsARootFileSystem) {
  actions_.rootfs = RootfsAction{In("disk/fs"), "rootfs", false};
  ExpectMappedOrNamed(See("rootfs"));
}

TEST_P(FileSystemsTest, AsAVolume) {
  actions_.binds.push_back(
      {.source = In("disk/fs"), .name = "mount-0", .recursive = true, .destination = "/data"});
  ExpectMappedOrNamed(See("mount-0"));
  if (!GetParam().writable) return;
  EXPECT_EQ(Perform(actions_, PodCommand("cd " + Staged("mount-0") +
                                         " && echo x > new && mkdir -m 2755 folder && "
                                         "chown 7:8 folder && chmod 4711 new")),
            "");
  EXPECT_EQ(Shell("cd " + In("disk/fs") + " && stat -c '%u %g %a' new folder"),
            "0 0 4711\n7 8 2755\n");
}

TEST_P(FileSystemsTest, AsALayer) {
  // Next to its layers where it can be written, as a snapshotter has it; else on the disk below.
  const std::string up = GetParam().writable ? In("disk/up") : In("up");
  for (const char* name : {"/fs", "/work"}) Folder(up + name);
  Folder(In("rootfs"));
  ASSERT_EQ(Shell("mount -t overlay overlay -o lowerdir=" + In("disk/fs") + ",upperdir=" + up +
                  "/fs,workdir=" + up + "/work " + In("rootfs")),
            "");
  actions_.rootfs = RootfsAction{In("rootfs"), "rootfs", false};
  const std::string seen =
      Perform(actions_, PodCommand("cd " + Staged("rootfs") +
                                   " && cat root && stat -c ' %u %g' home/user && "
                                   "echo more >> home/user && rm root && echo x > new"));
  ExpectMappedOrNamed(seen);
  if (!GetParam().can_map) return;
  EXPECT_EQ(Shell("cd " + up + "/fs && stat -c '%u %g %F' home/user new && stat -c %F root"),
            "1000 1001 regular file\n0 0 regular file\ncharacter special file\n");
}

std::string NameOf(const testing::TestParamInfo<FileSystem>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Real, FileSystemsTest, testing::ValuesIn(kFileSystems), NameOf);

}  // namespace
}  // namespace stockade::sandbox
