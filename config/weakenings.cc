// SPDX-License-Identifier: Apache-2.0
#include "config/weakenings.h"

#include <algorithm>

#include "config/class_loader.h"
#include "config/class_modes.h"
#include "config/glob.h"

namespace stockade::config {
namespace {

using Names = std::vector<std::string>;

bool Contains(const Names& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

class Comparison {
 public:
  Comparison(const ClassPolicy& policy, const ClassPolicy& baseline)
      : policy_(policy), baseline_(baseline) {}

  std::vector<std::string> Run() {
    Modes();
    Processes();
    Host();
    Files();
    return std::move(sentences_);
  }

 private:
  void Say(const std::string& setting, std::string_view what) {
    sentences_.push_back(
        fmt::format("{} {} ({})", setting, what, policy_.OriginOf(setting).Text()));
  }

  // Each element of `list`, at `setting`, for which `known` is false.
  template <class Known>
  void Extra(Mode mode, const std::string& setting, const Names& list, Known known) {
    if (mode == Mode::kOff) return;  // said by Modes()
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (known(list[i])) continue;
      sentences_.push_back(fmt::format("{} allows {}, which baseline does not ({})", setting,
                                       list[i],
                                       policy_.OriginOf(fmt::format("{}/{}", setting, i)).Text()));
    }
  }

  void Extra(Mode mode, const std::string& setting, const Names& list, const Names& baseline) {
    Extra(mode, setting, list, [&](const std::string& item) { return Contains(baseline, item); });
  }

  // Each path of baseline's for which `kept` is false.
  template <class Kept>
  void Lost(Mode mode, const std::string& setting, const Names& baseline, Kept kept,
            std::string_view what) {
    if (mode == Mode::kOff) return;
    for (const std::string& path : baseline) {
      if (!kept(path)) Say(setting, fmt::format("does not {} {}, which baseline does", what, path));
    }
  }

  void Modes() {
    const std::vector<LayerMode> ours = ModesOf(policy_);
    const std::vector<LayerMode> theirs = ModesOf(baseline_);
    for (std::size_t i = 0; i < ours.size(); ++i) {
      if (ours[i].mode == Mode::kOff && theirs[i].mode != Mode::kOff) {
        Say(std::string(ours[i].setting),
            fmt::format("is off, where baseline says {}", ModeName(theirs[i].mode)));
      }
    }
  }

  void Processes() {
    Extra(policy_.capabilities.mode, "/capabilities/ceiling", policy_.capabilities.ceiling,
          baseline_.capabilities.ceiling);
    Extra(policy_.seccomp.mode, "/seccomp/compatArchitectures",
          policy_.seccomp.compat_architectures, baseline_.seccomp.compat_architectures);
    if (policy_.seccomp.complain) {
      Say("/seccomp/complain", "COMPLAIN MODE: refused system calls are logged and go through");
    }
    if (policy_.user_namespace.force && policy_.user_namespace.share_host_namespaces) {
      Say("/userNamespace/hostNamespaces",
          "leaves a container that shares a host namespace in the host's user namespace");
    }
    if (policy_.interposition.complain) {
      Say("/interposition/complain", "COMPLAIN MODE: refused calls are recorded and go through");
    }
    const auto& ceiling = policy_.capabilities.ceiling;
    const bool raw = policy_.capabilities.mode == Mode::kOff ||
                     std::find(ceiling.begin(), ceiling.end(), "CAP_NET_RAW") != ceiling.end();
    if (policy_.interposition.network.mode != Mode::kOff && raw) {
      Say("/interposition/network",
          "does not hold for raw sockets, which CAP_NET_RAW opens: each packet names its own peer");
    }
    if (policy_.interposition.network.metadata) {
      Say("/interposition/network/metadata", "lets the cloud's metadata addresses be reached");
    }
    if (policy_.interposition.device_nodes == DeviceNodes::kHarmless) {
      Say("/interposition/deviceNodes",
          "lets device nodes be made without CAP_MKNOD: six harmless ones");
    }
    if (policy_.interposition.mounts == Mounts::kTmpfs) {
      Say("/interposition/mounts", "lets tmpfs be mounted without CAP_SYS_ADMIN");
    }
    if (policy_.lsm.apparmor_mode != Mode::kOff && policy_.lsm.apparmor == "unconfined") {
      Say("/lsm/apparmor/profile", "is \"unconfined\", which is no AppArmor profile");
    }
  }

  void Host() {
    const HostMountsRule& mounts = policy_.host_mounts;
    const auto guarded = [&](const std::string& path) {
      return std::any_of(mounts.guarded.begin(), mounts.guarded.end(),
                         [&](const std::string& ours) {
                           // "/" guards itself alone.
                           return ours == path || (ours != "/" && IsWithin(path, ours));
                         });
    };
    Lost(mounts.mode, "/hostMounts/guarded", baseline_.host_mounts.guarded, guarded, "guard");
    Extra(mounts.mode, "/hostMounts/allowed", mounts.allowed, baseline_.host_mounts.allowed);
    Extra(mounts.mode, "/hostMounts/fileSystems", mounts.file_systems,
          baseline_.host_mounts.file_systems);
    Extra(policy_.devices.mode, "/devices/allowed", policy_.devices.allowed,
          baseline_.devices.allowed);
    Extra(policy_.sysctls.mode, "/sysctls/allowed", policy_.sysctls.allowed,
          baseline_.sysctls.allowed);
    Extra(policy_.hooks.mode, "/hooks/allowed", policy_.hooks.allowed, baseline_.hooks.allowed);
    Extra(policy_.delegate_annotations.mode, "/delegateAnnotations/allowed",
          policy_.delegate_annotations.allowed, baseline_.delegate_annotations.allowed);
  }

  void Files() {
    const KernelPathsRule& paths = policy_.kernel_paths;
    const auto masked = [&](const std::string& path) {
      return std::any_of(paths.masked.begin(), paths.masked.end(),
                         [&](const std::string& ours) { return IsWithin(path, ours); });
    };
    const auto read_only = [&](const std::string& path) {
      return masked(path) ||
             std::any_of(paths.read_only.begin(), paths.read_only.end(),
                         [&](const std::string& ours) { return IsWithin(path, ours); });
    };
    Lost(paths.mode, "/kernelPaths/masked", baseline_.kernel_paths.masked, masked, "mask");
    Lost(paths.mode, "/kernelPaths/readOnly", baseline_.kernel_paths.read_only, read_only,
         "make read-only");
    const RootfsRule& rootfs = policy_.rootfs;
    Extra(rootfs.mode, "/rootfs/podMayAdd", rootfs.pod_may_add, baseline_.rootfs.pod_may_add);
    const SeccompRule& seccomp = policy_.seccomp;
    const bool closed =
        seccomp.mode != Mode::kOff && seccomp.profile == "isolated" && !seccomp.complain;
    if (!rootfs.executable.empty() && !closed) {
      Say("/rootfs/executable",
          "does not hold programs in memory, which only the seccomp profile isolated stops");
    }
    if (rootfs.mode == Mode::kOff) return;
    for (std::size_t i = 0; i < rootfs.writable.size(); ++i) {
      if (!rootfs.writable[i].exec) continue;
      Say(fmt::format("/rootfs/writable/{}", i),
          fmt::format("lets programs run from {}, which can be written", rootfs.writable[i].path));
    }
  }

  const ClassPolicy& policy_;
  const ClassPolicy& baseline_;
  std::vector<std::string> sentences_;
};

}  // namespace

std::vector<std::string> Weakenings(const ClassPolicy& policy) {
  const auto baseline = LoadClass("baseline", {});
  if (!baseline) return {fmt::format("nothing can be compared: {}", baseline.error().Text())};
  return Comparison(policy, *baseline).Run();
}

}  // namespace stockade::config
