// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host/user_namespace.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <sstream>
#include <string>

#include "config/base/file.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::FailErrno;
using base::UniqueFd;

// A child that is nothing but a process of a user namespace. It has ended when Start or Join
// returns; until it is reaped, its namespace can still be named through /proc.
class NamespaceChild {
 public:
  NamespaceChild() = default;
  NamespaceChild(const NamespaceChild&) = delete;
  NamespaceChild& operator=(const NamespaceChild&) = delete;
  ~NamespaceChild() {
    if (pid_ > 0) {
      while (waitpid(pid_, nullptr, __WALL) < 0 && errno == EINTR) {
      }
    }
  }
  base::Status Start() {
    // No exit signal: a caller that ignores SIGCHLD would have it reaped too early.
    pid_ =
        static_cast<pid_t>(syscall(SYS_clone, CLONE_NEWUSER, nullptr, nullptr, nullptr, nullptr));
    if (pid_ == 0) _exit(0);
    if (pid_ > 0) return {};
    auto error = FailErrno(ErrorKind::kHost, errno, "make a user namespace");
    if (errno == ENOSPC) error.value().hint = "raise the sysctl user.max_user_namespaces";
    if (errno == EINVAL) error.value().hint = "the kernel needs CONFIG_USER_NS";
    return error;
  }
  // In a namespace that there is.
  base::Status Join(int space, const std::string& name) {
    pid_ = static_cast<pid_t>(syscall(SYS_clone, 0, nullptr, nullptr, nullptr, nullptr));
    if (pid_ == 0) _exit(setns(space, CLONE_NEWUSER) == 0 ? 0 : errno);
    if (pid_ < 0) return FailErrno(ErrorKind::kHost, errno, "fork");
    siginfo_t end = {};  // and is not reaped
    while (waitid(P_PID, static_cast<id_t>(pid_), &end, WEXITED | WNOWAIT | __WALL) != 0) {
      if (errno != EINTR) return FailErrno(ErrorKind::kHost, errno, "wait for a child");
    }
    if (end.si_code == CLD_EXITED && end.si_status == 0) return {};
    return FailErrno(ErrorKind::kHost, end.si_code == CLD_EXITED ? end.si_status : EIO,
                     fmt::format("join the user namespace {}", name));
  }
  std::string Path(const char* file) const { return fmt::format("/proc/{}/{}", pid_, file); }

 private:
  pid_t pid_ = -1;
};

base::Status WriteMap(const std::string& path, const IdMap& map) {
  const UniqueFd file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) return FailErrno(ErrorKind::kHost, errno, path);
  return base::WriteAll(file.get(), fmt::format("{} {} {}", map.inside, map.outside, map.count),
                        path);
}

base::Result<std::vector<IdMap>> ReadMap(const std::string& path) {
  constexpr std::size_t kMaxMap = 64U << 10;  // of 340 lines
  STOCKADE_ASSIGN(const std::string text, base::ReadFile(path, kMaxMap));
  std::vector<IdMap> maps;
  std::istringstream lines(text);
  for (IdMap map; lines >> map.inside >> map.outside >> map.count;) maps.push_back(map);
  if (lines.eof()) return maps;
  return base::Fail(ErrorKind::kHost, "{}: not a map of ids", path);
}

}  // namespace

base::Result<NamespaceIds> ReadUserNamespace(const std::string& path) {
  const UniqueFd space(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!space) return FailErrno(ErrorKind::kHost, errno, path);
  NamespaceChild child;
  STOCKADE_TRY(child.Join(space.get(), path));
  NamespaceIds ids;
  STOCKADE_ASSIGN(ids.uids, ReadMap(child.Path("uid_map")));
  STOCKADE_ASSIGN(ids.gids, ReadMap(child.Path("gid_map")));
  return ids;
}

base::Result<UniqueFd> MakeUserNamespace(const IdMap& map) {
  NamespaceChild child;
  STOCKADE_TRY(child.Start());
  STOCKADE_TRY(WriteMap(child.Path("uid_map"), map));
  STOCKADE_TRY(WriteMap(child.Path("gid_map"), map));
  const std::string path = child.Path("ns/user");
  UniqueFd space(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!space) return FailErrno(ErrorKind::kHost, errno, path);
  return space;
}

}  // namespace stockade::sandbox
