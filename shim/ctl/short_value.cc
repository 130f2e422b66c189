// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/short_value.h"

#include "shim/ctl/text.h"

namespace stockade::ctl {
namespace {

using base::Json;

std::string StringAt(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// A seccomp section (runtime-spec config-linux.md#seccomp).
std::string Seccomp(const Json& section) {
  std::string action = StringAt(section, "defaultAction");
  if (action.starts_with("SCMP_ACT_")) action = action.substr(9);
  const auto number = section.find("defaultErrnoRet");
  if (number != section.end()) action += fmt::format("({})", base::DumpJson(*number));
  const auto rules = section.find("syscalls");
  const std::size_t count = rules != section.end() && rules->is_array() ? rules->size() : 0;
  return fmt::format("{} rules, default {}", count, action.empty() ? "unknown" : action);
}

// An entry of /mounts.
std::string Mount(const Json& mount) {
  std::string options;
  if (const auto list = mount.find("options"); list != mount.end() && list->is_array()) {
    for (const Json& option : *list) {
      if (!option.is_string()) continue;
      options += (options.empty() ? " (" : ",") + option.get<std::string>();
    }
  }
  const std::string type = StringAt(mount, "type");
  return fmt::format("{} on {}{}", type.empty() ? StringAt(mount, "source") : type,
                     StringAt(mount, "destination"), options.empty() ? "" : options + ")");
}

// Lists are shortened element by element, so that what is left stays readable.
std::string List(std::string_view what, const Json& list, std::size_t columns) {
  std::string text = "[";
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string next = (i == 0 ? "" : ", ") + ShortValue(what, list[i], columns);
    const std::string more = fmt::format("{}… {} more]", i == 0 ? "" : ", ", list.size() - i);
    if (Width(text) + Width(next) + (i + 1 < list.size() ? Width(more) : 1) > columns && i > 0) {
      return text + more;
    }
    text += next;
  }
  return text + "]";
}

std::string Words(std::string_view what, const Json& value, std::size_t columns) {
  if (value.is_null()) return "nothing";
  if (value.is_string() && !value.get_ref<const std::string&>().empty()) {
    return value.get<std::string>();
  }
  if (value.is_object() && what.ends_with("/seccomp")) return Seccomp(value);
  if (value.is_object() && value.contains("destination")) return Mount(value);
  if (value.is_array() && !value.empty()) return List(what, value, columns);
  return base::DumpJson(value);
}

}  // namespace

std::string ShortValue(std::string_view what, const Json& value, std::size_t columns) {
  return Cut(Printable(Words(what, value, columns)), columns);
}

}  // namespace stockade::ctl
