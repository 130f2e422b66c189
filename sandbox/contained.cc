// SPDX-License-Identifier: Apache-2.0
#include "sandbox/contained.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstddef>
#include <new>
#include <optional>
#include <vector>

#include "config/base/fd.h"
#include "config/base/file.h"
#include "filters/bpf.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::FailErrno;
using base::Result;
using base::Status;

constexpr std::size_t kSizeDigits = 8;  // of the size that a message begins with

// A sanitizer's runtime makes calls of its own at any time.
#if defined(STOCKADE_SANITIZED)
constexpr bool kFiltered = false;
#else
constexpr bool kFiltered = true;
#endif

// What malloc, seccomp_export_bpf and reading a memory file need. libseccomp also asks the kernel
// which actions it knows; all else that seccomp can do makes this process tighter. mmap and futex
// have rules of their own. Nothing here sleeps, so the limit of processor time ends everything.
constexpr std::array<int, 13> kCalls{
    __NR_brk,          __NR_close,        __NR_exit_group, __NR_getrandom, __NR_lseek,
    __NR_madvise,      __NR_memfd_create, __NR_mremap,     __NR_munmap,    __NR_pread64,
    __NR_rt_sigreturn, __NR_seccomp,      __NR_write,
};

sock_filter Load(std::size_t offset) {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}

sock_filter Return(std::uint32_t answer) { return BPF_STMT(BPF_RET | BPF_K, answer); }

// Skips `otherwise` instructions unless `test` (BPF_JEQ, BPF_JSET) holds.
sock_filter If(unsigned short test, std::uint32_t value, std::uint8_t otherwise) {
  return BPF_JUMP(static_cast<unsigned short>(BPF_JMP | BPF_K | test), value, 0, otherwise);
}

// From here on any other system call ends this process.
Status AllowOnlyMemory() {
  constexpr auto kArgument = [](std::size_t number) {
    return offsetof(seccomp_data, args) + number * sizeof(std::uint64_t);
  };
  std::vector<sock_filter> program{
      Load(offsetof(seccomp_data, arch)),
      If(BPF_JEQ, filters::NativeAudit(), 4),
      Load(offsetof(seccomp_data, nr)),
      If(BPF_JEQ, __NR_mmap, 3),
      Load(kArgument(2)),
      If(BPF_JSET, PROT_EXEC, 4),
      Return(SECCOMP_RET_KILL_PROCESS),
      // The C library wakes after it ran something once.
      If(BPF_JEQ, __NR_futex, 4),
      Load(kArgument(1)),
      If(BPF_JEQ, FUTEX_WAKE_PRIVATE, 1),
      Return(SECCOMP_RET_ALLOW),
      Return(SECCOMP_RET_KILL_PROCESS),
  };
  for (const int call : kCalls) {
    program.push_back(If(BPF_JEQ, static_cast<std::uint32_t>(call), 1));
    program.push_back(Return(SECCOMP_RET_ALLOW));
  }
  program.push_back(Return(SECCOMP_RET_KILL_PROCESS));
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) != 0) {
    return FailErrno(ErrorKind::kHost, errno, "seccomp");
  }
  return {};
}

Status Limit(__rlimit_resource_t resource, rlim_t soft, rlim_t hard) {
  const struct rlimit limit = {soft, hard};
  if (setrlimit(resource, &limit) != 0) return FailErrno(ErrorKind::kHost, errno, "setrlimit");
  return {};
}

// The bytes that this process has mapped.
Result<std::size_t> Mapped() {
  STOCKADE_ASSIGN(const std::string text, base::ReadFile("/proc/self/statm", 256));
  std::size_t pages = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pages);
  if (error != std::errc()) return base::Fail(ErrorKind::kHost, "/proc/self/statm: no number");
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

