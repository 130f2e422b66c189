// SPDX-License-Identifier: Apache-2.0
// Fields and annotations that make a delegate reach for the host, and that no class gives.
#include <algorithm>
#include <array>

#include "sandbox/oci_keys.h"
#include "sandbox/verify/promises.h"

namespace stockade::sandbox::verify {
namespace {

using base::Json;
using config::Mode;

struct Reach {
  std::string_view pointer;
  std::string_view does;
};

constexpr std::array<Reach, 3> kProcessReaches{{
    {"/scheduler", "would change the process's scheduling class"},
    {"/ioPriority", "would change the process's I/O class"},
    {"/execCPUAffinity", "would choose the node's processors"},
}};

constexpr std::array<Reach, 8> kConfigReaches{{
    {"/linux/netDevices", "would take network devices away from the host"},
    {"/linux/intelRdt", "would write the host's cache and bandwidth allocation"},
    {"/linux/memoryPolicy", "would choose the node's memory"},
    {"/vm", "would start a virtual machine"},
    {"/windows", "is a section of another system"},
    {"/solaris", "is a section of another system"},
    {"/zos", "is a section of another system"},
    {"/freebsd", "is a section of another system"},
}};

// Delegates read these prefixes: handlers, hooks' output, raw seccomp programs (crun), systemd unit
// properties and CRIU's configuration (both).
constexpr std::array<std::string_view, 5> kSteering{
    "run.oci.", "org.criu.", "org.systemd.property.", "module.wasm.", "krun."};

// Names members that the specification does not have, in the sections that delegates act on. The
// top level is the engines' own, and the seccomp section is a promise of its own.
void CheckUnknown(const Json& object, const OciStruct& of, const std::string& pointer, bool top,
                  Broken& broken) {
  for (const auto& [key, value] : object.items()) {
    const OciField* field = of.Named(key);
    const std::string here = pointer + "/" + base::PointerToken(key);
    if (field == nullptr) {
      if (!top) broken.Add("{} is a field that nobody has looked at", here);
    } else if (field->of != nullptr && here != "/linux/seccomp" && value.is_structured()) {
      if (field->form == OciField::Form::kOne) {
        CheckUnknown(value, *field->of, here, false, broken);
        continue;
      }
      for (const auto& [name, element] : value.items()) {
        CheckUnknown(element, *field->of, here + "/" + base::PointerToken(name), false, broken);
      }
    }
  }
}

}  // namespace

void CheckOciFields(const Final& final, Broken& broken) {
  if (final.policy.oci_fields.mode == Mode::kOff) return;
  for (const auto& [pointer, does] : kProcessReaches) {
    if (!At(final.process, pointer).is_null()) broken.Add("process{} {}", pointer, does);
  }
  CheckUnknown(final.root, final.exec ? OciProcess() : OciConfig(), "", !final.exec, broken);
  if (final.exec) return;
  const std::string propagation = TextAt(final.root, "/linux/rootfsPropagation");
  if (propagation == "shared" || propagation == "rshared") {
    broken.Add("the root's propagation is {}, which would send mounts back to the host",
               propagation);
  }
  for (const auto& [pointer, does] : kConfigReaches) {
    if (!At(final.root, pointer).is_null()) broken.Add("{} {}", pointer, does);
  }
}

void CheckDelegateAnnotations(const Final& final, Broken& broken) {
  const config::DelegateAnnotationsRule& rule = final.policy.delegate_annotations;
  if (rule.mode == Mode::kOff) return;
  const Json& annotations = At(final.root, "/annotations");
  if (!annotations.is_object()) return;
  for (const auto& [key, value] : annotations.items()) {
    const bool steers = std::ranges::any_of(
        kSteering, [&key = key](std::string_view prefix) { return key.starts_with(prefix); });
    if (steers && !Contains(rule.allowed, key)) {
      broken.Add("the annotation {} would steer the delegate", key);
    }
  }
}

}  // namespace stockade::sandbox::verify
