// SPDX-License-Identifier: Apache-2.0
// One value of a policy document together with where it stands, so that every complaint about it
// can name file, line and JSON pointer. Objects are read by naming all their fields in one list; a
// key that the list does not name is an error.
//
//   Status ReadCapabilities(const Node& node, CapabilitiesRule& rule) {
//     return ReadSection(node, rule.mode, {{"ceiling", [&](const Node& n) { return ReadNames(n,
//     rule.ceiling); }}});
//   }
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/error.h"
#include "config/base/json.h"
#include "config/class_policy.h"

namespace stockade::config {

// What all nodes of one document share.
struct DocumentContext {
  const Origins& origins;
  // Collects the pointers of all keys that the reader knows, array indexes as "*", if not null.
  std::set<std::string>* known = nullptr;
};

class Node {
 public:
  Node(const base::Json& value, std::string pointer, const DocumentContext& context)
      : value_(value), pointer_(std::move(pointer)), context_(context) {}

  const base::Json& value() const { return value_; }
  const std::string& pointer() const { return pointer_; }
  const DocumentContext& context() const { return context_; }

  Node Member(std::string_view key, const base::Json& value) const;
  Node Element(std::size_t index) const;

  // A kPolicy error about this value: "FILE:LINE: /pointer: what".
  base::Error Complaint(std::string_view what, std::string hint = {}) const;
  tl::unexpected<base::Error> Refuse(std::string_view what, std::string hint = {}) const {
    return tl::unexpected(Complaint(what, std::move(hint)));
  }
  // The same for another error's text.
  base::Status Wrap(const base::Status& status) const;

 private:
  const base::Json& value_;
  std::string pointer_;
  const DocumentContext& context_;
};

// Whether an object must have a field.
enum class Presence {
  kAlways,
  kUnlessOff,  // in ReadSection: when the section's mode is not "off"
  kOptional,
};

struct Field {
  std::string_view key;
  std::function<base::Status(const Node&)> read;
  Presence presence = Presence::kUnlessOff;
};

// Reads an object whose keys are `fields` and, anywhere, "comment" (a text for people). kUnlessOff
// counts as kAlways.
base::Status ReadObject(const Node& node, const std::vector<Field>& fields);

// Reads a section: its "mode" and the other fields.
base::Status ReadSection(const Node& node, Mode& mode, const std::vector<Field>& fields);

// Reads each element of an array of at most 1024.
base::Status ReadArray(const Node& node, const std::function<base::Status(const Node&)>& read);

}  // namespace stockade::config
