// SPDX-License-Identifier: Apache-2.0
// {"document": the class, "origins": {"built-in baseline.json": {"/name": 2, …}, …}}: pointers by
// source, with their lines. What is read back is parsed like any class document.
#include <limits>
#include <map>

#include "config/class_loader.h"

namespace stockade::config {
namespace {

using base::ErrorKind;

// A class of many files is larger than each of them.
constexpr base::JsonLimits kSnapshotLimits{16U << 20, 64, 65536};

base::Error Damaged(std::string_view what) {
  return base::Error{ErrorKind::kInternal, fmt::format("the class snapshot {}", what),
                     "delete the container and create it again"};
}

}  // namespace

std::string SnapshotOf(const ClassPolicy& policy) {
  std::map<std::string_view, std::string> members;  // of the object of each source
  for (const auto& [pointer, origin] : policy.origins) {
    std::string& lines = members[origin.source];
    lines += lines.empty() ? '{' : ',';
    lines += fmt::format("{}:{}", base::DumpJson(pointer), origin.line);
  }
  std::string text = R"({"document":)";
  text += base::DumpJson(policy.document);
  text += R"(,"origins":{)";
  for (const auto& [source, lines] : members) {
    text += fmt::format("{}:{}}},", base::DumpJson(source), lines);
  }
  if (text.back() == ',') text.pop_back();
  text += "}}";
  return text;
}

base::Result<MergedClass> ReadSnapshot(std::string_view text) {
  auto parsed = base::ParseJson(text, kSnapshotLimits, "the class snapshot", ErrorKind::kInternal);
  if (!parsed) return tl::unexpected(parsed.error());
  base::Json* document = base::Find(parsed->value, "/document");
  const base::Json* sources = base::Find(parsed->value, "/origins");
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
      origins.emplace_hint(origins.end(), pointer, Origin{source, static_cast<int>(number)});
    }
  }
  return MergedClass{std::move(*document), std::move(origins)};
}

base::Result<ClassPolicy> ClassFromSnapshot(std::string_view text) {
  STOCKADE_ASSIGN(MergedClass merged, ReadSnapshot(text));
  return ParseClass(std::move(merged.document), std::move(merged.origins));
}

}  // namespace stockade::config
