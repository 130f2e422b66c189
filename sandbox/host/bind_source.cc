// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host/bind_source.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "sandbox/host/detached_mount.h"
#include "sandbox/host/kernel.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::FailErrno;
using base::UniqueFd;

}  // namespace

base::Result<BindSource> OpenBindSource(const std::string& path) {
  BindSource source{OpenWithoutLinks(AT_FDCWD, path, O_PATH | O_NOFOLLOW), false};
  if (!source.file && (errno == ELOOP || errno == ENOTDIR)) {
    return base::Fail(ErrorKind::kSpec,
                      "{}: changed since it was checked: there is a link in it now", path);
  }
  if (!source.file) return FailErrno(ErrorKind::kSpec, errno, path);
  struct stat info = {};
  if (fstat(source.file.get(), &info) != 0) return FailErrno(ErrorKind::kHost, errno, path);
  if (S_ISLNK(info.st_mode)) {
    return base::Fail(ErrorKind::kSpec, "{}: changed since it was checked: it is a link now", path);
  }
  source.folder = S_ISDIR(info.st_mode);
  return source;
}

base::Result<UniqueFd> PrepareBind(const StagedBind& bind, const BindSource& source, int space) {
  const Below below = bind.recursive && source.folder ? Below::kMapped : Below::kNothing;
  auto mount = space < 0 ? CloneMount(source.file.get(), below, bind.source)
                         : CloneIdmapped(source.file.get(), space, below, bind.source);
  if (mount) return mount;
  return tl::unexpected(mount.error().Within(fmt::format("mount {}", bind.destination)));
}

}  // namespace stockade::sandbox
