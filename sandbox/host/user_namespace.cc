// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host/user_namespace.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>

#include "config/base/file.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::FailErrno;
using base::UniqueFd;

// A child that is nothing but the first process of a user namespace. It has ended when Start
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

}  // namespace

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
