// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host/try_idmap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "config/base/file.h"
#include "tests/unit/sandbox/scratch.h"

namespace stockade::sandbox {
namespace {

TEST(TryIdmap, WorksHereAndLeavesNothing) {
  const Scratch scratch;
  scratch.Write("a", "x");
  const std::string before = *base::ReadFile("/proc/self/mountinfo", 16U << 20);
  const auto folder = TryIdmap(scratch.Path(""));
  EXPECT_TRUE(folder) << folder.error().Text();
  const auto overlay = TryIdmappedOverlay(scratch.Path(""));
  EXPECT_TRUE(overlay) << overlay.error().Text();
  EXPECT_EQ(*base::ReadFile("/proc/self/mountinfo", 16U << 20), before);
  EXPECT_EQ(*base::ReadFile(scratch.Path("a"), 9), "x");
  EXPECT_FALSE(std::filesystem::exists(scratch.Path("lower")));
}

TEST(TryIdmap, AFileCanBeNobodys) {
  const Scratch scratch;
  scratch.Write("program", "x");
  const auto tried = TryNobodys(scratch.Path("program"));
  EXPECT_TRUE(tried) << tried.error().Text();
  const auto cannot = TryNobodys("/proc/version");
  ASSERT_FALSE(cannot);
  EXPECT_THAT(cannot.error().message, ::testing::HasSubstr("proc"));
}

TEST(TryIdmap, AFileSystemThatCannotIsNamed) {
  const auto folder = TryIdmap("/proc/sys");
  ASSERT_FALSE(folder);
  EXPECT_THAT(folder.error().message, ::testing::HasSubstr("proc"));
  EXPECT_FALSE(TryIdmap("/nosuch"));
  EXPECT_FALSE(TryIdmappedOverlay("/nosuch"));
}

}  // namespace
}  // namespace stockade::sandbox
