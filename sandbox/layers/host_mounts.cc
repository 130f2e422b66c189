// SPDX-License-Identifier: Apache-2.0
// What a container sees of the host. Every mount is either a bind of a path that is not guarded, by
// the name that it has after all links, or a file system that the class names, at the place where
// it belongs. The later of two options wins for a delegate, so options are rewritten, not only
// added.
#include <algorithm>
#include <array>

#include "sandbox/init/protocol.h"
#include "sandbox/init_command.h"
#include "sandbox/layers/fields.h"
#include "sandbox/layers/layers.h"
#include "sandbox/layers/mount_list.h"
#include "sandbox/layers/path_guard.h"
#include "sandbox/layers/refusal.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;
using base::Status;
using config::Mode;

// Where a kernel file system belongs; a second copy elsewhere would lack the masked paths.
struct Home {
  std::string_view type;
  std::string_view destination;
  bool below;      // also below that path
  bool read_only;  // always mounted read-only
};
constexpr std::array<Home, 6> kHomes{{{"proc", "/proc", false, false},
                                      {"sysfs", "/sys", false, true},
                                      {"cgroup", "/sys/fs/cgroup", true, true},
                                      {"cgroup2", "/sys/fs/cgroup", true, true},
                                      {"devpts", "/dev/pts", false, false},
                                      {"mqueue", "/dev/mqueue", false, false}}};

const Home* HomeOf(std::string_view type) {
  const auto home = std::ranges::find(kHomes, type, &Home::type);
  return home == kHomes.end() ? nullptr : &*home;
}

// A reason why a mount may not be, and the setting that says so.
struct Problem {
  std::string text;  // a clause after "the mount at /x"; "" is none
  const char* setting = "/hostMounts";
  const char* hint = "remove the mount from the pod";
};

Problem PlaceProblem(const Mount& mount) {
  const Home* home = HomeOf(mount.type);
  if (home != nullptr) {
    if (mount.destination == home->destination ||
        (home->below && config::IsWithin(mount.destination, home->destination))) {
      return {};
    }
    return {fmt::format("is a {}, which belongs at {}", mount.type, home->destination)};
  }
  for (const char* kernel : {"/proc", "/sys"}) {
    // cgroup v1 has a tmpfs with one folder for each hierarchy.
    if (mount.type == "tmpfs" && mount.destination == "/sys/fs/cgroup") return {};
    if (config::IsWithin(mount.destination, kernel)) {
      return {fmt::format("would hide a part of {}", kernel)};
    }
  }
  if (mount.destination == "/dev" && mount.type != "tmpfs") {
    return {"would replace the container's /dev"};
  }
  return {};
}

// Resolves the source of a bind; the answer is in `resolved`.
Problem SourceProblem(const LayerInput& in, const PathGuard& guard, const Mount& mount,
                      std::string& resolved) {
  const std::string& source = mount.source;
  if (source.empty()) return {"has no source"};
  const auto found =
      in.host.Resolve(source.starts_with('/') ? source : in.container.bundle + "/" + source);
  if (!found) {
    return {fmt::format("has a source that cannot be resolved ({})", found.error().message)};
  }
  resolved = *found;
  const std::string shown = resolved == source ? source : fmt::format("{} ({})", source, resolved);
  if (const auto guarded = guard.Guarding(resolved)) {
    const bool same = *guarded == resolved;
    const bool only = same && !guard.Inside(resolved);
    return {fmt::format("shows the host's {}{}", shown,
                        same ? "" : fmt::format(", which reaches {}", *guarded)),
            only ? "/hostMounts/onlyAllowed" : "/hostMounts/guarded",
            "remove the hostPath volume, or ask for a class that allows it"};
  }
  return {};
}

Problem MountProblem(const LayerInput& in, const PathGuard& guard, const Mount& mount,
                     std::string& resolved) {
  if (Problem place = PlaceProblem(mount); !place.text.empty()) return place;
  if (mount.bind()) return SourceProblem(in, guard, mount, resolved);
  const auto& known = in.policy.host_mounts.file_systems;
  if (std::ranges::find(known, mount.type) == known.end()) {
    return {fmt::format("is a {:.40}, not a file system of the class", mount.type),
            "/hostMounts/fileSystems"};
  }
  return {};
}

// What no class and no mode can make sense of.
Status CheckForm(const Mount& mount) {
  if (mount.destination == "/") {
    return base::FailHint(ErrorKind::kSpec, "mount at a path below /",
                          "{} would replace the root file system", mount.pointer);
  }
  for (const std::string& word : mount.options) {
    if (!IsKnownWord(word, mount.type)) {
      return base::FailHint(ErrorKind::kSpec, "remove the option from the mount",
                            "{}/options has \"{:.80}\", which is no option of a {} mount",
                            mount.pointer, word, mount.type);
    }
  }
  return {};
}

