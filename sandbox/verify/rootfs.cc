// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <optional>

#include "sandbox/verify/mounts.h"
#include "sandbox/verify/promises.h"

namespace stockade::sandbox::verify {
namespace {

using config::Mode;
using config::WritablePath;

// The number in a tmpfs option: decimal with k, m or g. Nothing when it is none.
std::optional<std::uint64_t> Size(std::string_view text) {
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc()) return std::nullopt;
  const std::string_view unit(parsed.ptr, text.data() + text.size());
  int shift = 0;
  if (unit == "k" || unit == "K") shift = 10;
  if (unit == "m" || unit == "M") shift = 20;
  if (unit == "g" || unit == "G") shift = 30;
  if (!unit.empty() && shift == 0) return std::nullopt;
  if (value > (std::uint64_t{1} << 50)) return std::nullopt;
  return value << shift;
}

// tmpfs takes the last of several equal options: there must be exactly one, of the promised value.
void CheckLimit(const Mount& mount, const char* name, std::uint64_t promised, Broken& broken) {
  if (promised == 0) return;
  const auto values = mount.ValuesOf(name);
  const auto value = values.size() == 1 ? Size(values[0]) : std::nullopt;
  if (!value || *value == 0 || *value > promised) {
    broken.Add("{} is not limited to {}={}", mount.Text(), name, promised);
  }
}

// The limits of a memory file system on a declared path, the pod's own included.
void CheckLimits(const Mount& mount, const WritablePath& path, Broken& broken) {
  CheckLimit(mount, "size", path.size_bytes, broken);
  CheckLimit(mount, "nr_inodes", path.inodes, broken);
  // Blocks are another word for the size.
  if (!mount.ValuesOf("nr_blocks").empty()) {
    broken.Add("{} carries nr_blocks beside its size", mount.Text());
  }
}

// With what a recursive bind brings from below its source.
void CheckFlags(const Final& final, const Mount& mount, const WritablePath& path, Broken& broken) {
  const bool file = mount.source.starts_with('/') && !final.host.IsDirectory(mount.source);
  const bool below = mount.IsBind() && mount.Has("rbind") && !file;
  const auto check = [&](bool on, std::string_view flag) {
    if (!on) {
      broken.Add("{} is not {}", mount.Text(), flag);
    } else if (below && !mount.Has(fmt::format("r{}", flag))) {
      broken.Add("{} is {}, but what is mounted below its source is not", mount.Text(), flag);
    }
  };
  check(mount.IsNoSuid(), "nosuid");
  check(mount.IsNoDev(), "nodev");
  if (!path.exec) check(mount.IsNoExec(), "noexec");
}

void CheckWritablePath(const Final& final, const std::vector<Mount>& mounts,
                       const WritablePath& path, Broken& broken) {
  // Mounts are made in order: the last one on the path wins, and one above it hides it.
  const Mount* last = nullptr;
  for (const Mount& mount : mounts) {
    const bool here = mount.destination == path.path;
    if (here || (last != nullptr && IsWithin(path.path, mount.destination))) last = &mount;
    if (!here) continue;
    CheckFlags(final, mount, path, broken);
    if (!mount.IsBind() && mount.type == "tmpfs") CheckLimits(mount, path, broken);
  }
  if (last == nullptr || last->destination != path.path) {
    broken.Add("nothing is mounted on the writable path {}", path.path);
  }
}

// The mounts of every container that stay writable: the kernel's own, and memory of the pod's.
bool MayBeWritable(const Mount& mount) {
  if (mount.type == "proc") return mount.destination == "/proc";
  if (mount.type == "devpts") return mount.destination == "/dev/pts";
  if (mount.type == "mqueue") return mount.destination == "/dev/mqueue";
  return mount.type == "tmpfs";
}

// What of the image runs is held on the host's side, and only in a user namespace: elsewhere the
// container's root could take noexec away.
void CheckExecutable(const Final& final, Broken& broken) {
  const std::vector<std::string>& listed = final.policy.rootfs.executable;
  const auto& staged = final.actions.rootfs;
  if (listed != (staged ? staged->executable : std::vector<std::string>{})) {
    broken.Add("of the image other paths run programs than the class lists");
  }
  if (!listed.empty() && !HasOwnNamespace(final, "user")) {
    broken.Add("the image's noexec could be taken away: there is no user namespace");
  }
}

}  // namespace

void CheckRootfs(const Final& final, Broken& broken) {
  const config::RootfsRule& rule = final.policy.rootfs;
  CheckExecutable(final, broken);
  if (rule.mode == Mode::kOff) return;
  if (!IsTrue(At(final.root, "/root/readonly"))) broken.Add("the root file system is writable");
  const std::vector<Mount> mounts = MountsOf(final, broken);
  for (const WritablePath& path : rule.writable) CheckWritablePath(final, mounts, path, broken);
  for (const Mount& mount : mounts) {
    // Host paths are the business of /hostMounts.
    if (!mount.IsBind() && !mount.IsReadOnly() && !MayBeWritable(mount)) {
      broken.Add("{} is writable, and the class does not give it", mount.Text());
    }
  }
}

}  // namespace stockade::sandbox::verify