// Gives up everything but memory, processor time and the descriptor `only`.
Status Confine(const ContainedLimits& limits, int only, pid_t parent) {
  const auto keep = static_cast<unsigned>(only);
  STOCKADE_ASSIGN(const std::size_t mapped, Mapped());
  STOCKADE_TRY(Limit(RLIMIT_AS, mapped + limits.memory_bytes, mapped + limits.memory_bytes));
  STOCKADE_TRY(Limit(RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 1));
  STOCKADE_TRY(Limit(RLIMIT_CORE, 0, 0));
  // SIGXCPU may be ignored or blocked by whoever started us.
  sigset_t none;
  sigemptyset(&none);
  (void)signal(SIGXCPU, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // the parent died before prctl took effect
  if ((keep > 0 && syscall(SYS_close_range, 0U, keep - 1, 0U) != 0) ||
      syscall(SYS_close_range, keep + 1, ~0U, 0U) != 0) {
    return FailErrno(ErrorKind::kHost, errno, "close_range");
  }
  return kFiltered ? AllowOnlyMemory() : Status{};
}

// A result as it goes through the pipe: its size, 'v' or the digit of an error's kind, the value or
// the error's message and hint with a NUL between them.
std::string Message(const Result<std::string>& result) {
  std::string body;
  if (result) {
    body = "v" + *result;
  } else {
    body = static_cast<char>('0' + static_cast<int>(result.error().kind)) + result.error().message;
    body += '\0';
    body += result.error().hint;
  }
  return fmt::format("{:0{}x}", body.size(), kSizeDigits) + body;
}

// The result of a whole message; nothing for any other text.
std::optional<Result<std::string>> FromMessage(std::string_view text) {
  std::size_t size = 0;
  if (text.size() <= kSizeDigits) return std::nullopt;
  std::from_chars(text.data(), text.data() + kSizeDigits, size, 16);
  text.remove_prefix(kSizeDigits);
  if (text.size() != size) return std::nullopt;
  const char kind = text.front();
  text.remove_prefix(1);
  if (kind == 'v') return std::string(text);
  const auto end = text.find('\0');
  if (kind < '0' || kind > '0' + static_cast<int>(ErrorKind::kInternal) ||
      end == std::string_view::npos) {
    return std::nullopt;
  }
  return tl::unexpected(base::Error{static_cast<ErrorKind>(kind - '0'),
                                    std::string(text.substr(0, end)),
                                    std::string(text.substr(end + 1))});
}

[[noreturn]] void Child(const ContainedLimits& limits, int pipe, pid_t parent,
                        const std::function<Result<std::string>()>& work) {
  const Status confined = Confine(limits, pipe, parent);
  Result<std::string> result = confined ? Result<std::string>() : tl::unexpected(confined.error());
  try {
    if (confined) result = work();
  } catch (const std::bad_alloc&) {
    result = base::Fail(ErrorKind::kSpec, "out of memory");
  }
  _exit(base::WriteAll(pipe, Message(result), "the result") ? 0 : 1);
}

// How a child ended that left no whole result.
tl::unexpected<base::Error> Died(std::string_view what, const ContainedLimits& limits, int status) {
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) {
    return base::Fail(ErrorKind::kSpec, "{} takes more than {} s of processor time", what,
                      limits.cpu_seconds);
  }
  if (WIFSIGNALED(status)) {
    return base::Fail(ErrorKind::kSpec, "{} was ended by signal {}", what, WTERMSIG(status));
  }
  return base::Fail(ErrorKind::kSpec, "{} ended without a result", what);
}

}  // namespace

Result<std::string> RunContained(std::string_view what, const ContainedLimits& limits,
                                 const std::function<Result<std::string>()>& work) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return FailErrno(ErrorKind::kHost, errno, "pipe");
  const base::UniqueFd reader(ends[0]);
  base::UniqueFd writer(ends[1]);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) return FailErrno(ErrorKind::kHost, errno, "fork");
  if (child == 0) Child(limits, writer.get(), parent, work);
  writer.Reset();
  const auto text = base::ReadFd(reader.get(), kSizeDigits + 1 + limits.result_bytes, what,
                                 /*allow_pipe=*/true);
  if (!text) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!text) return base::Fail(ErrorKind::kSpec, "{}", text.error().message);
  if (auto result = FromMessage(*text)) return *std::move(result);
  return Died(what, limits, status);
}

}  // namespace stockade::sandbox
