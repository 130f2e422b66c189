// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/version.h"

#include <gtest/gtest.h>

namespace stockade::ctl {
namespace {

std::string Found(std::string_view text) {
  const auto version = FindVersion(text);
  return version ? VersionText(*version) : "nothing";
}

TEST(FindVersion, ReadsWhatProgramsPrint) {
  EXPECT_EQ(Found("runc version 1.1.5+ds1\ncommit: 9.9.9\n"), "1.1.5");
  EXPECT_EQ(Found("crun version 1.28\n"), "1.28.0");
  EXPECT_EQ(Found("containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u3"),
            "1.6.20");
  EXPECT_EQ(Found("containerd github.com/containerd/containerd/v2 v2.0.3 abc"), "2.0.3");
  EXPECT_EQ(Found("runc version 1.4.0-rc.2"), "1.4.0-rc.2");
  EXPECT_EQ(Found("runc version 1.5.0-rc3+dev"), "1.5.0-rc.3");
  EXPECT_EQ(Found("no version"), "nothing");
  EXPECT_EQ(Found("first\nrunc version 1.1.5"), "nothing");
}

TEST(Version, CandidatesComeBeforeTheRelease) {
  EXPECT_LT((Version{1, 4, 0, 3}), (Version{1, 4, 0}));
  EXPECT_LT((Version{1, 3, 9}), (Version{1, 4, 0, 0}));
}

// How many traps, and whether one of them is fatal.
std::pair<std::size_t, bool> Traps(std::string_view program, std::string_view version) {
  std::pair<std::size_t, bool> found{0, false};
  for (const Trap* trap : TrapsOf(program, *FindVersion(version))) {
    ++found.first;
    found.second = found.second || trap->fatal;
  }
  return found;
}

TEST(TrapsOf, KnowsWhereRuncWasFixed) {
  EXPECT_EQ(Traps("runc", "1.1.11").first, 3U);
  EXPECT_EQ(Traps("runc", "1.1.12").first, 2U);
  EXPECT_EQ(Traps("runc", "1.2.7").first, 2U);
  EXPECT_EQ(Traps("runc", "1.2.8").first, 1U);
  EXPECT_EQ(Traps("runc", "1.3.0-rc.1").first, 2U);
  EXPECT_EQ(Traps("runc", "1.3.2").first, 2U);
  EXPECT_EQ(Traps("runc", "1.3.3").first, 1U);
  EXPECT_EQ(Traps("runc", "1.3.6").first, 0U);
  EXPECT_EQ(Traps("runc", "1.4.0-rc.2").first, 2U);
  EXPECT_EQ(Traps("runc", "1.4.0-rc.3").first, 1U);
  EXPECT_EQ(Traps("runc", "1.4.3").first, 0U);
  EXPECT_EQ(Traps("runc", "1.5.0-rc.2").first, 1U);
  EXPECT_EQ(Traps("runc", "1.5.0").first, 0U);
}

TEST(TrapsOf, IsFatalWhereContainerdDropsTheClass) {
  EXPECT_EQ(Traps("containerd", "1.5.18"), std::pair(std::size_t{1}, false));
  EXPECT_EQ(Traps("containerd", "1.6.20"), std::pair(std::size_t{0}, false));
  EXPECT_EQ(Traps("containerd", "2.0.0"), std::pair(std::size_t{0}, false));
  EXPECT_EQ(Traps("containerd", "2.0.1"), std::pair(std::size_t{1}, true));
  EXPECT_EQ(Traps("containerd", "2.0.4"), std::pair(std::size_t{1}, true));
  EXPECT_EQ(Traps("containerd", "2.0.5"), std::pair(std::size_t{0}, false));
}

TEST(TrapTable, RangesAreRanges) {
  for (const Trap& trap : TrapTable()) EXPECT_LT(trap.first, trap.fixed) << trap.text;
}

}  // namespace
}  // namespace stockade::ctl
