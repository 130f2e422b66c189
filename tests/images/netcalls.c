// SPDX-License-Identifier: Apache-2.0
// Socket calls with their results, a line each: the same with and without a supervisor, or the test
// that compares them says so. Needs a network namespace with its loopback up, and a writable /tmp.
//
//   $ netcalls
//   udp connect: ok
//   tcp connect to a closed port: Connection refused
//   ...
//   $ netcalls reach 10.0.0.1 80       # tries one address by connect, sendto, sendmsg and sendmmsg
//   $ netcalls paths                   # connects to two Unix sockets by their names
//   $ netcalls behind                  # listens in a folder that no other user can get to, and
//   waits $ netcalls around 7                # tries to get there by /proc/7, as another user $
//   netcalls flood 10.0.0.1 80       # tries it by connect until it is killed
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t signals;

static void count_signal(int number) {
  (void)number;
  ++signals;
}

static void say(const char* what, long result) {
  if (result < 0) {
    printf("%s: %s\n", what, strerror(errno));
  } else if (result == 0) {
    printf("%s: ok\n", what);
  } else {
    printf("%s: %ld\n", what, result);
  }
}

static struct sockaddr_in at(const char* address, int port) {
  struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  inet_pton(AF_INET, address, &in.sin_addr);
  return in;
}

static struct sockaddr_in6 at6(const char* address, int port) {
  struct sockaddr_in6 in = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
  inet_pton(AF_INET6, address, &in.sin6_addr);
  return in;
}

static socklen_t path(struct sockaddr_un* un, const char* name) {
  memset(un, 0, sizeof *un);
  un->sun_family = AF_UNIX;
  strncpy(un->sun_path, name, sizeof un->sun_path - 1);
  return sizeof *un;
}

#define ADDRESS(in) (struct sockaddr*)&(in), sizeof(in)

static int port_of(int fd) {
  struct sockaddr_in in;
  socklen_t size = sizeof in;
  getsockname(fd, (struct sockaddr*)&in, &size);
  return ntohs(in.sin_port);
}

// A TCP socket that listens on the loopback; its port goes to *port.
static int listener(int* port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in in = at("127.0.0.1", 0);
  if (bind(fd, ADDRESS(in)) != 0) say("bind for a listener", -1);
  listen(fd, 16);
  *port = port_of(fd);
  return fd;
}

static void bring_up_loopback(void) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  struct ifreq request = {0};
  strcpy(request.ifr_name, "lo");
  if (ioctl(fd, SIOCGIFFLAGS, &request) == 0 && !(request.ifr_flags & IFF_UP)) {
    request.ifr_flags |= IFF_UP;
    ioctl(fd, SIOCSIFFLAGS, &request);
  }
  close(fd);
}

static void tcp(void) {
  int port, accepting = listener(&port), fd;
  struct sockaddr_in in = at("127.0.0.1", port);
  char text[32] = "";
  fd = socket(AF_INET, SOCK_STREAM, 0);
  say("tcp connect", connect(fd, ADDRESS(in)));
  say("tcp connect again", connect(fd, ADDRESS(in)));
  int peer = accept(accepting, NULL, NULL);
  say("tcp send without an address", sendto(fd, "hello", 5, 0, NULL, 0));
  say("tcp receive", read(peer, text, sizeof text));
  say("tcp send with an address of no length", sendto(fd, "x", 1, 0, (struct sockaddr*)&in, 0));
  close(peer);
  close(fd);
  fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  say("tcp connect without waiting", connect(fd, ADDRESS(in)));
  struct pollfd ready = {.fd = fd, .events = POLLOUT};
  say("its end", poll(&ready, 1, 5000));
  int error = -1;
  socklen_t size = sizeof error;
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  printf("its error: %d\n", error);
  close(fd);
  close(accepting);
  fd = socket(AF_INET, SOCK_STREAM, 0);
  say("tcp connect to a closed port", connect(fd, ADDRESS(in)));
  struct sockaddr zero = {.sa_family = AF_UNSPEC};
  say("tcp disconnect", connect(fd, &zero, sizeof zero));
  close(fd);
  fd = socket(AF_INET6, SOCK_STREAM, 0);
  struct sockaddr_in6 six = at6("::1", port);
  say("tcp connect by IPv6 to a closed port", connect(fd, ADDRESS(six)));
  close(fd);
}

