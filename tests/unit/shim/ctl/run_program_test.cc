// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/run_program.h"

#include <gtest/gtest.h>
#include <stdlib.h>

namespace stockade::ctl {
namespace {

TEST(RunProgram, CapturesBothStreamsAndTheExitCode) {
  const auto ran = RunProgram({"/bin/sh", "-c", "echo out; echo err >&2; exit 3"});
  ASSERT_TRUE(ran) << ran.error().Text();
  EXPECT_EQ(ran->exit_code, 3);
  EXPECT_EQ(ran->out, "out\n");
  EXPECT_EQ(ran->err, "err\n");
}

TEST(RunProgram, GivesNothingToRead) {
  const auto ran = RunProgram({"/bin/sh", "-c", "cat; kill -TERM $$"});
  ASSERT_TRUE(ran) << ran.error().Text();
  EXPECT_EQ(ran->exit_code, 128 + 15);
}

TEST(RunProgram, PassesNoneOfOurEnvironment) {
  setenv("LD_PRELOAD_OF_OURS", "1", 1);
  const auto ran = RunProgram({"/usr/bin/env"});
  ASSERT_TRUE(ran) << ran.error().Text();
  EXPECT_EQ(ran->out.find("OF_OURS"), std::string::npos);
  EXPECT_NE(ran->out.find("PATH="), std::string::npos);
}

TEST(RunProgram, EndsWhatDoesNotEnd) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(RunProgram({"/bin/sh", "-c", "sleep 20"}, std::chrono::milliseconds(50)));
  // The pipe is closed at once, the program goes on.
  EXPECT_FALSE(RunProgram({"/bin/sh", "-c", "exec >&-; sleep 20"}, std::chrono::milliseconds(50)));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(RunProgram, RefusesAFlood) {
  EXPECT_FALSE(
      RunProgram({"/bin/sh", "-c", "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done"}));
}

TEST(RunProgram, SaysWhatCouldNotBeStarted) {
  const auto ran = RunProgram({"/nonexistent/program"});
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().kind, base::ErrorKind::kDelegate);
}

}  // namespace
}  // namespace stockade::ctl
