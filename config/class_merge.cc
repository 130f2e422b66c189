// SPDX-License-Identifier: Apache-2.0
#include "config/class_merge.h"

namespace stockade::config {
namespace {

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
      if (key == "comment" || (pointer.empty() && (key == "extends" || key == "$schema"))) continue;
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

}  // namespace

void MergeOver(MergedClass& merged, const ClassDefinition& definition) {
  Merger(merged, definition).Document(merged);
}

void ForgetOrigins(Origins& origins, const std::string& pointer) {
  origins.erase(pointer);
  const std::string below = pointer + "/";
  auto at = origins.lower_bound(below);
  while (at != origins.end() && at->first.starts_with(below)) at = origins.erase(at);
}

}  // namespace stockade::config
