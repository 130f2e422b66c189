// SPDX-License-Identifier: Apache-2.0
#include "shim/hand_over.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "config/base/fd.h"
#include "config/base/file.h"

namespace stockade::shim {
namespace {

using base::ErrorKind;

constexpr std::size_t kCaptureLimit = 1U << 20;

// execve's argument vector; points into `words`, which must outlive it.
class ArgumentVector {
 public:
  ArgumentVector(const std::string& program, const std::vector<std::string>& arguments) {
    words_.push_back(const_cast<char*>(program.c_str()));
    for (const std::string& word : arguments) words_.push_back(const_cast<char*>(word.c_str()));
    words_.push_back(nullptr);
  }
  char** get() { return words_.data(); }

 private:
  std::vector<char*> words_;
};

base::Error CannotRun(const std::string& delegate, int code) {
  return {ErrorKind::kDelegate, fmt::format("run {}: {}", delegate, std::strerror(code)), {}};
}

// Between vfork and exec, in the memory of the parent, which waits: async-signal-safe calls only.
// Tells the parent by `failed` why the program does not run.
[[noreturn]] void ExecInChild(const char* program, char** arguments, const sigset_t* mask,
                              pid_t parent, int stdout_fd, volatile int* failed) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(128 + SIGKILL);  // the parent died before prctl took effect
  if (stdout_fd >= 0) dup2(stdout_fd, STDOUT_FILENO);
  sigprocmask(SIG_SETMASK, mask, nullptr);
  execve(program, arguments, environ);
  *failed = errno;
  _exit(127);
}

// Starts the delegate with the signal mask `mask`.
base::Result<pid_t> Start(const std::string& delegate, const std::vector<std::string>& arguments,
                          const sigset_t& mask, int stdout_fd) {
  ArgumentVector words(delegate, arguments);
  const char* const program = delegate.c_str();
  char** const list = words.get();
  const pid_t parent = getpid();
  volatile int failed = 0;
  // vfork: nothing of ours is worth the copy of its page tables.
  const pid_t child = vfork();  // NOLINT(clang-analyzer-security.insecureAPI.vfork)
  if (child < 0) return base::FailErrno(ErrorKind::kHost, errno, "fork");
  // NOLINTNEXTLINE(clang-analyzer-unix.Vfork): ExecInChild never returns and keeps to what is safe.
  if (child == 0) ExecInChild(program, list, &mask, parent, stdout_fd, &failed);
  if (failed == 0) return child;
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return tl::unexpected(CannotRun(delegate, failed));
}

int ExitCode(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

base::Result<int> Wait(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return base::FailErrno(ErrorKind::kHost, errno, "wait for the delegate");
  }
  return ExitCode(status);
}

// Passes signals on until the child has ended. A signal from the terminal (SI_KERNEL) reaches the
// whole process group, the child among it, and is not passed on a second time.
base::Result<int> WaitPassingSignals(pid_t child, const sigset_t& signals) {
  for (;;) {
    siginfo_t info = {};
    const int signal = sigwaitinfo(&signals, &info);
    if (signal < 0) {
      if (errno == EINTR) continue;
      return base::FailErrno(ErrorKind::kHost, errno, "sigwaitinfo");
    }
    if (signal != SIGCHLD) {
      if (info.si_code != SI_KERNEL) kill(child, signal);
      continue;
    }
    int status = 0;
    if (waitpid(child, &status, WNOHANG) == child) return ExitCode(status);
  }
}

}  // namespace

base::Error BecomeDelegate(const std::string& delegate, const std::vector<std::string>& arguments) {
  ArgumentVector words(delegate, arguments);
  execve(delegate.c_str(), words.get(), environ);
  return CannotRun(delegate, errno);
}

base::Result<int> RunDelegate(const std::string& delegate,
                              const std::vector<std::string>& arguments) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  // A fault or an abort is ours; a stop is the terminal's business.
  for (const int signal :
       {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGTSTP, SIGTTIN, SIGTTOU}) {
    sigdelset(&all, signal);
  }
  sigprocmask(SIG_BLOCK, &all, &before);
  base::Result<int> result = [&]() -> base::Result<int> {
    STOCKADE_ASSIGN(const pid_t child, Start(delegate, arguments, before, -1));
    return WaitPassingSignals(child, all);
  }();
  sigprocmask(SIG_SETMASK, &before, nullptr);
  return result;
}

base::Result<Captured> CaptureDelegate(const std::string& delegate,
                                       const std::vector<std::string>& arguments) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return base::FailErrno(ErrorKind::kHost, errno, "pipe");
  base::UniqueFd reader(ends[0]);
  base::UniqueFd writer(ends[1]);
  sigset_t mask;
  sigprocmask(SIG_SETMASK, nullptr, &mask);
  STOCKADE_ASSIGN(const pid_t child, Start(delegate, arguments, mask, writer.get()));
  writer.Reset();
  auto text = base::ReadFd(reader.get(), kCaptureLimit, delegate, /*allow_pipe=*/true);
  reader.Reset();  // a delegate that prints without end gets EPIPE
  STOCKADE_ASSIGN(const int exit_code, Wait(child));
  if (!text) return tl::unexpected(text.error());
  return Captured{exit_code, std::move(*text)};
}

}  // namespace stockade::shim
