// SPDX-License-Identifier: Apache-2.0
// `list`: every record below the state directory.
#include "sandbox/state.h"
#include "shim/ctl/command.h"
#include "shim/ctl/record_state.h"

namespace stockade::ctl {

base::Result<Outcome> List(const Request& request) {
  Outcome outcome;
  outcome.json = base::Json::array();
  Table table{{"container", "pod", "class", "alive", "delegate", "root", "bundle"}, {}};
  for (const sandbox::StateRoot& root : sandbox::AllStateRoots(request.node.state_directory)) {
    for (const std::string& id : root.List()) {
      const auto record = root.Read(id);
      if (!record) {
        if (!root.Exists(id)) continue;  // deleted while we looked
        outcome.ok = false;
        outcome.json.push_back(
            {{"id", id}, {"root", root.delegate_root()}, {"error", record.error().message}});
        table.rows.push_back({id,
                              "",
                              {"unreadable", Tone::kBad},
                              "",
                              "",
                              root.delegate_root(),
                              record.error().Text()});
        continue;
      }
      const sandbox::Container& container = record->container;
      const std::string alive = RecordState(root, *record);
      const std::string pod =
          container.pod.empty() ? "" : container.name_space + "/" + container.pod;
      outcome.json.push_back({{"id", id},
                              {"role", RoleName(container.role)},
                              {"namespace", container.name_space},
                              {"pod", container.pod},
                              {"podUid", container.pod_uid},
                              {"sandboxId", container.sandbox_id},
                              {"class", record->class_name},
                              {"alive", alive},
                              {"delegate", record->delegate},
                              {"root", record->delegate_root},
                              {"bundle", container.bundle}});
      table.rows.push_back({id,
                            pod,
                            record->class_name,
                            {alive, alive == "yes" ? Tone::kGood : Tone::kWarn},
                            record->delegate,
                            record->delegate_root,
                            container.bundle});
    }
  }
  outcome.page.Add(std::move(table));
  return outcome;
}

}  // namespace stockade::ctl
