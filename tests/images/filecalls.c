// SPDX-License-Identifier: Apache-2.0
// Opens with their results, a line each: the same with and without a supervisor, or the test that
// compares them says so. Needs a writable /tmp, and runs as root or not.
//
//   $ filecalls
//   open creates: ok 644 0
//   ...
//   $ filecalls try /etc/passwd O_RDWR    # one open, by each of the four calls
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kShown = O_ACCMODE | O_APPEND | O_NONBLOCK | O_PATH | O_DIRECT | O_NOATIME };

// What a descriptor is: the kind and mode of its file, its size, its flags and whether exec closes
// it.
static void show(const char* what, int fd) {
  if (fd < 0) {
    printf("%s: %s\n", what, strerror(errno));
    return;
  }
  struct stat file;
  if (fstat(fd, &file) != 0) {
    printf("%s: fstat %s\n", what, strerror(errno));
  } else {
    printf("%s: ok %o %lld flags %o cloexec %d\n", what, file.st_mode,
           S_ISREG(file.st_mode) ? (long long)file.st_size : 0LL, fcntl(fd, F_GETFL) & kShown,
           fcntl(fd, F_GETFD));
  }
  close(fd);
}

static int open2(int at, const char* path, uint64_t flags, uint64_t mode, uint64_t resolve) {
  struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
  return (int)syscall(SYS_openat2, at, path, &how, sizeof how);
}

static void put(const char* path, const char* text, mode_t mode) {
  int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
  if (fd < 0 || write(fd, text, strlen(text)) < 0 || fchmod(fd, mode) != 0) perror(path);
  close(fd);
}

struct row {
  const char* path;
  int flags;
  mode_t mode;
};

