// SPDX-License-Identifier: Apache-2.0
// The command of the pod sandbox image: waits until it is told to end, and reaps.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void end(int sig) {
  (void)sig;
  _exit(0);
}

static void reap(int sig) {
  (void)sig;
  while (waitpid(-1, 0, WNOHANG) > 0) {
  }
}

int main(void) {
  signal(SIGTERM, end);
  signal(SIGINT, end);
  signal(SIGCHLD, reap);
  for (;;) pause();
}
