// SPDX-License-Identifier: Apache-2.0
// mount(2) and umount2(2) with their results, a line each.
//
//   $ mountcalls table /data          # what is made and what is refused; /data can be written
//   $ mountcalls many /data 70        # so many tmpfs in /data, and how the last one ended
//   $ mountcalls fill /data/a         # writes until it fails, and says how much and why
//   $ mountcalls race /data 2000      # mounts by a link that a second thread turns around
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static void say(const char* what, long result) {
  printf("%s: %s\n", what, result < 0 ? strerror(errno) : "ok");
}

static int tmpfs(const char* path, unsigned long flags, const char* options) {
  return mount("mine", path, "tmpfs", flags, options);
}

// The mount that `path` lies on, as mountinfo has it, without its ids.
static void show(const char* path) {
  FILE* file = fopen("/proc/self/mountinfo", "r");
  char line[4096];
  char point[4096];
  char last[4096] = "nothing\n";
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    if (sscanf(line, "%*s %*s %*s %*s %4095s", point) == 1 && strcmp(point, path) == 0) {
      strcpy(last, strstr(line, point));
    }
  }
  if (file != NULL) fclose(file);
  struct stat info = {0};
  stat(path, &info);
  printf("  %o %u:%u %s", info.st_mode & 07777, info.st_uid, info.st_gid, last);
}

static void made(const char* what, const char* path, unsigned long flags, const char* options) {
  const int result = tmpfs(path, flags, options);
  say(what, result);
  if (result != 0) return;
  show(path);
  if (umount2(path, 0) != 0) say("  unmount", -1);
}

static void table(const char* folder) {
  if (chdir(folder) != 0) exit(1);
  char a[256];
  char b[512];
  snprintf(a, sizeof a, "%s/a", folder);
  snprintf(b, sizeof b, "%s/a/b", folder);
  mkdir("a", 0755);
  close(open("file", O_CREAT | O_WRONLY, 0644));
  (void)!symlink("a", "link");
  (void)!symlink("loop", "loop");

  made("plain", a, 0, NULL);
  made("flags", a, MS_RDONLY | MS_NOATIME | MS_NODIRATIME | MS_SILENT | 0xc0ed0000UL, "");
  made("options", a, 0, "size=1m,nr_inodes=10,mode=0750,uid=7,gid=0x8");
  made("beyond", a, 0, "size=100%");
  made("endless", a, 0, "size=0,nr_inodes=0");
  const char* const unknown[] = {"huge=always", "size",     "size=x", "uid=-1",
                                 "mode=9",      "usrquota", "ro"};
  for (unsigned i = 0; i < sizeof unknown / sizeof *unknown; ++i)
    say(unknown[i], tmpfs(a, 0, unknown[i]));
  say("no source", mount(NULL, a, "tmpfs", 0, NULL));
  show(a);
  say("unmount", umount(a));
  say("a source with an escape", mount("\033[2J", a, "tmpfs", 0, NULL));
  say("no type", mount("mine", a, NULL, 0, NULL));
  say("a type nowhere", mount("mine", a, (const char*)8, 0, NULL));
  say("options nowhere", mount("mine", a, "tmpfs", 0, (const void*)8));
  say("no target", tmpfs(NULL, 0, NULL));
  say("an empty target", tmpfs("", 0, NULL));
  say("a target that is not there", tmpfs("nothing", 0, NULL));
  say("a target below a file", tmpfs("file/a", 0, NULL));
  say("a file", tmpfs("file", 0, NULL));
  say("a loop", tmpfs("loop", 0, NULL));
  say("ramfs", mount("mine", a, "ramfs", 0, NULL));
  say("proc", mount("mine", a, "proc", 0, NULL));
  say("sysfs", mount("mine", a, "sysfs", 0, NULL));
  say("overlay", mount("mine", a, "overlay", 0, "lowerdir=/,upperdir=/tmp,workdir=/tmp"));
  say("bind", mount("/", a, NULL, MS_BIND, NULL));
  say("move", mount("/proc", a, NULL, MS_MOVE, NULL));
  say("shared", mount(NULL, "/", NULL, MS_SHARED | MS_REC, NULL));
  say("private", mount(NULL, "/", NULL, MS_PRIVATE, NULL));
  say("remount", mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL));
  say("over the root", tmpfs("/", 0, NULL));
  say("over /dev", tmpfs("/dev", 0, NULL));
  say("over /proc", tmpfs("/proc", 0, NULL));
  say("in /proc", tmpfs("/proc/self", 0, NULL));
  say("in /proc/sys", tmpfs("/proc/sys", 0, NULL));
  say("in /sys", tmpfs("/sys/kernel", 0, NULL));
  say("over a mount of the engine's", tmpfs("/dev/shm", 0, NULL));

  const char* const engines[] = {"/proc", "/dev", "/dev/shm", "/sys", "/", "/dev/stockade-init"};
  for (unsigned i = 0; i < sizeof engines / sizeof *engines; ++i) {
    char what[64];
    snprintf(what, sizeof what, "unmount %s", engines[i]);
    say(what, umount2(engines[i], 0));
    say(what, umount2(engines[i], MNT_DETACH));
  }
  say("unmount what is none", umount2(a, 0));
  say("unmount what is not there", umount2("nothing", 0));
  say("unmount with unknown flags", umount2(a, 64));
  say("unmount with MNT_EXPIRE", umount2(a, MNT_EXPIRE));

  say("a link", tmpfs("link", 0, NULL));
  say("one in it", mkdir(b, 0755) == 0 ? tmpfs(b, 0, NULL) : -1);
  say("one on it", tmpfs(b, 0, NULL));
  say("unmount with one in it", umount2(a, 0));
  say("unmount with one in it, lazily", umount2(a, MNT_DETACH));
  say("unmount the one on it", umount2(b, 0));
  say("unmount the one in it", umount2("link/b/", MNT_FORCE));
  say("unmount a link, not followed", umount2("link", UMOUNT_NOFOLLOW));
  const int busy = open("a/file", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  say("unmount while in use", umount2("link", 0));
  say("unmount while in use, lazily", umount2("link", MNT_DETACH));
  say("what is in use goes on", write(busy, "x", 1));
  close(busy);
  say("over an own one", tmpfs(a, 0, NULL) == 0 ? tmpfs(a, 0, NULL) : -1);
  (void)!chdir(a);
  say("unmount the working directory", umount2(".", 0));
  (void)!chdir("/");
  say("unmount it by a dot", umount2(strcat(strcpy(b, a), "/."), 0));
  say("unmount the one below", umount2(a, UMOUNT_NOFOLLOW));
  say("unmount once more", umount2(a, 0));
}

