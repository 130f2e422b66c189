// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/sandbox_property.h"

#include <fmt/format.h>

#include "filters/check_program.h"
#include "filters/class_filter.h"
#include "filters/filter_text.h"
#include "sandbox/layer.h"
#include "sandbox/staging.h"
#include "sandbox/verify.h"
#include "tests/fuzz/fuzz_target.h"

namespace stockade::fuzz {
namespace {

using base::Result;

// A host made of rules over names, so that the bytes decide everything.
class FuzzHost : public sandbox::HostView {
 public:
  Result<std::string> Resolve(const std::string& path) const override {
    if (!path.starts_with('/') || path.find("/none") != std::string::npos) {
      return base::Fail(base::ErrorKind::kHost, "{}: No such file or directory", path);
    }
    if (path.starts_with("/link")) return "/etc" + path.substr(5);
    std::string normal;  // what is left of "//" and "/." and ".." as the kernel would walk them
    for (std::string_view rest = path; !rest.empty();) {
      const auto slash = std::min(rest.find('/'), rest.size());
      const std::string_view part = rest.substr(0, slash);
      if (part == "..") {
        normal.erase(std::min(normal.rfind('/'), normal.size()));
      } else if (!part.empty() && part != ".") {
        normal.append("/").append(part);
      }
      rest.remove_prefix(std::min(slash + 1, rest.size()));
    }
    return normal.empty() ? "/" : normal;
  }
  sandbox::LsmFacts Lsm() const override { return {.apparmor = true, .selinux = true}; }
  bool AppArmorProfileLoaded(const std::string& name) const override {
    return name == AppArmorDefault() || name == "other";
  }
  std::string AppArmorDefault() const override { return "cri-containerd.apparmor.d"; }
  Result<bool> IsHostNamespace(const std::string& path, std::string_view type) const override {
    if (!path.starts_with("/proc/")) {
      return base::Fail(base::ErrorKind::kHost, "{}: no {} namespace", path, type);
    }
    return path.starts_with("/proc/1/");
  }
  Result<sandbox::DeviceNumbers> Device(const std::string& path) const override {
    if (path == "/dev/sda") return sandbox::DeviceNumbers{'b', 8, 0};
    return base::Fail(base::ErrorKind::kHost, "{}: no device", path);
  }
  Result<bool> OthersMayOpen(const std::string& path) const override { return path != "/dev/sda"; }
  Result<std::vector<std::string>> MountFlags(const std::string& path) const override {
    if (path.starts_with("/run")) return std::vector<std::string>{"nosuid", "nodev"};
    return std::vector<std::string>{};
  }
  Result<std::string> InitProgram() const override { return "/opt/stockade/stockade-init"; }
  base::Status InitCanBeNobodys() const override { return {}; }
  Result<filters::Program> CompiledFilter(const base::Json& seccomp) const override {
    return filters::CompileChecked(seccomp);
  }
  Result<sandbox::LimitPair> InheritedLimit(std::string_view) const override {
    return sandbox::LimitPair{1024, 1U << 20};
  }
};

}  // namespace

bool RequireKept(sandbox::SpecDocument document, const config::ClassPolicy& policy) {
  const sandbox::Container container =
      sandbox::Identify(document.root(), "c0ffee", "/run/bundles/c0ffee");
  const config::ClassPolicy applied =
      container.role == sandbox::Role::kPodSandbox ? config::ForPodSandbox(policy) : policy;
  const FuzzHost host;
  std::vector<std::string> filters;
  if (document.kind() == sandbox::DocumentKind::kProcess) {
    filters.push_back(std::string(filters::ShippedProgram("restricted", {}, {})->text));
  }
  sandbox::SpecEditor editor(document, applied);
  sandbox::LayerInput input{applied, container, host, filters};
  if (sandbox::NeedsPodIds(applied, document.root())) {
    input.pod_ids = sandbox::PodIds{{1U << 20}, ""};
  }
  if (!sandbox::ApplyLayers(input, editor)) return false;
  const auto actions = sandbox::Stage(input, "/run/stockade/.stage", editor);
  if (!actions) return false;
  const auto broken =
      sandbox::BrokenPromises(document, applied, container, host,
                              {editor.init_filters(), *actions, "/run/stockade/.stage"});
  Require(broken.empty(), "what the layers let through keeps the class",
          fmt::format("class {}: {}\n{}", policy.name, fmt::join(broken, "; "), document.Text()));
  return true;
}

}  // namespace stockade::fuzz
