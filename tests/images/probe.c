// SPDX-License-Identifier: Apache-2.0
// What a process in a container is and what it can reach, as one JSON object on stdout:
//
//   $ probe
//   {"uid":0,"gid":0,"CapEff":"0000000000000000","NoNewPrivs":"1","Seccomp":"2",
//    "calls":{"socket_vsock":"EPERM","write_tmp":"ok", ...}}
//
// Each call is tried in its own child with arguments for which the kernel itself answers something
// other than EPERM or ENOSYS when the call is reached by a process with every capability, and with
// which it changes nothing: the probe also runs where nothing confines it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define BIT32 (1ULL << 32)

static long raw(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e) {
  return syscall(nr, a, b, c, d, e, 0);
}

static long write_file(const char* path) {
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return -1;
  long done = write(fd, "x", 1) == 1 ? 0 : -1;
  close(fd);
  unlink(path);
  return done;
}

static long write_root(void) { return write_file("/.probe"); }
static long write_tmp(void) { return write_file("/tmp/.probe"); }
static long write_etc(void) { return write_file("/etc/.probe"); }
static long write_shm(void) { return write_file("/dev/shm/.probe"); }
static long write_sysrq(void) { return open("/proc/sysrq-trigger", O_WRONLY) < 0 ? -1 : 0; }
static long write_sysctl(void) {
  return open("/proc/sys/kernel/core_pattern", O_WRONLY) < 0 ? -1 : 0;
}
static long write_sys(void) { return open("/sys/kernel/uevent_helper", O_WRONLY) < 0 ? -1 : 0; }

