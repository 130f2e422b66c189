// SPDX-License-Identifier: Apache-2.0
// Calls that look at the machine, make nodes and namespaces, with their results, a line each: the
// same with and without a supervisor that refuses what the kernel refuses, or the test that
// compares them says so. Needs a writable /tmp.
//
//   $ systemcalls
//   mknod of a fifo: ok
//   ...
//   $ systemcalls nodes /data      # makes devices there, and opens each
//   $ systemcalls machine          # one JSON line of what sysinfo and uname tell
//   $ systemcalls flip 100000      # sysinfo while a second thread takes the memory away
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char* what, long result) {
  printf("%s: %s\n", what, result < 0 ? strerror(errno) : "ok");
}

static void node(const char* what, const char* path, mode_t mode, dev_t dev) {
  struct stat info;
  const long made = mknod(path, mode, dev);
  say(what, made);
  if (made == 0 && lstat(path, &info) == 0) {
    printf("  mode %o owner %u device %x\n", info.st_mode, info.st_uid, (unsigned)info.st_rdev);
  }
  unlink(path);
}

// mknod(2) where there is one: the C library calls mknodat for it.
static long old_mknod(const char* path, mode_t mode, dev_t device) {
#ifdef SYS_mknod
  return syscall(SYS_mknod, path, mode, device);
#else
  return mknod(path, mode, device);
#endif
}

static void nodes(void) {
  umask(027);
  node("mknod of a fifo", "/tmp/node", S_IFIFO | 0666, 0);
  node("mknod of a fifo with a device number", "/tmp/node", S_IFIFO | 0666, makedev(1, 3));
  node("mknod of a socket", "/tmp/node", S_IFSOCK | 0600, 0);
  node("mknod of a file", "/tmp/node", S_IFREG | 0640, makedev(8, 0));
  node("mknod of a file without a type", "/tmp/node", 0640, 0);
  node("mknod of a whiteout", "/tmp/node", S_IFCHR | 0, 0);
  node("mknod of a folder", "/tmp/node", S_IFDIR | 0700, 0);
  node("mknod of a disk", "/tmp/node", S_IFBLK | 0600, makedev(8, 0));
  node("mknod of a block device 0:0", "/tmp/node", S_IFBLK | 0600, 0);
  node("mknod of memory", "/tmp/node", S_IFCHR | 0600, makedev(1, 1));
  node("mknod of a distant device", "/tmp/node", S_IFCHR | 0600, makedev(0x101, 0x10003));
  say("mknod(2) of a fifo", old_mknod("/tmp/node", S_IFIFO | 0600, 0));
  unlink("/tmp/node");
  say("mknod(2) of memory", old_mknod("/tmp/node", S_IFCHR | 0600, makedev(1, 1)));
  say("mknodat of a fifo in no folder", mknodat(-5, "node", S_IFIFO | 0600, 0));
  say("mknodat of a fifo at no path", syscall(SYS_mknodat, AT_FDCWD, 8, S_IFIFO | 0600, 0));
}

static int nothing(void* unused) {
  (void)unused;
  return 0;
}

static void* thread(void* unused) { return unused; }

static void processes(void) {
  static char stack[65536];
  pthread_t made;
  say("clone with a pid namespace", clone(nothing, stack + sizeof stack, CLONE_NEWPID | 17, NULL));
  say("clone with a user namespace",
      clone(nothing, stack + sizeof stack, CLONE_NEWUSER | CLONE_FILES | 17, NULL));
  say("unshare of a user namespace", unshare(CLONE_NEWUSER));
  say("unshare of a time namespace", unshare(0x80));
  say("unshare of files and mounts", unshare(CLONE_FILES | CLONE_NEWNS));
  say("setns", setns(-1, CLONE_NEWNET));
  const pid_t child = fork();
  if (child == 0) _exit(0);
  say("fork", child);
  waitpid(child, NULL, 0);
  errno = pthread_create(&made, NULL, thread, NULL);
  say("pthread_create", errno == 0 ? 0 : -1);
  if (errno == 0) pthread_join(made, NULL);
  say("ptrace", ptrace(PTRACE_TRACEME, 0, NULL, NULL));
  say("mount", mount("none", "/tmp", "tmpfs", MS_NOSUID, NULL));
  say("umount2", umount2("/tmp", MNT_DETACH));
  say("fsopen", syscall(SYS_fsopen, "tmpfs", 0));
  say("bpf", syscall(SYS_bpf, 5, NULL, 0));
  say("keyctl", syscall(SYS_keyctl, 0, -3, 0));
  say("io_uring_setup", syscall(SYS_io_uring_setup, 1, NULL));
}

// Where a result of `size` bytes may lie, and may not.
static void places(const char* what, long number, size_t size) {
  char* const two = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char* const other = two + 4096;
  printf("%s\n", what);
  say("  a page", syscall(number, two));
  say("  across two pages", syscall(number, other - size / 2));
  say("  an odd address", syscall(number, two + 3));
  say("  nowhere", syscall(number, 0));
  say("  the kernel", syscall(number, 0xffffffff80000000));
  say("  the end of everything", syscall(number, -8L));
  mprotect(other, 4096, PROT_READ);
  say("  the end of a page", syscall(number, other - size));
  say("  memory that is read-only", syscall(number, other));
  say("  half of it read-only", syscall(number, other - size / 2));
  say("  a constant", syscall(number, "constant"));
  munmap(other, 4096);
  say("  half of it missing", syscall(number, other - size / 2));
  char* const shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  say("  shared memory", syscall(number, shared));
  printf("  filled: %d\n", memcmp(shared, two, 1) == 0);
}

