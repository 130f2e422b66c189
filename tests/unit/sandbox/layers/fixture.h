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

#include "sandbox/layer.h"

namespace stockade::sandbox {

// A host that exists in a test only. A path that `links` names resolves to what it says; any other
// is itself if it begins with "/there" or is a parent of a known path, and missing otherwise.
class FakeHost : public HostView {
 public:
  std::map<std::string, std::string> links;
  std::set<std::string> host_namespaces;  // paths that are the host's own
  std::map<std::string, DeviceNumbers> devices;
  std::map<std::string, LimitPair, std::less<>> limits;
  LsmFacts lsm;
  std::set<std::string> profiles;

  base::Result<std::string> Resolve(const std::string& path) const override;
  LsmFacts Lsm() const override { return lsm; }
  bool AppArmorProfileLoaded(const std::string& name) const override {
    return profiles.contains(name);
  }
  std::string AppArmorDefault() const override { return "node-default"; }
  base::Result<bool> IsHostNamespace(const std::string& path, std::string_view) const override;
  bool IsDirectory(const std::string& path) const override { return !path.ends_with(".file"); }
  base::Result<DeviceNumbers> Device(const std::string& path) const override;
  base::Result<LimitPair> InheritedLimit(std::string_view limit) const override;
};

struct Outcome {
  base::Json spec;  // after the layers
  std::vector<Change> changes;
  std::vector<Notice> notices;
  std::optional<base::Error> error;

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
