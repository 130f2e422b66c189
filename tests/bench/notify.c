// SPDX-License-Identifier: Apache-2.0
// What one call costs, and calls without end; notify.py drives it. One line in, one line of JSON
// out:
//
//   $ notify
//   calls -1                # on any processor; nanoseconds, the best row and the median row
//   {"connect": [480, 490], "bind": [610, 640], ...}
//   many 1000               # makes so many pairs of bind and connect
//   {"calls": 2000}
//   flood 2 500             # two threads connect for 500 ms
//   {"calls": 150000}
//   work 500                # reckons for 500 ms
//   {"work": 90000}
//   bare 0 1 1              # round trips of notifications that a parent answers at once
//   ("getppid") or
//                           # after the least that is needed; caller's and parent's processor;
//                           SYNC_WAKE_UP
//   {"round_trip": [3800, 3900], "connect": [5200, 5300], "bind": [...]}
//
// A row is some calls in turn: the best one is what is left where the machine is busy.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif

enum { kRows = 4000, kRow = 20, kLeastRows = 5, kMaxThreads = 64, kLast = 1 };
static const double kLength = 8e7;  // nanoseconds for one figure

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void must(int good, const char* what) {
  if (good) return;
  perror(what);
  _exit(1);
}

static void pin(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (int i = 0; i < CPU_SETSIZE; ++i) {
    if (cpu < 0 || i == cpu) CPU_SET(i, &set);
  }
  must(sched_setaffinity(0, sizeof set, &set) == 0, "sched_setaffinity");
}

static struct sockaddr_in loopback(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

static int new_socket(void) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  must(fd >= 0, "socket");
  return fd;
}

static void connect_once(int fd) {
  struct sockaddr_in to = loopback(9);
  must(connect(fd, (struct sockaddr*)&to, sizeof to) == 0, "connect");
}

static void bind_once(int fd) {
  struct sockaddr_in own = loopback(0);
  must(bind(fd, (struct sockaddr*)&own, sizeof own) == 0, "bind");
}

// As the caller: with its ids. A datagram socket can be connected again and again.
static void unix_once(int fd) {
  static const struct sockaddr_un kPeer = {.sun_family = AF_UNIX, .sun_path = "\0stockade-bench"};
  static int own = -1;
  (void)fd;
  if (own < 0) {
    int peer = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    must(bind(peer, (const struct sockaddr*)&kPeer, sizeof kPeer) == 0, "bind, unix");
    own = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  }
  must(connect(own, (const struct sockaddr*)&kPeer, sizeof kPeer) == 0, "connect, unix");
}

static void getppid_once(int fd) {
  (void)fd;
  syscall(SYS_getppid, 0);
}

static void open_once(int fd) {
  (void)fd;
  int found = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  must(found >= 0 && close(found) == 0, "open");
}

// A file by its path, as programs open their libraries and data.
static void file_once(int fd) {
  (void)fd;
  int found = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
  must(found >= 0 && close(found) == 0, "open, file");
}

static int compare(const void* left, const void* right) {
  double a = *(const double*)left, b = *(const double*)right;
  return (a > b) - (a < b);
}

// Prints the best and the median row of calls, each with a socket of its own where `fresh` says so.
static void figure(const char* name, void (*call)(int), int fresh, const char* after) {
  static double rows[kRows];
  int count = 0;
  const double begin = now();
  while (count < kRows && (count < kLeastRows || now() - begin < kLength)) {
    int fds[kRow];
    for (int i = 0; i < kRow; ++i) fds[i] = fresh || i == 0 ? new_socket() : fds[0];
    double start = now();
    for (int i = 0; i < kRow; ++i) call(fds[i]);
    rows[count++] = (now() - start) / kRow;
    for (int i = 0; i < (fresh ? kRow : 1); ++i) close(fds[i]);
  }
  qsort(rows, (size_t)count, sizeof *rows, compare);
  printf("\"%s\": [%.0f, %.0f]%s", name, rows[0], rows[count / 2], after);
}

static void calls(int cpu) {
  pin(cpu);
  printf("{");
  figure("connect", connect_once, 0, ", ");
  figure("bind", bind_once, 1, ", ");
  figure("connect, unix", unix_once, 0, ", ");
  figure("getppid", getppid_once, 0, ", ");
  figure("open+close", open_once, 0, ", ");
  figure("open+close, file", file_once, 0, "}\n");
}

static void many(long count) {
  for (long i = 0; i < count; ++i) {
    int fd = new_socket();
    bind_once(fd);
    connect_once(fd);
    close(fd);
  }
  printf("{\"calls\": %ld}\n", 2 * count);
}

struct Flood {
  pthread_t thread;
  double until;
  long calls;
};

static void* flood_one(void* argument) {
  struct Flood* own = argument;
  int fd = new_socket();
  for (; now() < own->until; ++own->calls) connect_once(fd);
  close(fd);
  return NULL;
}

static void flood(int threads, int milliseconds) {
  struct Flood all[kMaxThreads];
  long sum = 0;
  must(threads > 0 && threads <= kMaxThreads, "threads");
  const double until = now() + milliseconds * 1e6;
  for (int i = 0; i < threads; ++i) {
    all[i] = (struct Flood){.until = until};
    must(pthread_create(&all[i].thread, NULL, flood_one, &all[i]) == 0, "thread");
  }
  for (int i = 0; i < threads; ++i) {
    pthread_join(all[i].thread, NULL);
    sum += all[i].calls;
  }
  printf("{\"calls\": %ld}\n", sum);
}

