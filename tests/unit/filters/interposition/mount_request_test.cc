// SPDX-License-Identifier: Apache-2.0
#include "filters/interposition/mount_request.h"

#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sys/mount.h>

#include <cerrno>
#include <string>

namespace stockade::filters {
namespace {

constexpr std::uint64_t kMemory = 256U << 20;
constexpr std::uint32_t kAlways = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

TmpfsMount Asked(std::uint64_t flags, std::string_view options) {
  TmpfsMount mount;
  EXPECT_EQ(ReadTmpfs(flags, options, mount), 0) << options;
  return Bounded(mount, BoundOf(kMemory));
}

std::uint64_t SizeOf(const std::string& value) { return Asked(0, "size=" + value).size; }

TEST(MountRequest, OnlyANewMountIsOne) {
  for (const std::uint64_t flags :
       {0UL, 0UL | MS_RDONLY | MS_NOSUID | MS_NOATIME, 0xc0ed0000UL, 0xc0ed0000UL | MS_RDONLY,
        0UL | MS_SILENT | MS_REC, 0xffffffff00000000UL}) {
    EXPECT_TRUE(AsksForNewMount(flags)) << flags;
  }
  for (const std::uint64_t verb : {0UL | MS_REMOUNT, 0UL | MS_BIND, 0UL | MS_MOVE, 0UL | MS_SHARED,
                                   0UL | MS_PRIVATE, 0UL | MS_SLAVE, 0UL | MS_UNBINDABLE}) {
    EXPECT_FALSE(AsksForNewMount(verb)) << verb;
    EXPECT_FALSE(AsksForNewMount(verb | MS_NOSUID | 0xabcd00000000UL)) << verb;
  }
  // The old magic number has bits of other flags, and hides no verb below them.
  EXPECT_FALSE(AsksForNewMount(0xc0ed0000UL | MS_BIND));
}

TEST(MountRequest, NeverWithProgramsDevicesOrSetUserId) {
  for (std::uint64_t bit = 0; bit < 31; ++bit) {
    EXPECT_EQ(Asked(std::uint64_t{1} << bit, "").attributes & kAlways, kAlways) << bit;
  }
  TmpfsMount taken_over{.attributes = ~std::uint32_t{0}, .flags = ~std::uint32_t{0}};
  taken_over.mode = ~std::uint32_t{0};
  const TmpfsMount bounded = Bounded(taken_over, BoundOf(kMemory));
  EXPECT_EQ(bounded.attributes, kAlways | MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOATIME |
                                    MOUNT_ATTR_STRICTATIME | MOUNT_ATTR_NODIRATIME |
                                    MOUNT_ATTR_NOSYMFOLLOW);
  EXPECT_EQ(bounded.flags, 0U | MS_RDONLY | MS_SYNCHRONOUS | MS_DIRSYNC | MS_LAZYTIME);
  EXPECT_EQ(bounded.mode, 07777U);
  EXPECT_EQ(Bounded({.attributes = 0}, BoundOf(kMemory)).attributes, kAlways);
}

TEST(MountRequest, KeepsHarmlessFlags) {
  EXPECT_EQ(Asked(MS_RDONLY, "").attributes, kAlways | MOUNT_ATTR_RDONLY);
  EXPECT_EQ(Asked(MS_RDONLY, "").flags, 0U | MS_RDONLY);
  EXPECT_EQ(Asked(MS_NOATIME | MS_NODIRATIME, "").attributes,
            kAlways | MOUNT_ATTR_NOATIME | MOUNT_ATTR_NODIRATIME);
  EXPECT_EQ(Asked(MS_NOATIME | MS_STRICTATIME, "").attributes, kAlways | MOUNT_ATTR_STRICTATIME);
  EXPECT_EQ(Asked(256, "").attributes, kAlways | MOUNT_ATTR_NOSYMFOLLOW);
  EXPECT_EQ(Asked(MS_SYNCHRONOUS | MS_MANDLOCK | MS_SILENT, "").flags, 0U | MS_SYNCHRONOUS);
  TmpfsMount mount;
  EXPECT_EQ(ReadTmpfs(1UL << 31, "", mount), EINVAL);
}

TEST(MountRequest, SizesAreBoundedByHalfOfTheMemory) {
  EXPECT_EQ(Asked(0, "").size, kMemory / 2);
  EXPECT_EQ(Asked(0, "").inodes, kMemory / 2 / 4096);
  EXPECT_EQ(SizeOf("65536"), 65536U);
  EXPECT_EQ(SizeOf("64k"), 65536U);
  EXPECT_EQ(SizeOf("0x10000"), 65536U);
  EXPECT_EQ(SizeOf("0200000"), 65536U);
  EXPECT_EQ(SizeOf("1M"), 1U << 20);
  EXPECT_NEAR(static_cast<double>(SizeOf("25%")), kMemory / 4.0, 100);
  for (const char* value :
       {"0", "0%", "100%", "128m", "1g", "8e", "16e", "99999999999999999999",
        "18446744073709551615", "18446744073709551615%", "0xffffffffffffffffk"}) {
    EXPECT_EQ(SizeOf(value), kMemory / 2) << value;
  }
  EXPECT_EQ(Asked(0, "nr_inodes=0").inodes, kMemory / 2 / 4096);
  EXPECT_EQ(Asked(0, "nr_inodes=1k").inodes, 1024U);
  EXPECT_EQ(Asked(0, "nr_inodes=8e").inodes, kMemory / 2 / 4096);
  EXPECT_EQ(BoundOf(0).size, 4096U);
  EXPECT_EQ(BoundOf(0).inodes, 1U);
  EXPECT_EQ(Bounded({.percent = 7}, BoundOf(0)).size, 567U);
}

TEST(MountRequest, ReadsTheOptionsThatItKeeps) {
  const TmpfsMount mount = Asked(0, ",mode=0750,,uid=7,gid=0x8,size=1m,size=2m,");
  EXPECT_EQ(mount.mode, 0750U);
  EXPECT_EQ(mount.uid, 7U);
  EXPECT_EQ(mount.gid, 8U);
  EXPECT_EQ(mount.size, 2U << 20);  // the last one counts
  EXPECT_EQ(Asked(0, "").mode, 01777U);
  EXPECT_EQ(Asked(0, "").uid, TmpfsMount::kCallers);
  EXPECT_EQ(Asked(0, "mode=17777").mode, 07777U);
  for (const char* options : {"huge=always",
                              "mpol=local",
                              "ro",
                              "size",
                              "size=",
                              "size=k",
                              "size=1mb",
                              "size=1%%",
                              "size=-1",
                              "size=0x",
                              "nr_inodes=1%",
                              "nr_blocks=1",
                              "uid=-1",
                              "uid=4294967295",
                              "uid=4294967296",
                              "uid=7x",
                              "gid=",
                              "mode=9",
                              "mode=0x1",
                              "mode=40000000000",
                              "usrquota",
                              "=",
                              "size=1m mode=755",
                              "SIZE=1m"}) {
    TmpfsMount refused;
    EXPECT_EQ(ReadTmpfs(0, options, refused), EINVAL) << options;
  }
}

TEST(MountRequest, SourcesArePrintable) {
  EXPECT_TRUE(IsMountSource("none"));
  EXPECT_TRUE(IsMountSource("a b"));
  EXPECT_TRUE(IsMountSource(std::string(255, 'x')));
  EXPECT_FALSE(IsMountSource(std::string(256, 'x')));
  for (const char* source : {"", "\n", "\033[2J", "\x7f", "\xc3\xa4"}) {
    EXPECT_FALSE(IsMountSource(source)) << source;
  }
}

TEST(MountRequest, UnmountFlags) {
  int kept = -1;
  EXPECT_EQ(ReadUmountFlags(0, kept), 0);
  EXPECT_EQ(kept, 0);
  EXPECT_EQ(ReadUmountFlags(MNT_FORCE | MNT_DETACH | UMOUNT_NOFOLLOW, kept), 0);
  EXPECT_EQ(kept, MNT_DETACH | UMOUNT_NOFOLLOW);
  EXPECT_EQ(ReadUmountFlags(0xabcd00000000UL | MNT_DETACH, kept), 0);
  EXPECT_EQ(ReadUmountFlags(MNT_EXPIRE, kept), EPERM);
  EXPECT_EQ(ReadUmountFlags(MNT_EXPIRE | MNT_DETACH, kept), EINVAL);
  for (unsigned bit = 4; bit < 32; ++bit)
    EXPECT_EQ(ReadUmountFlags(1UL << bit, kept), EINVAL) << bit;
}

TEST(MountRequest, KernelFileSystems) {
  EXPECT_TRUE(IsKernelFileSystem(PROC_SUPER_MAGIC));
  EXPECT_TRUE(IsKernelFileSystem(SYSFS_MAGIC));
  EXPECT_TRUE(IsKernelFileSystem(CGROUP2_SUPER_MAGIC));
  EXPECT_FALSE(IsKernelFileSystem(TMPFS_MAGIC));
  EXPECT_FALSE(IsKernelFileSystem(OVERLAYFS_SUPER_MAGIC));
  EXPECT_FALSE(IsKernelFileSystem(EXT4_SUPER_MAGIC));
}

}  // namespace
}  // namespace stockade::filters
