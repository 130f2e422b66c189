// SPDX-License-Identifier: Apache-2.0
// The OCI document, read losslessly and defensively: config.json (runtime-spec "config") or
// process.json (its "process" object, as `exec --process` takes it).
//
//   STOCKADE_ASSIGN(SpecDocument spec, SpecDocument::Load(bundle + "/config.json",
//   DocumentKind::kConfig)); spec.root()["process"]["noNewPrivileges"] = true;
//   STOCKADE_TRY(base::ReplaceFile(path, spec.Text(), 0644));
//
// Delegates written in Go match keys case-insensitively, with Unicode folding, and let the last one
// win. A key that folds to a field of the OCI specification without being equal to it is therefore
// refused, as is a duplicate: otherwise a trailing "LINUX" could replace what the layers wrote.
#pragma once

#include <string>
#include <string_view>

#include "config/base/error.h"
#include "config/base/json.h"

namespace stockade::sandbox {

enum class DocumentKind { kConfig, kProcess };

class SpecDocument {
 public:
  // Reads and checks a file. Errors are of kind kSpec and name path, line or JSON pointer.
  static base::Result<SpecDocument> Load(const std::string& path, DocumentKind kind);
  // The same for text that is already in memory; `name` stands for the path in errors.
  static base::Result<SpecDocument> Parse(std::string text, DocumentKind kind,
                                          std::string_view name);

  base::Json& root() { return root_; }
  const base::Json& root() const { return root_; }
  DocumentKind kind() const { return kind_; }
  // The text as it was read, for the state directory.
  const std::string& original() const { return original_; }
  // The text as it stands now.
  std::string Text() const;

 private:
  SpecDocument(base::Json root, std::string original, DocumentKind kind)
      : root_(std::move(root)), original_(std::move(original)), kind_(kind) {}

  base::Json root_;
  std::string original_;
  DocumentKind kind_;
};

}  // namespace stockade::sandbox
