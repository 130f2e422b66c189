// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/inspect_view.h"

#include <algorithm>
#include <set>

namespace stockade::ctl {
namespace {

using base::Json;

// "pid, user" : the namespaces that are the host's, or with `shared` false those that are not.
std::vector<std::string> NamespacesOf(const Inspection& inspection, bool shared) {
  std::vector<std::string> names;
  for (const auto& [name, link] : inspection.process.namespaces) {
    const auto host = inspection.host_namespaces.find(name);
    const bool same = host != inspection.host_namespaces.end() && host->second == link;
    if (same == shared) names.push_back(name);
  }
  return names;
}

std::string UidMapText(const ProcessFacts& process) {
  std::string text;
  for (const IdMapping& entry : process.uid_map) {
    text += fmt::format("{}{} -> {} ({})", text.empty() ? "" : ", ", entry.inside, entry.outside,
                        entry.count);
  }
  return text;
}

std::vector<const sandbox::MountEntry*> WritableMounts(const ProcessFacts& process) {
  std::vector<const sandbox::MountEntry*> writable;
  for (const sandbox::MountEntry& mount : process.mounts) {
    if (!mount.ReadOnly()) writable.push_back(&mount);
  }
  return writable;
}

// The layers that changed something, each once, in their order.
std::string ChangedLayers(const Json& changes) {
  std::vector<std::string> layers;
  if (const Json* list = base::Find(changes, "/changes"); list != nullptr && list->is_array()) {
    for (const Json& change : *list) {
      const std::string layer = change.value("layer", "");
      if (std::find(layers.begin(), layers.end(), layer) == layers.end()) layers.push_back(layer);
    }
  }
  return layers.empty() ? "nothing" : fmt::format("{}", fmt::join(layers, ", "));
}

Json ProcessJson(const Inspection& inspection) {
  const ProcessFacts& process = inspection.process;
  Json json = {{"pid", process.pid},
               {"name", process.name},
               {"noNewPrivs", process.no_new_privs},
               {"seccomp", process.seccomp},
               {"seccompFilters", process.seccomp_filters},
               {"uids", process.uids},
               {"label", process.label},
               {"cgroup", process.cgroup},
               {"hostNamespaces", NamespacesOf(inspection, /*shared=*/true)},
               {"ownNamespaces", NamespacesOf(inspection, /*shared=*/false)},
               {"devices", process.devices}};
  for (std::size_t set = 0; set < kCapabilitySets; ++set) {
    json["capabilities"][std::string(kCapabilitySetNames[set])] =
        CapabilityText(process.capabilities[set]);
  }
  json["uidMap"] = Json::array();
  for (const IdMapping& entry : process.uid_map) {
    json["uidMap"].push_back(
        {{"inside", entry.inside}, {"outside", entry.outside}, {"count", entry.count}});
  }
  json["mounts"] = Json::array();
  for (const sandbox::MountEntry& mount : process.mounts) {
    json["mounts"].push_back({{"point", mount.point},
                              {"type", mount.type},
                              {"source", mount.source},
                              {"options", mount.options},
                              {"readOnly", mount.ReadOnly()}});
  }
  for (const auto& [name, limit] : process.limits) {
    json["limits"][name] = {{"soft", limit.soft ? Json(*limit.soft) : Json("unlimited")},
                            {"hard", limit.hard ? Json(*limit.hard) : Json("unlimited")}};
  }
  return json;
}

Json ToJson(const Inspection& inspection) {
  const sandbox::StateRecord& record = inspection.record;
  Json json = {{"id", record.container.id},
               {"class", record.class_name},
               {"role", RoleName(record.container.role)},
               {"namespace", record.container.name_space},
               {"pod", record.container.pod},
               {"delegate", record.delegate},
               {"root", record.delegate_root},
               {"bundle", record.container.bundle},
               {"status", inspection.state.status}};
  json["promises"] = Json::array();
  for (const Finding& finding : inspection.findings) {
    json["promises"].push_back({{"layer", finding.layer},
                                {"state", finding.kept ? "ok" : "BROKEN"},
                                {"detail", finding.detail}});
  }
  json["notes"] = inspection.notes;
  json["process"] = ProcessJson(inspection);
  json.update(inspection.changes);
  return json;
}

void AddFacts(const Inspection& inspection, Page& page) {
  const ProcessFacts& process = inspection.process;
  const auto shared = NamespacesOf(inspection, /*shared=*/true);
  const auto own = NamespacesOf(inspection, /*shared=*/false);
  Table table;
  table.rows = {
      {"process", fmt::format("{} ({})", process.pid, process.name)},
      {"uid", fmt::format("{}; in the container: {}", process.uids[1], UidMapText(process))},
      {"capabilities", CapabilityText(process.capabilities[kEffective])},
      {"its namespaces", fmt::format("{}", fmt::join(own, ", "))},
      {"the host's", shared.empty() ? "none" : fmt::format("{}", fmt::join(shared, ", "))},
      {"label", process.label.empty() ? "none" : process.label},
      {"cgroup", process.cgroup.substr(0, process.cgroup.find('\n'))},
      {"layers changed", ChangedLayers(inspection.changes)},
  };
  page.Heading("in force");
  page.Add(std::move(table));
  page.Heading("writable mounts");
  Table mounts{{"path", "type", "options"}, {}};
  for (const sandbox::MountEntry* mount : WritableMounts(process)) {
    mounts.rows.push_back({mount->point, mount->type, mount->options});
  }
  page.Add(std::move(mounts));
}

}  // namespace

Outcome ShowInspection(const Inspection& inspection) {
  const sandbox::StateRecord& record = inspection.record;
  Outcome outcome;
  outcome.json = ToJson(inspection);
  Page& page = outcome.page;
  page.Line(fmt::format("container {} ({}) in class {}", record.container.id,
                        inspection.state.status, record.class_name),
            Tone::kStrong);
  page.Line(fmt::format("{}{}{}{}{}, {} under {}, bundle {}", RoleName(record.container.role),
                        record.container.pod.empty() ? "" : " of ", record.container.name_space,
                        record.container.pod.empty() ? "" : "/", record.container.pod,
                        record.delegate, record.delegate_root, record.container.bundle));
  page.Heading("promises");
  Table table{{"layer", "state", "found"}, {}};
  for (const Finding& finding : inspection.findings) {
    outcome.ok = outcome.ok && finding.kept;
    table.rows.push_back({finding.layer,
                          finding.kept ? Cell("ok", Tone::kGood) : Cell("BROKEN", Tone::kBad),
                          finding.detail});
  }
  if (table.rows.empty()) page.Line("the class promises nothing", Tone::kWarn);
  page.Add(std::move(table));
  for (const std::string& note : inspection.notes) page.Line("note: " + note, Tone::kWarn);
  AddFacts(inspection, page);
  return outcome;
}

}  // namespace stockade::ctl
