// SPDX-License-Identifier: Apache-2.0
#include "sandbox/process_id.h"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace stockade::sandbox {
namespace {

TEST(ProcessId, SaysWhoLives) {
  const ProcessId self = ProcessId::Self();
  EXPECT_EQ(self.pid, getpid());
  EXPECT_TRUE(self.Alive());
  EXPECT_FALSE((ProcessId{self.pid, self.start + 1}).Alive());  // its pid is another's now
  EXPECT_FALSE(ProcessId().Alive());
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  EXPECT_FALSE((ProcessId{child, self.start}).Alive());
}

// A full table of open files says nothing of who lives.
TEST(ProcessId, WhoCannotBeLookedAtIsNotDead) {
  const ProcessId self = ProcessId::Self();
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none = {0, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const bool alive = self.Alive();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(alive);
}

TEST(ProcessId, IsReadAsItIsWritten) {
  const ProcessId self = ProcessId::Self();
  EXPECT_EQ(ProcessId::FromText(self.Text()), self);
  EXPECT_EQ(ProcessId::FromText("17/18446744073709551615"), (ProcessId{17, 18446744073709551615U}));
  for (const char* text : {"", "/", "17", "17/", "/4", "17/4/1", "17/-4", "x/4", "4294967296/1"}) {
    EXPECT_EQ(ProcessId::FromText(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace stockade::sandbox
