// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/filters/gate.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <new>

namespace stockade::probe {
namespace {

#if defined(__x86_64__)
constexpr unsigned kNative = AUDIT_ARCH_X86_64;
#else
constexpr unsigned kNative = AUDIT_ARCH_AARCH64;
#endif
constexpr int kPatience = 5;  // seconds

// What parent and child share.
struct Shared {
  std::atomic<int> listener{-1};  // -1: not yet; below: minus the errno, less one
  std::atomic<bool> answered{false};
  Outcome outcome;
};

// Hands the call to a listener and allows every other. Returns the listener, or -1.
int Install(int number, bool compat) {
  std::array<sock_filter, 6> code{
      sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      // Of a call of another architecture, the number says nothing.
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kNative,
                           static_cast<unsigned char>(compat ? 2 : 0),
                           static_cast<unsigned char>(compat ? 3 : 2)),
      sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(number), 1, 0),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF)};
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  return static_cast<int>(
      syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program));
}

[[noreturn]] void Child(Shared& shared, int number, bool compat, MakeCall call,
                        const void* context) {
  alarm(kPatience);
  const int listener = Install(number, compat);
  shared.listener = listener >= 0 ? listener : -errno - 1;
  // From here to the exit there is no call but the one in question.
  if (listener >= 0) {
    shared.outcome = call(context);
    shared.answered = true;
  }
  _exit(0);
}

// True if the call arrives at the listener within 20 ms.
bool Heard(int listener) {
  pollfd ready{listener, POLLIN, 0};
  return poll(&ready, 1, 20) == 1 && (ready.revents & POLLIN) != 0;
}

Verdict Watch(pid_t child, Shared& shared) {
  int status = 0;
  bool heard = false;
  while (waitpid(child, &status, heard ? 0 : WNOHANG) != child) {
    const int listener = shared.listener;
    heard = listener >= 0 && Heard(listener);
    if (heard) kill(child, SIGKILL);  // the call is never answered
    if (listener < 0) sched_yield();
  }
  if (shared.listener >= 0) close(shared.listener);
  if (heard) return {Verdict::Kind::kPasses, 0};
  if (WIFSIGNALED(status) && WTERMSIG(status) != SIGALRM)
    return {Verdict::Kind::kSignal, WTERMSIG(status)};
  if (shared.listener < 0) return {Verdict::Kind::kUnknown, -shared.listener - 1};
  if (!shared.answered) return {Verdict::Kind::kUnknown, ETIME};
  // A call that is neither heard nor refused never came to the filters.
  if (shared.outcome.error == 0) return {Verdict::Kind::kUnknown, 0};
  return {Verdict::Kind::kErrno, shared.outcome.error};
}

}  // namespace

Verdict Ask(int number, bool compat, MakeCall call, const void* context) {
  void* const page =
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return {Verdict::Kind::kUnknown, errno};
  Shared& shared = *new (page) Shared;
  // A fork that shares the descriptor table, so that the listener is the parent's too.
  const long child = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
  if (child == 0) Child(shared, number, compat, call, context);
  const Verdict verdict = child < 0 ? Verdict{Verdict::Kind::kUnknown, errno}
                                    : Watch(static_cast<pid_t>(child), shared);
  munmap(page, sizeof(Shared));
  return verdict;
}

}  // namespace stockade::probe
