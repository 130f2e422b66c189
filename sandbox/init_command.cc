// SPDX-License-Identifier: Apache-2.0
#include "sandbox/init_command.h"

#include <algorithm>

#include "sandbox/init/protocol.h"

namespace stockade::sandbox {

using base::Json;

std::vector<std::string> InitFiltersOf(const Json& process) {
  const Json* const arguments = base::Find(process, "/args");
  if (arguments == nullptr || !arguments->is_array() || arguments->empty() ||
      arguments->front() != init::kPath) {
    return {};
  }
  const auto end = std::find(arguments->begin(), arguments->end(), Json(init::kEndOfFilters));
  std::vector<std::string> filters;
  for (auto at = arguments->begin() + 1; at < end; ++at) {
    filters.push_back(at->is_string() ? at->get<std::string>() : std::string());
  }
  return filters;
}

Json WrapArguments(const Json& arguments, std::span<const std::string> filters) {
  if (std::ranges::equal(InitFiltersOf(Json{{"args", arguments}}), filters)) return arguments;
  Json::array_t wrapped{init::kPath};
  wrapped.insert(wrapped.end(), filters.begin(), filters.end());
  wrapped.emplace_back(init::kEndOfFilters);
  wrapped.insert(wrapped.end(), arguments.begin(), arguments.end());
  return wrapped;
}

Json InitMount(const std::string& program) {
  Json mount = Json::object();
  mount["destination"] = init::kPath;
  mount["type"] = "bind";
  mount["source"] = program;
  mount["options"] = Json::array({"bind", "ro", "nosuid", "nodev"});
  return mount;
}

}  // namespace stockade::sandbox
