// SPDX-License-Identifier: Apache-2.0
// Opens whose path changes while they are decided. Threads flip a byte of the path, swap a link,
// swap a directory and replace the descriptor that the path begins at, each between /tmp/ok, which
// may be written, and /tmp/no, which may not. Prints how many opens gave the one, how many were
// refused, and how many gave the other. "other" are those that met a path between the two.
//
//   $ filerace 100000
//   {"opened": 51234, "refused": 48766, "other": 0, "bypassed": 0}
//   $ filerace roots 1000       # in a root of its own, /tmp/root: opens of its files while others
//   wait
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { kSlot = 50 };

static volatile char path[] = "/tmp/ok/file";
static volatile int stop;
static int directories[2];

static void* flip(void* unused) {
  for (int i = 0; !stop; ++i) {
    path[5] = 'n';
    path[6] = 'o';
    path[5] = 'o';
    path[6] = 'k';
    if (i % 64 != 0) continue;
    symlink(i & 64 ? "/tmp/ok" : "/tmp/no", "/tmp/new");
    rename("/tmp/new", "/tmp/link");
    dup2(directories[i / 64 & 1], kSlot);
    syscall(SYS_renameat2, AT_FDCWD, "/tmp/swap/a", AT_FDCWD, "/tmp/swap/b", 2);
  }
  return unused;
}

enum { kWaiting = 8 };

static void* wait_for_reader(void* unused) {
  close(open("/fifo", O_WRONLY));
  return unused;
}

// Opens that wait come and go: each may have the supervisor begin another thread.
static void* keep_waiting(void* unused) {
  while (!stop) {
    pthread_t threads[kWaiting];
    for (int i = 0; i < kWaiting; ++i) pthread_create(&threads[i], NULL, wait_for_reader, NULL);
    usleep(2000);
    int reader = open("/fifo", O_RDONLY | O_NONBLOCK);
    for (int i = 0; i < kWaiting; ++i) pthread_join(threads[i], NULL);
    close(reader);
  }
  return unused;
}

static int roots(long count) {
  long opened = 0, refused = 0;
  mkdir("/tmp/root", 0755);
  mknod("/tmp/root/file", S_IFREG | 0600, 0);
  mkfifo("/tmp/root/fifo", 0600);
  if (chroot("/tmp/root") != 0 || chdir("/") != 0) return 1;
  pthread_t thread;
  pthread_create(&thread, NULL, keep_waiting, NULL);
  for (long i = 0; i < count; ++i) {
    int fd = open("/file", O_RDWR);
    refused += fd < 0 && errno == EACCES;
    opened += fd >= 0;
    if (fd >= 0) close(fd);
  }
  stop = 1;
  pthread_join(thread, NULL);
  printf("{\"opened\": %ld, \"refused\": %ld, \"other\": %ld, \"bypassed\": %ld}\n", 0L, refused,
         count - opened - refused, opened);
  return 0;
}

int main(int argc, char** argv) {
  if (argc == 3 && strcmp(argv[1], "roots") == 0) return roots(atol(argv[2]));
  const long count = argc > 1 ? atol(argv[1]) : 1000;
  long opened = 0, refused = 0, other = 0, bypassed = 0;
  struct stat good, bad, got;
  mkdir("/tmp/ok", 0755);
  mkdir("/tmp/no", 0755);
  mkdir("/tmp/swap", 0755);
  // By mknod, which is not decided: an open could not make the second one.
  mknod("/tmp/ok/file", S_IFREG | 0600, 0);
  mknod("/tmp/no/file", S_IFREG | 0600, 0);
  if (stat("/tmp/ok/file", &good) != 0 || stat("/tmp/no/file", &bad) != 0) return 1;
  symlink("/tmp/ok", "/tmp/link");
  symlink("/tmp/ok", "/tmp/swap/a");
  symlink("/tmp/no", "/tmp/swap/b");
  directories[0] = open("/tmp/ok", O_PATH);
  directories[1] = open("/tmp/no", O_PATH);
  dup2(directories[0], kSlot);
  pthread_t thread;
  pthread_create(&thread, NULL, flip, NULL);
  for (long i = 0; i < count; ++i) {
    const int flags = i & 8 ? O_RDWR : O_RDWR | O_CREAT;
    int fd = -1;
    switch (i % 4) {
      case 0:
        fd = open((const char*)path, flags, 0600);
        break;
      case 1:
        fd = open("/tmp/link/file", flags, 0600);
        break;
      case 2:
        fd = openat(kSlot, "file", flags, 0600);
        break;
      default:
        fd = open("/tmp/swap/a/file", flags, 0600);
    }
    if (fd < 0) {
      if (errno == EACCES) {
        ++refused;
      } else {
        ++other;
      }
      continue;
    }
    fstat(fd, &got);
    if (got.st_ino == bad.st_ino && got.st_dev == bad.st_dev) ++bypassed;
    if (got.st_ino == good.st_ino && got.st_dev == good.st_dev) ++opened;
    close(fd);
  }
  stop = 1;
  pthread_join(thread, NULL);
  printf("{\"opened\": %ld, \"refused\": %ld, \"other\": %ld, \"bypassed\": %ld}\n", opened,
         refused, other, bypassed);
  return 0;
}
