// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "config/base/file.h"
#include "sandbox/fd_message.h"
#include "sandbox/supervisor/worker.h"

namespace stockade::supervisor {

pid_t WorkerProcess::Start() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) return -1;
  base::UniqueFd ours(ends[0]);
  base::UniqueFd theirs(ends[1]);
  pid_ = fork();
  link_ = pid_ == 0 ? std::move(theirs) : std::move(ours);
  return pid_;
}

bool WorkerProcess::GiveHome(int user_namespace) const {
  const char byte = 0;
  return sandbox::SendFd(link_.get(), &byte, 1, user_namespace);
}

bool WorkerProcess::Give(int listener, const ListenerFacts& facts) const {
  return sandbox::SendFd(link_.get(), &facts, sizeof facts, listener);
}

std::string WorkerProcess::Reap() {
  link_.Reset();
  int status = 0;
  // What closed its end and lives on is not to be trusted any more.
  if (pid_ > 0) (void)kill(pid_, SIGKILL);
  while (pid_ > 0 && waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return WIFSIGNALED(status) ? fmt::format("ended by signal {}", WTERMSIG(status))
                             : fmt::format("ended with {}", WEXITSTATUS(status));
}

}  // namespace stockade::supervisor