// True for the mount that the seccomp layer makes, in a document that has been through it.
bool IsInitMount(const LayerInput& in, const Json& root, const Mount& mount) {
  if (mount.destination != init::kPath) return false;
  const auto program = in.host.InitProgram();
  return program && *base::Find(root, mount.pointer) == InitMount(*program);
}

// The options that the mount gets.
Result<MountOptions> TightOptions(const LayerInput& in, const PathGuard& guard, const Mount& mount,
                                  const std::string& resolved) {
  MountOptions options = mount.options;
  for (std::string& word : options) {
    if (!IsSharedWord(word)) continue;
    if (in.policy.host_mounts.mode == Mode::kRefuse) {
      return Refuse(in, "/hostMounts", "set mountPropagation to None or HostToContainer",
                    "the mount at {} is {}", mount.destination, word);
    }
    word = "rslave";
  }
  const bool runs = mount.bind() ? guard.Executable(resolved) : !in.policy.host_mounts.no_exec;
  if (!runs) {
    options = Force(std::move(options), {"noexec"});
    // And what is mounted below the source, as with "rro".
    if (mount.bind() && IsRecursiveBind(options) && in.host.IsDirectory(resolved)) {
      options = Force(std::move(options), {"rnoexec"});
    }
  }
  const Home* home = HomeOf(mount.type);
  if (home != nullptr && home->read_only) return Force(std::move(options), {"ro"});
  if (mount.bind() && !guard.Writable(resolved)) {
    options = Force(std::move(options), {"ro"});
    // "ro" alone leaves what is mounted below the source writable. Nothing is below a file, and
    // crun 1.8 refuses the word there.
    if (IsRecursiveBind(options) && in.host.IsDirectory(resolved)) {
      options = Force(std::move(options), {"rro"});
    }
  }
  return options;
}

Status Rewrite(const LayerInput& in, const PathGuard& guard, SpecEditor& edit, const Mount& mount,
               const std::string& resolved) {
  STOCKADE_ASSIGN(const MountOptions options, TightOptions(in, guard, mount, resolved));
  if (!mount.plain) {
    const char* why = "said so that every delegate reads it in one way";
    edit.Set(mount.pointer + "/destination", mount.destination, why, "/hostMounts");
    edit.Set(mount.pointer + "/type", mount.type, why, "/hostMounts");
  }
  if (mount.bind()) {
    edit.Set(mount.pointer + "/source", resolved, "a link must not change after the check",
             "/hostMounts");
  }
  if (options != mount.options || !mount.plain) {
    edit.Set(
        mount.pointer + "/options", Json(options),
        "host paths are read-only and run no programs as far as the class says so, and nothing "
        "propagates to the host",
        "/hostMounts/readOnly");
  }
  return {};
}

}  // namespace

Status ApplyHostMounts(const LayerInput& in, SpecEditor& edit) {
  const Mode mode = in.policy.host_mounts.mode;
  if (mode == Mode::kOff) return {};
  const PathGuard guard(in);
  STOCKADE_ASSIGN(const std::vector<Mount> mounts, MountsOf(edit.Root()));
  for (auto mount = mounts.rbegin(); mount != mounts.rend(); ++mount) {
    STOCKADE_TRY(CheckForm(*mount));
    if (IsInitMount(in, edit.Root(), *mount)) continue;
    std::string resolved;
    const Problem problem = MountProblem(in, guard, *mount, resolved);
    if (problem.text.empty()) {
      STOCKADE_TRY(Rewrite(in, guard, edit, *mount, resolved));
      continue;
    }
    if (mode == Mode::kRefuse) {
      return Refuse(in, problem.setting, problem.hint, "the mount at {} {}", mount->destination,
                    problem.text);
    }
    edit.Remove(mount->pointer, fmt::format("it {}", problem.text), problem.setting);
  }

  STOCKADE_ASSIGN(const auto root, TextAt(edit.Root(), "/root/path"));
  if (!root || root->empty()) return {};
  const auto resolved =
      in.host.Resolve(root->starts_with('/') ? *root : in.container.bundle + "/" + *root);
  if (!resolved) return tl::unexpected(resolved.error().Within("/root/path"));
  if (const auto guarded = guard.Inside(*resolved)) {
    return Refuse(in, "/hostMounts/guarded", "give the container a root file system of its own",
                  "the container's root file system {} reaches the host's {}", *resolved, *guarded);
  }
  return {};
}

}  // namespace stockade::sandbox
