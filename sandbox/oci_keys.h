// SPDX-License-Identifier: Apache-2.0
// Every field of the OCI runtime specification, 1.0 to 1.3, that a delegate on Linux reads: its
// exact name, its type, and the struct that it opens. What stands here is what two readers must
// agree on.
//
//   const OciField* field = OciConfig().Named("process");   // field->of == &OciProcess()
//   OciConfig().FoldsTo("PROCE\u017f\u017f");               // "process"
//
// Source: the specification's schema and specs-go/config.go of each release. Sections of other
// platforms (windows, solaris, vm, zos, freebsd) are free: no delegate on Linux reads them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace stockade::sandbox {

struct OciStruct;

// One field.
struct OciField {
  enum class Type { kFree, kText, kFlag, kInteger, kStruct };
  // kOne: a value. kList: an array of them. kMap: an object whose keys are free (annotations).
  enum class Form { kOne, kList, kMap };

  std::string_view name;
  Type type = Type::kFree;
  Form form = Form::kOne;
  const OciStruct* of = nullptr;  // of kStruct
  std::int64_t min = 0;           // of kInteger, inclusive
  std::uint64_t max = 0;          // of kInteger, inclusive
};

// One struct: an object whose keys have meaning.
struct OciStruct {
  std::span<const OciField> fields;

  // The field that is called exactly `key`, or nullptr.
  const OciField* Named(std::string_view key) const;
  // The name of the field that `key` folds to, "" if there is none.
  std::string_view FoldsTo(std::string_view key) const;
};

// config.json, and its "process", which is also what `exec --process` takes.
const OciStruct& OciConfig();
const OciStruct& OciProcess();

// `key` as a reader that ignores case sees it: ASCII letters lowered, and the two other characters
// that Unicode's simple folding takes to an ASCII letter (U+017F to s, U+212A to k).
std::string FoldKey(std::string_view key);

}  // namespace stockade::sandbox
