// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/sandbox/layers/fixture.h"

#include <gtest/gtest.h>

#include "filters/check_program.h"
#include "sandbox/staging.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Json;
using base::Result;

// Applies the layer called `name`, or all of them for "".
base::Status Apply(std::string_view name, const LayerInput& input, SpecEditor& editor) {
  if (name.empty()) return ApplyLayers(input, editor);
  for (const Layer& layer : LayerTable()) {
    if (layer.name != name) continue;
    editor.StartLayer(layer.name);
    return layer.apply(input, editor);
  }
  return Fail(ErrorKind::kInternal, "there is no layer called {}", name);
}

// A pod's containers join the user namespace of its sandbox.
PodIds PodIdsOf(const Container& container) {
  return {kPodRange, container.role == Role::kPodContainer ? kPodUserNamespace : ""};
}

Outcome Run(std::string_view name, const config::ClassPolicy& policy, std::string_view text,
            const HostView& host, const Container& container, DocumentKind kind) {
  auto document = SpecDocument::Parse(std::string(text), kind, "test");
  if (!document) return {nullptr, {}, {}, document.error()};
  LayerInput input{policy, container, host};
  if (NeedsPodIds(policy, document->root())) input.pod_ids = PodIdsOf(container);
  SpecEditor editor(*document, policy);
  const auto status = Apply(name, input, editor);
  Outcome out{document->root(), editor.changes(), editor.notices(), std::nullopt,
              editor.init_filters()};
  if (!status) {
    out.error = status.error();
    EXPECT_EQ(status.error().message.find('\n'), std::string::npos) << status.error().message;
    return out;
  }
  SpecEditor again(*document, policy);
  const auto second = Apply(name, input, again);
  EXPECT_TRUE(second) << "refused its own output: " << second.error().Text();
  EXPECT_EQ(document->root(), out.spec) << "changed its own output";
  for (const Change& change : again.changes()) {
    ADD_FAILURE() << "changed its own output: " << change.layer << " " << change.what << " "
                  << change.from << " -> " << change.to;
  }
  if (!name.empty() || kind == DocumentKind::kProcess) return out;
  const auto staged = Stage(input, kStage, editor);
  if (staged) {
    out.actions = *staged;
  } else {
    out.error = staged.error();
  }
  out.changes = editor.changes();
  out.staged = document->root();
  return out;
}

}  // namespace

Result<std::vector<std::string>> FakeHost::MountFlags(const std::string& path) const {
  const auto flags = mount_flags.find(path);
  return flags == mount_flags.end() ? std::vector<std::string>{} : flags->second;
}

Result<bool> FakeHost::OthersMayOpen(const std::string& path) const {
  return !private_devices.contains(path);
}

Result<std::string> FakeHost::Resolve(const std::string& path) const {
  if (const auto link = links.find(path); link != links.end()) return link->second;
  if (path.starts_with("/there")) return path;
  return Fail(ErrorKind::kHost, "{}: No such file or directory", path);
}

Result<bool> FakeHost::IsHostNamespace(const std::string& path, std::string_view) const {
  if (path.find("missing") != std::string::npos) {
    return Fail(ErrorKind::kHost, "{}: No such file or directory", path);
  }
  return host_namespaces.contains(path);
}

Result<DeviceNumbers> FakeHost::Device(const std::string& path) const {
  if (const auto device = devices.find(path); device != devices.end()) return device->second;
  return HostView::Device(path);
}

Result<LimitPair> FakeHost::InheritedLimit(std::string_view limit) const {
  if (const auto known = limits.find(limit); known != limits.end()) return known->second;
  return HostView::InheritedLimit(limit);
}

Result<filters::Program> FakeHost::CompiledFilter(const Json& seccomp) const {
  return filters::CompileChecked(seccomp);
}

Json Outcome::At(std::string_view pointer) const {
  const Json* value = base::Find(spec, pointer);
  return value == nullptr ? Json("(absent)") : *value;
}

Outcome RunLayer(std::string_view name, const config::ClassPolicy& policy, std::string_view text,
                 const HostView& host, const Container& container, DocumentKind kind) {
  return Run(name, policy, text, host, container, kind);
}

Outcome RunAll(const config::ClassPolicy& policy, std::string_view text, const HostView& host,
               const Container& container, DocumentKind kind) {
  return Run("", policy, text, host, container, kind);
}

Outcome RunExec(std::string_view name, const config::ClassPolicy& policy, std::string_view text,
                const HostView& host) {
  return Run(name, policy, text, host, {}, DocumentKind::kProcess);
}

config::ClassPolicy EmptyClass() {
  config::ClassPolicy policy;
  policy.name = "test";
  policy.origins[""] = {"test.json", 1};
  return policy;
}

}  // namespace stockade::sandbox