static const struct row rows[] = {
    {"new", O_CREAT | O_WRONLY, 0666},
    {"new", O_CREAT | O_WRONLY | O_EXCL, 0666},
    {"new", O_CREAT | O_RDWR, 0},
    {"excl", O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600},
    {"unwritable", O_CREAT | O_RDWR | O_EXCL, 0},
    {"set", O_CREAT | O_RDWR, 07777},
    {"file", O_RDWR, 0},
    {"file", O_WRONLY | O_APPEND | O_CLOEXEC, 0},
    {"file", O_RDWR | O_NONBLOCK, 0},
    {"file", O_WRONLY | O_NOATIME, 0},
    {"file", O_RDWR | O_SYNC, 0},
    {"file", O_WRONLY | O_DIRECTORY, 0},
    {"file", O_ACCMODE, 0},
    {"file", O_RDWR | O_PATH, 0},
    {"file", O_PATH | O_CREAT, 0},
    {"file/", O_RDWR, 0},
    {"file/", O_RDWR | O_CREAT, 0600},
    {"file/x", O_RDWR | O_CREAT, 0600},
    {"file/.", O_RDWR, 0},
    {"file/..", O_RDWR, 0},
    {"file", O_RDWR | 0x40000000, 0},
    {"file", O_RDONLY | O_TRUNC, 0},
    {"file", O_RDONLY, 0},
    {"dir", O_RDWR, 0},
    {"dir", O_WRONLY | O_DIRECTORY, 0},
    {"dir", O_CREAT | O_RDONLY, 0600},
    {"dir", O_CREAT | O_EXCL | O_RDONLY, 0600},
    {"dir", O_CREAT | O_DIRECTORY, 0600},
    {"dir/", O_CREAT | O_RDWR, 0600},
    {"none/", O_CREAT | O_RDWR, 0600},
    {"dir/..", O_CREAT | O_RDWR, 0600},
    {"dir/.", O_CREAT | O_RDWR | O_EXCL, 0600},
    {"/", O_CREAT | O_RDWR, 0600},
    {"/", O_RDWR, 0},
    {"dir", O_TMPFILE | O_RDWR, 0640},
    {"dir", O_TMPFILE | O_WRONLY | O_EXCL, 0640},
    {"dir", O_TMPFILE | O_RDONLY, 0640},
    {"file", O_TMPFILE | O_RDWR, 0640},
    {"dir", (O_TMPFILE & ~O_DIRECTORY) | O_RDWR, 0640},
    {"none", O_RDWR, 0},
    {"none/none", O_CREAT | O_RDWR, 0600},
    {"", O_CREAT | O_RDWR, 0600},
    {"dir/../file", O_RDWR, 0},
    {"./dir//.././file", O_RDWR, 0},
    {"../../../../../../tmp/work/file", O_RDWR, 0},
    {"/tmp/work/../../../tmp/work/file", O_RDWR, 0},
    {"link", O_RDWR, 0},
    {"link", O_RDWR | O_NOFOLLOW, 0},
    {"link", O_RDWR | O_NOFOLLOW | O_DIRECTORY, 0},
    {"link", O_PATH | O_NOFOLLOW | O_RDWR, 0},
    {"link", O_CREAT | O_RDWR, 0600},
    {"link", O_CREAT | O_EXCL | O_RDWR, 0600},
    {"link", O_CREAT | O_NOFOLLOW | O_RDWR, 0600},
    {"link/", O_RDWR, 0},
    {"absolute", O_RDWR, 0},
    {"dirlink/made", O_CREAT | O_RDWR, 0600},
    {"dirlink/", O_RDWR, 0},
    {"dangling", O_RDWR, 0},
    {"dangling", O_CREAT | O_RDWR | O_EXCL, 0600},
    {"dangling", O_CREAT | O_RDWR | O_NOFOLLOW, 0600},
    {"dangling", O_CREAT | O_RDWR, 0600},
    {"lost", O_CREAT | O_RDWR, 0600},
    {"loop", O_RDWR, 0},
    {"loop", O_CREAT | O_RDWR, 0600},
    {"loop/x", O_CREAT | O_RDWR, 0600},
    {"chain40", O_RDWR, 0},
    {"chain41", O_RDWR, 0},
    {"readonly", O_RDWR, 0},
    {"secret", O_RDWR, 0},
    {"closed/x", O_RDWR, 0},
    {"closed/x", O_CREAT | O_RDWR, 0600},
    {"fixed/x", O_CREAT | O_RDWR, 0600},
    {"socket", O_RDWR, 0},
    {"fifo", O_RDWR, 0},
    {"fifo", O_WRONLY | O_NONBLOCK, 0},
    {"fifo", O_PATH | O_RDWR, 0},
    {"/dev/null", O_RDWR, 0},
    {"/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0666},
    {"/dev/zero", O_RDWR, 0},
    {"/dev/full", O_WRONLY, 0},
    {"/dev/urandom", O_RDWR, 0},
    {"/dev/ptmx", O_RDWR | O_NOCTTY, 0},
    {"/dev/null/x", O_RDWR, 0},
    {"/dev/stdout", O_WRONLY, 0},
    {"/dev/fd/1", O_WRONLY | O_APPEND, 0},
    {"/dev/fd/77", O_WRONLY, 0},
    {"/proc/self/fd/1", O_WRONLY, 0},
    {"/proc/self/fd/1", O_WRONLY | O_NOFOLLOW, 0},
    {"/proc/thread-self/fd/1", O_WRONLY, 0},
    {"/proc/self/fd/900/file", O_RDWR, 0},
    {"/proc/self/fd/901", O_RDWR, 0},
    {"/proc/self/fd/902", O_RDWR, 0},
    {"/proc/self/cwd/file", O_RDWR, 0},
    {"/proc/self/root/tmp/work/file", O_RDWR, 0},
    {"/proc/self/root/tmp/work/made", O_RDWR | O_CREAT, 0640},
    {"/proc/self/../self/cwd/../work/file", O_RDWR, 0},
    {"/proc/self/comm", O_RDWR, 0},
    {"/proc/thread-self/comm", O_WRONLY, 0},
    {"/proc/self/oom_score_adj", O_WRONLY, 0},
    {"/proc/self/none", O_WRONLY, 0},
    {"/proc/self", O_WRONLY, 0},
    {"/proc/self/", O_WRONLY, 0},
    {"/proc/none", O_WRONLY | O_CREAT, 0600},
    {"/proc/self/none", O_WRONLY | O_CREAT, 0600},
    {"/sys/none", O_WRONLY | O_CREAT, 0600},
    {"/proc/mounts", O_WRONLY, 0},
    {"/made-in-root", O_CREAT | O_WRONLY, 0600},
    {"/etc/passwd", O_RDWR, 0},
};

static void prepare(void) {
  mkdir("/tmp/work", 0755);
  if (chdir("/tmp/work") != 0) exit(1);
  put("file", "some text", 0644);
  put("readonly", "text", 0444);
  put("secret", "text", 0);
  mkdir("dir", 0755);
  mkdir("closed", 0);
  mkdir("fixed", 0555);
  mkfifo("fifo", 0600);
  (void)!symlink("file", "link");
  (void)!symlink("/tmp/work/file", "absolute");
  (void)!symlink("dir", "dirlink");
  (void)!symlink("dir/fresh", "dangling");
  (void)!symlink("none/fresh", "lost");
  (void)!symlink("loop", "loop");
  char from[32];
  char to[32];
  for (int i = 1; i <= 41; ++i) {
    snprintf(from, sizeof from, "chain%d", i);
    snprintf(to, sizeof to, i == 1 ? "file" : "chain%d", i - 1);
    (void)!symlink(to, from);
  }
  struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "socket"};
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  (void)!bind(fd, (struct sockaddr*)&un, sizeof un);
  close(fd);
  dup2(open(".", O_RDONLY | O_DIRECTORY), 900);
  dup2(open("readonly", O_RDONLY), 901);
  int gone = open("gone", O_CREAT | O_RDWR, 0600);
  unlink("gone");
  dup2(gone, 902);
}

