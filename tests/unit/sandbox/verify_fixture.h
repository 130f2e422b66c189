// SPDX-License-Identifier: Apache-2.0
// A class that promises everything, a document that keeps it, and a host to look at both.
#pragma once

#include <map>
#include <string>

#include "config/base/json.h"
#include "config/class_policy.h"
#include "sandbox/container.h"
#include "sandbox/host_view.h"
#include "sandbox/spec_document.h"

namespace stockade::sandbox {

// A host whose paths are what they say but for `links`, whose processes 1 and 7 share its
// namespaces.
class FakeHost : public HostView {
 public:
  base::Result<std::string> Resolve(const std::string& path) const override;
  base::Result<std::vector<FilePlace>> Places(const std::string& path) const override {
    const auto known = places.find(path);
    if (known != places.end()) return known->second;
    return std::vector<FilePlace>{{"0:1", path}};
  }
  LsmFacts Lsm() const override { return lsm; }
  bool AppArmorProfileLoaded(const std::string& name) const override { return name == "loaded"; }
  std::string AppArmorDefault() const override { return "loaded"; }
  base::Result<bool> IsHostNamespace(const std::string& path, std::string_view type) const override;
  base::Result<DeviceNumbers> Device(const std::string& path) const override;
  base::Result<LimitPair> InheritedLimit(std::string_view limit) const override;
  base::Result<std::string> InitProgram() const override { return "/opt/stockade-init"; }
  base::Result<NamespaceIds> UserNamespaceIds(const std::string& path) const override {
    const auto known = namespace_ids.find(path);
    if (known != namespace_ids.end()) return known->second;
    return NamespaceIds{{{0, 1U << 20, 65536}}, {{0, 1U << 20, 65536}}};
  }
  bool IsDirectory(const std::string& path) const override { return !path.ends_with("file"); }

  std::map<std::string, NamespaceIds> namespace_ids;
  std::map<std::string, std::vector<FilePlace>> places;
  LsmFacts lsm{.apparmor = true, .selinux = true};
  std::map<std::string, std::string> links{{"/var/run", "/run"}, {"/srv/link", "/etc"}};
};

config::ClassPolicy StrictClass();
Container PodContainer();
base::Json GoodConfig();   // keeps every promise of StrictClass
base::Json GoodProcess();  // likewise, as exec takes it

// Both through the parser, which every document passes.
SpecDocument AsDocument(const base::Json& json, DocumentKind kind);

}  // namespace stockade::sandbox
