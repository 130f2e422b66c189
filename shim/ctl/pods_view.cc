// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/pods_view.h"

#include <algorithm>
#include <map>
#include <utility>

#include "config/base/json.h"

namespace stockade::ctl {
namespace {

using base::Json;
using sandbox::IdSpan;
using sandbox::Role;

constexpr const char* kOurs = "stockade";
constexpr const char* kEngines = "engine";

// By state root key and pod id.
using PodMap = std::map<std::pair<std::string, std::string>, Pod>;

// What the engine mapped in the document, when the user namespace is its own.
std::optional<IdSpan> MappedIn(const std::string& document) {
  const auto parsed = base::ParseJson(document, base::kSpecLimits, "", base::ErrorKind::kHost);
  if (!parsed) return std::nullopt;
  const Json* first = base::Find(parsed->value, "/linux/uidMappings/0/hostID");
  const Json* count = base::Find(parsed->value, "/linux/uidMappings/0/size");
  if (first == nullptr || count == nullptr || !first->is_number_unsigned() ||
      !count->is_number_unsigned()) {
    return std::nullopt;
  }
  return IdSpan{first->get<std::uint64_t>(), count->get<std::uint64_t>(), kEngines};
}

std::optional<IdSpan> IdsOf(const sandbox::StateRecord& record) {
  if (!record.actions.ids) return MappedIn(record.final_text);
  return IdSpan{record.actions.ids->first, sandbox::IdRange::kSize, kOurs};
}

void DescribePod(Pod& pod, const FoundRecord& found, const sandbox::StateRecord& record) {
  pod.name_space = record.container.name_space;
  pod.name = record.container.pod;
  pod.uid = record.container.pod_uid;
  pod.class_name = record.class_name;
  pod.delegate = record.delegate;
  pod.ids = IdsOf(record);
  pod.root = found.root;
}

void AddRecord(PodMap& pods, const FoundRecord& found) {
  if (!found.record) {
    Pod& pod = pods[{found.root_key, found.id}];
    pod.root = found.root;
    pod.problems.push_back(found.record.error().Text());
    return;
  }
  const sandbox::Container& container = found.record->container;
  if (container.role != Role::kPodContainer) {
    Pod& pod = pods[{found.root_key, found.id}];
    DescribePod(pod, found, *found.record);
    pod.alive = found.alive;
    return;
  }
  Pod& pod = pods[{found.root_key, container.sandbox_id}];
  pod.containers.push_back({found.id, found.alive});
  if (pod.alive.empty()) DescribePod(pod, found, *found.record);  // its sandbox's says it better
}

void AddClaim(PodMap& pods, const sandbox::IdClaim& claim) {
  const IdSpan ids{claim.ids.first, sandbox::IdRange::kSize, kOurs};
  if (!claim.owner) {
    Pod& pod = pods[{"", std::to_string(claim.ids.first)}];
    pod.ids = ids;
    pod.problems.push_back(
        fmt::format("what holds the ids from {} on is no claim of a pod: remove "
                    "the entry .ids/{} of the state directory",
                    ids.first, ids.first));
    return;
  }
  Pod& pod = pods[{claim.owner->root_key, claim.owner->pod}];
  const bool no_record = pod.alive.empty() && pod.containers.empty() && pod.problems.empty();
  if (no_record) {
    pod.ids = ids;
    if (claim.claimer.Alive()) {
      pod.alive = "creating";
    } else {
      pod.problems.emplace_back("has ids and no record: the next create takes them back");
    }
  } else if (pod.ids && *pod.ids != ids) {
    pod.problems.push_back(
        fmt::format("the ids from {} on are reserved for it, which are not "
                    "those that it has",
                    ids.first));
  }
}

bool Claimed(const FoundState& found, const std::string& root_key, const Pod& pod) {
  return std::any_of(found.claims.begin(), found.claims.end(), [&](const auto& claim) {
    return claim.owner == sandbox::IdOwner{root_key, pod.id} && claim.ids.first == pod.ids->first;
  });
}

std::string IdsText(const std::optional<IdSpan>& ids) {
  if (!ids) return "the host's";
  return fmt::format("{}-{}{}", ids->first, ids->end() - 1,
                     ids->origin == kEngines ? " (the engine's)" : "");
}

Json PodJson(const Pod& pod) {
  Json containers = Json::array();
  for (const PodContainer& container : pod.containers) {
    containers.push_back({{"id", container.id}, {"alive", container.alive}});
  }
  Json ids;
  if (pod.ids)
    ids = {{"first", pod.ids->first}, {"count", pod.ids->count}, {"by", pod.ids->origin}};
  return {{"id", pod.id},
          {"namespace", pod.name_space},
          {"pod", pod.name},
          {"podUid", pod.uid},
          {"class", pod.class_name},
          {"ids", std::move(ids)},
          {"alive", pod.alive},
          {"containers", std::move(containers)},
          {"delegate", pod.delegate},
          {"root", pod.root},
          {"problems", pod.problems}};
}

Cell AliveCell(const std::string& alive) {
  return {alive, alive == "yes" ? Tone::kGood : Tone::kWarn};
}

}  // namespace

std::vector<Pod> PodsOf(const FoundState& found) {
  PodMap pods;
  for (const FoundRecord& record : found.records) AddRecord(pods, record);
  for (const sandbox::IdClaim& claim : found.claims) AddClaim(pods, claim);
  std::vector<Pod> list;
  for (auto& [key, pod] : pods) {
    pod.id = key.second;
    if (pod.alive.empty()) pod.alive = "no";
    if (pod.ids && pod.ids->origin == kOurs && !key.first.empty() &&
        !Claimed(found, key.first, pod)) {
      pod.problems.emplace_back("its ids are not reserved: another pod could get them");
    }
    list.push_back(std::move(pod));
  }
  return list;
}

Outcome ShowPods(const std::vector<Pod>& pods) {
  Outcome outcome;
  outcome.json = Json::array();
  Table table{{"pod", "container", "class", "alive", "ids", "delegate", "root"}, {}};
  std::vector<std::string> problems;
  for (const Pod& pod : pods) {
    outcome.json.push_back(PodJson(pod));
    table.rows.push_back({pod.name.empty() ? pod.id : pod.name_space + "/" + pod.name, pod.id,
                          pod.class_name, AliveCell(pod.alive), IdsText(pod.ids), pod.delegate,
                          pod.root});
    for (const PodContainer& container : pod.containers) {
      table.rows.push_back({"", container.id, "", AliveCell(container.alive)});
    }
    for (const std::string& problem : pod.problems) {
      problems.push_back(fmt::format("{}: {}", pod.id, problem));
    }
  }
  outcome.page.Add(std::move(table));
  outcome.ok = problems.empty();
  if (!problems.empty()) outcome.page.Heading("problems");
  for (const std::string& problem : problems) outcome.page.Line(problem, Tone::kBad);
  return outcome;
}

}  // namespace stockade::ctl
