// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/run_program.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "config/base/fd.h"

namespace stockade::ctl {
namespace {

using base::ErrorKind;
using base::UniqueFd;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxOutput = 1U << 20;
constexpr std::size_t kMaxErrors = 4096;
// All that the program gets to know. crun makes its run directory whenever it can, even for
// --version: under /dev/null it cannot.
constexpr std::array kEnvironment = {
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
    "XDG_RUNTIME_DIR=/dev/null"};

// Starts the program in a process group of its own.
base::Result<pid_t> Start(const std::vector<std::string>& words, int out, int err) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  std::vector<char*> environment;
  for (const char* variable : kEnvironment) environment.push_back(const_cast<char*>(variable));
  environment.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t child = -1;
  const int error = posix_spawn(&child, words.front().c_str(), &actions, &attributes,
                                arguments.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) return base::FailErrno(ErrorKind::kDelegate, error, "run " + words.front());
  return child;
}

// Reads until the end of the pipe, the size limit or the deadline; true at the end.
bool ReadAll(int fd, Clock::time_point deadline, std::string& out) {
  std::array<char, 16384> buffer;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd waiting = {fd, POLLIN, 0};
    const int ready = left.count() <= 0 ? 0 : poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got == 0;
    out.append(buffer.data(), static_cast<std::size_t>(got));
    if (out.size() > kMaxOutput) return false;
  }
}

// Waits until the child has ended or the deadline is there; true if it has.
bool WaitUntil(pid_t child, Clock::time_point deadline, int& status) {
  for (;;) {
    const pid_t ended = waitpid(child, &status, WNOHANG);
    if (ended == child) return true;
    if (ended < 0 && errno != EINTR) return false;
    if (Clock::now() >= deadline) return false;
    poll(nullptr, 0, 1);
  }
}

}  // namespace

base::Result<Ran> RunProgram(const std::vector<std::string>& words,
                             std::chrono::milliseconds limit) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return base::FailErrno(ErrorKind::kHost, errno, "pipe");
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  const UniqueFd errors(memfd_create("stderr", MFD_CLOEXEC));
  if (!errors) return base::FailErrno(ErrorKind::kHost, errno, "memfd_create");
  const Clock::time_point deadline = Clock::now() + limit;
  STOCKADE_ASSIGN(const pid_t child, Start(words, writer.get(), errors.get()));
  writer.Reset();
  Ran ran;
  int status = 0;
  if (ReadAll(reader.get(), deadline, ran.out) && WaitUntil(child, deadline, status)) {
    ran.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    ran.err.resize(kMaxErrors);
    const ssize_t got = pread(errors.get(), ran.err.data(), ran.err.size(), 0);
    ran.err.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return ran;
  }
  kill(-child, SIGKILL);
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return base::Fail(ErrorKind::kDelegate, "{} {}: no end within {} ms, or too much output",
                    words.front(), words.size() > 1 ? words.back() : "", limit.count());
}

}  // namespace stockade::ctl
