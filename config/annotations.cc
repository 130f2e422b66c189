// SPDX-License-Identifier: Apache-2.0
#include "config/annotations.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "config/annotation_checks.h"
#include "config/nearest.h"

namespace stockade::config {
namespace {

using base::ErrorKind;

// In the order in which they are applied: paths are added before they are resized.
constexpr AnnotationRule kTable[] = {
    {"capabilities", "/capabilities/ceiling",
     "at most these capabilities: \"none\", or \"NET_BIND_SERVICE,CHOWN\"", TuneCapabilities},
    {"seccomp-profile", "/seccomp/profile",
     "a stricter shipped profile: \"restricted\" or \"isolated\"", TuneSeccompProfile},
    {"seccomp-complain", "/seccomp/complain",
     "log refused system calls and let them through: \"true\"; only for trying",
     TuneSeccompComplain},
    {"run-as-non-root", "/user/runAsNonRoot", "refuse to run as uid 0: \"true\"", TuneRunAsNonRoot},
    {"read-only-root", "/rootfs/mode",
     "a read-only root but for the class's writable paths: \"true\"", TuneReadOnlyRoot},
    {"writable-paths", "/rootfs/writable",
     "more tmpfs paths, within the class's /rootfs/podMayAdd: \"/var/cache/web\"",
     TuneWritablePaths},
    {"tmpfs-size.", "/rootfs/writable",
     "a smaller tmpfs at a writable path: tmpfs-size.tmp: \"8Mi\"", TuneTmpfsSize},
    {"masked-paths", "/kernelPaths/masked", "more paths to mask: \"/proc/cpuinfo,/etc/secret\"",
     TuneMaskedPaths},
    {"denied-host-mounts", "/hostMounts/guarded", "more host paths to guard: \"/srv,/mnt\"",
     TuneDeniedHostMounts},
    {"sysctls", "/sysctls/allowed", "set no sysctl at all: \"none\"", TuneSysctls},
};

constexpr std::size_t kMaxValue = 4096;

// The index in kTable of the rule for `key`.
std::optional<std::size_t> RuleFor(std::string_view key) {
  for (std::size_t i = 0; i < std::size(kTable); ++i) {
    const std::string_view name = kTable[i].key;
    if (name.ends_with('.') ? key.size() > name.size() && key.starts_with(name) : key == name)
      return i;
  }
  return std::nullopt;
}

std::string Listed(const ClassPolicy& policy) {
  const auto& keys = policy.annotations.pod_may;
  return keys.empty()
             ? fmt::format("class {} lets pods use no annotation", policy.name)
             : fmt::format("class {} lets pods use {}", policy.name, fmt::join(keys, ", "));
}

tl::unexpected<base::Error> Unknown(std::string_view key, const ClassPolicy& policy) {
  std::vector<std::string_view> keys;
  for (const AnnotationRule& rule : kTable) keys.push_back(rule.key);
  const std::string nearest = Nearest(key, keys);
  std::string hint = Listed(policy);
  if (!nearest.empty()) hint = fmt::format("did you mean \"{}\"? {}", nearest, hint);
  return base::FailHint(ErrorKind::kSpec, std::move(hint), "annotation {}{}: there is no such key",
                        kAnnotationPrefix, key.substr(0, 128));
}

struct Request {
  std::size_t rule;
  std::string key;
  std::string value;
};

base::Result<Request> ReadRequest(std::string_view key, const base::Json& value,
                                  const ClassPolicy& policy) {
  const std::optional<std::size_t> rule = RuleFor(key);
  if (!rule) return Unknown(key, policy);
  const auto& listed = policy.annotations.pod_may;
  if (std::find(listed.begin(), listed.end(), PodMayName(kTable[*rule])) == listed.end()) {
    return base::FailHint(
        ErrorKind::kSpec,
        fmt::format("{}; an administrator can add \"{}\" to the class's /annotations/podMay",
                    Listed(policy), PodMayName(kTable[*rule])),
        "annotation {}{}: class {} does not let pods use it", kAnnotationPrefix, key, policy.name);
  }
  const auto refuse = [&](std::string_view what) {
    return base::Fail(ErrorKind::kSpec, "annotation {}{}: {}", kAnnotationPrefix, key, what);
  };
  if (!value.is_string()) return refuse("the value is not a text");
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() > kMaxValue) return refuse(fmt::format("longer than {} bytes", kMaxValue));
  if (std::any_of(text.begin(), text.end(),
                  [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) {
    return refuse("the value has a control character");
  }
  return Request{*rule, std::string(key), text};
}

}  // namespace

std::span<const AnnotationRule> AnnotationTable() { return kTable; }

std::string PodMayName(const AnnotationRule& rule) {
  return rule.key.ends_with('.') ? fmt::format("{}*", rule.key) : std::string(rule.key);
}

base::Result<ClassPolicy> ApplyAnnotations(ClassPolicy policy, const base::Json* annotations) {
  if (annotations == nullptr || annotations->is_null()) return policy;
  if (!annotations->is_object()) return base::Fail(ErrorKind::kSpec, "/annotations: not an object");
  std::vector<Request> requests;
  for (const auto& [key, value] : annotations->items()) {
    if (!key.starts_with(kAnnotationPrefix)) continue;
    STOCKADE_ASSIGN(
        Request request,
        ReadRequest(std::string_view(key).substr(kAnnotationPrefix.size()), value, policy));
    requests.push_back(std::move(request));
  }
  std::stable_sort(requests.begin(), requests.end(),
                   [](const Request& a, const Request& b) { return a.rule < b.rule; });
  for (const Request& request : requests) {
    const AnnotationRule& rule = kTable[request.rule];
    Tuning tuning(policy, request.key, request.key.substr(rule.key.size()), request.value);
    STOCKADE_TRY(rule.apply(tuning));
    STOCKADE_ASSIGN(policy, std::move(tuning).Finish());
  }
  return policy;
}

}  // namespace stockade::config