static void table(void) {
  char what[256];
  for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
    const struct row* row = &rows[i];
    snprintf(what, sizeof what, "%s %o %o", row->path, (unsigned)row->flags, row->mode);
    umask(i % 2 ? 022 : 027);
    show(what, (int)syscall(SYS_openat, AT_FDCWD, row->path, row->flags, row->mode));
    put("file", "some text", 0644);
  }
  umask(022);
}

static void addresses(void) {
  const long directory = 0x5555000000000000L | (uint32_t)AT_FDCWD;
  show("AT_FDCWD with bits above", (int)syscall(SYS_openat, directory, "file", O_RDWR, 0));
  show("flags with bits above",
       (int)syscall(SYS_openat, AT_FDCWD, "file", 0x100000000L | O_RDWR, 0));
  int dir = open("dir", O_RDONLY | O_DIRECTORY);
  int path = open("dir", O_PATH);
  int file = open("file", O_RDONLY);
  show("dirfd", openat(dir, "inside", O_CREAT | O_RDWR, 0600));
  show("dirfd above", openat(dir, "../file", O_RDWR));
  show("O_PATH dirfd", openat(path, "inside", O_RDWR));
  show("dirfd is a file", openat(file, "inside", O_RDWR));
  show("dirfd is a file, absolute path", openat(file, "/tmp/work/file", O_RDWR));
  show("dirfd is closed", openat(77, "inside", O_RDWR));
  show("dirfd is closed, absolute path", openat(77, "/tmp/work/file", O_RDWR));
  show("dirfd is -1", openat(-1, "inside", O_RDWR));
  show("no address", (int)syscall(SYS_openat, AT_FDCWD, NULL, O_RDWR, 0));
  show("bad address", (int)syscall(SYS_openat, AT_FDCWD, -4096L, O_RDWR, 0));
  char* page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(page + 4096, 4096);
  memcpy(page + 4096 - 5, "file", 5);
  show("at the end of memory", open(page + 4096 - 5, O_RDWR));
  page[4095] = 'x';
  show("beyond the end of memory", open(page + 4096 - 5, O_RDWR));
  char* text = malloc(8192);
  memset(text, '/', 8192);
  strcpy(text + 4095 - 14, "/tmp/work/file");
  show("PATH_MAX", open(text, O_RDWR));
  strcpy(text + 4096 - 14, "/tmp/work/file");
  show("beyond PATH_MAX", open(text, O_RDWR));
  memset(text, 'x', 256);
  text[255] = 0;
  show("NAME_MAX", open(text, O_CREAT | O_RDWR, 0600));
  text[255] = 'x';
  text[256] = 0;
  show("beyond NAME_MAX", open(text, O_CREAT | O_RDWR, 0600));
  show("creat", (int)syscall(SYS_creat, "created", 0666));
  show("open", (int)syscall(SYS_open, "opened", O_CREAT | O_RDWR, 0666));
}

