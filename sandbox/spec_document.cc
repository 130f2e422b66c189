// SPDX-License-Identifier: Apache-2.0
#include "sandbox/spec_document.h"

#include <optional>
#include <set>

#include "config/base/file.h"
#include "sandbox/oci_keys.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;
using base::Status;

// `text` for a message: quoted, ASCII only, so that a look-alike shows, and at most 60 characters.
std::string Quoted(std::string_view text) {
  std::string quoted = Json(text.substr(0, 60)).dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > 60) quoted.insert(quoted.size() - 1, "...");
  return quoted;
}

// What a field must be, for people.
std::string Expected(const OciField& field) {
  switch (field.type) {
    case OciField::Type::kText:
      return "a string";
    case OciField::Type::kFlag:
      return "true or false";
    case OciField::Type::kStruct:
      return "an object";
    case OciField::Type::kInteger:
      return fmt::format("an integer {} to {}", field.min, field.max);
    case OciField::Type::kFree:
      break;
  }
  return "anything";
}

bool HasType(const Json& value, const OciField& field) {
  switch (field.type) {
    case OciField::Type::kFree:
      return true;
    case OciField::Type::kText:
      return value.is_string();
    case OciField::Type::kFlag:
      return value.is_boolean();
    case OciField::Type::kStruct:
      return value.is_object();
    case OciField::Type::kInteger:
      break;
  }
  if (value.is_number_unsigned()) return value.get<std::uint64_t>() <= field.max;
  return value.is_number_integer() && value.get<std::int64_t>() >= field.min;
}

// Walks the document beside the table of fields and refuses what two readers would read
// differently.
// Where a value stands, as a chain outwards: its pointer is only written when somebody is told.
struct Place {
  const Place* outer;
  std::optional<std::string_view> key;  // in an object ...
  std::size_t index;                    // ... or else in an array
};

std::string Pointer(const Place* at) {
  if (at == nullptr) return {};
  return Pointer(at->outer) + "/" +
         (at->key ? base::PointerToken(*at->key) : std::to_string(at->index));
}

class Checker {
 public:
  explicit Checker(std::string_view name) : name_(name) {}

  Status Struct(const Json& object, const OciStruct& of, const Place* at) {
    // Only keys without a field of their name can meet: what folds to a field is refused.
    std::set<std::string> folded;
    for (const auto& [key, value] : object.get_ref<const Json::object_t&>()) {
      const OciField* field = of.Named(key);
      if (field == nullptr) {
        if (const std::string_view meant = of.FoldsTo(key); !meant.empty()) {
          return base::FailHint(
              ErrorKind::kSpec, fmt::format("write \"{}\"", meant),
              "{}: {}: the key {} would be read as \"{}\" by a reader that ignores case", name_,
              at == nullptr ? "/" : Pointer(at), Quoted(key), meant);
        }
        if (!folded.insert(FoldKey(key)).second) {
          return base::Fail(ErrorKind::kSpec,
                            "{}: {}: the key {} stands there twice but for its case", name_,
                            at == nullptr ? "/" : Pointer(at), Quoted(key));
        }
      }
      // null is "not given" to every reader.
      if (field == nullptr || value.is_null()) continue;
      const Place inner{at, key, 0};
      STOCKADE_TRY(Field(value, *field, &inner));
    }
    return {};
  }

 private:
  Status Field(const Json& value, const OciField& field, const Place* at) {
    switch (field.form) {
      case OciField::Form::kOne:
        return Value(value, field, at);
      case OciField::Form::kList:
        if (!value.is_array()) return Refuse(value, "an array", at);
        for (std::size_t i = 0; i < value.size(); ++i) {
          const Place inner{at, std::nullopt, i};
          STOCKADE_TRY(Value(value[i], field, &inner));
        }
        return {};
      case OciField::Form::kMap:
        if (!value.is_object()) return Refuse(value, "an object", at);
        for (const auto& [key, member] : value.get_ref<const Json::object_t&>()) {
          const Place inner{at, key, 0};
          STOCKADE_TRY(Value(member, field, &inner));
        }
        return {};
    }
    return {};
  }

  Status Value(const Json& value, const OciField& field, const Place* at) {
    if (!HasType(value, field)) return Refuse(value, Expected(field), at);
    return field.of == nullptr ? Status() : Struct(value, *field.of, at);
  }

  // runc refuses a value of the wrong type; crun takes the field as not given.
  Status Refuse(const Json& value, std::string_view expected, const Place* at) const {
    const std::string shown = value.is_structured() ? fmt::format("an {}", value.type_name())
                              : value.is_string()   ? Quoted(value.get_ref<const std::string&>())
                                                    : base::DumpJson(value);
    return base::Fail(ErrorKind::kSpec, "{}: {}: is {}, must be {}", name_, Pointer(at), shown,
                      expected);
  }

  const std::string_view name_;
};

}  // namespace

Result<SpecDocument> SpecDocument::Load(const std::string& path, DocumentKind kind) {
  auto text = base::ReadFile(path, base::kSpecLimits.max_bytes);
  if (!text) {
    base::Error error = std::move(text).error();
    error.kind = ErrorKind::kSpec;
    return tl::unexpected(std::move(error));
  }
  return Parse(std::move(*text), kind, path);
}

Result<SpecDocument> SpecDocument::Parse(std::string text, DocumentKind kind,
                                         std::string_view name) {
  STOCKADE_ASSIGN(base::ParsedJson parsed,
                  base::ParseJson(text, base::kSpecLimits, name, ErrorKind::kSpec));
  if (!parsed.value.is_object()) {
    return base::Fail(ErrorKind::kSpec, "{}: is not a JSON object", name);
  }
  const OciStruct& top = kind == DocumentKind::kConfig ? OciConfig() : OciProcess();
  STOCKADE_TRY(Checker(name).Struct(parsed.value, top, nullptr));
  return SpecDocument(std::move(parsed.value), std::move(text), kind);
}

std::string SpecDocument::Text() const { return base::DumpJson(root_); }

}  // namespace stockade::sandbox
