// SPDX-License-Identifier: Apache-2.0
// Fields that reach host resources and that no other layer checks, and fields that this version has
// never heard of in the sections that a delegate acts on. Unknown members of the document's top
// level stay: no delegate reads them, and engines keep notes there.
#include "sandbox/layers/oci_fields.h"

#include <algorithm>

#include "sandbox/layers/fields.h"
#include "sandbox/layers/layers.h"
#include "sandbox/layers/refusal.h"
#include "sandbox/oci_keys.h"

namespace stockade::sandbox {
namespace {

using base::Json;
using base::Result;
using base::Status;
using config::Mode;

constexpr const char* kSetting = "/ociFields";
constexpr const char* kHint =
    "remove it from what the engine, its plugins or the pod add to the spec";

// Where a row's field is in this document: "" for a field that it cannot have.
std::string PointerOf(std::string_view path, const SpecEditor& edit) {
  std::string pointer;
  if (path.starts_with("process.")) {
    pointer = edit.ProcessPointer("");
    path.remove_prefix(std::string_view("process.").size());
  } else if (edit.ProcessPointer("").empty()) {
    return {};
  }
  pointer += "/" + std::string(path);
  std::ranges::replace(pointer, '.', '/');
  return pointer;
}

Status Drop(const LayerInput& in, SpecEditor& edit, const std::string& pointer,
            std::string_view reason) {
  const Json* value = base::Find(edit.Root(), pointer);
  if (value == nullptr || value->is_null()) return {};
  if (in.policy.oci_fields.mode == Mode::kRefuse) {
    return Refuse(in, kSetting, kHint, "{} = {:.80} reaches {}", pointer, base::DumpJson(*value),
                  reason);
  }
  edit.Remove(pointer, fmt::format("it reaches {}", reason), kSetting);
  return {};
}

Status RootPropagation(const LayerInput& in, SpecEditor& edit) {
  if (edit.ProcessPointer("").empty()) return {};
  const std::string pointer = "/linux/rootfsPropagation";
  STOCKADE_ASSIGN(const auto propagation, TextAt(edit.Root(), pointer));
  if (propagation != "shared" && propagation != "rshared") return {};
  if (in.policy.oci_fields.mode == Mode::kRefuse) {
    return Refuse(in, kSetting, "set mountPropagation to None or HostToContainer",
                  "{} is {}: mounts made inside would appear on the host", pointer, *propagation);
  }
  edit.Set(pointer, "rslave", "mounts made inside must not appear on the host", kSetting);
  return {};
}

// Collects the pointers of members that `of` does not know, innermost last.
void Unknown(const Json& object, const OciStruct& of, const std::string& pointer,
             std::vector<std::string>& found) {
  for (const auto& [key, value] : object.items()) {
    const std::string here = pointer + "/" + base::PointerToken(key);
    const OciField* field = of.Named(key);
    if (field == nullptr) {
      found.push_back(here);
      continue;
    }
    if (field->of == nullptr) continue;
    if (field->form == OciField::Form::kOne && value.is_object()) {
      Unknown(value, *field->of, here, found);
    }
    if (field->form == OciField::Form::kOne || !value.is_structured()) continue;
    for (const auto& [name, element] : value.items()) {
      if (element.is_object()) {
        Unknown(element, *field->of, here + "/" + base::PointerToken(name), found);
      }
    }
  }
}

Status DropUnknown(const LayerInput& in, SpecEditor& edit) {
  std::vector<std::string> found;
  const bool exec = edit.ProcessPointer("").empty();
  Unknown(edit.Root(), exec ? OciProcess() : OciConfig(), "", found);
  for (const std::string& pointer : found) {
    const bool top = pointer.rfind('/') == 0;
    // What a pod's own profile says is for the seccomp layer to weigh as a whole.
    if ((top && !exec) || pointer.starts_with("/linux/seccomp/")) continue;
    STOCKADE_TRY(Drop(in, edit, pointer, "what this version of stockade does not know"));
  }
  return {};
}

}  // namespace

Status ApplyOciFields(const LayerInput& in, SpecEditor& edit) {
  if (in.policy.oci_fields.mode == Mode::kOff) return {};
  for (const FieldRow& row : FieldTable()) {
    if (row.treatment != Treatment::kHost) continue;
    const std::string pointer = PointerOf(row.path, edit);
    if (!pointer.empty()) STOCKADE_TRY(Drop(in, edit, pointer, row.note));
  }
  STOCKADE_TRY(RootPropagation(in, edit));
  return DropUnknown(in, edit);
}

}  // namespace stockade::sandbox
