// SPDX-License-Identifier: Apache-2.0
#include "config/class_node.h"

#include <algorithm>

#include "config/class_values.h"
#include "config/nearest.h"

namespace stockade::config {
namespace {

using base::Status;

constexpr std::string_view kComment = "comment";
constexpr std::size_t kMaxElements = 1024;

const Field* FieldOf(const std::vector<Field>& fields, std::string_view key) {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const Field& field) { return field.key == key; });
  return found == fields.end() ? nullptr : &*found;
}

base::Error UnknownKey(const Node& member, std::string_view key, const std::vector<Field>& fields) {
  std::vector<std::string_view> known;
  for (const Field& field : fields) known.push_back(field.key);
  const std::string nearest = Nearest(key, known);
  std::string hint;
  if (!nearest.empty()) {
    hint = fmt::format("the nearest known key is \"{}\"", nearest);
  } else if (!known.empty()) {
    hint = fmt::format("the known keys here are {}", fmt::join(known, ", "));
  }
  return member.Complaint("unknown key", std::move(hint));
}

Status ReadMembers(const Node& node, const std::vector<Field>& fields) {
  if (!node.value().is_object()) return node.Refuse("not an object");
  if (node.context().known != nullptr) {
    for (const Field& field : fields) {
      node.context().known->insert(fmt::format("{}/{}", node.pointer(), field.key));
    }
  }
  for (const auto& [key, value] : node.value().items()) {
    const Node member = node.Member(key, value);
    if (const Field* field = FieldOf(fields, key)) {
      STOCKADE_TRY(field->read(member));
    } else if (key != kComment) {
      return tl::unexpected(UnknownKey(member, key, fields));
    } else if (!value.is_string()) {
      return member.Refuse("not a text");
    }
  }
  return {};
}

Status CheckPresence(const Node& node, const std::vector<Field>& fields, bool off) {
  for (const Field& field : fields) {
    const bool needed =
        field.presence == Presence::kAlways || (field.presence == Presence::kUnlessOff && !off);
    if (needed && !node.value().contains(field.key)) {
      return node.Refuse(
          fmt::format("the key \"{}\" is missing", field.key),
          "a class says everything itself or by what it extends, so that nothing is off "
          "by accident");
    }
  }
  return {};
}

// "/rootfs/writable/0" as "/rootfs/writable/*".
std::string Generic(std::string_view pointer) { return fmt::format("{}/*", pointer); }

}  // namespace

Node Node::Member(std::string_view key, const base::Json& value) const {
  return Node(value, fmt::format("{}/{}", pointer_, base::PointerToken(key)), context_);
}

Node Node::Element(std::size_t index) const {
  const std::string pointer =
      context_.known != nullptr ? Generic(pointer_) : fmt::format("{}/{}", pointer_, index);
  return Node(value_[index], pointer, context_);
}

base::Error Node::Complaint(std::string_view what, std::string hint) const {
  return base::Error{base::ErrorKind::kPolicy,
                     fmt::format("{}: {}: {}", NearestOrigin(context_.origins, pointer_).Text(),
                                 pointer_.empty() ? "the class" : pointer_, what),
                     std::move(hint)};
}

Status Node::Wrap(const Status& status) const {
  if (status) return {};
  return tl::unexpected(Complaint(status.error().message, status.error().hint));
}

Status ReadObject(const Node& node, const std::vector<Field>& fields) {
  STOCKADE_TRY(ReadMembers(node, fields));
  return CheckPresence(node, fields, /* off= */ false);
}

Status ReadSection(const Node& node, Mode& mode, const std::vector<Field>& fields) {
  std::vector<Field> all = {
      {"mode", [&](const Node& value) { return ReadMode(value, mode); }, Presence::kAlways}};
  all.insert(all.end(), fields.begin(), fields.end());
  STOCKADE_TRY(ReadMembers(node, all));
  return CheckPresence(node, all, mode == Mode::kOff);
}

Status ReadArray(const Node& node, const std::function<Status(const Node&)>& read) {
  if (!node.value().is_array()) return node.Refuse("not an array");
  if (node.value().size() > kMaxElements) {
    return node.Refuse(fmt::format("more than {} elements", kMaxElements));
  }
  for (std::size_t i = 0; i < node.value().size(); ++i) STOCKADE_TRY(read(node.Element(i)));
  return {};
}

}  // namespace stockade::config
