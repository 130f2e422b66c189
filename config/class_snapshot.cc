// SPDX-License-Identifier: Apache-2.0
// {"document": the class, "origins": {"built-in baseline.json": {"/name": 2, …}, …}}: pointers by
// source, with their lines. What is read back is parsed like any class document.
#include <limits>

#include "config/class_loader.h"

namespace stockade::config {
namespace {

base::Error Damaged(std::string_view what) {
  return base::Error{base::ErrorKind::kInternal, fmt::format("the class snapshot {}", what),
                     "delete the container and create it again"};
}

}  // namespace

base::Json SnapshotOf(const ClassPolicy& policy) {
  base::Json::object_t by_source;
  for (const auto& [pointer, origin] : policy.origins) {
    // The pointers come from a map: operator[]'s linear search for a duplicate is skipped.
    base::Json& lines = by_source[origin.source];
    if (lines.is_null()) lines = base::Json::object();
    lines.get_ref<base::Json::object_t&>().emplace_back(pointer, origin.line);
  }
  base::Json snapshot = base::Json::object();
  snapshot["document"] = policy.document;
  snapshot["origins"] = std::move(by_source);
  return snapshot;
}

base::Result<ClassPolicy> ClassFromSnapshot(const base::Json& snapshot) {
  const base::Json* document = base::Find(snapshot, "/document");
  const base::Json* sources = base::Find(snapshot, "/origins");
  if (document == nullptr || sources == nullptr || !sources->is_object()) {
    return tl::unexpected(Damaged("is incomplete"));
  }
  Origins origins;
  for (const auto& [source, lines] : sources->items()) {
    if (!lines.is_object()) return tl::unexpected(Damaged("has origins that are no object"));
    for (const auto& [pointer, line] : lines.items()) {
      const auto number = line.is_number_integer() ? line.get<std::int64_t>() : -1;
      if (number < 0 || number > std::numeric_limits<int>::max()) {
        return tl::unexpected(Damaged(fmt::format("has no good line for {}", pointer)));
      }
      origins.emplace(pointer, Origin{source, static_cast<int>(number)});
    }
  }
  return ParseClass(*document, std::move(origins));
}

}  // namespace stockade::config
