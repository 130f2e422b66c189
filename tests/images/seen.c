// SPDX-License-Identifier: Apache-2.0
// What a program is given when it starts, as lines `name: value` on stdout, whoever started it:
//
//   $ seen one 'two three'
//   argv: [seen] [one] [two three]
//   cwd: /
//   ...
//
// What a class changes on purpose (capabilities, no_new_privs, seccomp, the core limit) is left
// out.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

extern char** environ;

static void words(const char* name, char* const* list) {
  printf("%s:", name);
  for (; *list; ++list) printf(" [%s]", *list);
  printf("\n");
}

static void link_of(const char* name, const char* path) {
  char text[4096];
  ssize_t size = readlink(path, text, sizeof text - 1);
  if (size < 0) {
    printf("%s: %s\n", name, strerror(errno));
  } else {
    printf("%s: %.*s\n", name, (int)size, text);
  }
}

// The lines of a file that begin with one of the words; all of them without words.
static void lines_of(const char* path, const char* const* wanted) {
  char line[4096];
  FILE* file = fopen(path, "re");
  if (!file) {
    printf("%s: %s\n", path, strerror(errno));
    return;
  }
  while (fgets(line, sizeof line, file)) {
    for (const char* const* word = wanted; *word; ++word) {
      if (strncmp(line, *word, strlen(*word)) == 0) printf("%s %s", path, line);
    }
  }
  (void)fclose(file);
}

static void identity(void) {
  uid_t uids[3];
  gid_t gids[3], groups[64];
  getresuid(&uids[0], &uids[1], &uids[2]);
  getresgid(&gids[0], &gids[1], &gids[2]);
  int count = getgroups(64, groups);
  printf("uid: %d %d %d\n", (int)uids[0], (int)uids[1], (int)uids[2]);
  printf("gid: %d %d %d\ngroups:", (int)gids[0], (int)gids[1], (int)gids[2]);
  for (int i = 0; i < count; ++i) printf(" %d", (int)groups[i]);
  printf("\npid: %d parent %d\n", (int)getpid(), (int)getppid());
  printf("session leader: %d group leader: %d\n", getsid(0) == getpid(), getpgrp() == getpid());
}

// Numbers, kinds and flags of the open descriptors; what a pipe or a file is called differs by run.
static void descriptors(void) {
  DIR* folder = opendir("/proc/self/fd");
  struct dirent* entry;
  while (folder && (entry = readdir(folder))) {
    int fd = atoi(entry->d_name);
    struct stat info;
    if (entry->d_name[0] == '.' || fd == dirfd(folder) || fstat(fd, &info) != 0) continue;
    printf("descriptor %d: kind %o access %o close-on-exec %d terminal %d\n", fd,
           info.st_mode & S_IFMT,
           (unsigned)fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK),
           fcntl(fd, F_GETFD) & FD_CLOEXEC, isatty(fd));
  }
  if (folder) closedir(folder);
}

static void terminal(void) {
  int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
  printf("controlling terminal: %s\n", fd >= 0 ? "yes" : strerror(errno));
  if (fd >= 0) printf("in its foreground: %d\n", tcgetpgrp(fd) == getpgrp());
  if (fd >= 0) close(fd);
}

static void limits(void) {
  for (int which = 0; which < (int)RLIM_NLIMITS; ++which) {
    struct rlimit limit;
    if (which == RLIMIT_CORE || getrlimit((__rlimit_resource_t)which, &limit) != 0) continue;
    printf("limit %d: %llu %llu\n", which, (unsigned long long)limit.rlim_cur,
           (unsigned long long)limit.rlim_max);
  }
}

static void settings(void) {
  int death = -1, reaper = -1;
  cpu_set_t processors;
  prctl(PR_GET_PDEATHSIG, &death);
  prctl(PR_GET_CHILD_SUBREAPER, &reaper);
  sched_getaffinity(0, sizeof processors, &processors);
  printf("dumpable: %d\n", prctl(PR_GET_DUMPABLE));
  printf("death signal: %d subreaper: %d keepcaps: %d securebits: %d slack: %d\n", death, reaper,
         prctl(PR_GET_KEEPCAPS), prctl(PR_GET_SECUREBITS), prctl(PR_GET_TIMERSLACK));
  printf("personality: %x\n", (unsigned)personality(0xffffffff));
  printf("nice: %d policy: %d processors: %d\n", getpriority(PRIO_PROCESS, 0),
         sched_getscheduler(0), CPU_COUNT(&processors));
  printf("secure: %lu name: %s\n", getauxval(AT_SECURE), (const char*)getauxval(AT_EXECFN));
}

// In a new pid namespace these are the workload and nothing that was there to start it.
static void processes(void) {
  int count = 0;
  DIR* folder = opendir("/proc");
  struct dirent* entry;
  while (folder && (entry = readdir(folder))) count += atoi(entry->d_name) > 0;
  if (folder) closedir(folder);
  printf("processes: %d\n", count);
}

int main(int argc, char** argv) {
  static const char* const kStatus[] = {
      "Name:",   "Umask:",  "State:",  "TracerPid:", "Threads:",     "SigPnd:",
      "ShdPnd:", "SigBlk:", "SigIgn:", "SigCgt:",    "CoreDumping:", NULL};
  static const char* const kAny[] = {"", NULL};
  (void)argc;
  words("argv", argv);
  words("environment", environ);
  link_of("cwd", "/proc/self/cwd");
  link_of("exe", "/proc/self/exe");
  link_of("root", "/proc/self/root");
  identity();
  descriptors();
  terminal();
  limits();
  settings();
  processes();
  lines_of("/proc/self/status", kStatus);
  lines_of("/proc/self/comm", kAny);
  lines_of("/proc/self/oom_score_adj", kAny);
  lines_of("/proc/self/coredump_filter", kAny);
  return 0;
}