static void many(const char* folder, int count) {
  char path[256];
  int made = 0;
  for (; made < count; ++made) {
    snprintf(path, sizeof path, "%s/m%d", folder, made);
    mkdir(path, 0755);
    if (tmpfs(path, 0, "size=64k") != 0) break;
  }
  printf("%d: %s\n", made, made < count ? strerror(errno) : "ok");
}

static void fill(const char* folder) {
  char path[256];
  static char block[65536];
  snprintf(path, sizeof path, "%s/filled", folder);
  const int file = open(path, O_CREAT | O_WRONLY, 0600);
  long sum = 0;
  long got = 0;
  while (file >= 0 && (got = write(file, block, sizeof block)) > 0) sum += got;
  printf("%ld: %s\n", sum, strerror(errno));
}

static atomic_bool over;
static char turned[256];
static char other[256];

static void* turn(void* unused) {
  (void)unused;
  const char* const to[] = {"/proc", "a", "/etc", "/dev", "/sys", "a", "/proc/self", "b"};
  for (unsigned i = 0; !atomic_load(&over); ++i) {
    (void)!symlink(to[i % 8], other);
    (void)!rename(other, turned);
  }
  return NULL;
}

// Mounts that are there and were not before, but for those on a, b and /etc, which any race may
// have meant.
static int elsewhere(const char* folder, int* there) {
  FILE* file = fopen("/proc/self/mountinfo", "r");
  char line[4096];
  char point[4096];
  char a[512];
  char b[512];
  int wrong = 0;
  snprintf(a, sizeof a, "%s/a", folder);
  snprintf(b, sizeof b, "%s/b", folder);
  while (fgets(line, sizeof line, file) != NULL) {
    if (strstr(line, " - tmpfs racing ") == NULL) continue;
    ++*there;
    if (sscanf(line, "%*s %*s %*s %*s %4095s", point) != 1) ++wrong;
    if (strcmp(point, a) != 0 && strcmp(point, b) != 0 && strcmp(point, "/etc") != 0) ++wrong;
    if (strstr(line, "nosuid,nodev,noexec") == NULL) ++wrong;
  }
  fclose(file);
  return wrong;
}

static void race(const char* folder, int count) {
  char path[256];
  int good = 0;
  int refused = 0;
  int failed = 0;
  int wrong = 0;
  int gone = 0;
  pthread_t thread;
  for (int i = 0; i < 2; ++i) {
    snprintf(path, sizeof path, "%s/%c", folder, 'a' + i);
    mkdir(path, 0755);
  }
  snprintf(turned, sizeof turned, "%s/turned", folder);
  snprintf(other, sizeof other, "%s/other", folder);
  if (pthread_create(&thread, NULL, turn, NULL) != 0) exit(1);
  for (int i = 0; i < count; ++i) {
    if (mount("racing", turned, "tmpfs", 0, "size=64k") == 0) {
      int there = 0;
      wrong += elsewhere(folder, &there);
      wrong += there == 1 ? 0 : 1;
      ++good;
    } else if (errno == EPERM) {
      ++refused;
    } else {
      ++failed;
    }
    // By a link that turns, only what was made here goes away.
    for (int tries = 0; tries < 200; ++tries) {
      if (umount2(turned, 0) == 0) {
        ++gone;
        break;
      }
      int there = 0;
      elsewhere(folder, &there);
      if (there == 0) break;
    }
    snprintf(path, sizeof path, "%s/a", folder);
    (void)!umount2(path, 0);
    path[strlen(path) - 1] = 'b';
    (void)!umount2(path, 0);
    (void)!umount2("/etc", 0);
  }
  atomic_store(&over, 1);
  pthread_join(thread, NULL);
  printf("{\"mounted\": %d, \"refused\": %d, \"failed\": %d, \"wrong\": %d, \"unmounted\": %d}\n",
         good, refused, failed, wrong, gone);
}

int main(int argc, char** argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (argc == 3 && strcmp(argv[1], "table") == 0) table(argv[2]);
  if (argc == 4 && strcmp(argv[1], "many") == 0) many(argv[2], atoi(argv[3]));
  if (argc == 3 && strcmp(argv[1], "fill") == 0) fill(argv[2]);
  if (argc == 4 && strcmp(argv[1], "race") == 0) race(argv[2], atoi(argv[3]));
  return 0;
}
