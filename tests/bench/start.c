// SPDX-License-Identifier: Apache-2.0
// Starts a program and says how many nanoseconds passed from before the fork to its end. The child
// installs a compiled filter before it becomes the program, as a delegate does; "-" is none.
//
//   $ start restricted.bpf nothing
//   412000
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int argc, char** argv) {
  static struct sock_filter program[BPF_MAXINSNS];
  ssize_t size = 0;
  if (argc < 3 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return 2;
  if (strcmp(argv[1], "-") != 0) {
    const int file = open(argv[1], O_RDONLY | O_CLOEXEC);
    size = read(file, program, sizeof program);
    if (size <= 0) return 2;
  }
  struct sock_fprog filter = {(unsigned short)((size_t)size / sizeof *program), program};
  const long long begin = now();
  const pid_t child = fork();
  if (child == 0) {
    if (size > 0 && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) != 0) _exit(126);
    execv(argv[2], argv + 2);
    _exit(127);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0) return 2;
  printf("%lld\n", now() - begin);
  return 0;
}