// A copy of this program in /tmp that must not be allowed to run.
static long exec_tmp(void) {
  int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  int out = open("/tmp/.probe-exec", O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
  if (in < 0 || out < 0) return -1;
  char buffer[65536];
  for (ssize_t n; (n = read(in, buffer, sizeof buffer)) > 0;) {
    if (write(out, buffer, (size_t)n) != n) return -1;
  }
  close(out);
  char* const argv[] = {(char*)"probe", (char*)"--true", NULL};
  execv("/tmp/.probe-exec", argv);
  int saved = errno;
  unlink("/tmp/.probe-exec");
  errno = saved;
  return -1;
}

static long sock(uint64_t family, uint64_t type) { return raw(SYS_socket, family, type, 0, 0, 0); }
static long socket_unix(void) { return sock(AF_UNIX, SOCK_STREAM); }
static long socket_inet(void) { return sock(AF_INET, SOCK_STREAM); }
static long socket_inet6(void) { return sock(AF_INET6, SOCK_DGRAM); }
static long socket_vsock(void) { return sock(AF_VSOCK, SOCK_STREAM); }
static long socket_vsock_bit32(void) { return sock(AF_VSOCK | BIT32, SOCK_STREAM); }
static long socket_alg(void) { return sock(AF_ALG, SOCK_SEQPACKET); }
static long socket_alg_bit32(void) { return sock(AF_ALG | BIT32, SOCK_SEQPACKET); }
static long socket_packet(void) { return sock(AF_PACKET, SOCK_RAW); }
static long socket_raw(void) { return raw(SYS_socket, AF_INET, SOCK_RAW, 1, 0, 0); }

static long call_mount(void) { return mount("none", "/", "no-such-fs", 0, NULL); }
static long call_umount(void) { return umount2("/nowhere", 0); }
static long call_pivot_root(void) { return raw(SYS_pivot_root, 0, 0, 0, 0, 0); }
static long call_unshare_user(void) { return unshare(CLONE_NEWUSER); }
static long call_unshare_mount(void) { return unshare(CLONE_NEWNS); }
static long call_clone_user(void) {
  long pid = raw(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
  if (pid == 0) _exit(0);
  return pid;
}
static long call_clone3(void) { return raw(SYS_clone3, 0, 0, 0, 0, 0); }
static long call_setns(void) { return raw(SYS_setns, (uint64_t)-1, 0, 0, 0, 0); }
static long call_bpf(void) { return raw(SYS_bpf, 9999, 0, 0, 0, 0); }
static long call_perf(void) { return raw(SYS_perf_event_open, 0, 0, 0, 0, 0); }
static long call_add_key(void) { return raw(SYS_add_key, 0, 0, 0, 0, 0); }
static long call_keyctl(void) { return raw(SYS_keyctl, 9999, 0, 0, 0, 0); }
static long call_io_uring(void) { return raw(SYS_io_uring_setup, 0, 0, 0, 0, 0); }
static long call_userfaultfd(void) { return raw(SYS_userfaultfd, 0x7fffffff, 0, 0, 0, 0); }
static long call_open_by_handle(void) {
  return raw(SYS_open_by_handle_at, (uint64_t)-1, 0, 0, 0, 0);
}
static long call_process_vm_readv(void) {
  return raw(SYS_process_vm_readv, (uint64_t)getpid(), 0, 9999, 0, 0);
}
static long call_ptrace(void) { return raw(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0, 0); }
static long call_kcmp(void) {
  return raw(SYS_kcmp, (uint64_t)getpid(), (uint64_t)getpid(), 9999, 0, 0);
}
static long call_init_module(void) { return raw(SYS_init_module, 0, 0, 0, 0, 0); }
static long call_fsopen(void) { return raw(SYS_fsopen, 0, 9999, 0, 0, 0); }
static long call_open_tree(void) { return raw(SYS_open_tree, (uint64_t)-1, 0, 9999, 0, 0); }
static long call_personality(void) { return raw(SYS_personality, 0x0040000, 0, 0, 0, 0); }
static long call_mknod(void) {
  if (mknod("/dev/shm/.probe-node", S_IFCHR | 0600, makedev(1, 3)) != 0) return -1;
  unlink("/dev/shm/.probe-node");
  return 0;
}
static long call_tiocsti(void) { return raw(SYS_ioctl, (uint64_t)-1, TIOCSTI, 0, 0, 0); }
static long call_tiocsti_bit32(void) {
  return raw(SYS_ioctl, (uint64_t)-1, TIOCSTI | BIT32, 0, 0, 0);
}
static long call_x32_getpid(void) { return raw(0x40000000 | SYS_getpid, 0, 0, 0, 0, 0); }
static long call_chroot(void) { return chroot("/"); }
static long call_sethostname(void) { return raw(SYS_sethostname, 0, (uint64_t)-1, 0, 0, 0); }
static long call_setuid(void) { return setuid(12345); }
static long call_bind_low(void) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr addr = {AF_INET, {0, 80}};
  return fd < 0 ? -1 : bind(fd, &addr, sizeof addr);
}
static long call_kill_self(void) { return kill(getpid(), 0); }

static const struct {
  const char* name;
  long (*run)(void);
} kCalls[] = {
    {"write_root", write_root},
    {"write_etc", write_etc},
    {"write_tmp", write_tmp},
    {"write_shm", write_shm},
    {"write_sysrq", write_sysrq},
    {"write_sysctl", write_sysctl},
    {"write_sys", write_sys},
    {"exec_tmp", exec_tmp},
    {"socket_unix", socket_unix},
    {"socket_inet", socket_inet},
    {"socket_inet6", socket_inet6},
    {"socket_vsock", socket_vsock},
    {"socket_vsock_bit32", socket_vsock_bit32},
    {"socket_alg", socket_alg},
    {"socket_alg_bit32", socket_alg_bit32},
    {"socket_packet", socket_packet},
    {"socket_raw", socket_raw},
    {"mount", call_mount},
    {"umount", call_umount},
    {"pivot_root", call_pivot_root},
    {"unshare_user", call_unshare_user},
    {"unshare_mount", call_unshare_mount},
    {"clone_user", call_clone_user},
    {"clone3", call_clone3},
    {"setns", call_setns},
    {"bpf", call_bpf},
    {"perf_event_open", call_perf},
    {"add_key", call_add_key},
    {"keyctl", call_keyctl},
    {"io_uring_setup", call_io_uring},
    {"userfaultfd", call_userfaultfd},
    {"open_by_handle_at", call_open_by_handle},
    {"process_vm_readv", call_process_vm_readv},
    {"ptrace", call_ptrace},
    {"kcmp", call_kcmp},
    {"init_module", call_init_module},
    {"fsopen", call_fsopen},
    {"open_tree", call_open_tree},
    {"personality", call_personality},
    {"mknod", call_mknod},
    {"tiocsti", call_tiocsti},
    {"tiocsti_bit32", call_tiocsti_bit32},
    {"x32_getpid", call_x32_getpid},
    {"chroot", call_chroot},
    {"sethostname", call_sethostname},
    {"setuid", call_setuid},
    {"bind_low", call_bind_low},
    {"kill_self", call_kill_self},
};

// The fields of /proc/self/status that say how the process is confined.
static void print_status(void) {
  static const char* const kFields[] = {"CapInh", "CapPrm",     "CapEff", "CapBnd",
                                        "CapAmb", "NoNewPrivs", "Seccomp"};
  FILE* status = fopen("/proc/self/status", "re");
  char line[512];
  while (status != NULL && fgets(line, sizeof line, status) != NULL) {
    for (size_t i = 0; i < sizeof kFields / sizeof *kFields; i++) {
      size_t length = strlen(kFields[i]);
      if (strncmp(line, kFields[i], length) == 0 && line[length] == ':') {
        char* value = line + length + 1;
        value += strspn(value, " \t");
        value[strcspn(value, "\n")] = '\0';
        printf("\"%s\":\"%s\",", kFields[i], value);
      }
    }
  }
  if (status != NULL) fclose(status);
}

// Runs one call in a child, so that whatever it does to the process ends with it.
static void print_call(size_t i) {
  int* answer =
      mmap(NULL, sizeof *answer, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (answer == MAP_FAILED) exit(2);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    *answer = 0;
    errno = 0;
    if (kCalls[i].run() < 0) *answer = errno;
    _exit(0);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) exit(2);
  const char* name = *answer == 0 ? "ok" : strerrorname_np(*answer);
  if (WIFSIGNALED(status)) name = sigabbrev_np(WTERMSIG(status));
  printf("%s\"%s\":\"%s\"", i == 0 ? "" : ",", kCalls[i].name, name == NULL ? "?" : name);
  munmap(answer, sizeof *answer);
}

int main(int argc, char** argv) {
  if (argc == 2 && strcmp(argv[1], "--true") == 0) return 0;
  printf("{\"uid\":%u,\"euid\":%u,\"gid\":%u,\"pid\":%d,", getuid(), geteuid(), getgid(), getpid());
  print_status();
  printf("\"calls\":{");
  for (size_t i = 0; i < sizeof kCalls / sizeof *kCalls; i++) print_call(i);
  printf("}}\n");
  return fflush(stdout) == 0 ? 0 : 1;
}