static void udp(void) {
  int receiver = socket(AF_INET, SOCK_DGRAM, 0), fd = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in any = at("127.0.0.1", 0);
  char text[64] = "";
  say("udp bind", bind(receiver, ADDRESS(any)));
  struct sockaddr_in in = at("127.0.0.1", port_of(receiver));
  say("udp sendto", sendto(fd, "one", 3, 0, ADDRESS(in)));
  say("udp receive", recv(receiver, text, sizeof text, 0));
  struct iovec parts[3] = {{"two", 3}, {NULL, 0}, {"three", 5}};
  struct msghdr message = {
      .msg_name = &in, .msg_namelen = sizeof in, .msg_iov = parts, .msg_iovlen = 3};
  say("udp sendmsg", sendmsg(fd, &message, 0));
  memset(text, 0, sizeof text);
  say("udp receive", recv(receiver, text, sizeof text, 0));
  printf("udp text: %s\n", text);
  struct mmsghdr many[3] = {{.msg_hdr = message}, {.msg_hdr = message}, {.msg_hdr = message}};
  many[1].msg_hdr.msg_iovlen = 1;
  say("udp sendmmsg", sendmmsg(fd, many, 3, 0));
  printf("udp lengths: %u %u %u\n", many[0].msg_len, many[1].msg_len, many[2].msg_len);
  many[1].msg_hdr.msg_name = (void*)8;
  say("udp sendmmsg with one that is bad", sendmmsg(fd, many, 3, 0));
  say("udp sendmmsg of none", sendmmsg(fd, many, 0, 0));
  say("udp connect", connect(fd, ADDRESS(in)));
  say("udp send", send(fd, "x", 1, 0));
  say("udp send with an address of no length", sendto(fd, "x", 1, 0, (struct sockaddr*)&in, 0));
  say("udp empty sendto", sendto(fd, NULL, 0, 0, ADDRESS(in)));
  say("udp sendto of too much", sendto(fd, calloc(1, 70000), 70000, 0, ADDRESS(in)));
  // Not from the stack: it may lie within 2 GiB of where addresses end, which is EFAULT.
  say("udp sendto of everything", sendto(fd, "x", (size_t)-1, 0, ADDRESS(in)));
  say("udp sendto without data", sendto(fd, (void*)8, 4, 0, ADDRESS(in)));
  say("udp sendto without an address", sendto(fd, "x", 1, 0, (void*)8, 16));
  message.msg_iovlen = 2000;
  say("udp sendmsg of too many parts", sendmsg(fd, &message, 0));
  say("udp sendmsg of nothing", sendmsg(fd, (void*)8, 0));
  message.msg_iovlen = 1;
  message.msg_controllen = 64;
  say("udp sendmsg with control messages nowhere", sendmsg(fd, &message, 0));
  struct sockaddr_in unspecific = in;
  unspecific.sin_family = AF_UNSPEC;
  say("udp sendto AF_UNSPEC", sendto(fd, "x", 1, 0, ADDRESS(unspecific)));
  int six = socket(AF_INET6, SOCK_DGRAM, 0);
  char mapped[] = "::ffff:127.0.0.1";
  struct sockaddr_in6 in6 = at6(mapped, port_of(receiver));
  say("udp sendto a mapped address", sendto(six, "x", 1, 0, ADDRESS(in6)));
  say("udp bind twice", bind(receiver, ADDRESS(any)));
  say("udp bind to another's port", bind(six, ADDRESS(in6)));
  close(six);
  close(fd);
  close(receiver);
}

