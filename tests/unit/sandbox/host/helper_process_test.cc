// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host/helper_process.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "config/base/file.h"
#include "tests/unit/sandbox/host/fixture.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::UniqueFd;

class HelperProcessTest : public HostTest {};

using Wanted = HelperProcess::StillWanted;

base::Result<UniqueFd> OpenRoot(const Wanted& wanted) {
  if (!wanted()) return base::Fail(ErrorKind::kHost, "not wanted");
  UniqueFd root(open("/", O_PATH | O_CLOEXEC));
  if (!root) return base::FailErrno(ErrorKind::kHost, errno, "/");
  return root;
}

TEST_F(HelperProcessTest, HandsOverWhatItMade) {
  auto helper = HelperProcess::Start(OpenRoot, 0);
  ASSERT_TRUE(helper) << helper.error().Text();
  const UniqueFd root = helper->TakeMount();
  struct stat theirs = {};
  ASSERT_EQ(fstat(root.get(), &theirs), 0);
  EXPECT_TRUE(S_ISDIR(theirs.st_mode));
  EXPECT_EQ(fcntl(root.get(), F_GETFD), FD_CLOEXEC);
}

TEST_F(HelperProcessTest, HandsOverAnError) {
  const auto helper = HelperProcess::Start(
      [](const Wanted&) -> base::Result<UniqueFd> {
        return base::FailHint(ErrorKind::kSpec, "the hint", "the {}", "message");
      },
      0);
  ASSERT_FALSE(helper);
  EXPECT_EQ(helper.error().kind, ErrorKind::kSpec);
  EXPECT_EQ(helper.error().message, "the message");
  EXPECT_EQ(helper.error().hint, "the hint");
}

TEST_F(HelperProcessTest, IsMissedWhenItDies) {
  const auto helper =
      HelperProcess::Start([](const Wanted&) -> base::Result<UniqueFd> { _exit(1); }, 0);
  ASSERT_FALSE(helper);
  EXPECT_EQ(helper.error().message, "the process that makes the mounts ended too early");
}

TEST_F(HelperProcessTest, KnowsWhenNobodyWaits) {
  File(In("answer"), "");
  const pid_t starter = fork();
  if (starter == 0) {
    const pid_t self = getpid();
    const auto never = HelperProcess::Start(
        [&](const Wanted& wanted) -> base::Result<UniqueFd> {
          const bool before = wanted();
          kill(self, SIGKILL);
          for (int i = 0; i < 1000 && wanted(); ++i) usleep(1000);
          const UniqueFd answer(open(In("answer").c_str(), O_WRONLY | O_CLOEXEC));
          (void)base::WriteAll(answer.get(), before && !wanted() ? "right" : "wrong", "answer");
          return base::Fail(ErrorKind::kHost, "nobody hears this");
        },
        0);
    _exit(0);
  }
  waitpid(starter, nullptr, 0);
  std::string answer;
  for (int i = 0; i < 1000 && answer.empty(); ++i) {
    usleep(1000);
    answer = base::ReadFile(In("answer"), 100).value_or("error");
  }
  EXPECT_EQ(answer, "right");
}

// It may live on for as long as the kernel writes back what was written to the engine's overlay.
TEST_F(HelperProcessTest, HoldsNoDescriptorOfOurs) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  const UniqueFd kept(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const auto helper = HelperProcess::Start(
      [&](const Wanted& wanted) -> base::Result<UniqueFd> {
        if (fcntl(kept.get(), F_GETFD) < 0) return base::Fail(ErrorKind::kHost, "kept was closed");
        return OpenRoot(wanted);
      },
      kept.get());
  ASSERT_TRUE(helper) << helper.error().Text();
  writer.Reset();
  EXPECT_EQ(base::ReadFd(reader.get(), 10, "pipe", true).value_or("error"), "")
      << "reaches its end";
}

TEST_F(HelperProcessTest, KeepsItsMountsToItselfUntilReleased) {
  Tmpfs(In("shared"));
  ASSERT_EQ(mount(nullptr, In("shared").c_str(), nullptr, MS_SHARED, nullptr), 0);
  Folder(In("shared/theirs"));
  {
    const auto helper = HelperProcess::Start(
        [&](const Wanted& wanted) -> base::Result<UniqueFd> {
          if (mount("t", In("shared/theirs").c_str(), "tmpfs", 0, nullptr) != 0) {
            return base::FailErrno(ErrorKind::kHost, errno, "mount");
          }
          return OpenRoot(wanted);
        },
        0);
    ASSERT_TRUE(helper) << helper.error().Text();
    EXPECT_EQ(Shell("findmnt " + In("shared/theirs")), "");
    EXPECT_EQ(umount2(In("shared").c_str(), 0), 0) << "is not busy";
  }
}

}  // namespace
}  // namespace stockade::sandbox
