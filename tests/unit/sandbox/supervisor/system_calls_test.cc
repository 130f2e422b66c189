// SPDX-License-Identifier: Apache-2.0
// Where sysinfo finds its figures, and how a result gets into a caller's memory.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "sandbox/supervisor/caller_memory.h"
#include "sandbox/supervisor/memory_groups.h"

namespace stockade::supervisor {
namespace {

TEST(MemoryGroups, AreOfTheHierarchyThatHasTheController) {
  const std::string unified =
      "38 31 0:38 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n";
  const std::string memory = "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
  const std::string cpu = "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,memoryless\n";
  EXPECT_EQ(FindMemoryMount(cpu + unified).path, "/sys/fs/cgroup");
  EXPECT_TRUE(FindMemoryMount(cpu + unified).unified);
  for (const std::string& text : {unified + cpu + memory, memory + unified, memory}) {
    EXPECT_EQ(FindMemoryMount(text).path, "/sys/fs/cgroup/memory");
    EXPECT_FALSE(FindMemoryMount(text).unified);
  }
  // A part of a hierarchy is not where the kernel's paths begin.
  EXPECT_EQ(FindMemoryMount("38 31 0:38 /pod /x rw - cgroup2 cgroup2 rw\n").path, "");
  EXPECT_EQ(FindMemoryMount(cpu).path, "");
  EXPECT_EQ(FindMemoryMount("- - - -\n\n38 31 0:38 / /x rw -\n").path, "");
}

TEST(MemoryGroups, OfACallerAreBelowOurs) {
  const std::string text = "9:name=systemd:/a\n4:cpu,memory:/pod/box\n0::/unified/b:c\n";
  EXPECT_EQ(FindMemoryGroup(text, false), "/pod/box");
  EXPECT_EQ(FindMemoryGroup(text, true), "/unified/b:c");
  EXPECT_EQ(FindMemoryGroup("0::/../other\n", true), std::nullopt);
  EXPECT_EQ(FindMemoryGroup("4:memory:relative\n", false), std::nullopt);
  EXPECT_EQ(FindMemoryGroup("4:memoryless:/x\n", false), std::nullopt);
  EXPECT_EQ(FindMemoryGroup("garbage", true), std::nullopt);
  EXPECT_EQ(FindMemoryGroup("", true), std::nullopt);
}

TEST(MemoryGroups, OfThisProcessHaveAUse) {
  const auto groups = MemoryGroups::Open();
  if (!groups) GTEST_SKIP() << groups.error().Text();
  const base::UniqueFd proc(open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const auto levels = groups->Of(proc.get(), getpid());
  ASSERT_TRUE(levels);
  EXPECT_GT(levels->size(), 0U);
  EXPECT_GT(levels->front().limit, 0U);
  EXPECT_FALSE(groups->Of(proc.get(), -1));
}

class CallerMemoryTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!CallerMemory::Supported(proc_.get())) GTEST_SKIP() << "needs Linux 6.11";
    pages_ = static_cast<char*>(
        mmap(nullptr, 3 * kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    mprotect(pages_ + kPage, kPage, PROT_READ);
  }
  void TearDown() override {
    if (pages_ != nullptr) munmap(pages_, 3 * kPage);
  }
  bool Write(const char* at, std::size_t size, pid_t thread = getpid()) {
    const std::vector<std::byte> bytes(size, std::byte{'x'});
    return CallerMemory(proc_.get(), thread).Write(reinterpret_cast<std::uintptr_t>(at), bytes);
  }

  static constexpr std::size_t kPage = 4096;
  base::UniqueFd proc_{open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  char* pages_ = nullptr;
};

TEST_F(CallerMemoryTest, IsWrittenWhereTheCallerCould) {
  EXPECT_TRUE(Write(pages_, kPage));
  EXPECT_TRUE(Write(pages_ + kPage - 5, 5));
  EXPECT_EQ(pages_[kPage - 1], 'x');
  EXPECT_FALSE(Write(pages_ + kPage - 5, 6));
  EXPECT_FALSE(Write(pages_ + kPage, 1));
  EXPECT_FALSE(Write("constant", 1));
  EXPECT_FALSE(Write(nullptr, 1));
  EXPECT_FALSE(Write(reinterpret_cast<char*>(-1L), 8));
  EXPECT_FALSE(Write(reinterpret_cast<char*>(-8L), 8));
  EXPECT_EQ(pages_[kPage], '\0');
}

TEST_F(CallerMemoryTest, OfAProcessThatEndedTakesNothing) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  const pid_t child = fork();
  if (child == 0) {
    char byte = 0;
    (void)!read(ends[0], &byte, 1);
    _exit(0);
  }
  const CallerMemory memory(proc_.get(), child);
  const std::array<std::byte, 4> bytes{std::byte{'c'}};
  ASSERT_TRUE(memory.Write(reinterpret_cast<std::uintptr_t>(pages_), bytes));
  EXPECT_EQ(pages_[0], 'c');  // shared
  ASSERT_EQ(write(ends[1], "x", 1), 1);
  waitpid(child, nullptr, 0);
  pages_[0] = 0;
  EXPECT_FALSE(memory.Write(reinterpret_cast<std::uintptr_t>(pages_), bytes));
  EXPECT_EQ(pages_[0], 0);
  close(ends[0]);
  close(ends[1]);
}

}  // namespace
}  // namespace stockade::supervisor
