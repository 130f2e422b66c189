// SPDX-License-Identifier: Apache-2.0
// What is kept of a caller is that caller's for ever: stale at most, never another's.
#include "sandbox/supervisor/target.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace stockade::supervisor {
namespace {

using testing::HasSubstr;

class TargetTest : public testing::Test {
 protected:
  base::UniqueFd proc_{open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  TargetDescriptors targets_{proc_.get()};
  std::string text_;
};

TEST_F(TargetTest, ReadsAStatusAsItIsNow) {
  const mode_t before = umask(0027);
  EXPECT_TRUE(targets_.ReadStatus(gettid(), text_));
  EXPECT_THAT(text_, HasSubstr("\nUmask:\t0027\n"));
  umask(0077);
  EXPECT_TRUE(targets_.ReadStatus(gettid(), text_));
  EXPECT_THAT(text_, HasSubstr("\nUmask:\t0077\n"));
  umask(before);
}

TEST_F(TargetTest, TheDeadHaveNone) {
  const pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  ASSERT_TRUE(targets_.ReadStatus(child, text_));
  EXPECT_THAT(text_, HasSubstr("\nPid:\t" + std::to_string(child) + "\n"));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_FALSE(targets_.ReadStatus(child, text_));
  EXPECT_FALSE(targets_.Descriptor(child, 0));
  EXPECT_TRUE(targets_.ReadStatus(gettid(), text_));
}

TEST_F(TargetTest, ThoseWhoShareASlotAreNotTakenForEachOther) {
  // More threads than slots: some share one.
  for (int i = 0; i < 80; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      pause();
      _exit(0);
    }
    EXPECT_TRUE(targets_.ReadStatus(gettid(), text_));
    EXPECT_TRUE(targets_.ReadStatus(child, text_));
    EXPECT_THAT(text_, HasSubstr("\nPid:\t" + std::to_string(child) + "\n"));
    EXPECT_TRUE(targets_.ReadStatus(gettid(), text_));
    EXPECT_THAT(text_, HasSubstr("\nPid:\t" + std::to_string(gettid()) + "\n"));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  }
}

// A caller may die between a look at its call and the signal, and its number be another's.
TEST_F(TargetTest, OnlyOneThatStillWaitsIsSignalled) {
  const pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  targets_.Signal(child, SIGTERM, [] { return false; });
  targets_.Kill(child, [] { return false; });
  targets_.Signal(child, SIGHUP, [] { return true; });
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WTERMSIG(status), SIGHUP);
  const pid_t other = fork();
  if (other == 0) {
    pause();
    _exit(0);
  }
  targets_.Kill(other, [] { return true; });
  waitpid(other, &status, 0);
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
}

}  // namespace
}  // namespace stockade::supervisor
