// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/path_resolver.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>

#include "sandbox/supervisor/capabilities.h"
#include "sandbox/supervisor/path_walk.h"

namespace stockade::supervisor {
namespace {

constexpr int kMaxLinks = 40;
base::UniqueFd LookByKernel(int directory, const std::string& path, int flags,
                            std::uint64_t resolve) {
  open_how how{};
  how.flags = static_cast<unsigned>(flags);
  how.resolve = resolve;
  for (int tries = 0;; ++tries) {
    constexpr int kPatience = 32;  // something was renamed meanwhile
    const auto fd = syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how);
    if (fd >= 0 || errno != EAGAIN || tries == kPatience)
      return base::UniqueFd(static_cast<int>(fd));
  }
}

// True for a file system that only keeps files: whoever opens one needs permissions, and no
// capability beyond them.
bool OnlyKeepsFiles(long file_system) {
  constexpr auto kStorage =
      std::to_array<long>({OVERLAYFS_SUPER_MAGIC, EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC,
                           BTRFS_SUPER_MAGIC, TMPFS_MAGIC, EROFS_SUPER_MAGIC_V1, SQUASHFS_MAGIC});
  return std::ranges::find(kStorage, file_system) != kStorage.end();
}

// The directory of `path` and its last component, without the slashes behind it.
struct Split {
  std::string directory;
  std::string name;
  bool slash = false;
};

Split SplitPath(std::string_view path) {
  Split split;
  const auto end = path.find_last_not_of('/');
  if (end == std::string_view::npos) return {.directory = std::string(path), .name = {}};
  split.slash = end + 1 != path.size();
  path = path.substr(0, end + 1);
  const auto slash = path.rfind('/');
  split.name = path.substr(slash == std::string_view::npos ? 0 : slash + 1);
  split.directory = slash == std::string_view::npos ? "." : std::string(path.substr(0, slash + 1));
  return split;
}

bool IsDots(std::string_view name) { return name.empty() || name == "." || name == ".."; }

// True for a path from the root that is the one name of what it leads to, if no link is on the way.
// Not in /proc, some of which is not there for us.
bool IsPlain(std::string_view path) {
  if (path.front() != '/' || path.starts_with("/proc/")) return false;
  for (std::size_t at = 0; at < path.size();) {
    const auto end = std::min(path.find('/', at + 1), path.size());
    if (IsDots(path.substr(at + 1, end - at - 1))) return false;
    at = end;
  }
  return true;
}

}  // namespace

PathResolver::PathResolver(const Services& services, pid_t thread, int start)
    : services_(services), thread_(thread), start_(start < 0 ? AT_FDCWD : start) {}

base::UniqueFd PathResolver::Reopen(const Found& found, int flags, mode_t mode) const {
  if (found.special && !SetCapabilities(kPermitted, 0)) return {};
  return base::UniqueFd(
      openat(services_.own_fds, std::to_string(found.node.get()).c_str(), flags | O_CLOEXEC, mode));
}

std::optional<std::string> PathResolver::NameOf(int node, bool proven) const {
  auto name = LinkText(services_.own_fds, std::to_string(node));
  if (!name || (proven && !name->ends_with(" (deleted)"))) return name;
  const base::UniqueFd there = Look(AT_FDCWD, *name);
  struct stat wanted = {};
  struct stat got = {};
  const bool same = there && fstat(node, &wanted) == 0 && fstat(there.get(), &got) == 0 &&
                    wanted.st_dev == got.st_dev && wanted.st_ino == got.st_ino;
  if (!same || !name->starts_with('/')) return std::nullopt;
  return name;
}

int PathResolver::Resolve(const std::string& path, const ResolveOptions& options, Found& found) {
  plain_ = IsPlain(path);
  const int quick =
      options.create ? KernelParent(path, options, found) : Kernel(path, options, found);
  const bool link = quick == 0 && found.node && S_ISLNK(found.status.st_mode) && options.follow;
  if (quick != 0 && (options.resolve != 0 || found.literal)) return quick;
  if (quick == 0 && !link) {
    const long type = FileSystemOf(found.node ? found.node.get() : found.parent.get());
    found.special = !OnlyKeepsFiles(type);
    if (type != PROC_SUPER_MAGIC) return 0;
  }
  if (options.resolve != 0) return EACCES;
  // What is in /proc is found without the capabilities to look at others.
  if (!SetCapabilities(kPermitted, 0)) return EACCES;
  found = {};
  Walk walk{.at = path.front() == '/' ? Look(AT_FDCWD, "/", kLook) : Look(start_, ".", kLook),
            .rest = path,
            .proven = path.front() == '/',
            .in_proc = std::nullopt};
  if (!walk.at) return errno;
  constexpr int kGoOn = -1;
  static_assert(kGoOn < 0);
  for (;;) {
    if (const int done = Step(walk, options, found); done != kGoOn) return done;
  }
}

// By the kernel, and first as if there were no links: then the path itself says where it leads, and
// so does an error but that there is one (ELOOP).
base::UniqueFd PathResolver::LookLiterally(int start, const std::string& path, int flags,
                                           const ResolveOptions& options, Found& found) const {
  found.literal = options.resolve == 0 && plain_;
  if (found.literal) {
    base::UniqueFd node =
        LookByKernel(start, path, flags, RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS);
    if (node || errno != ELOOP) return node;
    found.literal = false;
  }
  return LookByKernel(start, path, flags, options.resolve | RESOLVE_NO_MAGICLINKS);
}

