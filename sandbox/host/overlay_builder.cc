// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host/overlay_builder.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "sandbox/host/detached_mount.h"
#include "sandbox/host/kernel.h"
#include "sandbox/host/layer_covers.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::FailErrno;
using base::UniqueFd;

base::Status EnterBase(const OverlayPlan& plan) {
  if (plan.base.empty() || chdir(plan.base.c_str()) == 0) return {};
  return FailErrno(ErrorKind::kHost, errno, plan.base);
}

// What overlayfs makes on its own, whiteouts and the folder work/work, belongs to who mounted it.
// On a mapped mount that has to be somebody of the mapping, or it could not be stored.
base::Status BecomeOwner(const IdMap& map) {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (syscall(SYS_capget, &header, sets.data()) != 0) {
    return FailErrno(ErrorKind::kHost, errno, "capget");
  }
  setfsgid(map.outside);
  setfsuid(map.outside);  // takes some of the effective capabilities away
  // The answer is always the id before, so an id that cannot be is how to ask.
  if (static_cast<std::uint32_t>(setfsgid(~0U)) != map.outside ||
      static_cast<std::uint32_t>(setfsuid(~0U)) != map.outside) {
    return base::Fail(ErrorKind::kHost, "cannot become uid {}", map.outside);
  }
  if (syscall(SYS_capset, &header, sets.data()) != 0) {
    return FailErrno(ErrorKind::kHost, errno, "capset");
  }
  return {};
}

tl::unexpected<base::Error> MountFailed(const OverlayPlan& plan, int error) {
  if (error == EBUSY) return base::Fail(ErrorKind::kHost, "{}", kUpperInUse);
  if (error == EINVAL) {
    return base::FailHint(
        ErrorKind::kHost,
        "overlays on mapped layers need Linux 5.19; the kernel's log has the reason",
        "{}: the overlay cannot be mounted with mapped layers", plan.entry.point);
  }
  return FailErrno(ErrorKind::kHost, error,
                   fmt::format("mount an overlay at {}", plan.entry.point));
}

// The one way for layers that an engine added one by one, or that are too long for one page.
base::Result<UniqueFd> MountByContext(const OverlayPlan& plan) {
  const UniqueFd context(fsopen("overlay", FSOPEN_CLOEXEC));
  if (!context) return MountFailed(plan, errno);
  const auto set = [&](const std::string& key, const std::string& value) {
    return value.empty()
               ? fsconfig(context.get(), FSCONFIG_SET_FLAG, key.c_str(), nullptr, 0)
               : fsconfig(context.get(), FSCONFIG_SET_STRING, key.c_str(), value.c_str(), 0);
  };
  bool failed = set("source", plan.entry.source) != 0;
  if ((plan.options.flags & MS_RDONLY) != 0) failed = failed || set("ro", "") != 0;
  for (const OverlayOptions::Option& option : plan.options.all) {
    failed = failed || set(option.key, option.Plain()) != 0;
  }
  if (failed || fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    return MountFailed(plan, errno);
  }
  UniqueFd mount(fsmount(context.get(), FSMOUNT_CLOEXEC, 0));
  if (!mount) return MountFailed(plan, errno);
  return mount;
}

base::Result<UniqueFd> MountByText(const OverlayPlan& plan) {
  // Anywhere will do in this namespace; a layer's folder is sure to be there.
  const std::string& anywhere = plan.options.layers.front();
  if (mount(plan.entry.source.c_str(), anywhere.c_str(), "overlay", plan.options.flags,
            plan.options.Data().c_str()) != 0) {
    return MountFailed(plan, errno);
  }
  const UniqueFd folder(open(anywhere.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return FailErrno(ErrorKind::kHost, errno, anywhere);
  return CloneMount(folder.get(), Below::kNothing, plan.entry.point);
}

base::Result<UniqueFd> MountOverlay(const OverlayPlan& plan,
                                    const HelperProcess::StillWanted& wanted) {
  if (!wanted()) return base::Fail(ErrorKind::kHost, "nobody waits for the overlay any more");
  return plan.options.one_by_one ? MountByContext(plan) : MountByText(plan);
}

// The same, again and again while another overlay has the upper folder: for five seconds.
base::Result<UniqueFd> MountWhenFree(const OverlayPlan& plan,
                                     const HelperProcess::StillWanted& wanted) {
  using std::chrono::steady_clock;
  const auto end = steady_clock::now() + std::chrono::seconds(5);
  std::chrono::milliseconds pause{5};  // the kernel logs each attempt
  auto mount = MountOverlay(plan, wanted);
  while (!mount && mount.error().message == kUpperInUse && steady_clock::now() < end) {
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, std::chrono::milliseconds(100));
    mount = MountOverlay(plan, wanted);
  }
  return mount;
}

// Lets go of every other overlay in this mount namespace: who waits must not be what others wait
// for. One that layers lie on stays.
void LetGoOfOthers(const OverlayPlan& plan) {
  std::vector<std::string> needed = plan.options.layers;
  needed.push_back(plan.base);
  const auto mounts = ReadMounts();
  if (!mounts) return;
  for (const MountEntry& mount : *mounts) {
    const auto lies_on = [&](const std::string& path) { return path.starts_with(mount.point); };
    if (mount.type == "overlay" && std::none_of(needed.begin(), needed.end(), lies_on)) {
      (void)umount2(mount.point.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
    }
  }
}

}  // namespace

base::Result<UniqueFd> BuildOverlay(const OverlayPlan& plan, bool wait,
                                    const HelperProcess::StillWanted& wanted) {
  STOCKADE_TRY(EnterBase(plan));
  if (wait) LetGoOfOthers(plan);
  STOCKADE_TRY(CoverLayers(plan));
  if (!plan.options.upper.empty()) STOCKADE_TRY(BecomeOwner(plan.map));
  return wait ? MountWhenFree(plan, wanted) : MountOverlay(plan, wanted);
}

base::Result<UniqueFd> RestoreOverlay(const OverlayPlan& plan,
                                      const HelperProcess::StillWanted& wanted) {
  STOCKADE_TRY(EnterBase(plan));
  LetGoOfOthers(plan);
  return MountWhenFree(plan, wanted);
}

}  // namespace stockade::sandbox
