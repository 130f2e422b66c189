// SPDX-License-Identifier: Apache-2.0
#include "sandbox/layers/fields.h"

#include <limits>

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Json;
using base::Result;

tl::unexpected<base::Error> WrongType(std::string_view pointer, std::string_view expected,
                                      const Json& found) {
  return Fail(ErrorKind::kSpec, "{} must be {}, not {}: {:.60}",
              pointer.empty() ? "the document" : pointer, expected, found.type_name(),
              base::DumpJson(found));
}

// The value at `pointer`, nullptr where it or a parent is absent or null.
Result<const Json*> ValueAt(const Json& document, std::string_view pointer) {
  for (std::size_t end = 0;;) {
    const std::string_view reached = pointer.substr(0, end);
    const Json* value = base::Find(document, reached);
    if (value == nullptr || value->is_null()) return nullptr;
    if (end == pointer.size()) return value;
    if (!value->is_object() && !value->is_array()) return WrongType(reached, "an object", *value);
    const std::size_t next = std::min(pointer.find('/', end + 1), pointer.size());
    const char first = pointer[end + 1];
    if (value->is_array() && (first < '0' || first > '9')) {
      return WrongType(reached, "an object", *value);
    }
    end = next;
  }
}

}  // namespace

Result<const Json*> ObjectAt(const Json& document, std::string_view pointer) {
  STOCKADE_ASSIGN(const Json* value, ValueAt(document, pointer));
  if (value != nullptr && !value->is_object()) return WrongType(pointer, "an object", *value);
  return value;
}

Result<const Json*> ArrayAt(const Json& document, std::string_view pointer) {
  STOCKADE_ASSIGN(const Json* value, ValueAt(document, pointer));
  if (value != nullptr && !value->is_array()) return WrongType(pointer, "an array", *value);
  return value;
}

Result<std::optional<std::string>> TextAt(const Json& document, std::string_view pointer) {
  STOCKADE_ASSIGN(const Json* value, ValueAt(document, pointer));
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) return WrongType(pointer, "a string", *value);
  return value->get<std::string>();
}

Result<std::optional<bool>> FlagAt(const Json& document, std::string_view pointer) {
  STOCKADE_ASSIGN(const Json* value, ValueAt(document, pointer));
  if (value == nullptr) return std::nullopt;
  if (!value->is_boolean()) return WrongType(pointer, "true or false", *value);
  return value->get<bool>();
}

Result<std::optional<std::uint64_t>> UnsignedAt(const Json& document, std::string_view pointer) {
  STOCKADE_ASSIGN(const Json* value, ValueAt(document, pointer));
  if (value == nullptr) return std::nullopt;
  if (!value->is_number_unsigned() && !(value->is_number_integer() && *value >= 0)) {
    return WrongType(pointer, "a number of 0 or more", *value);
  }
  return value->get<std::uint64_t>();
}

Result<std::optional<std::int64_t>> IntegerAt(const Json& document, std::string_view pointer) {
  STOCKADE_ASSIGN(const Json* value, ValueAt(document, pointer));
  if (value == nullptr) return std::nullopt;
  const bool fits = value->is_number_unsigned()
                        ? value->get<std::uint64_t>() <=
                              static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())
                        : value->is_number_integer();
  if (!fits) return WrongType(pointer, "a 64-bit integer", *value);
  return value->get<std::int64_t>();
}

Result<std::vector<std::string>> TextsAt(const Json& document, std::string_view pointer) {
  STOCKADE_ASSIGN(const Json* list, ArrayAt(document, pointer));
  std::vector<std::string> texts;
  if (list == nullptr) return texts;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const Json& element = (*list)[i];
    if (!element.is_string()) {
      return WrongType(fmt::format("{}/{}", pointer, i), "a string", element);
    }
    texts.push_back(element.get<std::string>());
  }
  return texts;
}

Result<std::size_t> SizeAt(const Json& document, std::string_view pointer) {
  STOCKADE_ASSIGN(const Json* list, ArrayAt(document, pointer));
  return list == nullptr ? 0 : list->size();
}

}  // namespace stockade::sandbox
