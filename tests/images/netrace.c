// SPDX-License-Identifier: Apache-2.0
// Calls whose arguments change while they are decided. One thread flips the destination between
// 127.0.0.1, which may be reached, and 127.0.0.2, which may not, an address to bind between the
// first and 127.0.0.3, and a path between /tmp/a/s and /tmp/b/s; another replaces the socket behind
// the descriptor. Prints how many calls went through, how many were refused, and how many arrived
// where none may. The sixth part of the calls is of each kind.
//
//   $ netrace 100000
//   {"sent": 51234, "refused": 48766, "other": 0, "bypassed": 0}
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { kSlot = 50, kPort = 9999, kKinds = 6, kLetter = 5 };

static volatile struct sockaddr_in destination;
static volatile struct sockaddr_in to_bind = {.sin_family = AF_INET};
static volatile struct sockaddr_un by_path = {.sun_family = AF_UNIX, .sun_path = "/tmp/a/s"};
static volatile int stop;
static int sockets[2];

static void* flip_address(void* unused) {
  while (!stop) {
    destination.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to_bind.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    by_path.sun_path[kLetter] = 'a';
    destination.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
    to_bind.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 2);
    by_path.sun_path[kLetter] = 'b';
  }
  return unused;
}

static void* flip_socket(void* unused) {
  for (int i = 0; !stop; ++i) dup2(sockets[i & 1], kSlot);
  return unused;
}

// A socket that a path leads to.
static void listen_at(const char* folder, const char* path) {
  struct sockaddr_un own = {.sun_family = AF_UNIX};
  strcpy(own.sun_path, path);
  mkdir(folder, 0755);
  if (bind(socket(AF_UNIX, SOCK_DGRAM, 0), (struct sockaddr*)&own, sizeof own) != 0) {
    perror(path);
    exit(2);
  }
}

static long call(long i, int* connected) {
  struct sockaddr* to = (struct sockaddr*)&destination;
  struct iovec part = {"x", 1};
  struct mmsghdr one = {
      .msg_hdr = {
          .msg_name = to, .msg_namelen = sizeof destination, .msg_iov = &part, .msg_iovlen = 1}};
  switch (i % kKinds) {
    case 0:
      *connected = socket(AF_INET, SOCK_DGRAM, 0);
      return connect(*connected, to, sizeof destination);
    case 1:
      return sendto(kSlot, "x", 1, 0, to, sizeof destination);
    case 2:
      return sendmsg(kSlot, &one.msg_hdr, 0);
    case 3:
      return sendmmsg(kSlot, &one, 1, 0);
    case 4:
      *connected = socket(AF_INET, SOCK_DGRAM, 0);
      return bind(*connected, (struct sockaddr*)&to_bind, sizeof to_bind);
    default:
      *connected = socket(AF_UNIX, SOCK_DGRAM, 0);
      return connect(*connected, (struct sockaddr*)&by_path, sizeof by_path);
  }
}

// True if a call of that kind has led `fd` to where none may.
static int astray(long i, int fd) {
  struct sockaddr_in address = {0};
  struct sockaddr_un path = {0};
  socklen_t size = sizeof address, length = sizeof path;
  switch (i % kKinds) {
    case 4:
      return getsockname(fd, (struct sockaddr*)&address, &size) == 0 &&
             address.sin_addr.s_addr == htonl(INADDR_LOOPBACK + 2);
    case 5:
      return getpeername(fd, (struct sockaddr*)&path, &length) == 0 &&
             path.sun_path[kLetter] == 'b';
    default:
      return getpeername(fd, (struct sockaddr*)&address, &size) == 0 &&
             address.sin_addr.s_addr != htonl(INADDR_LOOPBACK);
  }
}

int main(int argc, char** argv) {
  long count = argc > 1 ? atol(argv[1]) : 1000, sent = 0, refused = 0, other = 0, bypassed = 0,
       interrupted = 0;
  struct ifreq request = {.ifr_name = "lo"};
  int forbidden = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  if (ioctl(forbidden, SIOCGIFFLAGS, &request) == 0 && !(request.ifr_flags & IFF_UP)) {
    request.ifr_flags |= IFF_UP;
    ioctl(forbidden, SIOCSIFFLAGS, &request);
  }
  struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(kPort)};
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
  if (bind(forbidden, (struct sockaddr*)&own, sizeof own) != 0) {
    perror("bind");
    return 2;
  }
  listen_at("/tmp/a", "/tmp/a/s");
  listen_at("/tmp/b", "/tmp/b/s");
  destination.sin_family = AF_INET;
  destination.sin_port = htons(kPort);
  for (int i = 0; i < 2; ++i) sockets[i] = socket(AF_INET, SOCK_DGRAM, 0);
  dup2(sockets[0], kSlot);
  pthread_t threads[2];
  pthread_create(&threads[0], NULL, flip_address, NULL);
  pthread_create(&threads[1], NULL, flip_socket, NULL);
  if (argc > 2) {  // for a test that waits for the race to begin
    puts(argv[2]);
    fflush(stdout);
  }
  for (long i = 0; i < count; ++i) {
    int connected = -1;
    char byte;
    long result = call(i, &connected);
    if (result >= 0) {
      ++sent;
    } else if (errno == EACCES) {
      ++refused;
    } else if (errno == EINTR) {
      ++interrupted;
    } else {
      ++other;
    }
    if (connected >= 0) {
      if (astray(i, connected)) ++bypassed;
      close(connected);
    }
    while (recv(forbidden, &byte, 1, 0) > 0) ++bypassed;
  }
  stop = 1;
  printf(
      "{\"sent\": %ld, \"refused\": %ld, \"other\": %ld, \"bypassed\": %ld, \"interrupted\": "
      "%ld}\n",
      sent, refused, other, bypassed, interrupted);
  return bypassed != 0;
}
