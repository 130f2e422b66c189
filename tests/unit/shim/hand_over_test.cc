// SPDX-License-Identifier: Apache-2.0
#include "shim/hand_over.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace stockade::shim {
namespace {

using testing::HasSubstr;

TEST(HandOver, PassesTheExitCode) {
  EXPECT_EQ(RunDelegate("/bin/sh", {"-c", "exit 0"}), 0);
  EXPECT_EQ(RunDelegate("/bin/sh", {"-c", "exit 7"}), 7);
  EXPECT_EQ(RunDelegate("/bin/sh", {"-c", "kill -9 $$"}), 128 + SIGKILL);
}

TEST(HandOver, WhatCannotRunIsAnError) {
  const auto ran = RunDelegate("/no/such/file", {});
  ASSERT_FALSE(ran);
  EXPECT_THAT(ran.error().message, HasSubstr("/no/such/file: No such file"));
  const auto captured = CaptureDelegate("/etc/passwd", {});
  ASSERT_FALSE(captured);
  EXPECT_THAT(captured.error().message, HasSubstr("/etc/passwd: Permission denied"));
}

TEST(HandOver, CapturesStdout) {
  const auto answer = CaptureDelegate("/bin/sh", {"-c", "echo out; exit 3"});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->out, "out\n");
  EXPECT_EQ(answer->exit_code, 3);
}

TEST(HandOver, ADelegateThatPrintsWithoutEndIsAnError) {
  const auto answer = CaptureDelegate("/bin/sh", {"-c", "exec yes"});
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message, HasSubstr("limit"));
}

TEST(HandOver, BecomingWhatIsNotThereIsAnError) {
  EXPECT_THAT(BecomeDelegate("/no/such/file", {}).message, HasSubstr("/no/such/file"));
}

// The signal mask of the child is the one that we were started with.
TEST(HandOver, LeavesTheSignalMaskAlone) {
  const auto answer = CaptureDelegate("/bin/grep", {"SigBlk", "/proc/self/status"});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->out, "SigBlk:\t0000000000000000\n");
  EXPECT_EQ(RunDelegate("/bin/grep", {"-q", "SigBlk:.0000000000000000", "/proc/self/status"}), 0);
}

// SIGTERM to us reaches the delegate, whose answer is our exit code; SIGKILL of us ends it.
TEST(HandOver, PassesSignalsOn) {
  const pid_t child = fork();
  if (child == 0) {
    const auto code =
        RunDelegate("/bin/sh", {"-c", "trap 'exit 42' TERM; while :; do sleep 0.05; done"});
    _exit(code.value_or(99));
  }
  usleep(300'000);
  kill(child, SIGTERM);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 42);
}

}  // namespace
}  // namespace stockade::shim
