// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host/mount_info.h"

#include <gtest/gtest.h>

namespace stockade::sandbox {
namespace {

constexpr std::string_view kText =
    "36 35 98:0 /rootfs / ro,noatime master:1 - ext3 /dev/root rw,errors=continue\n"
    "37 36 0:21 / /proc rw,nosuid - proc proc rw\n"
    "38 37 0:22 /null /proc/kcore rw - devtmpfs udev rw,size=1k\n"
    "39 36 0:30 / /a\\040b\\134c rw - tmpfs tm\\011pfs ro\n";

TEST(ParseMountInfo, ReadsEveryField) {
  const auto mounts = ParseMountInfo(kText);
  ASSERT_TRUE(mounts) << mounts.error().Text();
  ASSERT_EQ(mounts->size(), 4U);
  const MountEntry& root = mounts->front();
  EXPECT_EQ(root.id, 36U);
  EXPECT_EQ(root.propagation, "master:1");
  EXPECT_EQ((*mounts)[1].propagation, "");
  EXPECT_EQ(root.device, "98:0");
  EXPECT_EQ(root.root, "/rootfs");
  EXPECT_EQ(root.point, "/");
  EXPECT_EQ(root.type, "ext3");
  EXPECT_EQ(root.source, "/dev/root");
  EXPECT_EQ(root.super_options, "rw,errors=continue");
  EXPECT_TRUE(root.Has("noatime"));
  EXPECT_FALSE(root.Has("no"));
  EXPECT_TRUE(root.ReadOnly());
}

TEST(ParseMountInfo, UnescapesPathsAndKnowsReadOnlyFileSystems) {
  const auto mounts = ParseMountInfo(kText);
  ASSERT_TRUE(mounts);
  EXPECT_EQ((*mounts)[3].point, "/a b\\c");
  EXPECT_EQ((*mounts)[3].source, "tm\tpfs");
  EXPECT_FALSE((*mounts)[3].Has("ro"));
  EXPECT_TRUE((*mounts)[3].ReadOnly());
  EXPECT_FALSE((*mounts)[1].ReadOnly());
}

TEST(ParseMountInfo, RefusesWhatIsNoMount) {
  EXPECT_FALSE(ParseMountInfo("garbage\n"));
  EXPECT_FALSE(ParseMountInfo("x 2 0:1 / /a rw - tmpfs tmpfs rw\n"));
  EXPECT_FALSE(ParseMountInfo("1 2 0:1 / relative rw - tmpfs tmpfs rw\n"));
}

TEST(MountOf, FindsTheLowestAndTheLast) {
  auto mounts = ParseMountInfo(kText);
  ASSERT_TRUE(mounts);
  EXPECT_EQ(MountOf(*mounts, "/proc/kcore")->root, "/null");
  EXPECT_EQ(MountOf(*mounts, "/proc/kcorex")->point, "/proc");
  EXPECT_EQ(MountOf(*mounts, "/etc")->point, "/");
  mounts->push_back((*mounts)[1]);
  mounts->back().type = "over";
  EXPECT_EQ(MountOf(*mounts, "/proc/1")->type, "over");
  EXPECT_EQ(MountOf({}, "/"), nullptr);
}

// As crun leaves them: a mount that was made detached has a lower number than what it stands on.
TEST(MountOf, FindsTheOneOnTop) {
  const auto mounts = ParseMountInfo(
      "36 35 98:0 / / rw - ext3 /dev/root rw\n"
      "37 41 0:21 / /dev/shm ro - tmpfs over rw\n"
      "39 36 0:22 / /dev/shm rw - tmpfs first rw\n"
      "41 39 0:23 / /dev/shm rw - tmpfs second rw\n");
  ASSERT_TRUE(mounts);
  EXPECT_EQ(mounts->front().parent, 35U);
  EXPECT_EQ(MountOf(*mounts, "/dev/shm/x")->source, "over");
  EXPECT_FALSE(ParseMountInfo("1 x 0:1 / /a rw - tmpfs tmpfs rw\n"));
}

}  // namespace
}  // namespace stockade::sandbox
