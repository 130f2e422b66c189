// SPDX-License-Identifier: Apache-2.0
// Tries to run code. `runs FILE` copies itself to FILE and runs that, `runs image FILE` runs a copy
// of it that is there; other words are ways to run without a file of a name. Prints "ran" or the
// errno of what failed, by call.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kNoExecSeal = 8 };  // MFD_NOEXEC_SEAL, which older headers lack

static int Say(const char* what) {
  printf("%s: %s\n", what, strerrorname_np(errno));
  return 0;
}

// The program's own file written into `target`, an open descriptor.
static int CopySelf(int target) {
  const int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (self < 0) return -1;
  struct stat info;
  if (fstat(self, &info) != 0) return -1;
  for (off_t at = 0; at < info.st_size;) {
    if (sendfile(target, self, &at, (size_t)(info.st_size - at)) <= 0) return -1;
  }
  close(self);
  return 0;
}

// Runs `path`, or the descriptor where `path` is empty, in a child.
static int Run(int fd, const char* path) {
  const pid_t child = vfork();
  if (child == 0) {
    char* const argv[] = {"runs", "nothing", NULL};
    char* const envp[] = {NULL};
    syscall(SYS_execveat, fd, path, argv, envp, *path == '\0' ? AT_EMPTY_PATH : 0);
    _exit(errno);
  }
  int status = 0;
  waitpid(child, &status, 0);
  errno = WEXITSTATUS(status);
  return errno == 0 ? 0 : -1;
}

static int FromImage(const char* path) {
  const int reader = open(path, O_RDONLY);  // a program that is open for writing is not run
  void* const read_only = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, reader, 0);
  if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, reader, 0) == MAP_FAILED) Say("map");
  if (mprotect(read_only, 4096, PROT_READ | PROT_EXEC) != 0) Say("protect");
  char by_descriptor[64];
  snprintf(by_descriptor, sizeof by_descriptor, "/proc/self/fd/%d", reader);
  if (Run(reader, "") != 0) Say("descriptor");
  if (Run(AT_FDCWD, by_descriptor) != 0) Say("/proc/self/fd");
  if (Run(AT_FDCWD, path) != 0) return Say("path");
  puts("ran");
  return 0;
}

static int FromFile(const char* path) {
  const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
  if (fd < 0) return Say("open");
  if (CopySelf(fd) != 0) return Say("copy");
  close(fd);
  return FromImage(path);
}

static int FromMemory(unsigned flags) {
  const int fd = (int)syscall(SYS_memfd_create, "runs", flags);
  if (fd < 0) return Say("memfd_create");
  if (CopySelf(fd) != 0) return Say("copy");
  if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) != MAP_FAILED) puts("mapped");
  if (Run(fd, "") != 0) return Say("descriptor");
  puts("ran");
  return 0;
}

int main(int argc, char** argv) {
  if (argc == 3 && strcmp(argv[1], "image") == 0) return FromImage(argv[2]);
  if (argc != 2) return 2;
  if (strcmp(argv[1], "nothing") == 0) return 0;
  if (strcmp(argv[1], "memory") == 0) return FromMemory(0);
  if (strcmp(argv[1], "sealed-memory") == 0) return FromMemory(kNoExecSeal);
  return FromFile(argv[1]);
}
