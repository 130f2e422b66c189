// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host/stage.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "config/base/file.h"
#include "sandbox/host/detached_mount.h"
#include "sandbox/host/kernel.h"
#include "sandbox/host_actions.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::FailErrno;
using base::UniqueFd;

constexpr mode_t kTraversable = 0711;

// The pod's root is an ordinary user on the host and must get through to the stage.
base::Status LetOthersPass(const std::string& state_directory) {
  STOCKADE_TRY(base::MakeDirectories(state_directory, kTraversable));
  struct stat info = {};
  if (stat(state_directory.c_str(), &info) != 0) {
    return FailErrno(ErrorKind::kHost, errno, state_directory);
  }
  // One of an older version is 0700; what stands in it is closed by its own modes.
  if ((info.st_mode & S_IXOTH) == 0 &&
      chmod(state_directory.c_str(), (info.st_mode & 07777U) | S_IXGRP | S_IXOTH) != 0) {
    return FailErrno(ErrorKind::kHost, errno, "chmod " + state_directory);
  }
  STOCKADE_ASSIGN(std::string at, base::ResolvePath(state_directory));
  while (at.size() > 1) {
    at.resize(std::max<std::size_t>(at.rfind('/'), 1));
    if (stat(at.c_str(), &info) != 0) return FailErrno(ErrorKind::kHost, errno, at);
    if ((info.st_mode & S_IXOTH) == 0) {
      return base::FailHint(ErrorKind::kHost,
                            fmt::format("chmod o+x {}, or set another stateDirectory", at),
                            "{}: a pod's root cannot pass it on the way to {} (mode {:04o})", at,
                            state_directory, info.st_mode & 07777U);
    }
  }
  return {};
}

bool PlainName(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos;
}

}  // namespace

base::Result<Stage> Stage::Enter(const std::string& state_directory) {
  STOCKADE_TRY(LetOthersPass(state_directory));
  const std::string path = state_directory + "/" + kStageName;
  // On the host the folder of the root file system stays empty: runc's exec goes there on its way.
  STOCKADE_TRY(base::MakeDirectories(fmt::format("{}/{}", path, kStagedRoot), kTraversable));
  STOCKADE_ASSIGN(UniqueFd tmpfs, MakeMount("tmpfs", {{"mode", "0711"}, {"size", "1m"}},
                                            MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV));
  if (unshare(CLONE_NEWNS) != 0) {
    return FailErrno(ErrorKind::kHost, errno, "leave the mount namespace of the host");
  }
  if (mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) {
    return FailErrno(ErrorKind::kHost, errno, "keep mounts from the host");
  }
  const UniqueFd point = OpenWithoutLinks(AT_FDCWD, path, O_PATH | O_DIRECTORY);
  if (!point) return FailErrno(ErrorKind::kHost, errno, path);
  STOCKADE_TRY(AttachMountOn(tmpfs.get(), point.get(), path));
  return Stage(std::move(tmpfs));
}

base::Status Stage::Place(int mount, const std::string& name, bool folder) const {
  if (!PlainName(name)) {
    return base::Fail(ErrorKind::kInternal, "\"{}\" cannot be the name of a staged mount", name);
  }
  if (folder) {
    if (mkdirat(folder_.get(), name.c_str(), 0755) != 0) {
      return FailErrno(ErrorKind::kHost, errno, fmt::format("stage {}", name));
    }
  } else {
    const UniqueFd file(
        openat(folder_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444));
    if (!file) return FailErrno(ErrorKind::kHost, errno, fmt::format("stage {}", name));
  }
  return AttachMount(mount, folder_.get(), name);
}

base::Result<UniqueFd> Stage::Open(const std::string& name) const {
  UniqueFd folder = OpenWithoutLinks(folder_.get(), name, O_PATH | O_DIRECTORY);
  if (!folder) return FailErrno(ErrorKind::kHost, errno, fmt::format("staged {}", name));
  return folder;
}

}  // namespace stockade::sandbox
