// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host/bind_source.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "sandbox/host/detached_mount.h"
#include "sandbox/host/kernel.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::FailErrno;
using base::UniqueFd;

struct Flag {
  std::string_view word;
  unsigned attribute;
};
constexpr std::array<Flag, 5> kFlags{{{"ro", MOUNT_ATTR_RDONLY},
                                      {"nosuid", MOUNT_ATTR_NOSUID},
                                      {"nodev", MOUNT_ATTR_NODEV},
                                      {"noexec", MOUNT_ATTR_NOEXEC},
                                      {"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW}}};

base::Status SetFlags(const StagedBind& bind, int mount) {
  unsigned top = 0;
  unsigned below = 0;
  for (const std::string_view word : bind.flags) {
    const auto flag = std::ranges::find_if(kFlags, [&](const Flag& known) {
      return word == known.word || (word.starts_with('r') && word.substr(1) == known.word);
    });
    if (flag == kFlags.end()) {
      return base::Fail(ErrorKind::kInternal, "no flag of a mount: {}", word);
    }
    (word == flag->word ? top : below) |= flag->attribute;
  }
  if (below != 0) STOCKADE_TRY(AddMountFlags(mount, Below::kAsItIs, below, bind.source));
  if (top != 0) STOCKADE_TRY(AddMountFlags(mount, Below::kNothing, top, bind.source));
  return {};
}

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
  const auto prepare = [&]() -> base::Result<UniqueFd> {
    STOCKADE_ASSIGN(UniqueFd mount,
                    space < 0 ? CloneMount(source.file.get(), below, bind.source)
                              : CloneIdmapped(source.file.get(), space, below, bind.source));
    STOCKADE_TRY(SetFlags(bind, mount.get()));
    return mount;
  };
  auto mount = prepare();
  if (mount) return mount;
  return tl::unexpected(mount.error().Within(fmt::format("mount {}", bind.destination)));
}

}  // namespace stockade::sandbox