static void machine(void) {
  struct sysinfo info;
  struct utsname names;
  if (sysinfo(&info) != 0 || uname(&names) != 0) exit(1);
  printf(
      "{\"total\":%llu,\"free\":%llu,\"swap\":%llu,\"swapFree\":%llu,\"unit\":%u,\"uptime\":%ld,"
      "\"names\":[\"%s\",\"%s\",\"%s\",\"%s\",\"%s\",\"%s\"]}\n",
      (unsigned long long)info.totalram, (unsigned long long)info.freeram,
      (unsigned long long)info.totalswap, (unsigned long long)info.freeswap, info.mem_unit,
      info.uptime, names.sysname, names.nodename, names.release, names.version, names.machine,
      names.domainname);
}

static void made_and_opened(const char* folder) {
  static const struct {
    const char* name;
    mode_t type;
    unsigned major, minor;
  } kDevices[] = {
      {"null", S_IFCHR, 1, 3},   {"zero", S_IFCHR, 1, 5},     {"full", S_IFCHR, 1, 7},
      {"random", S_IFCHR, 1, 8}, {"urandom", S_IFCHR, 1, 9},  {"tty", S_IFCHR, 5, 0},
      {"mem", S_IFCHR, 1, 1},    {"kmsg", S_IFCHR, 1, 11},    {"console", S_IFCHR, 5, 1},
      {"disk", S_IFBLK, 8, 0},   {"null-like", S_IFBLK, 1, 3}};
  int at = -1;
  umask(022);
  if (chdir(folder) == 0) at = open("/", O_PATH | O_DIRECTORY);
  for (size_t i = 0; i < sizeof kDevices / sizeof *kDevices; ++i) {
    char path[256];
    struct stat info;
    const dev_t device = makedev(kDevices[i].major, kDevices[i].minor);
    // By a relative path, an absolute one, and one below an open folder, in turn.
    snprintf(path, sizeof path, "%s/%s", i % 3 == 0 ? "." : folder, kDevices[i].name);
    const long made = i % 3 == 2 ? mknodat(at, path + 1, kDevices[i].type | 0666, device)
                                 : old_mknod(path, kDevices[i].type | 0666, device);
    say(kDevices[i].name, made);
    if (made != 0 || stat(path, &info) != 0) continue;
    const int fd = open(path, O_RDONLY | O_NOCTTY);
    printf("  mode %o owner %u device %u:%u open %s\n", info.st_mode, info.st_uid,
           major(info.st_rdev), minor(info.st_rdev), fd < 0 ? strerror(errno) : "ok");
    if (fd >= 0) close(fd);
  }
  say("again", mknod("null", S_IFCHR | 0666, makedev(1, 3)));
  say("below nothing", mknod("none/null", S_IFCHR | 0666, makedev(1, 3)));
  say("a name with a slash behind", mknod("other/", S_IFCHR | 0666, makedev(1, 3)));
  say("no name", mknod("", S_IFCHR | 0666, makedev(1, 3)));
  say("the root", mknod("/", S_IFCHR | 0666, makedev(1, 3)));
  say("dots", mknod("..", S_IFCHR | 0666, makedev(1, 3)));
  say("a link", symlink("elsewhere", "link"));
  say("over a link", mknod("link", S_IFCHR | 0666, makedev(1, 3)));
  say("no path", syscall(SYS_mknodat, AT_FDCWD, 8, S_IFCHR | 0600, 0x103));
  say("no folder", mknodat(-7, "x", S_IFCHR | 0666, makedev(1, 3)));
  static char much[5000];
  memset(much, 'x', sizeof much - 1);
  say("a long path", mknod(much, S_IFCHR | 0666, makedev(1, 3)));
  much[300] = '\0';
  say("a long name", mknod(much, S_IFCHR | 0666, makedev(1, 3)));
}

static char* flipped;
static atomic_int over;

static void* flip(void* unused) {
  while (!atomic_load(&over)) {
    mprotect(flipped, 4096, PROT_NONE);
    mprotect(flipped, 4096, PROT_READ | PROT_WRITE);
    munmap(flipped, 4096);
    mmap(flipped, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  }
  return unused;
}

static int race(long rounds) {
  long ok = 0, fault = 0, other = 0;
  pthread_t second;
  flipped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pthread_create(&second, NULL, flip, NULL) != 0) return 1;
  for (long i = 0; i < rounds; ++i) {
    const long result = syscall(i % 2 == 0 ? SYS_sysinfo : SYS_uname, flipped);
    if (result == 0) {
      ++ok;
    } else if (errno == EFAULT) {
      ++fault;
    } else {
      ++other;
    }
  }
  atomic_store(&over, 1);
  pthread_join(second, NULL);
  printf("{\"ok\":%ld,\"fault\":%ld,\"other\":%ld}\n", ok, fault, other);
  return 0;
}

int main(int argc, char** argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (argc == 3 && strcmp(argv[1], "nodes") == 0) {
    made_and_opened(argv[2]);
  } else if (argc == 2 && strcmp(argv[1], "machine") == 0) {
    machine();
  } else if (argc == 3 && strcmp(argv[1], "flip") == 0) {
    return race(atol(argv[2]));
  } else {
    nodes();
    processes();
    places("sysinfo", SYS_sysinfo, sizeof(struct sysinfo));
    places("uname", SYS_uname, sizeof(struct utsname));
  }
  return 0;
}