static void work(int milliseconds) {
  const double until = now() + milliseconds * 1e6;
  volatile unsigned value = 1;
  long done = 0;
  for (; now() < until; ++done) {
    for (int i = 0; i < 1000; ++i) value = value * 1664525U + 1013904223U;
  }
  printf("{\"work\": %ld}\n", done);
}

// The child: hands getppid, connect, bind and openat over, and tells the number of the listener.
static void be_answered(int tell, int cpu) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 3, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_connect, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bind, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  struct sock_fprog program = {sizeof code / sizeof *code, code};
  pin(cpu);
  must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
  int listener = (int)syscall(
      SYS_seccomp, SECCOMP_SET_MODE_FILTER,
      SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program);
  must(listener >= 0, "listener");
  must(write(tell, &listener, sizeof listener) == sizeof listener, "pipe");
  printf("{");
  figure("round_trip", getppid_once, 0, ", ");
  figure("connect", connect_once, 0, ", ");
  figure("bind", bind_once, 1, ", ");
  figure("open+close, file", file_once, 0, "}\n");
  fflush(stdout);
  syscall(SYS_getppid, kLast);
  _exit(0);
}

// The least that opens a file without a race: a copy of the path, a look whether the caller still
// waits, the file found without being opened, and that file opened. The number in the caller, or
// less than 0.
static int least_open(int listener, const struct seccomp_notif* call) {
  char path[256], number[32];
  struct iovec own = {path, sizeof path};
  struct iovec of_child = {(void*)(uintptr_t)call->data.args[1], sizeof path};
  if (process_vm_readv((pid_t)call->pid, &own, 1, &of_child, 1, 0) <= 0) return -EIO;
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &call->id) != 0) return -EIO;
  int node = open(path, O_PATH | O_CLOEXEC);
  snprintf(number, sizeof number, "/proc/self/fd/%d", node);
  int file = open(number, O_RDONLY | O_CLOEXEC);
  struct seccomp_notif_addfd add = {.id = call->id,
                                    .flags = SECCOMP_ADDFD_FLAG_SEND,
                                    .srcfd = (unsigned)file,
                                    .newfd_flags = O_CLOEXEC};
  int given = ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
  close(file);
  close(node);
  return given;
}

// The least that answers a connect or bind without a race: a copy of the address, a duplicate of
// the socket, a look whether the caller still waits, and the call. No decision, no ids, no error
// but EIO.
static int least(int listener, int child, const struct seccomp_notif* call, int* duplicate) {
  struct sockaddr_in address;
  struct iovec own = {&address, sizeof address};
  struct iovec of_child = {(void*)(uintptr_t)call->data.args[1], sizeof address};
  *duplicate = (int)syscall(SYS_pidfd_getfd, child, (int)call->data.args[0], 0);
  if (process_vm_readv((pid_t)call->pid, &own, 1, &of_child, 1, 0) != sizeof address) return -EIO;
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &call->id) != 0) return -EIO;
  int (*make)(int, const struct sockaddr*, socklen_t) = call->data.nr == SYS_bind ? bind : connect;
  return make(*duplicate, (struct sockaddr*)&address, sizeof address) == 0 ? 0 : -EIO;
}

static void answer(int listener, int child) {
  for (int last = 0; !last;) {
    struct seccomp_notif call = {0};
    int duplicate = -1;
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) {
      must(errno == EINTR, "receive");
      continue;
    }
    if (call.data.nr == SYS_openat && least_open(listener, &call) >= 0) continue;
    struct seccomp_notif_resp reply = {.id = call.id};
    last = call.data.nr == SYS_getppid && call.data.args[0] == kLast;
    if (call.data.nr != SYS_getppid) reply.error = least(listener, child, &call, &duplicate);
    must(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply) == 0, "answer");
    if (duplicate >= 0) close(duplicate);
  }
}

// Not in a container that has a listener already: the kernel refuses a second one.
static void bare(int cpu, int answering_cpu, int sync) {
  int tell[2], number = -1;
  must(pipe(tell) == 0, "pipe");
  pid_t child = fork();
  if (child == 0) be_answered(tell[1], cpu);
  close(tell[1]);
  pin(answering_cpu);
  must(read(tell[0], &number, sizeof number) == sizeof number, "read");
  close(tell[0]);
  int process = (int)syscall(SYS_pidfd_open, child, 0);
  int listener = (int)syscall(SYS_pidfd_getfd, process, number, 0);
  must(listener >= 0, "pidfd_getfd");
  must(ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, (unsigned long)sync) == 0, "flags");
  answer(listener, process);
  int status = 0;
  must(waitpid(child, &status, 0) == child && status == 0, "child");
  close(listener);
  close(process);
}

int main(void) {
  char line[128];
  while (fgets(line, sizeof line, stdin) != NULL) {
    int a = 0, b = 0, c = 0;
    if (sscanf(line, "calls %d", &a) == 1) {
      calls(a);
    } else if (sscanf(line, "many %d", &a) == 1) {
      many(a);
    } else if (sscanf(line, "flood %d %d", &a, &b) == 2) {
      flood(a, b);
    } else if (sscanf(line, "work %d", &a) == 1) {
      work(a);
    } else if (sscanf(line, "bare %d %d %d", &a, &b, &c) == 3) {
      fflush(stdout);
      bare(a, b, c);
    } else {
      return 2;
    }
    fflush(stdout);
  }
  return 0;
}
