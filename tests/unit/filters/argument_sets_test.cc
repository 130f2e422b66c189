// SPDX-License-Identifier: Apache-2.0
#include "filters/argument_sets.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace stockade::filters {
namespace {

int Matching(const std::vector<BitMatch>& matches, std::uint64_t value) {
  return static_cast<int>(std::ranges::count_if(
      matches, [&](const BitMatch& match) { return (value & match.mask) == match.value; }));
}

TEST(OutsideTest, CoversEveryOtherValueExactlyOnce) {
  const std::vector<std::uint64_t> values{0x5412, 0x541c, 0x5423};
  const std::vector<BitMatch> matches = Outside(1, 0xffffffff, values);
  std::mt19937_64 random(1);
  std::vector<std::uint64_t> probes{0, 1, 0x5401, 0xffffffff, 0x80005412, 0x15412};
  for (const std::uint64_t value : values) {
    for (int bit = 0; bit < 32; ++bit) probes.push_back(value ^ (std::uint64_t{1} << bit));
  }
  for (int i = 0; i < 10000; ++i) probes.push_back(random() & 0xffffffff);
  for (const std::uint64_t probe : probes) {
    const bool named = std::ranges::find(values, probe) != values.end();
    EXPECT_EQ(Matching(matches, probe), named ? 0 : 1) << std::hex << probe;
  }
}

TEST(OutsideTest, IgnoresBitsBeyondTheMask) {
  const std::vector<std::uint64_t> values{6};
  const std::vector<BitMatch> matches = Outside(0, 0xffffffff, values);
  EXPECT_EQ(matches.size(), 32U);
  EXPECT_EQ(Matching(matches, 0x100000006), 0);
  EXPECT_EQ(Matching(matches, 0x100000007), 1);
}

TEST(OutsideTest, SmallMasksAreExhaustive) {
  for (std::uint64_t first = 0; first < 16; ++first) {
    for (std::uint64_t second = 0; second < 16; ++second) {
      const std::vector<std::uint64_t> values{first, second};
      const std::vector<BitMatch> matches = Outside(0, 0xf, values);
      for (std::uint64_t probe = 0; probe < 16; ++probe) {
        EXPECT_EQ(Matching(matches, probe), probe == first || probe == second ? 0 : 1);
      }
    }
  }
}

TEST(OutsideTest, StaysBelowItsLimit) {
  const std::vector<std::uint64_t> values{1, 2, 10};
  const std::vector<BitMatch> matches = Outside(0, 0xffffffff, values, 64);
  EXPECT_LT(matches.size(), 12U);
  for (std::uint64_t probe = 0; probe < 200; ++probe) {
    const bool named = std::ranges::find(values, probe) != values.end();
    EXPECT_EQ(Matching(matches, probe), named || probe >= 64 ? 0 : 1) << probe;
  }
  EXPECT_EQ(Matching(matches, 0x80000003), 0);
}

bool OverlapOf(const std::vector<BitMatch>& a, const std::vector<BitMatch>& b) {
  return Overlap(a, b);
}

TEST(OverlapTest, OnlyTheSameArgumentSeparates) {
  EXPECT_TRUE(OverlapOf({{0, 0xff, 1}}, {{1, 0xff, 2}}));
  EXPECT_FALSE(OverlapOf({{0, 0xff, 1}}, {{0, 0xff, 2}}));
  EXPECT_TRUE(OverlapOf({{0, 0xf0, 0x10}}, {{0, 0x0f, 0x01}}));
  EXPECT_TRUE(OverlapOf({}, {{0, 0xff, 2}}));
}

}  // namespace
}  // namespace stockade::filters
