// SPDX-License-Identifier: Apache-2.0
// Waits in a connect: to a socket of its own that accepts nobody. Says how that ends, and that it
// can still make calls.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void say(const char* what, int result) {
  printf("%s: %s\n", what, result == 0 ? "ok" : strerror(errno));
  fflush(stdout);
}

int main(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/tmp/netwait.sock"};
  int listening = socket(AF_UNIX, SOCK_STREAM, 0);
  if (bind(listening, (struct sockaddr*)&address, sizeof address) != 0 ||
      listen(listening, 0) != 0) {
    perror("listen");
    return 1;
  }
  int flags = SOCK_NONBLOCK;
  while (connect(socket(AF_UNIX, SOCK_STREAM | flags, 0), (struct sockaddr*)&address,
                 sizeof address) == 0) {
  }
  puts("waiting");
  fflush(stdout);
  say("connect",
      connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr*)&address, sizeof address));
  say("connect",
      connect(socket(AF_UNIX, SOCK_STREAM | flags, 0), (struct sockaddr*)&address, sizeof address));
  return 0;
}
