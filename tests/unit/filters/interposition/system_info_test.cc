// SPDX-License-Identifier: Apache-2.0
#include "filters/interposition/system_info.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cstring>

#include "filters/interposition/device_node.h"

namespace stockade::filters {
namespace {

constexpr std::uint64_t kGiB = 1ULL << 30;

struct sysinfo Host() {
  struct sysinfo host = {};
  host.uptime = 77;
  host.totalram = 8 << 10;
  host.freeram = 4 << 10;
  host.bufferram = 5;
  host.sharedram = 5;
  host.totalswap = 2 << 10;
  host.freeswap = 1 << 10;
  host.mem_unit = 1 << 20;
  return host;
}

TEST(WithinLimits, AHostWithoutLimitsKeepsItsFiguresInBytes) {
  for (const auto& levels : {std::vector<MemoryLevel>{}, std::vector<MemoryLevel>(3)}) {
    const struct sysinfo told = WithinLimits(Host(), levels);
    EXPECT_EQ(told.totalram, 8 * kGiB);
    EXPECT_EQ(told.freeram, 4 * kGiB);
    EXPECT_EQ(told.totalswap, 2 * kGiB);
    EXPECT_EQ(told.freeswap, kGiB);
    EXPECT_EQ(told.mem_unit, 1);
    EXPECT_EQ(told.uptime, 77);
    EXPECT_EQ(told.bufferram + told.sharedram, 0);
  }
}

TEST(WithinLimits, TheTightestLevelCounts) {
  const MemoryLevel own{.limit = 3 * kGiB, .used = kGiB, .swap_limit = kGiB, .swap_used = 0};
  const MemoryLevel pod{
      .limit = 2 * kGiB, .used = kGiB + 5, .swap_limit = 4 * kGiB, .swap_used = 0};
  for (const auto& levels : {std::vector{own, pod, MemoryLevel{}}, std::vector{pod, own}}) {
    const struct sysinfo told = WithinLimits(Host(), levels);
    EXPECT_EQ(told.totalram, 2 * kGiB);
    EXPECT_EQ(told.freeram, kGiB - 5);
    EXPECT_EQ(told.totalswap, kGiB);
    EXPECT_EQ(told.freeswap, kGiB);
  }
}

TEST(WithinLimits, NothingIsBelowZeroOrMoreThanTheHost) {
  const MemoryLevel over{.limit = kGiB, .used = 2 * kGiB, .swap_limit = 0, .swap_used = 9};
  const struct sysinfo told = WithinLimits(Host(), std::vector{over});
  EXPECT_EQ(told.freeram, 0);
  EXPECT_EQ(told.totalswap, 0);
  EXPECT_EQ(told.freeswap, 0);
  const MemoryLevel wide{.limit = 99 * kGiB, .used = 0, .swap_limit = 99 * kGiB, .swap_used = 0};
  EXPECT_EQ(WithinLimits(Host(), std::vector{wide}).totalram, 8 * kGiB);
  EXPECT_EQ(WithinLimits(Host(), std::vector{wide}).freeram, 4 * kGiB);
  // Where less is free than the limit has, no more than the limit is.
  const MemoryLevel tight{.limit = 5, .used = 0};
  EXPECT_EQ(WithinLimits(Host(), std::vector{tight}).freeram, 5);
}

utsname Named(const char* release) {
  utsname host{};
  std::strcpy(host.sysname, "Linux");
  std::strcpy(host.release, release);
  std::strcpy(host.version, "#7 SMP PREEMPT_DYNAMIC build@host");
  std::strcpy(host.machine, "x86_64");
  return host;
}

TEST(NeutralKernel, KeepsMajorAndMinorAlone) {
  const utsname told = NeutralKernel(Named("6.18.5-custom+"));
  EXPECT_STREQ(told.release, "6.18.0");
  EXPECT_STREQ(told.version, "#1 SMP");
  EXPECT_STREQ(told.sysname, "Linux");
  EXPECT_STREQ(told.machine, "x86_64");
  EXPECT_EQ(std::string_view(told.release, sizeof told.release).find("custom"),
            std::string_view::npos);
  EXPECT_STREQ(NeutralKernel(Named("6.1-rc3")).release, "6.1.0");
  EXPECT_STREQ(NeutralKernel(Named("7.0")).release, "7.0.0");
  EXPECT_STREQ(NeutralKernel(Named("odd")).release, "0.0.0");
}

TEST(HarmlessDevices, AreSixCharacterDevices) {
  for (const auto& [major, minor] : {std::pair{1, 3}, {1, 5}, {1, 7}, {1, 8}, {1, 9}, {5, 0}}) {
    const auto device = static_cast<std::uint32_t>(
        makedev(static_cast<unsigned>(major), static_cast<unsigned>(minor)));
    EXPECT_TRUE(IsHarmlessDevice(S_IFCHR | 0666, device)) << major << ":" << minor;
    EXPECT_FALSE(IsHarmlessDevice(S_IFBLK | 0666, device)) << major << ":" << minor;
  }
  for (const std::uint32_t device :
       {0x100U, 0x101U, 0x104U, 0x10bU, 0x501U, 0x502U, 0x800U, 0x100103U, 0x80000103U, 0U}) {
    EXPECT_FALSE(IsHarmlessDevice(S_IFCHR | 0666, device)) << std::hex << device;
  }
}

}  // namespace
}  // namespace stockade::filters
