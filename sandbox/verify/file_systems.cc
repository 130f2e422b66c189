// SPDX-License-Identifier: Apache-2.0
// The kernel's file systems, each where the protected paths expect it.
#include <algorithm>
#include <array>

#include "sandbox/verify/mounts.h"
#include "sandbox/verify/promises.h"

namespace stockade::sandbox::verify {
namespace {

using config::Mode;

// Where a file system of the kernel belongs. A second proc or sysfs elsewhere would show all that
// is masked and read-only in the first.
struct Place {
  std::string_view type;
  std::string_view at;
  bool read_only;
};
constexpr std::array<Place, 6> kPlaces{{{"proc", "/proc", false},
                                        {"sysfs", "/sys", true},
                                        {"cgroup", "/sys/fs/cgroup", true},
                                        {"cgroup2", "/sys/fs/cgroup", true},
                                        {"devpts", "/dev/pts", false},
                                        {"mqueue", "/dev/mqueue", false}}};

// The kernel splits options at commas but in a quoted label: "mode=1777,size=0" is a second size.
bool HoldsAnother(std::string_view option) {
  bool quoted = false;
  return std::ranges::any_of(option, [&](char c) {
    if (c == '"') quoted = !quoted;
    return c == ',' && !quoted;
  });
}

// crun 1.8 forgets these flags of what a container with a user namespace mounts of a namespace that
// it joins, but not their recursive form.
void CheckRepeated(const Final& final, const Mount& mount, Broken& broken) {
  const std::string_view type =
      mount.type == "proc" ? "pid" : (mount.type == "mqueue" ? "ipc" : "");
  const base::Json& namespaces = At(final.root, "/linux/namespaces");
  const bool joined = std::ranges::any_of(namespaces, [&](const base::Json& entry) {
    return TextAt(entry, "/type") == type && !TextAt(entry, "/path").empty();
  });
  if (!joined || !HasOwnNamespace(final, "user")) return;
  for (const char* flag : {"nosuid", "nodev", "noexec", "nosymfollow"}) {
    if (mount.Has(flag) && !mount.Has(fmt::format("r{}", flag))) {
      broken.Add("{} may lose its {}, which is not said twice", mount.Text(), flag);
    }
  }
}

}  // namespace

void CheckFileSystems(const Final& final, Broken& broken) {
  if (final.policy.host_mounts.mode == Mode::kOff) return;
  Broken said_elsewhere;
  for (const Mount& mount : MountsOf(final, said_elsewhere)) {
    const bool bind = mount.IsBind();
    for (const std::string& option : mount.options) {
      if (HoldsAnother(option)) {
        broken.Add("{} has the option \"{}\", which is two", mount.Text(), option);
      }
    }
    const auto place = std::ranges::find(kPlaces, mount.type, &Place::type);
    if (!bind && place != kPlaces.end()) {
      const bool below = mount.type.starts_with("cgroup");
      if (below ? !IsWithin(mount.destination, place->at) : mount.destination != place->at) {
        broken.Add("{} does not belong there", mount.Text());
      }
      if (place->read_only && !mount.IsReadOnly()) broken.Add("{} is writable", mount.Text());
    } else if (mount.destination == "/dev" ? bind || mount.type != "tmpfs"
                                           : IsWithin(mount.destination, "/proc") ||
                                                 (IsWithin(mount.destination, "/sys") &&
                                                  mount.destination != "/sys/fs/cgroup")) {
      broken.Add("{} hides a part of the kernel's file systems", mount.Text());
    }
    if (!bind) CheckRepeated(final, mount, broken);
    if (!bind && final.policy.host_mounts.no_exec && !mount.IsNoExec()) {
      broken.Add("{} runs programs that are not the image's", mount.Text());
    }
    if (!bind && !Contains(final.policy.host_mounts.file_systems, mount.type)) {
      broken.Add("{} is of a file system type that the class does not give", mount.Text());
    }
  }
}

}  // namespace stockade::sandbox::verify