static void errors(void) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in in = at("127.0.0.1", 1);
  char mixed[128] = {0};
  struct sockaddr_un un;
  socklen_t size = path(&un, "/tmp/none");
  say("connect of no descriptor", connect(-1, ADDRESS(in)));
  say("connect of a closed descriptor", connect(900, ADDRESS(in)));
  int file = open("/", O_RDONLY);
  say("connect of a folder", connect(file, ADDRESS(in)));
  int name_only = open("/", O_PATH);
  say("connect of a path descriptor", connect(name_only, ADDRESS(in)));
  say("connect to nowhere", connect(fd, (void*)16, 16));
  say("connect with a negative length", connect(fd, (struct sockaddr*)&in, (socklen_t)-1));
  say("connect with a long length", connect(fd, (struct sockaddr*)mixed, 129));
  say("connect with a short length", connect(fd, (struct sockaddr*)&in, 8));
  say("connect with one byte", connect(fd, (struct sockaddr*)&in, 1));
  say("connect by another family", connect(fd, (struct sockaddr*)&un, size));
  say("bind of a foreign address", bind(fd, ADDRESS(in)));
  struct sockaddr_in foreign = at("192.0.2.1", 0);
  say("bind of an address of another host", bind(fd, ADDRESS(foreign)));
  close(file);
  close(name_only);
  close(fd);
}

static void unix_sockets(void) {
  struct sockaddr_un un, peer;
  socklen_t size;
  int server = socket(AF_UNIX, SOCK_STREAM, 0), fd;
  chdir("/tmp");
  unlink("stream.sock");
  umask(027);
  size = path(&un, "/tmp/stream.sock");
  say("unix bind", bind(server, (struct sockaddr*)&un, size));
  struct stat node;
  stat("/tmp/stream.sock", &node);
  printf("unix node: %o %d %d\n", node.st_mode, (int)node.st_uid, (int)node.st_gid);
  say("unix bind twice", bind(server, (struct sockaddr*)&un, size));
  listen(server, 16);
  fd = socket(AF_UNIX, SOCK_STREAM, 0);
  say("unix connect", connect(fd, (struct sockaddr*)&un, size));
  int accepted = accept(server, NULL, NULL);
  struct ucred who;
  socklen_t who_size = sizeof who;
  getsockopt(accepted, SOL_SOCKET, SO_PEERCRED, &who, &who_size);
  printf("unix peer: uid %d gid %d\n", (int)who.uid, (int)who.gid);
  socklen_t peer_size = sizeof peer;
  getpeername(fd, (struct sockaddr*)&peer, &peer_size);
  printf("unix name of the peer: %s\n", peer.sun_path);
  // A descriptor over it.
  char space[CMSG_SPACE(sizeof(int))] = {0}, text[32] = "";
  struct iovec part = {"fd", 2};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
  struct cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  int file = open("/etc/passwd", O_RDONLY);
  memcpy(CMSG_DATA(header), &file, sizeof file);
  say("unix sendmsg of a descriptor", sendmsg(fd, &message, 0));
  part = (struct iovec){text, sizeof text};
  say("unix recvmsg", recvmsg(accepted, &message, 0));
  header = CMSG_FIRSTHDR(&message);
  int got = -1;
  if (header) memcpy(&got, CMSG_DATA(header), sizeof got);
  struct stat sent, received = {0};
  fstat(file, &sent);
  fstat(got, &received);
  printf("unix descriptor: %s\n",
         sent.st_ino == received.st_ino ? "the same file" : "another file");
  message.msg_control = NULL;
  message.msg_controllen = 0;
  close(accepted);
  part = (struct iovec){"x", 1};
  signal(SIGPIPE, count_signal);
  signals = 0;
  say("unix sendmsg to nobody", sendmsg(fd, &message, 0));
  say("unix sendmsg to nobody, without a signal", sendmsg(fd, &message, MSG_NOSIGNAL));
  printf("pipe signals: %d\n", (int)signals);
  close(fd);
  fd = socket(AF_UNIX, SOCK_STREAM, 0);
  size = path(&un, "./../tmp/stream.sock");
  say("unix connect by a relative path", connect(fd, (struct sockaddr*)&un, size));
  close(fd);
  fd = socket(AF_UNIX, SOCK_STREAM, 0);
  symlink("stream.sock", "/tmp/link.sock");
  size = path(&un, "/tmp/link.sock");
  say("unix connect by a link", connect(fd, (struct sockaddr*)&un, size));
  close(fd);
  fd = socket(AF_UNIX, SOCK_STREAM, 0);
  size = path(&un, "/tmp/missing.sock");
  say("unix connect to nothing", connect(fd, (struct sockaddr*)&un, size));
  size = path(&un, "/etc/passwd");
  say("unix connect to a file", connect(fd, (struct sockaddr*)&un, size));
  size = path(&un, "/etc/passwd/x");
  say("unix connect below a file", connect(fd, (struct sockaddr*)&un, size));
  char wide[sizeof un + 1] = {0};
  path((struct sockaddr_un*)wide, "/tmp/stream.sock");
  say("unix connect with a long length", connect(fd, (struct sockaddr*)wide, sizeof wide));
  say("unix connect without a name", connect(fd, (struct sockaddr*)&un, 2));
  memset(&un, 'a', sizeof un);
  un.sun_family = AF_UNIX;
  say("unix connect by a name that fills it", connect(fd, (struct sockaddr*)&un, sizeof un));
  close(fd);
  close(server);
  fd = socket(AF_UNIX, SOCK_STREAM, 0);
  size = path(&un, "/tmp/stream.sock");
  say("unix connect to a dead one", connect(fd, (struct sockaddr*)&un, size));
  close(fd);
  // Abstract names and datagrams.
  int receiver = socket(AF_UNIX, SOCK_DGRAM, 0);
  memset(&un, 0, sizeof un);
  un.sun_family = AF_UNIX;
  memcpy(un.sun_path, "\0netcalls", 9);
  size = offsetof(struct sockaddr_un, sun_path) + 9;
  say("unix bind of an abstract name", bind(receiver, (struct sockaddr*)&un, size));
  fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  say("unix sendto of an abstract name", sendto(fd, "abc", 3, 0, (struct sockaddr*)&un, size));
  say("unix receive", recv(receiver, text, sizeof text, 0));
  close(receiver);
  say("unix sendto of nobody", sendto(fd, "abc", 3, 0, (struct sockaddr*)&un, size));
  receiver = socket(AF_UNIX, SOCK_DGRAM, 0);
  unlink("/tmp/datagram.sock");
  size = path(&un, "datagram.sock");
  say("unix bind of a relative path", bind(receiver, (struct sockaddr*)&un, size));
  say("unix sendto of a relative path", sendto(fd, "ab", 2, 0, (struct sockaddr*)&un, size));
  say("unix receive", recv(receiver, text, sizeof text, 0));
  close(receiver);
  close(fd);
  int pair[2];
  socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
  part = (struct iovec){"pair", 4};
  say("unix sendmsg over a pair", sendmsg(pair[0], &message, 0));
  say("unix receive", read(pair[1], text, sizeof text));
}

