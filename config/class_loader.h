// SPDX-License-Identifier: Apache-2.0
// Finds and merges class documents: built-in, then PREFIX/share/stockade/classes, then
// /etc/stockade/classes.d/*.json in the order of their names; a later document of the same name
// replaces the earlier one unless it says "extends": its own name. "extends" is followed to any
// class.
//
//   STOCKADE_ASSIGN(const ClassPolicy policy, LoadClass("restricted", {node.classes_dir}));
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/base/error.h"
#include "config/class_merge.h"
#include "config/class_policy.h"

namespace stockade::config {

// Where classes are looked for besides the built-in ones.
struct ClassSources {
  std::vector<std::string> directories;  // in order; a missing directory is empty
};

// The class `name`, merged over what it extends. Errors name file, line and JSON pointer. Only the
// files that the class needs are parsed beyond their name, but each file in the directories must be
// readable, owned by root and not writable by others.
base::Result<ClassPolicy> LoadClass(std::string_view name, const ClassSources& sources);

// The names of all classes that can be loaded or fail to, sorted; for `stockadectl classes list`.
base::Result<std::vector<std::string>> ListClasses(const ClassSources& sources);

// The document and the origins of a snapshot.
base::Result<MergedClass> ReadSnapshot(std::string_view snapshot);

// A class back from the snapshot that SnapshotOf made; used by exec. kInternal error if the text is
// not one.
base::Result<ClassPolicy> ClassFromSnapshot(std::string_view snapshot);

// The class with its origins as one JSON text, for the state directory.
std::string SnapshotOf(const ClassPolicy& policy);

}  // namespace stockade::config
