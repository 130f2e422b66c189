// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/filters/live_calls.h"

#include <fmt/format.h>
#include <grp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>

#include "filters/answer_text.h"
#include "filters/call_table.h"

namespace stockade::filters {
namespace {

constexpr unsigned kSeconds = 30;  // that a child may live
constexpr int kNotStarted = 111;   // a child's exit code
constexpr unsigned kNobody = 65534;

// What a child tells its parent.
struct Shared {
  std::size_t next = 0;  // the call that is being made
  std::array<LiveAnswer, 1> answers;
};

long MakeCall(const seccomp_data& call) {
#if defined(__x86_64__)
  if (AbiOf(call) == Abi::kX86) {
    long result = 0;
    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"(call.nr), "b"(call.args[0]), "c"(call.args[1]), "d"(call.args[2]),
                       "S"(call.args[3]), "D"(call.args[4])
                     : "memory");
    return static_cast<int>(result);
  }
#endif
  errno = 0;
  const long result = syscall(call.nr, call.args[0], call.args[1], call.args[2], call.args[3],
                              call.args[4], call.args[5]);
  return result == -1 && errno != 0 ? -errno : result;
}

// In the child: gives up all rights, so that a call that the filter lets through by mistake fails.
bool Prepare(const Program& program) {
  const rlimit none{0, 0};
  if (setrlimit(RLIMIT_CORE, &none) != 0 || chdir("/") != 0) return false;
  if (geteuid() == 0 && (setgroups(0, nullptr) != 0 || setresgid(kNobody, kNobody, kNobody) != 0 ||
                         setresuid(kNobody, kNobody, kNobody) != 0)) {
    return false;
  }
  alarm(kSeconds);
  sock_fprog filter{static_cast<unsigned short>(program.size()),
                    const_cast<sock_filter*>(program.data())};  // NOLINT: the kernel's interface
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0;
}

[[noreturn]] void Child(const Program& program, const std::vector<seccomp_data>& calls,
                        Shared& shared, LiveAnswer* answers) {
  if (!Prepare(program)) _exit(kNotStarted);
  while (shared.next < calls.size()) {
    answers[shared.next].value = MakeCall(calls[shared.next]);
    ++shared.next;
  }
  _exit(0);
}

}  // namespace

Program WithPrivateErrnos(Program program) {
  for (sock_filter& at : program) {
    const bool is_errno = (at.k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO;
    if (at.code == (BPF_RET | BPF_K) && is_errno) at.k += kPrivateErrno;
  }
  return program;
}

std::vector<LiveAnswer> MakeCalls(const Program& program, const std::vector<seccomp_data>& calls) {
  const std::size_t size = sizeof(Shared) + calls.size() * sizeof(LiveAnswer);
  void* const memory =
      mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::runtime_error("mmap");
  Shared& shared = *new (memory) Shared;
  LiveAnswer* const answers = shared.answers.data();
  while (shared.next < calls.size()) {
    const pid_t child = fork();
    if (child == 0) Child(program, calls, shared, answers);
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) throw std::runtime_error("fork");
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) {
      answers[shared.next++].killed = true;
    } else if (status != 0) {
      const std::string at = shared.next < calls.size() ? CallText(calls[shared.next]) : "the end";
      munmap(memory, size);
      throw std::runtime_error(fmt::format("the child died with status {:#x} at {}", status, at));
    }
  }
  std::vector<LiveAnswer> all(answers, answers + calls.size());
  munmap(memory, size);
  return all;
}

bool IsHarmless(const seccomp_data& call) {
  static constexpr std::array<std::string_view, 14> kHarmful{
      "alarm", "clone",           "clone3",       "exit",      "exit_group", "fork",  "msgget",
      "pause", "restart_syscall", "rt_sigreturn", "sigreturn", "sync",       "vfork", "ipc"};
  return std::ranges::find(kHarmful, CallName(call)) == kHarmful.end();
}

}  // namespace stockade::filters
