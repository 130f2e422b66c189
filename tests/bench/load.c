// SPDX-License-Identifier: Apache-2.0
// Loads compiled filters into this process, one after another, says what each load took, and
// becomes a program that then runs under all of them.
//
//   $ load restricted.bpf -- calls
//   load 1  142000.0
//   getppid 104.2
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

int main(int argc, char** argv) {
  static struct sock_filter program[BPF_MAXINSNS];
  double spent[16] = {0};
  int at = 1;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return 2;
  for (; at < argc && at < 16 && strcmp(argv[at], "--") != 0; ++at) {
    const int file = open(argv[at], O_RDONLY | O_CLOEXEC);
    const ssize_t size = read(file, program, sizeof program);
    close(file);
    if (size <= 0) return 2;
    struct sock_fprog filter = {(unsigned short)((size_t)size / sizeof *program), program};
    const double start = now();
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) != 0) return 2;
    spent[at] = now() - start;
  }
  for (int i = 1; i < at; ++i) printf("load %d\t%.1f\n", i, spent[i]);
  fflush(stdout);
  if (at + 1 < argc) execv(argv[at + 1], argv + at + 1);
  return 2;
}
