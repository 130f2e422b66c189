// SPDX-License-Identifier: Apache-2.0
// Runs inside a container under the filter being tested: makes each system call that its arguments
// name, in a child of its own, and prints what came of it. Static, and free of anything that the
// filter could break before the first line is out.
//
//   floor_probe vsock:41:40,1,0 int80:i20:        ->  "vsock errno 97\nint80 signal 31\n"
//
// An argument is LABEL:NUMBER:A0,A1,...; numbers are decimal or 0x hexadecimal, missing ones are 0,
// and a NUMBER that begins with "i" goes through the i386 entry (int 0x80). A call that succeeds
// prints "LABEL value V".
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

struct Outcome {
  long value;
  int error;
};

long EnterCompat([[maybe_unused]] long number) {
#if defined(__x86_64__)
  long result = 0;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(0), "c"(0), "d"(0) : "memory");
  return static_cast<int>(result);
#else
  return -ENOSYS;
#endif
}

Outcome Call(char* number, char* arguments) {
  unsigned long args[6] = {};
  char* at = arguments;
  for (unsigned long& arg : args) {
    if (*at == '\0') break;
    arg = std::strtoul(at, &at, 0);
    if (*at == ',') ++at;
  }
  if (*number == 'i') {
    const long result = EnterCompat(std::strtol(number + 1, nullptr, 0));
    return {result, result < 0 && result > -4096 ? static_cast<int>(-result) : 0};
  }
  const long result = syscall(std::strtol(number, nullptr, 0), args[0], args[1], args[2], args[3],
                              args[4], args[5]);
  return {result, result == -1 ? errno : 0};
}

void Probe(char* label) {
  char* number = std::strchr(label, ':');
  if (number == nullptr) return;
  *number++ = '\0';
  char* arguments = std::strchr(number, ':');
  if (arguments == nullptr) return;
  *arguments++ = '\0';
  std::fflush(stdout);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) {
    alarm(5);
    const Outcome outcome = Call(number, arguments);
    if (getppid() != parent) _exit(0);  // a process that the call itself made
    if (outcome.error != 0) {
      std::printf("%s errno %d\n", label, outcome.error);
    } else {
      std::printf("%s value %ld\n", label, outcome.value);
    }
    std::fflush(stdout);
    _exit(0);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) {
    std::printf("%s lost %d\n", label, errno);
  } else if (WIFSIGNALED(status)) {
    std::printf("%s signal %d\n", label, WTERMSIG(status));
  }
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) Probe(argv[i]);
  return 0;
}
