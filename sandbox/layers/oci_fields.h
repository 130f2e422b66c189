// SPDX-License-Identifier: Apache-2.0
// Who answers for each field of the OCI specification: one row a field, so that a field that a
// newer specification brings is not let through before somebody has thought about it.
//
//   for (const FieldRow& row : FieldTable()) fmt::print("{} {}\n", row.path, row.note);
#pragma once

#include <span>
#include <string_view>

namespace stockade::sandbox {

enum class Treatment {
  kLayer,   // a layer checks it; `note` is the layer's name
  kPassed,  // goes to the delegate as it is; `note` says why that is harmless
  kHost,    // reaches host resources and no layer checks it; `note` says what it reaches
};

// A row covers the field and all within it. Elements of arrays and maps are not in the path:
// "mounts.options", "linux.namespaces".
struct FieldRow {
  std::string_view path;
  Treatment treatment;
  std::string_view note;
};

std::span<const FieldRow> FieldTable();

}  // namespace stockade::sandbox
