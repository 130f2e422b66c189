// SPDX-License-Identifier: Apache-2.0
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/sandbox/host/fixture.h"

namespace stockade::sandbox {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Ids = StagedBind::Ids;

class BindsTest : public HostTest {
 protected:
  void SetUp() override {
    HostTest::SetUp();
    if (IsSkipped()) return;
    actions_.ids = kIds;
    File(In("volume/file"), "text", 0, 5, 0640);
  }
  void Add(const std::string& source, Ids ids = Ids::kOfThePod, bool recursive = true) {
    const std::string name = fmt::format("mount-{}", actions_.binds.size());
    actions_.binds.push_back({source, name, recursive, ids, "/data"});
  }
  std::string InPodAt(const std::string& name, const std::string& command) {
    return Perform(actions_, PodCommand("cd " + Staged(name) + " && " + command));
  }
};

TEST_F(BindsTest, GivesAVolumeItsOwnIdsOnTheHost) {
  Add(In("volume"));
  EXPECT_EQ(InPodAt("mount-0", "stat -c '%u %g' . file && echo x > new && chown 7:8 new"),
            "0 0\n0 5\n");
  EXPECT_EQ(Shell("stat -c '%u %g' " + In("volume/new")), "7 8\n");
}

TEST_F(BindsTest, BindsFiles) {
  Add(In("volume/file"));
  EXPECT_EQ(
      Perform(actions_, PodCommand("stat -c '%u %g' " + Staged("mount-0") + " && cat " +
                                   Staged("mount-0") + " && echo more >> " + Staged("mount-0"))),
      "0 5\ntext");
  EXPECT_EQ(Shell("cat " + In("volume/file")), "textmore\n");
}

TEST_F(BindsTest, LeavesIdsWhereAsked) {
  Add(In("volume"), Ids::kAsTheyAre);
  EXPECT_EQ(InPodAt("mount-0", "stat -c '%u %g' file"), "65534 65534\n");
  actions_.ids.reset();
  EXPECT_EQ(Perform(actions_, Command("stat -c '%u %g' " + Staged("mount-0/file"))), "0 5\n");
}

TEST_F(BindsTest, MapsATmpfs) {
  Tmpfs(In("secret"));
  File(In("secret/token"), "t", 0, 1000, 0440);
  Add(In("secret"));
  EXPECT_EQ(InPodAt("mount-0", "stat -c '%u %g' token && echo x > new"), "0 1000\n");
  EXPECT_EQ(Shell("stat -c '%u %g' " + In("secret/new")), "0 0\n");
}

TEST_F(BindsTest, TakesWhatIsMountedBelowIfAsked) {
  Tmpfs(In("volume/below"));
  File(In("volume/below/deep"), "d");
  Add(In("volume"));
  Add(In("volume"), Ids::kOfThePod, /*recursive=*/false);
  Add(In("volume"), Ids::kAsTheyAre);
  EXPECT_EQ(InPodAt("mount-0", "stat -c %u below below/deep"), "0\n0\n");
  EXPECT_EQ(InPodAt("mount-1", "ls below"), "");
  EXPECT_EQ(InPodAt("mount-2", "stat -c %u below below/deep"), "65534\n65534\n");
}

TEST_F(BindsTest, ReceivesWhatTheHostMountsLater) {
  Tmpfs(In("shared"));
  ASSERT_EQ(mount(nullptr, In("shared").c_str(), nullptr, MS_SHARED, nullptr), 0);
  Folder(In("shared/later"));
  Folder(In("shared/own"));
  Add(In("shared"));
  // The host, in the place of which the parent stands, mounts while the pod lives.
  EXPECT_EQ(Perform(actions_,
                    [&] {
                      return Shell("nsenter -t " + std::to_string(getppid()) +
                                   " -m mount -t tmpfs t " + In("shared/later") +
                                   " && findmnt -no FSTYPE " + Staged("mount-0/later") +
                                   " && mount -t tmpfs t " + Staged("mount-0/own"));
                    }),
            "tmpfs\n");
  EXPECT_EQ(Shell("findmnt -no FSTYPE " + In("shared/own")), "") << "nothing goes back";
}

TEST_F(BindsTest, KeepsTheFlagsOfTheSource) {
  Tmpfs(In("flags"), MS_NOEXEC | MS_NOSUID | MS_RDONLY);
  Add(In("flags"));
  EXPECT_EQ(InPodAt("mount-0", "findmnt -no VFS-OPTIONS ."),
            "ro,nosuid,noexec,relatime,idmapped\n");
}

TEST_F(BindsTest, SetsTheFlagsOfTheDocument) {
  Tmpfs(In("volume/below"));
  const auto flags = [&](std::vector<std::string> words) {
    actions_.binds.clear();
    Add(In("volume"));
    actions_.binds.back().flags = std::move(words);
    return InPodAt("mount-0", "findmnt -no VFS-OPTIONS . && findmnt -no VFS-OPTIONS below");
  };
  EXPECT_EQ(flags({"noexec", "nosuid"}),
            "rw,nosuid,noexec,relatime,idmapped\nrw,relatime,idmapped\n");
  EXPECT_EQ(flags({"ro", "rro", "nodev", "rnoexec", "rnosymfollow"}),
            "ro,nodev,noexec,relatime,nosymfollow,idmapped\n"
            "ro,noexec,relatime,nosymfollow,idmapped\n");
  EXPECT_THAT(flags({"sync"}), HasSubstr("no flag of a mount: sync"));
  EXPECT_EQ(Shell("findmnt -no VFS-OPTIONS " + In("volume/below")), "rw,relatime\n");
}

TEST_F(BindsTest, NamesTheFileSystemThatCannotBeMapped) {
  Add("/proc/sys");
  EXPECT_THAT(Perform(actions_),
              AllOf(HasSubstr("mount /data: /proc/sys: proc on this kernel cannot"),
                    HasSubstr("file systems that can are ext4")));
  actions_.binds.clear();
  Folder(In("volume/ram"));
  ASSERT_EQ(mount("ramfs", In("volume/ram").c_str(), "ramfs", 0, nullptr), 0);
  Add(In("volume"));
  EXPECT_THAT(Perform(actions_), HasSubstr(In("volume/ram") + ": ramfs on this kernel cannot"));
}

TEST_F(BindsTest, NamesAMountThatIsMappedAlready) {
  Add(In("volume"));
  // The pod's staged mount as the source of another: what a nested runtime would do.
  EXPECT_THAT(Perform(actions_,
                      [&]() -> std::string {
                        HostActions again = actions_;
                        again.binds[0].source = Staged("mount-0");
                        again.binds[0].name = "again";
                        return Perform(again);
                      }),
              HasSubstr("is mapped already"));
}

TEST_F(BindsTest, RefusesWhatChangedSinceItWasChecked) {
  ASSERT_EQ(symlink("volume", In("link").c_str()), 0);
  Add(In("link/file"));
  EXPECT_THAT(Perform(actions_), HasSubstr("changed since it was checked"));
  actions_.binds.clear();
  Add(In("link"));
  EXPECT_THAT(Perform(actions_), HasSubstr("changed since it was checked"));
  actions_.binds.clear();
  Add(In("gone"));
  EXPECT_THAT(Perform(actions_), HasSubstr("gone: No such file"));
}

TEST_F(BindsTest, BindsSocketsAndPipes) {
  ASSERT_EQ(mkfifo(In("volume/pipe").c_str(), 0600), 0);
  Add(In("volume/pipe"));
  EXPECT_EQ(Perform(actions_, PodCommand("stat -c '%F %u' " + Staged("mount-0"))), "fifo 0\n");
}

}  // namespace
}  // namespace stockade::sandbox
