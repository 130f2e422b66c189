// SPDX-License-Identifier: Apache-2.0
#include "sandbox/layer.h"

#include <charconv>

#include "config/base/json.h"

namespace stockade::sandbox {
namespace {

using base::Json;
using base::Status;

const Json kEmptyObject = Json::object();

// Takes the next reference token off `pointer`, unescaped.
std::string TakeToken(std::string_view& pointer) {
  pointer.remove_prefix(1);
  const auto end = std::min(pointer.find('/'), pointer.size());
  std::string token;
  for (std::size_t i = 0; i < end; ++i) {
    if (pointer[i] == '~' && i + 1 < end) {
      token += pointer[++i] == '0' ? '~' : '/';
    } else {
      token += pointer[i];
    }
  }
  pointer.remove_prefix(end);
  return token;
}

// The place of `token` in `parent`, made if missing; writes the name that it really got ("-" is the
// end of an array) to `token`.
Json& Place(Json& parent, std::string& token) {
  if (parent.is_null()) parent = token == "-" ? Json::array() : Json::object();
  if (parent.is_array()) {
    std::size_t index = parent.size();
    if (token != "-") std::from_chars(token.data(), token.data() + token.size(), index);
    index = std::min(index, parent.size());
    if (index == parent.size()) parent.push_back(nullptr);
    token = std::to_string(index);
    return parent[index];
  }
  // A value that is neither would have been refused before any layer ran.
  if (!parent.is_object()) parent = Json::object();
  return parent[token];
}

}  // namespace

SpecEditor::SpecEditor(SpecDocument& document, const config::ClassPolicy& policy, bool keep_values)
    : document_(document), policy_(policy), keep_values_(keep_values) {}

const Json& SpecEditor::Root() const { return document_.root(); }

const Json& SpecEditor::Process() const {
  if (document_.kind() == DocumentKind::kProcess) return document_.root();
  const Json* process = base::Find(document_.root(), "/process");
  return process == nullptr || !process->is_object() ? kEmptyObject : *process;
}

std::string SpecEditor::ProcessPointer(std::string_view field) const {
  return (document_.kind() == DocumentKind::kProcess ? "" : "/process") + std::string(field);
}

void SpecEditor::Journal(std::string what, Json from, const Json& now, std::string why,
                         std::string_view setting) {
  changes_.push_back(Change{layer_, std::move(what), keep_values_ ? std::move(from) : Json(),
                            keep_values_ ? now : Json(), std::move(why),
                            policy_.OriginOf(setting).Text()});
}

void SpecEditor::Set(std::string_view pointer, Json value, std::string why,
                     std::string_view setting) {
  Json from;
  if (Json* existing = base::Find(document_.root(), pointer)) {
    if (*existing == value) return;
    from = std::move(*existing);
  }
  Json* at = &document_.root();
  std::string reached;
  for (std::string_view rest = pointer; !rest.empty();) {
    std::string token = TakeToken(rest);
    at = &Place(*at, token);
    reached += "/" + base::PointerToken(token);
  }
  *at = std::move(value);
  Journal(std::move(reached), std::move(from), *at, std::move(why), setting);
}

void SpecEditor::Insert(std::string_view list, std::size_t place, Json value, std::string why,
                        std::string_view setting) {
  const Json* array = base::Find(std::as_const(document_).root(), list);
  if (array == nullptr || !array->is_array() || place >= array->size()) {
    Set(std::string(list) + "/-", std::move(value), std::move(why), setting);
    return;
  }
  Json& into = *base::Find(document_.root(), list);
  const auto added =
      into.insert(into.begin() + static_cast<std::ptrdiff_t>(place), std::move(value));
  Journal(fmt::format("{}/{}", list, place), nullptr, *added, std::move(why), setting);
}

void SpecEditor::Remove(std::string_view pointer, std::string why, std::string_view setting) {
  const auto last = pointer.rfind('/');
  if (last == std::string_view::npos) return;
  Json* parent = base::Find(document_.root(), pointer.substr(0, last));
  Json* existing = base::Find(document_.root(), pointer);
  if (parent == nullptr || existing == nullptr) return;
  Journal(std::string(pointer), std::move(*existing), nullptr, std::move(why), setting);
  std::string_view rest = pointer.substr(last);
  const std::string token = TakeToken(rest);
  if (parent->is_array()) {
    parent->erase(static_cast<std::size_t>(std::stoull(token)));
  } else {
    parent->erase(token);
  }
}

void SpecEditor::Note(std::string text) { notices_.push_back(Notice{layer_, std::move(text)}); }

void SpecEditor::StartLayer(std::string_view name) { layer_ = name; }

Status ApplyLayers(const LayerInput& input, SpecEditor& editor) {
  if (input.policy.PassThrough()) return {};
  const bool exec = editor.ProcessPointer("").empty();
  for (const Layer& layer : LayerTable()) {
    if (exec && !layer.on_exec) continue;
    editor.StartLayer(layer.name);
    if (auto status = layer.apply(input, editor); !status) {
      return tl::unexpected(status.error().Within(layer.name));
    }
  }
  return {};
}

}  // namespace stockade::sandbox
