// SPDX-License-Identifier: Apache-2.0
// Runs a program to its end and says what it cost; small, so that its own memory does not count.
//
//   $ measure 3 /usr/sbin/runc --version 3>result; cat result
//   0 11840123 14216        (exit code, nanoseconds of wall time, KiB of peak resident memory)
//
// The peak counts from the exec on, across every further execve of the same process; a fork from a
// large process would be charged with that process's memory instead.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const int result = atoi(argv[1]);
  if (fcntl(result, F_SETFD, FD_CLOEXEC) != 0) return 2;
  const long long begin = now();
  const pid_t child = fork();
  if (child == 0) {
    execv(argv[2], argv + 2);
    _exit(127);
  }
  int status = 0;
  struct rusage usage;
  if (child < 0 || wait4(child, &status, 0, &usage) != child) return 2;
  const long long end = now();
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return dprintf(result, "%d %lld %ld\n", code, end - begin, usage.ru_maxrss) > 0 ? 0 : 2;
}
