// SPDX-License-Identifier: Apache-2.0
// Runs one layer, or all of them, over a small spec in an invented host, and checks in passing that
// a second run over the result changes nothing.
//
//   const Outcome out = RunLayer("capabilities", policy, R"({"process": {...}})");
//   EXPECT_EQ(out.At("/process/capabilities/ambient"), Json::array());
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/host_actions.h"
#include "sandbox/layer.h"

namespace stockade::sandbox {

// The user namespace of the pod that a pod's container joins.
inline constexpr const char* kPodUserNamespace = "/there/user-namespace";

// A host that exists in a test only. A path that `links` names resolves to what it says; any other
// is itself if it begins with "/there" or is a parent of a known path, and missing otherwise.
class FakeHost : public HostView {
 public:
  std::map<std::string, std::string> links;
  std::map<std::string, NamespaceIds> namespace_ids;
  std::map<std::string, std::vector<FilePlace>> places;  // of what is mounted twice, or unknown
  std::set<std::string> host_namespaces;                 // paths that are the host's own
  std::set<std::string> pod_namespaces;  // paths that belong to the pod's user namespace
  std::map<std::string, DeviceNumbers> devices;
  std::map<std::string, LimitPair, std::less<>> limits;
  LsmFacts lsm;
  std::set<std::string> profiles;
  std::set<std::string> private_devices;  // only their owner may open them
  bool init_can_be_nobodys = true;
  std::map<std::string, std::vector<std::string>> mount_flags;  // of the mount below a path

  base::Result<std::string> Resolve(const std::string& path) const override;
  base::Result<std::vector<FilePlace>> Places(const std::string& path) const override {
    const auto known = places.find(path);
    if (known != places.end()) return known->second;
    return std::vector<FilePlace>{{"0:1", path}};
  }
  LsmFacts Lsm() const override { return lsm; }
  bool AppArmorProfileLoaded(const std::string& name) const override {
    return profiles.contains(name);
  }
  std::string AppArmorDefault() const override { return "node-default"; }
  base::Result<bool> IsHostNamespace(const std::string& path, std::string_view) const override;
  base::Result<bool> BelongsTo(const std::string& path,
                               const std::string& user_namespace) const override {
    return user_namespace == kPodUserNamespace && pod_namespaces.contains(path);
  }
  base::Result<NamespaceIds> UserNamespaceIds(const std::string& path) const override {
    const auto known = namespace_ids.find(path);
    if (known != namespace_ids.end()) return known->second;
    return NamespaceIds{{{0, 1U << 20, 65536}}, {{0, 1U << 20, 65536}}};
  }
  bool IsDirectory(const std::string& path) const override { return !path.ends_with(".file"); }
  base::Result<DeviceNumbers> Device(const std::string& path) const override;
  base::Result<LimitPair> InheritedLimit(std::string_view limit) const override;
  base::Result<bool> OthersMayOpen(const std::string& path) const override;
  base::Result<std::vector<std::string>> MountFlags(const std::string& path) const override;
  base::Result<std::string> InitProgram() const override { return "/there/stockade-init"; }
  base::Status InitCanBeNobodys() const override {
    if (init_can_be_nobodys) return {};
    return base::Fail(base::ErrorKind::kHost, "this file system cannot map ids");
  }
  base::Result<filters::Program> CompiledFilter(const base::Json& seccomp) const override;
};

// The ids that a pod gets where its class forces a user namespace, and where mounts are staged.
inline constexpr IdRange kPodRange{1U << 20};
inline constexpr const char* kStage = "/there/state/.stage";

struct Outcome {
  base::Json spec;  // after the layers
  std::vector<Change> changes;
  std::vector<Notice> notices;
  std::optional<base::Error> error;
  std::vector<std::string> init_filters = {};  // what stockade-init installs
  // All layers over a config only: what the delegate gets, and what happens before.
  HostActions actions = {};
  base::Json staged = {};

  // The value at `pointer`, or the string "(absent)".
  base::Json At(std::string_view pointer) const;
  // The error's text, "" on success.
  std::string Refusal() const { return error ? error->Text() : ""; }
};

// The layer `name` of the table over `text`.
Outcome RunLayer(std::string_view name, const config::ClassPolicy& policy, std::string_view text,
                 const HostView& host = FakeHost(), const Container& container = {},
                 DocumentKind kind = DocumentKind::kConfig);
// All layers.
Outcome RunAll(const config::ClassPolicy& policy, std::string_view text,
               const HostView& host = FakeHost(), const Container& container = {},
               DocumentKind kind = DocumentKind::kConfig);
// One layer over a process document.
Outcome RunExec(std::string_view name, const config::ClassPolicy& policy, std::string_view text,
                const HostView& host = FakeHost());

// A class called "test" in which every layer is off.
config::ClassPolicy EmptyClass();

}  // namespace stockade::sandbox
