// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/mount_effect.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <climits>

#include "sandbox/supervisor/capabilities.h"
#include "sandbox/supervisor/unique_mounts.h"

namespace stockade::supervisor {
namespace {

using filters::TmpfsMount;
using Ids = std::span<const std::uint64_t, filters::kMaxMounts>;

constexpr MountAnswer kRefusedPlace{.error = EPERM, .refusal = MountRefusal::kPlace};

// Files are looked up and made as the container's root, which asked for it.
bool Enter(const MountNamespaces& namespaces, const MountHome& home) {
  constexpr std::uint64_t kEntering =
      Bit(CAP_SYS_ADMIN) | Bit(CAP_SYS_CHROOT) | Bit(CAP_SETUID) | Bit(CAP_SETGID);
  if (!SetCapabilities(kMounting, kEntering)) return false;
  (void)setfsgid(home.root_group);
  (void)setfsuid(home.root);
  if (namespaces.user && setns(namespaces.user.get(), CLONE_NEWUSER) != 0) return false;
  return setns(namespaces.mount.get(), CLONE_NEWNS) == 0;
}

std::uint64_t LivingOf(Ids ours) {
  std::uint64_t living = 0;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    if (ours[i] == 0) continue;
    const bool gone = ours[i] != kSpentMount && !FactsOf(ours[i]) && errno == ENOENT;
    if (!gone) living |= std::uint64_t{1} << i;
  }
  return living;
}

bool IsOurs(Ids ours, std::uint64_t id) {
  return id != 0 && std::ranges::find(ours, id) != ours.end();
}

// True unless all that is mounted on `id`, at `path` or below, is ours.
bool CoversOthers(Ids ours, std::uint64_t id, const std::string& path) {
  const auto below = MountsBelow(id);
  if (!below) return true;
  const std::string folder = path == "/" ? path : path + "/";
  return std::ranges::any_of(*below, [&](std::uint64_t other) {
    if (IsOurs(ours, other)) return false;
    const auto facts = FactsOf(other);
    if (!facts) return errno != ENOENT;
    return facts->point == path || facts->point.starts_with(folder);
  });
}

// Nothing that the engine mounted is covered: it looks there for what it has put there, such as the
// program that begins every exec. And nothing is mounted where it would be seen from outside.
bool MayCover(Ids ours, int place, int proc) {
  const auto at = MountAt(place);
  const auto facts = at ? FactsOf(at->id) : std::nullopt;
  if (!facts || facts->shared || filters::IsKernelFileSystem(facts->type)) return false;
  if (at->is_root && !IsOurs(ours, at->id)) return false;
  std::array<char, PATH_MAX> path;
  const ssize_t length =
      readlinkat(proc, fmt::format("self/fd/{}", place).c_str(), path.data(), path.size());
  if (length <= 0 || static_cast<std::size_t>(length) == path.size()) return false;
  return !CoversOthers(ours, at->id, std::string(path.data(), static_cast<std::size_t>(length)));
}

bool Set(int context, const char* key, const std::string& value) {
  return fsconfig(context, FSCONFIG_SET_STRING, key, value.c_str(), 0) == 0;
}

bool SetFlags(int context, std::uint32_t flags) {
  constexpr auto kWords =
      std::to_array<std::pair<std::uint32_t, const char*>>({{MS_RDONLY, "ro"},
                                                            {MS_SYNCHRONOUS, "sync"},
                                                            {MS_DIRSYNC, "dirsync"},
                                                            {MS_LAZYTIME, "lazytime"}});
  return std::ranges::all_of(kWords, [&](const auto& word) {
    return (flags & word.first) == 0 ||
           fsconfig(context, FSCONFIG_SET_FLAG, word.second, nullptr, 0) == 0;
  });
}

// A tmpfs that is mounted nowhere yet; none with errno set.
base::UniqueFd MakeTmpfs(const TmpfsMount& tmpfs, const char* source) {
  const base::UniqueFd context(fsopen("tmpfs", FSOPEN_CLOEXEC));
  const int fd = context.get();
  if (!context || !Set(fd, "source", source) || !Set(fd, "size", fmt::format("{}", tmpfs.size)) ||
      !Set(fd, "nr_inodes", fmt::format("{}", tmpfs.inodes)) ||
      !Set(fd, "mode", fmt::format("{:o}", tmpfs.mode)) ||
      (tmpfs.uid != TmpfsMount::kCallers && !Set(fd, "uid", fmt::format("{}", tmpfs.uid))) ||
      (tmpfs.gid != TmpfsMount::kCallers && !Set(fd, "gid", fmt::format("{}", tmpfs.gid))) ||
      !SetFlags(fd, tmpfs.flags) || fsconfig(fd, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    return {};
  }
  return base::UniqueFd(fsmount(fd, FSMOUNT_CLOEXEC, tmpfs.attributes));
}

MountAnswer Mount(const MountOrder& order, int place, Ids ours, int proc, MountReport& report) {
  if (std::popcount(report.living) == static_cast<int>(filters::kMaxMounts)) return {ENOSPC};
  if (!MayCover(ours, place, proc)) return kRefusedPlace;
  const base::UniqueFd made = MakeTmpfs(order.tmpfs, order.name.data());
  if (!made) return {errno};
  const auto at = MountAt(made.get());
  if (!at) return {EIO};
  if (move_mount(made.get(), "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) !=
      0) {
    return {errno};
  }
  report.made = at->id;
  return {};
}

// What MNT_DETACH takes away while it is in use lives on unseen, and nobody can tell how long: its
// place in the table is spent. For the same reason nothing is detached with mounts on it.
MountAnswer Unmount(const MountOrder& order, int place, MountReport& report) {
  const char* const name = order.name.data();
  {
    // Only while it is looked at: a descriptor would keep it busy.
    const base::UniqueFd root(openat(place, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
    const auto at = root ? MountAt(root.get()) : std::nullopt;
    if (!at || !at->is_root || at->id != order.mount) return {EINVAL};
  }
  const auto below = MountsBelow(order.mount);
  if (!below || !below->empty()) return {EBUSY};
  if (fchdir(place) != 0) return {errno};
  if (umount2(name, UMOUNT_NOFOLLOW) == 0) return {};
  if (errno != EBUSY || (order.unmount_flags & MNT_DETACH) == 0) return {errno};
  if (umount2(name, MNT_DETACH | UMOUNT_NOFOLLOW) != 0) return {errno};
  report.spent = order.mount;
  return {};
}

}  // namespace

MountReport PerformMount(const MountNamespaces& namespaces, const MountHome& home,
                         const MountOrder& order, base::UniqueFd place, Ids ours, int proc) {
  MountReport report{.answer = {.error = EPERM}, .living = ~std::uint64_t{0}};
  if (!Enter(namespaces, home)) return report;
  report.living = LivingOf(ours);
  report.answer = order.verb == MountOrder::kMount ? Mount(order, place.get(), ours, proc, report)
                                                   : Unmount(order, place.get(), report);
  return report;
}

}  // namespace stockade::supervisor