int PathResolver::Kernel(const std::string& path, const ResolveOptions& options,
                         Found& found) const {
  const int flags = options.follow ? kLook : kLookAtLink;
  found.node = LookLiterally(start_, path, flags, options, found);
  if (!found.node || fstat(found.node.get(), &found.status) != 0) return errno;
  found.proven = path.front() == '/' && (options.resolve & RESOLVE_IN_ROOT) == 0;
  return 0;
}

// The last component is looked at by itself, and is a link if that is what it is.
int PathResolver::KernelParent(const std::string& path, const ResolveOptions& options,
                               Found& found) const {
  const Split split = SplitPath(path);
  if (IsDots(split.name)) return Kernel(path, options, found);
  found.parent = LookLiterally(start_, split.directory, kLook | O_DIRECTORY, options, found);
  if (!found.parent) return errno;
  found.literal = found.literal && !split.slash;
  found.name = split.name;
  found.directory = split.slash;
  found.proven = path.front() == '/' && (options.resolve & RESOLVE_IN_ROOT) == 0;
  found.node = LookByKernel(found.parent.get(), split.name, kLookAtLink, options.resolve);
  if (!found.node) return errno == ENOENT ? 0 : errno;
  if (fstat(found.node.get(), &found.status) != 0) return errno;
  const bool link = S_ISLNK(found.status.st_mode) && options.follow;
  return link && options.resolve != 0 ? ELOOP : 0;
}

int PathResolver::Up(Walk& walk) const {
  base::UniqueFd next = Look(walk.at.get(), "..", kLook | O_DIRECTORY);
  if (!next) return errno;
  walk.at = std::move(next);
  walk.descriptor = false;
  if (!walk.in_proc) return 0;
  const auto slash = walk.in_proc->rfind('/');
  if (walk.in_proc->empty()) {
    walk.in_proc.reset();
  } else {
    walk.in_proc->resize(slash == std::string::npos ? 0 : slash);
  }
  return 0;
}

// One component. 0 at the end, an errno value, or -1 to go on.
int PathResolver::Step(Walk& walk, const ResolveOptions& options, Found& found) {
  walk.rest.erase(0, walk.rest.find_first_not_of('/'));
  const auto end = std::min(walk.rest.find('/'), walk.rest.size());
  const std::string name = walk.rest.substr(0, end);
  const bool slash = end != walk.rest.size();
  walk.rest.erase(0, walk.rest.find_first_not_of('/', end));
  const bool last = walk.rest.empty();
  found.directory = found.directory || (last && slash);
  if (name.empty() || name == ".") {
    const bool here = name.empty() || Look(walk.at.get(), ".", kLook | O_DIRECTORY);
    if (!here) return errno;
    if (!last) return -1;
    found.node = std::move(walk.at);
  } else if (name == "..") {
    if (const int error = Up(walk); error != 0) return error;
    if (!last) return -1;
    found.node = std::move(walk.at);
  } else {
    walk.descriptor = false;
    if (!walk.in_proc && IsProcRoot(walk.at.get())) walk.in_proc = "";
    found.node = Look(walk.at.get(), name);
    if (!found.node && !(errno == ENOENT && last && options.create)) return errno;
    if (found.node && fstat(found.node.get(), &found.status) != 0) return errno;
    if (found.node && S_ISLNK(found.status.st_mode) && (!last || slash || options.follow)) {
      if (slash) walk.rest.insert(0, "/");
      return Follow(walk, name, found.node.get());
    }
    if (!last) {
      walk.at = std::move(found.node);
      if (walk.in_proc) *walk.in_proc += (walk.in_proc->empty() ? "" : "/") + name;
      return -1;
    }
    found.name = name;
    found.parent = std::move(walk.at);
  }
  found.proven = walk.proven;
  found.descriptor = walk.descriptor;
  if (!found.node) return CheckProc(found, found.parent.get(), options.writes);
  if (fstat(found.node.get(), &found.status) != 0) return errno;
  if (found.directory && !S_ISDIR(found.status.st_mode) && !options.create) return ENOTDIR;
  return CheckProc(found, found.parent ? found.parent.get() : found.node.get(), options.writes);
}

// -1 to go on, or an errno value.
int PathResolver::Follow(Walk& walk, const std::string& name, int link) {
  if (++walk.links > kMaxLinks) return ELOOP;
  if (IsOnProc(link)) return FollowInProc(walk, name, link);
  const auto text = LinkText(link, "");
  if (!text) return ENAMETOOLONG;
  if (text->empty()) return ENOENT;
  walk.rest = *text + (walk.rest.empty() ? "" : "/") + walk.rest;
  if (text->front() != '/') return -1;
  walk.at = Look(AT_FDCWD, "/", kLook);
  walk.in_proc.reset();
  walk.descriptor = false;
  walk.proven = true;
  return walk.at ? -1 : errno;
}

}  // namespace stockade::supervisor
