// SPDX-License-Identifier: Apache-2.0
// {"document": the class, "sources": ["built-in baseline.json", …], "origins": {pointer: [source,
// line]}}: each source stands there once, and what is read back is parsed like any class document.
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
  base::Json sources = base::Json::array();
  base::Json::object_t origins;
  std::map<std::string_view, std::size_t> index;
  for (const auto& [pointer, origin] : policy.origins) {
    const auto [at, fresh] = index.emplace(origin.source, sources.size());
    if (fresh) sources.push_back(origin.source);
    // The pointers come from a map: the linear search of ordered_map for a duplicate is skipped.
    origins.emplace_back(pointer, base::Json::array({at->second, origin.line}));
  }
  base::Json snapshot = base::Json::object();
  snapshot["document"] = policy.document;
  snapshot["sources"] = std::move(sources);
  snapshot["origins"] = std::move(origins);
  return snapshot;
}

base::Result<ClassPolicy> ClassFromSnapshot(const base::Json& snapshot) {
  const base::Json* document = base::Find(snapshot, "/document");
  const base::Json* sources = base::Find(snapshot, "/sources");
  const base::Json* entries = base::Find(snapshot, "/origins");
  if (document == nullptr || sources == nullptr || entries == nullptr || !sources->is_array() ||
      !entries->is_object()) {
    return tl::unexpected(Damaged("is incomplete"));
  }
  Origins origins;
  for (const auto& [pointer, entry] : entries->items()) {
    const bool pair = entry.is_array() && entry.size() == 2 && entry[0].is_number_unsigned() &&
                      entry[1].is_number_integer();
    if (!pair || entry[0].get<std::size_t>() >= sources->size() ||
        !(*sources)[entry[0].get<std::size_t>()].is_string()) {
      return tl::unexpected(Damaged(fmt::format("has no good origin for {}", pointer)));
    }
    const auto line = entry[1].get<std::int64_t>();
    if (line < 0 || line > std::numeric_limits<int>::max()) {
      return tl::unexpected(Damaged(fmt::format("has a line out of range for {}", pointer)));
    }
    const auto& source = (*sources)[entry[0].get<std::size_t>()].get_ref<const std::string&>();
    origins.emplace_hint(origins.end(), pointer, Origin{source, static_cast<int>(line)});
  }
  return ParseClass(*document, std::move(origins));
}

}  // namespace stockade::config