static void hows(void) {
  int dir = open("dir", O_RDONLY | O_DIRECTORY);
  show("openat2", open2(AT_FDCWD, "file", O_RDWR, 0, 0));
  show("openat2 reads", open2(AT_FDCWD, "file", O_RDONLY | O_CLOEXEC, 0, 0));
  show("openat2 creates", open2(dir, "how", O_RDWR | O_CREAT, 0640, RESOLVE_BENEATH));
  show("openat2 unknown flag", open2(AT_FDCWD, "file", 1ULL << 40, 0, 0));
  show("openat2 needless mode", open2(AT_FDCWD, "file", O_RDWR, 0600, 0));
  show("openat2 large mode", open2(AT_FDCWD, "file", O_RDWR | O_CREAT, 0200000, 0));
  show("openat2 unknown resolve", open2(AT_FDCWD, "file", O_RDWR, 0, 1ULL << 40));
  show("openat2 two scopes", open2(AT_FDCWD, "file", O_RDWR, 0, RESOLVE_BENEATH | RESOLVE_IN_ROOT));
  show("openat2 above", open2(dir, "../file", O_RDWR, 0, RESOLVE_BENEATH));
  show("openat2 absolute", open2(dir, "/tmp/work/file", O_RDWR, 0, RESOLVE_BENEATH));
  show("openat2 in root", open2(dir, "/how", O_RDWR, 0, RESOLVE_IN_ROOT));
  show("openat2 no links", open2(AT_FDCWD, "link", O_RDWR, 0, RESOLVE_NO_SYMLINKS));
  show("openat2 no links on the way",
       open2(AT_FDCWD, "dirlink/how", O_RDWR | O_CREAT, 0, RESOLVE_NO_SYMLINKS));
  show("openat2 no magic", open2(AT_FDCWD, "link", O_RDWR, 0, RESOLVE_NO_MAGICLINKS));
  show("openat2 no other file system",
       open2(AT_FDCWD, "/proc/self/comm", O_RDWR, 0, RESOLVE_NO_XDEV));
  show("openat2 O_PATH and O_RDWR", open2(AT_FDCWD, "file", O_PATH | O_RDWR, 0, 0));
  show("openat2 cached create", open2(AT_FDCWD, "file", O_CREAT | O_RDWR, 0600, RESOLVE_CACHED));
  struct {
    struct open_how how;
    uint64_t more;
  } large = {.how = {.flags = O_RDWR}};
  show("openat2 larger", (int)syscall(SYS_openat2, AT_FDCWD, "file", &large, sizeof large));
  large.more = 1;
  show("openat2 larger and not zero",
       (int)syscall(SYS_openat2, AT_FDCWD, "file", &large, sizeof large));
  show("openat2 too small", (int)syscall(SYS_openat2, AT_FDCWD, "file", &large, 23));
  show("openat2 too large", (int)syscall(SYS_openat2, AT_FDCWD, "file", &large, 4097));
  show("openat2 nowhere", (int)syscall(SYS_openat2, AT_FDCWD, "file", NULL, 24));
}

static void limits(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  const struct rlimit few = {3, limit.rlim_max};
  setrlimit(RLIMIT_NOFILE, &few);
  int fd = open("file", O_RDWR);
  const int error = errno;
  setrlimit(RLIMIT_NOFILE, &limit);
  printf("RLIMIT_NOFILE: %s\n", fd < 0 ? strerror(error) : "ok");
}

static void deep(void) {
  int top = open(".", O_RDONLY | O_DIRECTORY);
  char name[101];
  memset(name, 'd', 100);
  name[100] = 0;
  for (int i = 0; i < 30; ++i) {
    if (mkdir(name, 0755) != 0 || chdir(name) != 0) perror("deep");
  }
  show("3000 bytes deep", open("leaf", O_CREAT | O_RDWR, 0600));
  show("3000 bytes up", open("../../leaf", O_CREAT | O_RDWR, 0600));
  (void)!fchdir(top);
  close(top);
}

