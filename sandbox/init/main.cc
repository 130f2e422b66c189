// SPDX-License-Identifier: Apache-2.0
// stockade-init: installs filters, becomes the workload. README.md says why it is as it is.
#include "sandbox/init/arguments.h"
#include "sandbox/init/kernel.h"
#include "sandbox/init/lookup.h"
#include "sandbox/init/protocol.h"

namespace stockade::init {
namespace {

[[noreturn]] void Fail(ExitCode code, const char* subject, const char* reason) {
  kernel::Write(2, "stockade-init: ");
  kernel::Write(2, subject);
  kernel::Write(2, reason);
  kernel::Write(2, "\n");
  kernel::Exit(code);
}

const char* ReasonOf(long error) {
  switch (-error) {
    case 2:
      return ": no such file or directory";  // ENOENT: the program's interpreter
    case 7:
      return ": argument list too long";  // E2BIG
    case 8:
      return ": exec format error";  // ENOEXEC
    case 13:
      return ": permission denied";  // EACCES
    default:
      return ": cannot be run";
  }
}

// Gives the listener to the supervisor and closes our ways to both. The descriptors that a caller
// handed in follow without a gap, one number too high.
void HandOver(const Listener& message) {
  char answer = 0;
  (void)kernel::IgnorePipeSignal(true);
  if (kernel::WriteBytes(kSupervisorFd, &message, sizeof message) != sizeof message ||
      kernel::Read(kSupervisorFd, &answer, 1) != 1 || answer != kAccepted) {
    Fail(kFilterFailed, "the supervisor", " did not take over the container's system calls");
  }
  (void)kernel::IgnorePipeSignal(false);
  kernel::Close(message.fd);
  kernel::Close(kSupervisorFd);
  for (int fd = kSupervisorFd; kernel::Move(fd + 1, fd); ++fd) {
  }
}

// Installs the filters before "--" and returns what follows it.
char** InstallFilters(char** argument) {
  static sock_filter room[BPF_MAXINSNS];
  unsigned count = 0;
  Listener message;
  message.fd = -1;
  kernel::Names(&message.names);  // later it may be a call that nobody answers yet
  for (; *argument != nullptr && !Same(*argument, kEndOfFilters); ++argument) {
    Filter filter;
    // The listener's filter is the last: nobody answers it before the hand-over.
    if (++count > kMaxFilters || message.fd >= 0 || !DecodeFilter(*argument, room, filter)) {
      Fail(kFilterFailed, "a filter", " cannot be read");
    }
    const bool listens = (filter.flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0;
    const long result = kernel::InstallFilter(filter.flags, filter.length, room);
    if (result < 0 || (result != 0 && !listens)) {
      Fail(kFilterFailed, "a filter", " was refused by the kernel");
    }
    if (listens) message.fd = static_cast<int>(result);
  }
  if (count == 0 || *argument == nullptr || argument[1] == nullptr) {
    Fail(kFilterFailed, "stockade starts this", "; it is of no use by itself");
  }
  if (message.fd >= 0) HandOver(message);
  return argument + 1;
}

// The command after the first "--", before any filter is on: an image's paths are looked up with
// the container's own rights, and a filter need not allow the looking.
const char* CommandOf(char** arguments) {
  for (; *arguments != nullptr; ++arguments) {
    if (Same(*arguments, kEndOfFilters)) return arguments[1];
  }
  return nullptr;
}

[[noreturn]] void Main(char** arguments, char** environment) {
  (void)kernel::MakeUndumpable();
  static char room[kMaxPath];
  const char* const command = CommandOf(arguments);
  const char* file = nullptr;
  if (command != nullptr) {
    file = Find(command, environment, room, kernel::CanRun);
    if (file == nullptr) Fail(kNotFound, command, ": executable file not found in $PATH");
  }
  char** const workload = InstallFilters(arguments + 1);
  const long error = kernel::Execute(file, workload, environment);
  Fail(error == -2 ? kNotFound : kCannotRun, command, ReasonOf(error));
}

}  // namespace
}  // namespace stockade::init

// The kernel leaves argc, argv and envp on the stack.
extern "C" [[noreturn, gnu::used]] void StartStub(long* stack) {
  char** const arguments = reinterpret_cast<char**>(stack + 1);
  stockade::init::Main(arguments, arguments + *stack + 1);
}

#if defined(__x86_64__)
asm(".globl _start\n_start:\n  xor %ebp, %ebp\n  mov %rsp, %rdi\n  and $-16, %rsp\n  call "
    "StartStub\n");
#elif defined(__aarch64__)
asm(".globl _start\n_start:\n  mov x29, #0\n  mov x0, sp\n  bl StartStub\n");
#elif defined(__riscv)
asm(".globl _start\n_start:\n  mv a0, sp\n  andi sp, sp, -16\n  call StartStub\n");
#endif
