// SPDX-License-Identifier: Apache-2.0
// One class document laid over another: objects are merged member by member, arrays and scalars of
// the upper one replace those below, and every member remembers the file and line that it came
// from.
//
//   MergedClass merged;
//   for (ClassDefinition& definition : chain) MergeOver(merged, std::move(definition));  // base
//   first
#pragma once

#include <string>

#include "config/base/json.h"
#include "config/class_policy.h"

namespace stockade::config {

// A document as it stands in one file.
struct ClassDefinition {
  std::string source;  // "built-in baseline.json" or the file's path
  base::ParsedJson parsed;
};

struct MergedClass {
  base::Json document = base::Json::object();
  Origins origins;
};

// Lays `definition` over `merged`. The keys "extends", "$schema" and, anywhere, "comment" belong to
// one file and are not inherited.
void MergeOver(MergedClass& merged, ClassDefinition definition);

// Forgets the origins of `pointer` and of everything below it.
void ForgetOrigins(Origins& origins, const std::string& pointer);

}  // namespace stockade::config