static int still_open(int peer) {
  struct pollfd end = {.fd = peer, .events = POLLIN};
  return poll(&end, 1, 0) != 1 || (end.revents & POLLHUP) == 0;
}

// Once a socket has been closed its peer knows: nobody else has it open.
static void ends(void) {
  struct sockaddr_un un;
  struct iovec part = {"x", 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  int late_sent = 0, late_connected = 0, server = socket(AF_UNIX, SOCK_STREAM, 0);
  unlink("/tmp/ends.sock");
  socklen_t size = path(&un, "/tmp/ends.sock");
  bind(server, (struct sockaddr*)&un, size);
  listen(server, 4);
  for (int i = 0; i < 1000; ++i) {
    int pair[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    sendmsg(pair[0], &message, 0);
    close(pair[0]);
    late_sent += still_open(pair[1]);
    close(pair[1]);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    connect(fd, (struct sockaddr*)&un, size);
    close(fd);
    int peer = accept(server, NULL, NULL);
    late_connected += still_open(peer);
    close(peer);
  }
  close(server);
  printf("still open after close: %d sent, %d connected\n", late_sent, late_connected);
}

static size_t drained;

static void* drain(void* fd) {
  static char room[65536];
  ssize_t got;
  while ((got = read(*(int*)fd, room, sizeof room)) > 0) {
    for (ssize_t i = 0; i < got; ++i) {
      if (room[i] != (char)((drained + (size_t)i) % 251)) return "wrong bytes";
    }
    drained += (size_t)got;
  }
  return "right bytes";
}

static void* drain_next(void* accepting) {
  int peer = accept(*(int*)accepting, NULL, NULL);
  void* verdict = drain(&peer);
  close(peer);
  return verdict;
}

// More than a socket's buffer: the sender has to wait for the receiver.
static void streams(void) {
  enum { kSize = 3 << 20 };
  static const char* const kWays[] = {"sendmsg of much", "sendmmsg, the second of much",
                                      "sendmmsg, the first of much", "fast open of much"};
  char* data = malloc(kSize);
  for (size_t i = 0; i < kSize; ++i) data[i] = (char)(i % 251);
  for (int way = 0; way < 4; ++way) {
    int port, small = 4096, accepting = listener(&port), fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(accepting, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    struct sockaddr_in in = at("127.0.0.1", port);
    if (way != 3) connect(fd, ADDRESS(in));
    drained = 0;
    pthread_t thread;
    pthread_create(&thread, NULL, drain_next, &accepting);
    size_t first = way == 2 ? kSize - 3000 : 1000, second = kSize - 2000 - first;
    struct iovec parts[3] = {{data, first}, {data + first, second}, {data + kSize - 2000, 2000}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 3};
    struct mmsghdr many[3] = {{.msg_hdr = {.msg_iov = &parts[0], .msg_iovlen = 1}},
                              {.msg_hdr = {.msg_iov = &parts[1], .msg_iovlen = 1}},
                              {.msg_hdr = {.msg_iov = &parts[2], .msg_iovlen = 1}}};
    if (way == 0) say(kWays[way], sendmsg(fd, &message, 0));
    if (way == 1 || way == 2) say(kWays[way], sendmmsg(fd, many, 3, 0));
    if (way == 3) say(kWays[way], sendto(fd, data, kSize, MSG_FASTOPEN, ADDRESS(in)));
    printf("lengths: %u %u %u\n", many[0].msg_len, many[1].msg_len, many[2].msg_len);
    close(fd);
    void* verdict;
    pthread_join(thread, &verdict);
    printf("received: %zu %s\n", drained, (char*)verdict);
    close(accepting);
  }
}

static void* connect_often(void* port) {
  long failures = 0;
  for (int i = 0; i < 50; ++i) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in in = at("127.0.0.1", *(int*)port);
    failures += connect(fd, ADDRESS(in)) != 0;
    close(fd);
  }
  return (void*)failures;
}

static void* accept_all(void* fd) {
  for (int i = 0; i < 250; ++i) close(accept(*(int*)fd, NULL, NULL));
  return NULL;
}

static void processes(void) {
  int port, accepting = listener(&port);
  pthread_t threads[4], acceptor;
  pthread_create(&acceptor, NULL, accept_all, &accepting);
  long failures = 0;
  for (int i = 0; i < 4; ++i) pthread_create(&threads[i], NULL, connect_often, &port);
  pid_t child = fork();
  if (child == 0) _exit(connect_often(&port) == NULL ? 0 : 1);
  for (int i = 0; i < 4; ++i) {
    void* result;
    pthread_join(threads[i], &result);
    failures += (long)result;
  }
  int status;
  waitpid(child, &status, 0);
  pthread_join(acceptor, NULL);
  printf("connects of four threads and a child: %ld failed, child %d\n", failures, status);
  close(accepting);
}

static void ids(void) {
  struct sockaddr_un un;
  socklen_t size = path(&un, "/tmp/root.sock");
  int server = socket(AF_UNIX, SOCK_STREAM, 0);
  unlink("/tmp/root.sock");
  umask(077);
  bind(server, (struct sockaddr*)&un, size);
  listen(server, 4);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    gid_t group = 1234;
    if (setgroups(1, &group) != 0 || setgid(1000) != 0 || setuid(1000) != 0) say("change ids", -1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    say("unix connect of another user", connect(fd, (struct sockaddr*)&un, size));
    struct sockaddr_in in = at("0.0.0.0", 80);
    int low = socket(AF_INET, SOCK_STREAM, 0);
    say("bind of a low port by a user", bind(low, ADDRESS(in)));
    exit(0);
  }
  waitpid(child, NULL, 0);
  struct sockaddr_in in = at("0.0.0.0", 81);
  int low = socket(AF_INET, SOCK_STREAM, 0);
  say("bind of a low port", bind(low, ADDRESS(in)));
}

// Whether an address can be used, by each call that takes one.
static int reach(const char* address, int port) {
  struct sockaddr_in in = at(address, port);
  struct sockaddr_in6 in6 = at6(address, port);
  int six = strchr(address, ':') != NULL;
  struct sockaddr* to = six ? (struct sockaddr*)&in6 : (struct sockaddr*)&in;
  socklen_t size = six ? sizeof in6 : sizeof in;
  int fd = socket(six ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
  struct iovec part = {"x", 1};
  struct mmsghdr many = {
      .msg_hdr = {.msg_name = to, .msg_namelen = size, .msg_iov = &part, .msg_iovlen = 1}};
  say("sendto", sendto(fd, "x", 1, 0, to, size));
  say("sendmsg", sendmsg(fd, &many.msg_hdr, 0));
  say("sendmmsg", sendmmsg(fd, &many, 1, 0));
  say("udp connect", connect(fd, to, size));
  fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  say("tcp fast open", sendto(fd, "x", 1, MSG_FASTOPEN, to, size));
  say("tcp connect", connect(fd, to, size));
  return 0;
}

// One socket by three ways, and another one.
static int paths(void) {
  static const char* const kWays[] = {"/tmp/stream.sock", "./../tmp/stream.sock", "/tmp/link.sock",
                                      "/tmp/other.sock"};
  struct sockaddr_un un;
  chdir("/tmp");
  symlink("stream.sock", "/tmp/link.sock");
  for (int i = 0; i < 4; i += 3) {
    int server = socket(AF_UNIX, SOCK_STREAM, 0);
    socklen_t size = path(&un, kWays[i]);
    if (bind(server, (struct sockaddr*)&un, size) != 0 || listen(server, 4) != 0) say("bind", -1);
  }
  for (int i = 0; i < 4; ++i) {
    socklen_t size = path(&un, kWays[i]);
    say(kWays[i], connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr*)&un, size));
  }
  return 0;
}

static int behind(void) {
  struct sockaddr_un un;
  umask(0);
  if (mkdir("/tmp/closed", 0700) != 0 || mkdir("/tmp/closed/open", 0777) != 0) return 1;
  if (chdir("/tmp/closed/open") != 0) return 1;
  int server = socket(AF_UNIX, SOCK_STREAM, 0);
  socklen_t size = path(&un, "socket");
  if (bind(server, (struct sockaddr*)&un, size) != 0 || listen(server, 16) != 0) return 1;
  say("behind", 0);
  return pause();
}

static int around(const char* process) {
  static const char* const kWays[] = {"cwd/socket", "cwd/../open/socket",
                                      "root/tmp/closed/open/socket"};
  struct sockaddr_un un;
  char name[100];
  for (int i = 0; i < 3; ++i) {
    snprintf(name, sizeof name, "/proc/%s/%s", process, kWays[i]);
    socklen_t size = path(&un, name);
    say(kWays[i], connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr*)&un, size));
  }
  snprintf(name, sizeof name, "/proc/%s/cwd/mine", process);
  socklen_t size = path(&un, name);
  say("bind", bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr*)&un, size));
  int datagram = socket(AF_UNIX, SOCK_DGRAM, 0);
  size = path(&un, name);
  say("sendto", sendto(datagram, "x", 1, 0, (struct sockaddr*)&un, size));
  return 0;
}

// Nothing but one call, so that what it costs is what its answer costs.
static void flood(const char* address, int port) {
  struct sockaddr_in in = at(address, port);
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  for (;;) connect(fd, ADDRESS(in));
}

int main(int argc, char** argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (argc == 4 && strcmp(argv[1], "reach") == 0) return reach(argv[2], atoi(argv[3]));
  if (argc == 4 && strcmp(argv[1], "flood") == 0) flood(argv[2], atoi(argv[3]));
  if (argc == 2 && strcmp(argv[1], "paths") == 0) return paths();
  if (argc == 2 && strcmp(argv[1], "behind") == 0) return behind();
  if (argc == 3 && strcmp(argv[1], "around") == 0) return around(argv[2]);
  bring_up_loopback();
  tcp();
  udp();
  errors();
  unix_sockets();
  ends();
  streams();
  processes();
  ids();
  return 0;
}
