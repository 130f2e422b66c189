// SPDX-License-Identifier: Apache-2.0
// JSON read strictly: UTF-8 without a byte order mark, one value, no duplicate keys, no NUL even as
// an escape, no comments, no floating point, nothing beyond 64 bits, and hard limits on size, depth
// and the width of an object. Keys keep their order, so that a document that is read, edited and
// written differs only where it was edited.
//
//   STOCKADE_ASSIGN(ParsedJson parsed, ParseJson(text, kSpecLimits, "config.json"));
//   parsed.LineOf("/process/args");  // 12
#pragma once

#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "config/base/error.h"

// Compiled in json_library.cc: a file that merely reads documents would spend seconds on it.
extern template class nlohmann::basic_json<nlohmann::ordered_map>;

namespace stockade::base {

using Json = nlohmann::ordered_json;

// Limits that hold while parsing, so that hostile text cannot cost more than this.
struct JsonLimits {
  std::size_t max_bytes;    // of the whole text
  std::size_t max_depth;    // of nested arrays and objects
  std::size_t max_members;  // keys of one object
  bool allow_float = false;
};

// config.json and process.json, which a container's image and pod influence.
inline constexpr JsonLimits kSpecLimits{4U << 20, 48, 4096};
// Class and node configuration files, which an admin writes.
inline constexpr JsonLimits kPolicyLimits{1U << 20, 32, 4096};

// A value with the line (from 1) on which each member or element begins, by JSON pointer (RFC
// 6901).
struct ParsedJson {
  Json value;
  std::map<std::string, int, std::less<>> lines;

  // The line of `pointer` or of its nearest parent that has one; 1 for the document itself.
  int LineOf(std::string_view pointer) const;
};

// Parses `text`; `name` (a path) and the line are in the error, of kind `kind`.
// `keep_lines` fills ParsedJson::lines, which only policy files need; without it lines are counted
// only for the text of an error.
Result<ParsedJson> ParseJson(std::string_view text, const JsonLimits& limits, std::string_view name,
                             ErrorKind kind, bool keep_lines = false);

// The value at `pointer` ("" is the document), or nullptr if a part of it is missing.
const Json* Find(const Json& document, std::string_view pointer);
Json* Find(Json& document, std::string_view pointer);

// `key` as a reference token of a JSON pointer: "~" and "/" escaped.
std::string PointerToken(std::string_view key);

// Compact text, UTF-8; invalid UTF-8 cannot occur in a parsed document. Never throws.
std::string DumpJson(const Json& value, int indent = -1);

}  // namespace stockade::base
