// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host/network.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cerrno>

#include "sandbox/host/detached_mount.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::FailErrno;
using base::UniqueFd;

}  // namespace

base::Result<UniqueFd> OpenNetworkNamespace(const std::string& path) {
  UniqueFd space(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!space) return FailErrno(ErrorKind::kSpec, errno, path);
  struct statfs system = {};
  if (fstatfs(space.get(), &system) != 0) return FailErrno(ErrorKind::kSpec, errno, path);
  if (system.f_type != NSFS_MAGIC || ioctl(space.get(), NS_GET_NSTYPE) != CLONE_NEWNET) {
    return base::Fail(ErrorKind::kSpec, "{}: not a network namespace", path);
  }
  struct stat there = {};
  struct stat here = {};
  if (fstat(space.get(), &there) != 0) return FailErrno(ErrorKind::kSpec, errno, path);
  if (stat("/proc/thread-self/ns/net", &here) != 0) {
    return FailErrno(ErrorKind::kHost, errno, "/proc/thread-self/ns/net");
  }
  if (there.st_dev == here.st_dev && there.st_ino == here.st_ino) {
    return base::Fail(ErrorKind::kSpec, "{}: the network namespace of the host", path);
  }
  return space;
}

base::Status EnterNetworkNamespace(int space, const std::string& path) {
  if (setns(space, CLONE_NEWNET) == 0) return {};
  return FailErrno(ErrorKind::kHost, errno, fmt::format("enter the network namespace {}", path));
}

base::Result<UniqueFd> MakeSysfs() {
  return MakeMount("sysfs", {},
                   MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

}  // namespace stockade::sandbox
