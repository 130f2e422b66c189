// SPDX-License-Identifier: Apache-2.0
#include "config/class_merge.h"

namespace stockade::config {
namespace {

// Keys that belong to one file: "comment" anywhere, the others at the top.
bool IsFileKey(std::string_view key, bool at_top) {
  return key == "comment" || (at_top && (key == "extends" || key == "$schema"));
}

class Merger {
 public:
  Merger(MergedClass& merged, const ClassDefinition& definition)
      : origins_(merged.origins), definition_(definition) {}

  void Document(MergedClass& merged) {
    Note("");
    Merge(merged.document, definition_.parsed.value, "");
  }

 private:
  void Merge(base::Json& under, const base::Json& over, const std::string& pointer) {
    for (const auto& [key, value] : over.items()) {
      if (IsFileKey(key, pointer.empty())) continue;
      const std::string member = fmt::format("{}/{}", pointer, base::PointerToken(key));
      base::Json& target = under[key];
      if (target.is_object() && value.is_object()) {
        Note(member);
        Merge(target, value, member);
      } else if (value.is_object()) {
        ForgetOrigins(origins_, member);
        target = base::Json::object();
        Note(member);
        Merge(target, value, member);
      } else {
        if (!target.is_null()) ForgetOrigins(origins_, member);
        target = value;
        NoteAll(value, member);
      }
    }
  }

  void Note(const std::string& pointer) {
    origins_.insert_or_assign(pointer,
                              Origin{definition_.source, definition_.parsed.LineOf(pointer)});
  }

  // Elements of arrays have lines of their own; what lies deeper falls back to its element.
  void NoteAll(const base::Json& value, const std::string& pointer) {
    Note(pointer);
    if (!value.is_array()) return;
    for (std::size_t i = 0; i < value.size(); ++i) Note(fmt::format("{}/{}", pointer, i));
  }

  Origins& origins_;
  const ClassDefinition& definition_;
};

// The same for what a JSON pointer names.
bool IsFilePointer(std::string_view pointer) {
  const auto slash = pointer.rfind('/');
  return slash != std::string_view::npos && IsFileKey(pointer.substr(slash + 1), slash == 0);
}

void DropFileKeys(base::Json& object, bool at_top) {
  auto& members = object.get_ref<base::Json::object_t&>();
  for (auto at = members.begin(); at != members.end();) {
    if (IsFileKey(at->first, at_top)) {
      at = members.erase(at);
    } else {
      if (at->second.is_object()) DropFileKeys(at->second, /*at_top=*/false);
      ++at;
    }
  }
}

// The first document, with nothing below it, becomes the merged one as it is; the lines are in
// order already. This is most of what a create has to merge.
void Start(MergedClass& merged, ClassDefinition&& definition) {
  merged.document = std::move(definition.parsed.value);
  DropFileKeys(merged.document, /*at_top=*/true);
  for (const auto& [pointer, line] : definition.parsed.lines) {
    if (IsFilePointer(pointer)) continue;
    merged.origins.emplace_hint(merged.origins.end(), pointer, Origin{definition.source, line});
  }
}

}  // namespace

void MergeOver(MergedClass& merged, ClassDefinition definition) {
  if (merged.document.empty() && definition.parsed.value.is_object()) {
    Start(merged, std::move(definition));
    return;
  }
  Merger(merged, definition).Document(merged);
}

void ForgetOrigins(Origins& origins, const std::string& pointer) {
  origins.erase(pointer);
  const std::string below = pointer + "/";
  auto at = origins.lower_bound(below);
  while (at != origins.end() && at->first.starts_with(below)) at = origins.erase(at);
}

}  // namespace stockade::config
