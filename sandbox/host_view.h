// SPDX-License-Identifier: Apache-2.0
// The little that layers may know of the host, behind an interface so that a test can be another
// host.
//
//   RealHost host;
//   if (host.Lsm().apparmor) ...
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/base/error.h"

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

class HostView {
 public:
  virtual ~HostView() = default;
  // What `path` names on the host after all symbolic links. The error tells missing (ENOENT) apart
  // by its text only: layers treat every error as a reason to refuse.
  virtual base::Result<std::string> Resolve(const std::string& path) const = 0;
  virtual LsmFacts Lsm() const = 0;
  // True if the AppArmor profile `name` is loaded.
  virtual bool AppArmorProfileLoaded(const std::string& name) const = 0;
  // The node's default AppArmor profile (node config apparmorDefaultProfile).
  virtual std::string AppArmorDefault() const = 0;

  // What follows fails closed in a host that does not know: every error is a reason to refuse.

  // True if the namespace file at `path` is the host's own one of `type` ("network", "pid" ..., as
  // in the OCI specification): that of this process, or of process 1 where we may look at it.
  virtual base::Result<bool> IsHostNamespace(const std::string& path, std::string_view type) const;
  // False only if `path` is surely no directory.
  virtual bool IsDirectory(const std::string& path) const;
  // The numbers of the host's device node at `path`.
  virtual base::Result<DeviceNumbers> Device(const std::string& path) const;
  // The limit that a container inherits when its spec does not name `limit` ("RLIMIT_NOFILE").
  virtual base::Result<LimitPair> InheritedLimit(std::string_view limit) const;
};

// The host that we run on.
class RealHost : public HostView {
 public:
  explicit RealHost(std::string apparmor_default)
      : apparmor_default_(std::move(apparmor_default)) {}
  base::Result<std::string> Resolve(const std::string& path) const override;
  LsmFacts Lsm() const override;
  bool AppArmorProfileLoaded(const std::string& name) const override;
  std::string AppArmorDefault() const override { return apparmor_default_; }
  base::Result<bool> IsHostNamespace(const std::string& path, std::string_view type) const override;
  bool IsDirectory(const std::string& path) const override;
  base::Result<DeviceNumbers> Device(const std::string& path) const override;
  base::Result<LimitPair> InheritedLimit(std::string_view limit) const override;

 private:
  std::string apparmor_default_;
};

}  // namespace stockade::sandbox
