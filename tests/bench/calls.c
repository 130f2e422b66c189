// SPDX-License-Identifier: Apache-2.0
// What a system call costs under the filters that this process has: one line a call, nanoseconds
// each, the best of nine rounds.
//
//   $ calls
//   getppid 104.2
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { kRounds = 9, kCalls = 20000 };

static long getppid_call(void) { return syscall(SYS_getppid); }  // by number alone
static long personality_call(void) { return syscall(SYS_personality, 0xffffffffUL); }
static long ioctl_call(void) { return syscall(SYS_ioctl, -1, TIOCGWINSZ, 0); }
static long sendto_call(void) { return syscall(SYS_sendto, -1, 0, 0, 0, 0, 0); }
static long setsockopt_call(void) { return syscall(SYS_setsockopt, -1, SOL_SOCKET, 2, 0, 0); }
static long socket_call(void) { return close((int)syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0)); }
static long keyctl_call(void) { return syscall(SYS_keyctl, 0xffff, 0, 0, 0, 0); }  // refused by all

static long futex_call(void) {
  static int word;
  return syscall(SYS_futex, &word, 1 | 128, 1, 0, 0, 0);  // FUTEX_WAKE_PRIVATE, nobody waits
}

static const struct {
  const char* name;
  long (*make)(void);
} kTable[] = {
    {"getppid", getppid_call},     {"personality", personality_call},
    {"ioctl", ioctl_call},         {"sendto", sendto_call},
    {"futex", futex_call},         {"setsockopt", setsockopt_call},
    {"socket+close", socket_call}, {"keyctl, refused", keyctl_call},
};

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

int main(void) {
  for (unsigned i = 0; i < sizeof kTable / sizeof *kTable; ++i) {
    double best = 1e18;
    for (int round = 0; round < kRounds; ++round) {
      const double start = now();
      for (int call = 0; call < kCalls; ++call) kTable[i].make();
      const double spent = (now() - start) / kCalls;
      if (spent < best) best = spent;
    }
    printf("%s\t%.1f\n", kTable[i].name, best);
  }
  return 0;
}
