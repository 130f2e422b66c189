// SPDX-License-Identifier: Apache-2.0
#include "sandbox/contained.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <vector>

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::Result;
using testing::HasSubstr;
using Work = std::function<Result<std::string>()>;

Result<std::string> Contain(const Work& work, const ContainedLimits& limits = {}) {
  return RunContained("the work", limits, work);
}

// The message of the error that `work` ends with; it must be the data's fault.
std::string Refusal(const Work& work, const ContainedLimits& limits = {}) {
  const auto result = Contain(work, limits);
  if (result) return "no error";
  EXPECT_EQ(result.error().kind, ErrorKind::kSpec) << result.error().Text();
  return result.error().message;
}

TEST(RunContained, GivesTheResult) {
  EXPECT_EQ(Contain([] { return std::string(); }), "");
  const std::string bytes = std::string(100'000, 'x') + std::string(1, '\0') + "y";
  EXPECT_EQ(Contain([&] { return bytes; }), bytes);
}

TEST(RunContained, GivesTheError) {
  const auto failed = Contain([]() -> Result<std::string> {
    return base::FailHint(ErrorKind::kPolicy, "try again", "no {}", 7);
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, ErrorKind::kPolicy);
  EXPECT_EQ(failed.error().Text(), "no 7 (try again)");
}

TEST(RunContained, ChangesNothingHere) {
  int value = 1;
  EXPECT_TRUE(Contain([&] {
    value = 2;
    return std::string();
  }));
  EXPECT_EQ(value, 1);
  EXPECT_GE(fcntl(STDIN_FILENO, F_GETFD), 0);
}

TEST(RunContained, EndsWhatLoops) {
  EXPECT_EQ(Refusal(
                [] {
                  for (volatile bool more = true; more;) {
                  }
                  return std::string();
                },
                {.cpu_seconds = 1}),
            "the work takes more than 1 s of processor time");
}

TEST(RunContained, EndsWhatTakesMemory) {
#if defined(STOCKADE_SANITIZED)
  GTEST_SKIP() << "a sanitizer's runtime may hang where there is no memory for its report";
#endif
  const std::string why = Refusal(
      [] {
        std::vector<std::string> kept;
        for (;;) kept.emplace_back(1U << 20, 'x');
        return std::string();
      },
      {.cpu_seconds = 10, .memory_bytes = 32U << 20});
  EXPECT_EQ(why, "out of memory");
}

TEST(RunContained, EndsWhatIsTakenOver) {
#if defined(STOCKADE_SANITIZED)
  GTEST_SKIP() << "the child of a sanitized build has no filter";
#endif
  const std::string killed = fmt::format("the work was ended by signal {}", SIGSYS);
  const std::vector<Work> attempts{
      [] { return std::to_string(open("/etc/passwd", O_RDONLY | O_CLOEXEC)); },
      [] { return std::to_string(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)); },
      [] { return std::to_string(kill(getppid(), 0)); },
      [] { return std::to_string(fork()); },
      [] { return std::to_string(pause()); },
      [] { return std::to_string(execl("/bin/true", "true", nullptr)); },
      [] {
        void* const code = mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        return std::to_string(code == MAP_FAILED);
      },
  };
  for (const Work& attempt : attempts) EXPECT_EQ(Refusal(attempt), killed);
  // No descriptor of ours is there to be written to.
  EXPECT_EQ(Contain([] { return std::to_string(write(STDERR_FILENO, "x", 1)); }), "-1");
}

TEST(RunContained, SaysHowItDied) {
  EXPECT_EQ(Refusal([]() -> std::string { _exit(0); }), "the work ended without a result");
  EXPECT_THAT(Refusal([]() -> std::string {
                volatile int* nowhere = nullptr;
                return std::to_string(*nowhere);
              }),
              HasSubstr("the work "));
}

TEST(RunContained, TakesNoResultWithoutEnd) {
  const auto result = Contain([] { return std::string(2000, 'x'); }, {.result_bytes = 1000});
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("limit"));
}

// Engines may leave it ignored, and then nobody can wait for the child.
TEST(RunContained, WorksWhereChildrenAreNotWaitedFor) {
  struct sigaction before = {};
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;  // NOLINT(cppcoreguidelines-pro-type-union-access)
  ASSERT_EQ(sigaction(SIGCHLD, &ignore, &before), 0);
  EXPECT_EQ(Contain([] { return std::string("whole"); }), "whole");
  const std::string why = Refusal([]() -> std::string { _exit(0); });
  sigaction(SIGCHLD, &before, nullptr);
  EXPECT_EQ(why, "the work ended without a result");
}

}  // namespace
}  // namespace stockade::sandbox
