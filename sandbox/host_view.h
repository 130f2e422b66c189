// SPDX-License-Identifier: Apache-2.0
// The little that layers may know of the host, behind an interface so that a test can be another
// host.
//
//   RealHost host;
//   if (host.Lsm().apparmor) ...
#pragma once

#include <string>

#include "config/base/error.h"

namespace stockade::sandbox {

// What the running kernel enforces.
struct LsmFacts {
  bool apparmor = false;
  bool selinux = false;
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
};

// The host that we run on.
class RealHost : public HostView {
 public:
  explicit RealHost(std::string apparmor_default) : apparmor_default_(std::move(apparmor_default)) {}
  base::Result<std::string> Resolve(const std::string& path) const override;
  LsmFacts Lsm() const override;
  bool AppArmorProfileLoaded(const std::string& name) const override;
  std::string AppArmorDefault() const override { return apparmor_default_; }

 private:
  std::string apparmor_default_;
};

}  // namespace stockade::sandbox
