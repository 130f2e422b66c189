// SPDX-License-Identifier: Apache-2.0
// The little that layers may know of the host, behind an interface so that a test can be another
// host.
//
//   const RealHost host(node.apparmor_default, node.state_directory);
//   if (host.Lsm().apparmor) ...
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/error.h"
#include "config/base/json.h"
#include "config/class_policy.h"
#include "filters/bpf.h"
#include "sandbox/host/mount_info.h"
#include "sandbox/host/user_namespace.h"

namespace stockade::sandbox {

// What the running kernel enforces.
struct LsmFacts {
  bool apparmor = false;
  bool selinux = false;
};

// A device node's numbers.
struct DeviceNumbers {
  char type = 'c';  // 'c' or 'b'
  std::int64_t major = 0;
  std::int64_t minor = 0;
  bool operator==(const DeviceNumbers&) const = default;
};

// A resource limit; ~0 is "unlimited".
struct LimitPair {
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
};

// A file or folder within its file system, by whatever mount it is looked at.
struct FilePlace {
  std::string device;  // "8:1"
  std::string path;    // "/" is the file system's root
};

class HostView {
 public:
  virtual ~HostView() = default;
  // What `path` names on the host after all symbolic links. The error tells missing (ENOENT) apart
  // by its text only: layers treat every error as a reason to refuse.
  virtual base::Result<std::string> Resolve(const std::string& path) const = 0;
  // Where `path`, a resolved one, lies in its file system, and after that where every mount below
  // `path` begins: what is mounted twice has two paths and one place. Empty in a host that knows
  // paths alone.
  virtual base::Result<std::vector<FilePlace>> Places(const std::string& path) const;
  virtual LsmFacts Lsm() const = 0;
  // True if the AppArmor profile `name` is loaded.
  virtual bool AppArmorProfileLoaded(const std::string& name) const = 0;
  // The node's default AppArmor profile (node config apparmorDefaultProfile).
  virtual std::string AppArmorDefault() const = 0;

  // What follows fails closed in a host that does not know: every error is a reason to refuse.

  // True if the namespace file at `path` is the host's own one of `type` ("network", "pid" ..., as
  // in the OCI specification): that of this process, or of process 1 where we may look at it.
  virtual base::Result<bool> IsHostNamespace(const std::string& path, std::string_view type) const;
  // True if the namespace file at `path` belongs to the user namespace at `user_namespace`, whose
  // root alone has rights in it (ioctl_ns(2), NS_GET_USERNS).
  virtual base::Result<bool> BelongsTo(const std::string& path,
                                       const std::string& user_namespace) const;
  // The ids of the user namespace at `path`, as this process sees them.
  virtual base::Result<NamespaceIds> UserNamespaceIds(const std::string& path) const;
  // False only if `path` is surely no directory.
  virtual bool IsDirectory(const std::string& path) const;
  // The numbers of the host's device node at `path`.
  virtual base::Result<DeviceNumbers> Device(const std::string& path) const;
  // True if others than owner and group may read and write the host's device node at `path`.
  virtual base::Result<bool> OthersMayOpen(const std::string& path) const;
  // Which of "ro", "nosuid", "nodev" and "noexec" the mount has that `path` lies in.
  virtual base::Result<std::vector<std::string>> MountFlags(const std::string& path) const;
  // The stub that containers run first (sandbox/init), on the host; an error if it is missing, or
  // if anybody but root could have changed it, or if its mode would let a container read it.
  virtual base::Result<std::string> InitProgram() const;
  // Nothing in the way of mounting InitProgram() so that it is nobody's (StagedBind::Ids::kNobody):
  // then not even a root with CAP_DAC_OVERRIDE can read it, or look into a process that runs it.
  virtual base::Status InitCanBeNobodys() const;
  // The program of a `linux.seccomp` object, compiled and checked or remembered (filter_cache.h).
  virtual base::Result<filters::Program> CompiledFilter(const base::Json& seccomp) const;
  // FilterCache::Covers, which a host may remember.
  virtual base::Result<bool> ClassFilterCovers(std::string_view profile,
                                               const config::CapabilityNames& remaining,
                                               const std::vector<std::string>& compat_architectures,
                                               const base::Json& own) const;
  // The limit that a container inherits when its spec does not name `limit` ("RLIMIT_NOFILE").
  virtual base::Result<LimitPair> InheritedLimit(std::string_view limit) const;
};

// The host that we run on, as it was when it was first asked.
class RealHost : public HostView {
 public:
  // `apparmor_default` and `state_directory` as in the node's configuration.
  RealHost(std::string apparmor_default, std::string state_directory)
      : apparmor_default_(std::move(apparmor_default)),
        state_directory_(std::move(state_directory)) {}
  base::Result<std::string> Resolve(const std::string& path) const override;
  base::Result<std::vector<FilePlace>> Places(const std::string& path) const override;
  LsmFacts Lsm() const override;
  bool AppArmorProfileLoaded(const std::string& name) const override;
  std::string AppArmorDefault() const override { return apparmor_default_; }
  base::Result<bool> IsHostNamespace(const std::string& path, std::string_view type) const override;
  base::Result<bool> BelongsTo(const std::string& path,
                               const std::string& user_namespace) const override;
  base::Result<NamespaceIds> UserNamespaceIds(const std::string& path) const override;
  bool IsDirectory(const std::string& path) const override;
  base::Result<DeviceNumbers> Device(const std::string& path) const override;
  base::Result<bool> OthersMayOpen(const std::string& path) const override;
  base::Result<std::vector<std::string>> MountFlags(const std::string& path) const override;
  base::Result<std::string> InitProgram() const override;
  base::Status InitCanBeNobodys() const override;
  base::Result<filters::Program> CompiledFilter(const base::Json& seccomp) const override;
  base::Result<bool> ClassFilterCovers(std::string_view profile,
                                       const config::CapabilityNames& remaining,
                                       const std::vector<std::string>& compat_architectures,
                                       const base::Json& own) const override;
  base::Result<LimitPair> InheritedLimit(std::string_view limit) const override;

 private:
  base::Result<std::vector<FilePlace>> LookUpPlaces(const std::string& path) const;

  std::string apparmor_default_;
  std::string state_directory_;
  // What has been looked at: the layers and the check ask for the same guarded paths.
  mutable std::map<std::string, base::Result<std::string>, std::less<>> resolved_;
  mutable std::map<std::string, base::Result<std::vector<FilePlace>>, std::less<>> places_;
  mutable std::optional<base::Result<std::vector<MountEntry>>> mounts_;
  mutable std::optional<LsmFacts> lsm_;
  mutable std::optional<base::Status> nobodys_;
};

}  // namespace stockade::sandbox