// Whether a file without a name can get one.
static void nameless(const char* what, int flags) {
  char from[32];
  int fd = open("dir", O_TMPFILE | O_RDWR | flags, 0640);
  snprintf(from, sizeof from, "/proc/self/fd/%d", fd);
  int linked = linkat(AT_FDCWD, from, AT_FDCWD, what, AT_SYMLINK_FOLLOW);
  printf("%s: %s\n", what, linked == 0 ? "ok" : strerror(errno));
  close(fd);
}

static void* other_directory(void* unused) {
  (void)unused;
  if (unshare(CLONE_FS) != 0 || chdir("/tmp/work/dir") != 0) return NULL;
  show("a thread in another directory", open("mine", O_CREAT | O_RDWR, 0600));
  return NULL;
}

static void quiet(int number) { (void)number; }

static void fifos(void) {
  const pid_t child = fork();
  if (child == 0) {
    int fd = open("fifo", O_WRONLY);
    _exit(fd < 0 ? errno : write(fd, "x", 1) == 1 ? 0 : 255);
  }
  char byte = 0;
  int fd = open("fifo", O_RDONLY);
  int status = 1;
  printf("fifo reads %zd", read(fd, &byte, 1));
  waitpid(child, &status, 0);
  printf(" written %d\n", status);
  close(fd);
  // The death of one that waits frees it.
  const pid_t waits = fork();
  if (waits == 0) {
    (void)!open("fifo", O_WRONLY);
    _exit(0);
  }
  usleep(100000);
  kill(waits, SIGKILL);
  waitpid(waits, &status, 0);
  printf("killed in a fifo: %d\n", WTERMSIG(status));
}

static void users(void) {
  fflush(stdout);
  if (geteuid() != 0 || fork() != 0) {
    wait(NULL);
    return;
  }
  chmod("/tmp/work", 0777);
  if (setresgid(1000, 1000, 0) != 0 || setresuid(1000, 1000, 0) != 0) exit(0);
  struct stat file;
  int fd = open("by-user", O_CREAT | O_RDWR, 0666);
  fstat(fd, &file);
  printf("by a user: %d %d\n", file.st_uid, file.st_gid);
  show("root's file as a user", open("file", O_RDWR));
  show("root's file as a user, without access time", open("file", O_RDWR | O_NOATIME));
  if (setresuid(0, 0, 0) != 0) exit(0);
  show("root's file as root again", open("file", O_RDWR));
  fflush(stdout);
  exit(0);
}

static void roots(void) {
  fflush(stdout);
  if (fork() != 0) {
    wait(NULL);
    return;
  }
  if (chroot("/tmp/work/dir") != 0 || chdir("/") != 0) {
    printf("chroot: %s\n", strerror(errno));
  } else {
    show("in a root of its own", open("/../../in-root", O_CREAT | O_RDWR, 0600));
    show("a link out of a root", open("/../file", O_RDWR));
  }
  fflush(stdout);
  exit(0);
}

static int by_each(const char* path, int flags) {
  show("open", (int)syscall(SYS_open, path, flags, 0600));
  show("openat", (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0600));
  show("openat2", open2(AT_FDCWD, path, (uint64_t)flags, flags & O_CREAT ? 0600 : 0, 0));
  show("creat", (int)syscall(SYS_creat, path, 0600));
  return 0;
}

int main(int argc, char** argv) {
  setvbuf(stdout, NULL, _IOFBF, 1 << 16);
  struct sigaction action = {.sa_handler = quiet};
  sigaction(SIGALRM, &action, NULL);
  if (argc == 4) return by_each(argv[2], (int)strtol(argv[3], NULL, 8));
  prepare();
  table();
  addresses();
  hows();
  limits();
  nameless("O_TMPFILE", 0);
  nameless("O_TMPFILE and O_EXCL", O_EXCL);
  deep();
  pthread_t thread;
  pthread_create(&thread, NULL, other_directory, NULL);
  pthread_join(thread, NULL);
  fifos();
  users();
  roots();
  return 0;
}
