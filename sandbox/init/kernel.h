// SPDX-License-Identifier: Apache-2.0
// The system calls of the stub, and how a program without a C library begins. Each returns what the
// kernel does: a negative errno value for a failure.
#pragma once

#include <asm/stat.h>
#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <linux/utsname.h>

namespace stockade::init::kernel {

inline long Call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0) {
#if defined(__x86_64__)
  long result;
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
               : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  register long x3 asm("x3") = d;
  register long x4 asm("x4") = e;
  asm volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
  return x0;
#elif defined(__riscv) && __riscv_xlen == 64
  register long a7 asm("a7") = number;
  register long a0 asm("a0") = a;
  register long a1 asm("a1") = b;
  register long a2 asm("a2") = c;
  register long a3 asm("a3") = d;
  register long a4 asm("a4") = e;
  asm volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4) : "memory");
  return a0;
#else
#error "the stub has not been written for this architecture"
#endif
}

template <class T>
long Address(T* pointer) {
  return reinterpret_cast<long>(pointer);
}

[[noreturn]] inline void Exit(int code) {
  for (;;) Call(__NR_exit_group, code);
}

inline void Write(int fd, const char* text) {
  long length = 0;
  while (text[length] != '\0') ++length;
  (void)Call(__NR_write, fd, Address(text), length);
}

// No other process of the container may look into this one from here on.
inline long MakeUndumpable() { return Call(__NR_prctl, PR_SET_DUMPABLE, 0); }

inline long Read(int fd, void* to, unsigned long size) {
  return Call(__NR_read, fd, Address(to), static_cast<long>(size));
}

inline long WriteBytes(int fd, const void* from, unsigned long size) {
  return Call(__NR_write, fd, Address(from), static_cast<long>(size));
}

// Fills in the names of this machine and its kernel, as uname(2) has them.
inline void Names(new_utsname* to) { (void)Call(__NR_uname, Address(to)); }

inline void Close(int fd) { (void)Call(__NR_close, fd); }

// Moves a descriptor to another number; false if there is none.
inline bool Move(int from, int to) {
  if (Call(__NR_dup3, from, to, 0) < 0) return false;
  Close(from);
  return true;
}

// A write to a socket that nobody reads must come back as an error.
inline long IgnorePipeSignal(bool ignore) {
  struct Action {
    unsigned long handler;
    unsigned long flags;
#if defined(__x86_64__)
    unsigned long restorer;
#endif
    unsigned long mask;
  };
  static Action before;
  static Action now;
  now.handler = 1;  // SIG_IGN
  constexpr long kPipe = 13;
  return ignore ? Call(__NR_rt_sigaction, kPipe, Address(&now), Address(&before), sizeof now.mask)
                : Call(__NR_rt_sigaction, kPipe, Address(&before), 0, sizeof now.mask);
}

// Installs a filter. 0, or the listener where the flags ask for one.
inline long InstallFilter(unsigned long flags, unsigned short length, sock_filter* program) {
  const sock_fprog argument{length, program};
  return Call(__NR_seccomp, SECCOMP_SET_MODE_FILTER, static_cast<long>(flags), Address(&argument));
}

// True for a file that the caller may run.
inline bool CanRun(const char* path) {
  static struct stat info;  // zeroed by being static: there is no memset here
  if (Call(__NR_newfstatat, AT_FDCWD, Address(path), Address(&info), 0) != 0) return false;
  constexpr unsigned kTypeMask = 0170000;
  constexpr unsigned kDirectory = 0040000;
  constexpr int kExecute = 1;  // X_OK
  return (info.st_mode & kTypeMask) != kDirectory &&
         Call(__NR_faccessat, AT_FDCWD, Address(path), kExecute) == 0;
}

// Returns only when it failed.
inline long Execute(const char* path, char* const* arguments, char* const* environment) {
  return Call(__NR_execve, Address(path), Address(arguments), Address(environment));
}

}  // namespace stockade::init::kernel
