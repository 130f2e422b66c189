// SPDX-License-Identifier: Apache-2.0
// `classes list` and `classes show`: read the classes; class_view.cc presents them.
#include "config/class_loader.h"
#include "shim/ctl/class_view.h"
#include "shim/ctl/command.h"

namespace stockade::ctl {

base::Result<Outcome> ClassesList(const Request& request) {
  const config::ClassSources sources{request.node.class_directories};
  STOCKADE_ASSIGN(const std::vector<std::string> names, config::ListClasses(sources));
  std::vector<ClassEntry> entries;
  for (const std::string& name : names) {
    const auto policy = config::LoadClass(name, sources);
    if (policy) {
      entries.push_back(Summarise(*policy));
    } else {
      entries.emplace_back();
      entries.back().name = name;
      entries.back().error = policy.error();
    }
  }
  return ShowList(entries);
}

base::Result<Outcome> ClassesShow(const Request& request) {
  STOCKADE_ASSIGN(const config::ClassPolicy policy,
                  config::LoadClass(request.operands.front(), {request.node.class_directories}));
  return ShowClass(policy, request.Has("origins"));
}

}  // namespace stockade::ctl
