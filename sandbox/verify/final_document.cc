// SPDX-License-Identifier: Apache-2.0
#include "sandbox/verify/final_document.h"

#include <algorithm>

namespace stockade::sandbox::verify {

using base::Json;

const Json& At(const Json& document, std::string_view pointer) {
  static const Json kNothing;
  const Json* found = base::Find(document, pointer);
  return found == nullptr ? kNothing : *found;
}

bool IsTrue(const Json& value) { return value.is_boolean() && value.get<bool>(); }

std::string TextAt(const Json& document, std::string_view pointer) {
  const Json& value = At(document, pointer);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::vector<std::string> TextsAt(const Json& document, std::string_view pointer) {
  std::vector<std::string> texts;
  const Json& value = At(document, pointer);
  if (!value.is_array()) return texts;
  for (const Json& element : value) {
    if (element.is_string()) texts.push_back(element.get<std::string>());
  }
  return texts;
}

bool Contains(const std::vector<std::string>& list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

}  // namespace stockade::sandbox::verify
