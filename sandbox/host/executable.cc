// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host/executable.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>

#include "config/base/fd.h"
#include "sandbox/host/detached_mount.h"
#include "sandbox/host/kernel.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::Fail;
using base::FailErrno;
using base::UniqueFd;

struct Place {
  UniqueFd file;   // of the root file system
  UniqueFd clone;  // to be mounted on it
  const std::string& path;
};

base::Result<struct stat> StatusOf(int file, const std::string& path) {
  struct stat info = {};
  if (fstat(file, &info) != 0) return FailErrno(ErrorKind::kHost, errno, path);
  return info;
}

// What `path` leads to; no descriptor if it leads nowhere.
base::Result<UniqueFd> Find(int root, const std::string& path) {
  UniqueFd file = OpenInRoot(root, path, O_PATH);
  if (!file) {
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) return file;
    return FailErrno(ErrorKind::kHost, errno, fmt::format("{} in the image", path));
  }
  STOCKADE_ASSIGN(const struct stat info, StatusOf(file.get(), path));
  STOCKADE_ASSIGN(const struct stat whole, StatusOf(root, "the root file system"));
  if (info.st_dev == whole.st_dev && info.st_ino == whole.st_ino) {
    return Fail(ErrorKind::kSpec, "the image's {} is a link to its root, and all would run", path);
  }
  if (!S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)) {
    return Fail(ErrorKind::kSpec, "the image's {} is neither a file nor a folder", path);
  }
  return file;
}

}  // namespace

base::Status LetRunOnly(const std::vector<std::string>& paths, int root) {
  // All clones are made while the root is what it was: they keep its flags.
  std::vector<Place> places;
  places.reserve(paths.size());
  for (const std::string& path : paths) {
    STOCKADE_ASSIGN(UniqueFd file, Find(root, path));
    if (!file) continue;
    STOCKADE_ASSIGN(UniqueFd clone, CloneMount(file.get(), Below::kAsItIs, path));
    STOCKADE_TRY(AddMountFlags(clone.get(), Below::kAsItIs, MOUNT_ATTR_RDONLY, path));
    places.push_back({std::move(file), std::move(clone), path});
  }
  STOCKADE_TRY(AddMountFlags(root, Below::kAsItIs, MOUNT_ATTR_NOEXEC, "the root file system"));
  // A path within another one, or a second name of it, ends below or above that one's mount, and
  // both let it run.
  for (const Place& place : places) {
    STOCKADE_TRY(AttachMountOn(place.clone.get(), place.file.get(), place.path));
  }
  return {};
}

}  // namespace stockade::sandbox
