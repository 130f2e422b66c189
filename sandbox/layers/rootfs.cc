// SPDX-License-Identifier: Apache-2.0
// A read-only image, and the paths of it that stay writable. What the pod mounts at a declared path
// stays, under the flags and, for a tmpfs, the limits that the class gives the path; the pod's
// mounts elsewhere are its own business and keep their flags.
#include <algorithm>
#include <charconv>
#include <optional>

#include "config/glob.h"
#include "sandbox/layers/fields.h"
#include "sandbox/layers/layers.h"
#include "sandbox/layers/mount_list.h"
#include "sandbox/layers/refusal.h"

namespace stockade::sandbox {
namespace {

using base::Json;
using base::Status;
using config::Mode;
using config::WritablePath;

std::vector<std::string_view> FlagsOf(const WritablePath& path) {
  std::vector<std::string_view> flags{"nosuid", "nodev"};
  if (!path.exec) flags.insert(flags.begin(), "noexec");
  return flags;
}

// The number in a tmpfs option: decimal with k, m or g; nothing for forms that only the kernel
// knows.
std::optional<std::uint64_t> LimitIn(std::string_view text) {
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit(parsed.ptr, text.data() + text.size());
  const auto at = std::string_view("kmgKMG").find(unit.empty() ? ' ' : unit[0]);
  if (parsed.ec != std::errc() || unit.size() > 1) return std::nullopt;
  if (!unit.empty() && at == std::string_view::npos) return std::nullopt;
  const std::size_t shift = unit.empty() ? 0 : 10 * (at % 3 + 1);
  if (value > (std::uint64_t{1} << 33)) return std::nullopt;
  return value << shift;
}

// The options with the limit `name` set once, to what they say if that is within `most`.
MountOptions Limit(const MountOptions& options, std::string_view name, std::uint64_t most) {
  if (most == 0) return options;
  const std::string key = fmt::format("{}=", name);
  MountOptions kept;
  std::vector<std::string> said;
  for (const std::string& word : options) (word.starts_with(key) ? said : kept).push_back(word);
  const auto value = said.size() == 1 ? LimitIn(said[0].substr(key.size())) : std::nullopt;
  if (value && *value > 0 && *value <= most) return options;
  kept.push_back(fmt::format("{}{}", key, most));
  return kept;
}

// What the class holds of a mount that stands at a declared path already.
MountOptions Tightened(const LayerInput& in, const Mount& mount, const WritablePath& path) {
  MountOptions options = Force(mount.options, FlagsOf(path));
  const bool file = mount.source.starts_with('/') && !in.host.IsDirectory(mount.source);
  if (mount.bind() && IsRecursiveBind(options) && !file) {
    // And what is mounted below the source.
    for (const std::string_view flag : FlagsOf(path)) {
      options = Force(std::move(options), {fmt::format("r{}", flag)});
    }
  }
  if (mount.type != "tmpfs") return options;
  std::erase_if(options, [](const std::string& word) { return word.starts_with("nr_blocks="); });
  return Limit(Limit(options, "size", path.size_bytes), "nr_inodes", path.inodes);
}

Json TmpfsFor(const WritablePath& path) {
  MountOptions options = Force({}, FlagsOf(path));
  options.push_back(fmt::format("size={}", path.size_bytes));
  options.push_back(fmt::format("mode={:o}", path.mode));
  options.push_back(fmt::format("nr_inodes={}", path.inodes));
  if (path.keep_content) options.emplace_back("tmpcopyup");
  return Json{
      {"destination", path.path}, {"type", "tmpfs"}, {"source", "tmpfs"}, {"options", options}};
}

// Right after the last mount that the path lies in, and before everything else: what the pod mounts
// below the path, also by another name of it (/var/run in /run), must come later.
std::size_t PlaceFor(const std::vector<Mount>& mounts, const std::string& path) {
  std::size_t place = 0;
  for (std::size_t i = 0; i < mounts.size(); ++i) {
    if (config::IsWithin(path, mounts[i].destination)) place = i + 1;
  }
  return place;
}

Status Declare(const LayerInput& in, SpecEditor& edit, const WritablePath& path,
               const std::string& setting) {
  STOCKADE_ASSIGN(const std::vector<Mount> mounts, MountsOf(edit.Root()));
  bool mounted = false;
  for (const Mount& mount : mounts) {
    if (mount.destination != path.path) continue;
    mounted = true;
    const MountOptions options = Tightened(in, mount, path);
    if (options == mount.options) continue;
    edit.Set(mount.pointer + "/options", Json(options),
             "the class's flags and limits hold for whatever is mounted at a declared path",
             setting);
  }
  if (mounted) return {};
  if (path.kind == WritablePath::Kind::kVolume) {
    return base::FailHint(base::ErrorKind::kSpec,
                          fmt::format("mount a volume at {} in the pod", path.path),
                          "nothing is mounted at {}, where class {} wants a volume ({} of {})",
                          path.path, in.policy.name, setting, in.policy.OriginOf(setting).Text());
  }
  edit.Insert("/mounts", PlaceFor(mounts, path.path), TmpfsFor(path),
              "a declared path stays writable", setting);
  return {};
}

}  // namespace

Status ApplyRootfs(const LayerInput& in, SpecEditor& edit) {
  const config::RootfsRule& rule = in.policy.rootfs;
  if (rule.mode == Mode::kOff) return {};
  STOCKADE_ASSIGN(const auto read_only, FlagAt(edit.Root(), "/root/readonly"));
  if (!read_only.value_or(false) && rule.mode == Mode::kRefuse) {
    return Refuse(in, "/rootfs", "set securityContext.readOnlyRootFilesystem: true",
                  "the container asks for a writable root file system");
  }
  edit.Set("/root/readonly", true, "the image is not written to", "/rootfs");

  // Parents before children, whatever order the class has them in.
  std::vector<std::size_t> order(rule.writable.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, {}, [&](std::size_t i) { return rule.writable[i].path; });
  for (const std::size_t i : order) {
    WritablePath path = rule.writable[i];
    if (in.policy.host_mounts.no_exec) path.exec = false;
    STOCKADE_TRY(Declare(in, edit, path, fmt::format("/rootfs/writable/{}", i)));
  }
  return {};
}

}  // namespace stockade::sandbox
