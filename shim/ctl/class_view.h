// SPDX-License-Identifier: Apache-2.0
// Classes as `classes list` and `classes show` present them: pure functions from a class to tables
// and JSON.
//
//   ClassEntry entry = Summarise(policy);                  // entry.source == "built-in
//   baseline.json" std::vector<Setting> rows = SettingsOf(policy, false);  // {"/rootfs/mode",
//   "confine", "…:12"}
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/base/error.h"
#include "config/base/json.h"
#include "config/class_policy.h"
#include "shim/ctl/command.h"

namespace stockade::ctl {

// One row of `classes list`.
struct ClassEntry {
  std::string name;
  std::string description;
  std::string source;                  // the document that defines it
  std::vector<std::string> builds_on;  // further documents that settings come from, sorted
  std::string delegate;                // "" for the node's default
  std::vector<std::string> weakenings;
  std::optional<base::Error> error;  // why the class cannot be used
};

// One setting of a class. `value` is a leaf, a list of leaves, or an empty object.
struct Setting {
  std::string pointer;
  base::Json value;
  std::string origin;
};

ClassEntry Summarise(const config::ClassPolicy& policy);

// Every setting in the document's order. Lists of plain values are one row, or with `each` one row
// an element.
std::vector<Setting> SettingsOf(const config::ClassPolicy& policy, bool each);

// The two commands' whole answers.
Outcome ShowList(const std::vector<ClassEntry>& entries);
Outcome ShowClass(const config::ClassPolicy& policy, bool each);

}  // namespace stockade::ctl
