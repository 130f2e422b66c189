// SPDX-License-Identifier: Apache-2.0
// What a mount that is nobody's is for: an execute-only program that not even the host's root may
// read or trace, as long as it has no CAP_SYS_PTRACE.
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "config/base/fd.h"
#include "tests/unit/sandbox/host/fixture.h"

namespace stockade::sandbox {
namespace {

using Ids = StagedBind::Ids;

// Takes CAP_SYS_PTRACE away from this process and what it starts, and nothing else.
bool DropPtrace() {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (prctl(PR_CAPBSET_DROP, CAP_SYS_PTRACE) != 0 ||
      syscall(SYS_capget, &header, sets.data()) != 0) {
    return false;
  }
  for (__u32* set : {&sets[0].effective, &sets[0].permitted, &sets[0].inheritable}) {
    *set &= ~(1U << CAP_SYS_PTRACE);
  }
  return syscall(SYS_capset, &header, sets.data()) == 0 &&
         (sets[0].effective & (1U << CAP_DAC_OVERRIDE)) != 0;
}

std::string Outcome(const char* what, bool possible) {
  return fmt::format("{} {}\n", possible ? "can" : "cannot", what);
}

// A child that runs `program` and waits, traced by its parent from its beginning if `traced`.
pid_t Run(const std::string& program, bool traced) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return -1;
  const base::UniqueFd reader(ends[0]);
  base::UniqueFd writer(ends[1]);
  const pid_t child = fork();
  if (child == 0) {
    if (traced) ptrace(PTRACE_TRACEME);
    execl(program.c_str(), "sleep", "60", nullptr);
    _exit(1);
  }
  writer.Reset();
  char byte = 0;
  (void)!read(reader.get(), &byte, 1);  // returns when the program runs
  return child;
}

void End(pid_t child) {
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

std::string Attempts(const std::string& program) {
  if (!DropPtrace()) return "cannot drop a capability";
  std::string outcome;
  const base::UniqueFd file(open(program.c_str(), O_RDONLY | O_CLOEXEC));
  outcome += Outcome("read the file", static_cast<bool>(file));

  const pid_t running = Run(program, false);
  const std::string memory = fmt::format("/proc/{}/mem", running);
  const base::UniqueFd pages(open(memory.c_str(), O_RDONLY | O_CLOEXEC));
  outcome += Outcome("open its memory", static_cast<bool>(pages));
  outcome += Outcome("attach to it", ptrace(PTRACE_ATTACH, running, nullptr, nullptr) == 0);
  End(running);

  const pid_t traced = Run(program, true);
  int status = 0;
  waitpid(traced, &status, 0);
  outcome += Outcome("run it", WIFSTOPPED(status));
  constexpr long kInstructionPointer = 16 * 8;  // of x86-64's struct user
  errno = 0;
  const long at = ptrace(PTRACE_PEEKUSER, traced, kInstructionPointer, nullptr);
  outcome += Outcome("see where it is", errno == 0 && at != 0);
  errno = 0;
  (void)ptrace(PTRACE_PEEKDATA, traced, at, nullptr);
  outcome += Outcome("peek as its tracer", errno == 0);
  End(traced);
  return outcome;
}

class NobodyTest : public HostTest {
 protected:
  void SetUp() override {
    HostTest::SetUp();
    if (IsSkipped()) return;
    ASSERT_EQ(Shell("cp /usr/bin/sleep " + In("program")), "");
    ASSERT_EQ(chmod(In("program").c_str(), 0111), 0);
  }
  std::string AttemptsWith(Ids ids) {
    actions_.binds = {{In("program"), "program", false, ids, "/.stockade/init"}};
    return Perform(actions_, [&] { return Attempts(Staged("program")); });
  }
};

TEST_F(NobodyTest, RunsButCannotBeReadOrTraced) {
  EXPECT_EQ(AttemptsWith(Ids::kNobody),
            "cannot read the file\ncannot open its memory\ncannot attach to it\n"
            "can run it\ncan see where it is\ncannot peek as its tracer\n");
}

// Without the mapping the mode alone does not bind who may override it.
TEST_F(NobodyTest, IsWhatTheMappingDoes) {
  EXPECT_EQ(AttemptsWith(Ids::kAsTheyAre),
            "can read the file\ncan open its memory\ncan attach to it\n"
            "can run it\ncan see where it is\ncan peek as its tracer\n");
}

TEST_F(NobodyTest, BelongsToNobodyInAPodToo) {
  actions_.ids = kIds;
  actions_.binds = {{In("program"), "program", false, Ids::kNobody, "/.stockade/init"}};
  EXPECT_EQ(Perform(actions_,
                    PodCommand("stat -c '%u %g %a' " + Staged("program") + "; cat " +
                               Staged("program") + "; " + Staged("program") + " 0 && echo ran")),
            "65534 65534 111\ncat: " + Staged("program") + ": Permission denied\nran\n");
}

}  // namespace
}  // namespace stockade::sandbox
